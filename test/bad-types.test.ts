import { describe, expect, it } from 'vitest'
import {
  type CompletionRequest,
  countTokensLocally,
  createClient,
  estimateTokens,
  LLMError,
  loadTokenizer,
  tokenCounter,
  trimMessages,
} from '../src/index.js'
import { rejection, simulated, user } from './helpers/simulated.js'

const { sim, client } = simulated()
const messages = user('hi')

describe('a parameter of the wrong type', () => {
  const given: readonly [string, object, string][] = [
    ['tools', { tools: 5 }, "'tools' must be an array; got 5."],
    ['stop', { stop: [{}] }, "'stop' must be a string or an array of strings; got an array."],
    ['thinking', { thinking: 10 }, "'thinking' must be an object; got 10."],
    ['temperature', { temperature: 'hot' }, "'temperature' must be a number; got 'hot'."],
    ['a tool without a type', { tools: [{ name: 'x' }] }, "'tools[0]' must be an object with a type"],
    ['a message', { messages: [null] }, "'messages[0]' must be an object such as { role, content }; got null."],
  ]
  it.each(given)('is rejected before anything is sent: %s', async (_, parameters, message) => {
    for (const model of ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5']) {
      const call = client().completion({ model, messages, ...parameters } as CompletionRequest<false>)
      const error = await rejection(call)
      expect(error).toMatchObject({ code: 'bad_request' })
      expect((error as Error).message).toContain(message)
    }
    expect(sim().requests).toHaveLength(0)
  })

  it('is a BadRequestError even if only the translation notices it', async () => {
    const content = [{ type: 'text', text: { toString: 5 } }]
    const hostile = [{ role: 'assistant', content, tool_calls: [null] }, ...messages]
    for (const model of [
      'openai/gpt-4o',
      'anthropic/claude-sonnet-4-5',
      'gemini/gemini-2.5-flash',
      'cohere/command-a',
    ]) {
      const lone = createClient({ maxRetries: 0 })
      const call = lone.completion({ model, apiKey: 'k', apiBase: 'http://127.0.0.1:9', messages: hostile as never })
      expect(LLMError.is(await rejection(call))).toBe(true)
      await lone.close()
    }
  })

  it.each(['./a.png', '../b/c.jpg', 'C:\\pictures\\a.png', 'photo.webp'])(
    'rejects the path %s as an image',
    async (url) => {
      const content = [{ type: 'image_url' as const, image_url: { url } }]
      const call = client().completion({ model: 'openai/gpt-4o', messages: [{ role: 'user', content }] })
      expect(await rejection(call)).toMatchObject({ code: 'bad_request', param: 'messages' })
      expect(sim().requests).toHaveLength(0)
    },
  )
})

describe('a wrong argument', () => {
  it.each([undefined, null, 5, {}, { messages: 5, model: 'm' }, { model: 5, text: 'x' }])(
    '%j is a BadRequestError',
    async (given) => {
      const functions = [tokenCounter, countTokensLocally, trimMessages, async (one: never) => estimateTokens(one)]
      for (const call of functions) {
        const result = await (call as (one: never) => Promise<unknown>)(given as never).catch((error: unknown) => error)
        if (result instanceof Error) expect(result).toMatchObject({ code: 'bad_request' })
      }
      const error = await rejection(loadTokenizer(undefined as never))
      expect(LLMError.is(error)).toBe(true)
    },
  )
})
