import { describe, expect, it } from 'vitest'
import { costPerToken, ModelRegistry } from '../pricing/index.js'
import { mockProvider } from '../simulator/index.js'
import { BadRequestError, createClient, LLMError, memoryCache, Router } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

const messages = [{ role: 'user', content: 'Hi' }] as const
const long = 'aB'.repeat(50_000)
/** Enough for a name, the requirement and the known names. */
const most = 4000

const client = () => createClient({ dispatcher: mockProvider().dispatcher, maxRetries: 0 })
const request = { model: 'openai/gpt-4o', apiKey: 'k', messages }
const claude = { ...request, model: 'anthropic/claude-sonnet-4-5' }
const thrown = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('an error about a name of 100,000 characters', () => {
  it.each<[string, () => unknown]>([
    ['an option of a call', () => rejection(client().completion({ ...request, [long]: 1 }))],
    ['a nested option of a call', () => rejection(client().completion({ ...request, cache: { [long]: 1 } } as never))],
    ['a value of an option', () => rejection(client().completion({ ...request, timeout: long } as never))],
    ['a header', () => rejection(client().completion({ ...request, headers: { [long]: 1 } } as never))],
    ['a model', () => rejection(client().completion({ ...request, model: long }))],
    ['a provider', () => rejection(client().completion({ ...request, model: `${long}/m` }))],
    ['a role', () => rejection(client().completion({ ...request, messages: [{ role: long, content: 'x' }] } as never))],
    ['a tool choice', () => rejection(client().completion({ ...claude, tool_choice: { type: long } } as never))],
    [
      'an embedding model',
      () => rejection(client().embedding({ model: `anthropic/${long}`, input: 'x', apiKey: 'k' })),
    ],
    ['an option of a client', () => thrown(() => createClient({ [long]: 1 } as never))],
    ['an option of a provider', () => thrown(() => createClient({ providers: { openai: { [long]: 1 } } } as never))],
    ['an option of a cache', () => thrown(() => memoryCache({ [long]: 1 } as never))],
    ['an option of a Router', () => thrown(() => new Router({ modelList: [], [long]: 1 } as never))],
    [
      'a deployment',
      () =>
        thrown(
          () => new Router({ modelList: [{ modelName: 'm', params: { model: 'openai/m', [long]: 1 } }] } as never),
        ),
    ],
    [
      'an event handler',
      () => thrown(() => createClient({ callbacks: [{ [`onX${long}`]: () => undefined }] } as never)),
    ],
  ])('is short for %s', async (_, run) => {
    const error = await run()
    if (!LLMError.is(error)) throw new Error(`no LLMError: ${String(error).slice(0, 200)}`)
    expect(error.message.length).toBeLessThan(most)
    expect(error.param?.length ?? 0).toBeLessThan(most)
  })

  it('names the remedy behind the shortened name', async () => {
    const error = (await rejection(client().completion({ ...request, [long]: 1 }))) as LLMError
    expect(error.message).toBe(
      `Unknown option '${long.slice(0, 80)}…'. Options are camelCase, fields of the provider are snake_case. Put other fields into 'extra_body'.`,
    )
  })

  it('keeps the start and the end of any other long message', () => {
    const { message } = new BadRequestError(`start ${'x'.repeat(10_000)} end`)
    expect(message).toMatch(/^start x+ … x+ end$/)
    expect(message.length).toBeLessThan(most)
  })
})

describe('arguments beyond all reason', () => {
  it('give no cost instead of an infinite one', () => {
    const registry = new ModelRegistry()
    registry.register('my/model', { input: 1e308, output: 1 })
    const usage = { prompt_tokens: 1e9, completion_tokens: 1, total_tokens: 1e9 }
    expect(costPerToken({ model: 'my/model', usage }, registry)).toMatchObject({
      total: undefined,
      reason: 'invalid_request',
    })
  })

  it('reject a list inside of the callbacks', () => {
    const error = thrown(() => createClient({ callbacks: [[null]] } as never))
    expect(error).toBeInstanceOf(BadRequestError)
  })
})
