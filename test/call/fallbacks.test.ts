import { describe, expect, it } from 'vitest'
import type { FallbackEvent, LLMError } from '../../src/index.js'
import { rejection as rejected, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const rejection = (promise: Promise<unknown>) => rejected(promise) as Promise<LLMError>
const request = { model: 'openai/gpt-4o', messages: user('hi'), maxRetries: 0, max_tokens: 20 }
const claude = 'anthropic/claude-sonnet-4-5'

describe('fallbacks of completion()', () => {
  it('call the next model if the first one fails', async () => {
    sim().fail({ kind: 'status', status: 500 }, { wire: 'openai' })
    const events: FallbackEvent[] = []
    const made = client({ callbacks: [{ onFallback: (event) => void events.push(event) }] })
    const answer = await made.completion({ ...request, fallbacks: [claude] })
    expect(answer.meta.provider).toBe('anthropic')
    await made.flush()
    expect(events).toMatchObject([{ from: 'openai/gpt-4o', to: claude, error: { code: 'internal_server' } }])
  })

  it('may have parameters of their own', async () => {
    sim().fail({ kind: 'status', status: 401 }, { wire: 'openai' })
    await client().completion({ ...request, fallbacks: [{ model: claude, max_tokens: 7 }] })
    expect(sim().requests[1]?.body).toMatchObject({ max_tokens: 7 })
    expect(JSON.stringify(sim().requests[1]?.body)).not.toContain('fallbacks')
  })

  it('apply to a stream before its first content', async () => {
    sim().fail({ kind: 'status', status: 503 }, { wire: 'openai' })
    const stream = await client().completion({ ...request, stream: true, fallbacks: [claude] })
    expect(await stream.text()).toBe('You said: hi')
  })

  it('are not called for a request that is wrong, or that its caller ended', async () => {
    expect((await rejection(client().completion({ ...request, messages: [], fallbacks: [claude] }))).code).toBe(
      'bad_request',
    )
    const signal = AbortSignal.abort()
    expect((await rejection(client().completion({ ...request, signal, fallbacks: [claude] }))).code).toBe('aborted')
    expect(sim().requests).toHaveLength(0)
  })

  it('fail with the last error and all attempts', async () => {
    sim().fail({ kind: 'status', status: 500 }, { times: 2 })
    const error = await rejection(client().completion({ ...request, fallbacks: [claude] }))
    expect(error.attempts.map(({ provider }) => provider)).toEqual(['openai', 'anthropic'])
    expect(error.provider).toBe('anthropic')
  })

  it('must be models', async () => {
    const message = async (fallbacks: unknown) =>
      (await rejection(client().completion({ ...request, fallbacks } as never))).message
    expect(await message('openai/gpt-4o')).toBe(
      "'fallbacks' must be an array of models, such as ['openai/gpt-4o-mini']; got 'openai/gpt-4o'.",
    )
    expect(await message([5])).toBe(
      "'fallbacks[0]' must be a model, or an object such as { model, max_tokens }; got 5.",
    )
  })
})

describe('modelAlias', () => {
  it('names models', async () => {
    const made = client({ modelAlias: { fast: 'openai/gpt-4o-mini', wise: claude } })
    expect((await made.completion({ ...request, model: 'fast' })).meta.model).toBe('gpt-4o-mini')
    expect((await made.completion({ ...request, model: 'fast', fallbacks: ['wise'] })).meta.provider).toBe('openai')
    sim().fail({ kind: 'status', status: 500 })
    expect((await made.completion({ ...request, model: 'fast', fallbacks: ['wise'] })).meta.provider).toBe('anthropic')
  })

  it('must name models, and not each other', () => {
    expect(() => client({ modelAlias: { a: 'b', b: 'openai/x' } })).toThrow(
      "'modelAlias.a' must be a model, 'provider/model', and no other alias; got 'b'.",
    )
    expect(() => client({ modelAlias: ['a'] as never })).toThrow(/^'modelAlias' must be an object such as/)
  })
})
