import { describe, expect, it } from 'vitest'
import type { Fault } from '../../simulator/index.js'
import { LLMError } from '../../src/index.js'
import { messageOf, rejection, simulated, user } from '../helpers/simulated.js'

/** What holds on every wire, whatever its framing. */

const { sim, client: simulatedClient } = simulated()

const prefixes = ['openai', 'anthropic', 'gemini', 'cohere', 'bedrock', 'ollama'] as const

const client = () =>
  simulatedClient({
    providers: Object.fromEntries(
      prefixes.map((id) => [
        id,
        { apiKey: 'any', apiBase: sim().base(id), ...(id === 'bedrock' && { region: 'us-east-1' }) },
      ]),
    ),
  })

describe.each(prefixes)('%s', (prefix) => {
  const model = `${prefix}/some-model`
  const request = { model, messages: user('one two three four'), maxRetries: 0, max_tokens: 100 }
  const streamed = async (name = 'some-model', options: object = {}) =>
    (await client().completion({ ...request, ...options, model: `${prefix}/${name}`, stream: true })).final()
  const codeOf = async (promise: Promise<unknown>) => {
    const error = await rejection(promise)
    if (!LLMError.is(error)) throw error
    return error.code
  }

  it('sends a scripted reply, streamed and not, in writes of any size', async () => {
    const reply = { chunks: ['Grüße, ', 'wörld ', '🎉'], usage: { promptTokens: 12, completionTokens: 7 } }
    sim().reply(reply)
    expect(messageOf(await client().completion(request)).content).toBe('Grüße, wörld 🎉')
    for (const writeBytes of [1, 7, 1_000]) {
      sim().reply({ ...reply, writeBytes })
      const final = await streamed()
      expect(messageOf(final).content).toBe('Grüße, wörld 🎉')
      expect(final.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 7 })
    }
  })

  it.each(['\n', '\r\n'] as const)('ends its lines with %j', async (lineEnding) => {
    sim().reply({ text: 'Hello', lineEnding, comments: prefix !== 'ollama' })
    expect(messageOf(await streamed()).content).toBe('Hello')
  })

  it.each<[Fault, string]>([
    [{ kind: 'status', status: 401 }, 'authentication'],
    [{ kind: 'status', status: 403 }, 'permission_denied'],
    [{ kind: 'status', status: 404 }, 'not_found'],
    [{ kind: 'status', status: 429 }, 'rate_limit'],
    [{ kind: 'status', status: 500 }, 'internal_server'],
    [{ kind: 'status', status: 502 }, 'service_unavailable'],
    [{ kind: 'status', reason: 'context-window' }, 'context_window_exceeded'],
    [{ kind: 'garbage', what: 'html' }, 'invalid_response'],
    [{ kind: 'garbage', what: 'truncated-json' }, 'invalid_response'],
    [{ kind: 'garbage', what: 'not-json' }, 'invalid_response'],
    [{ kind: 'garbage', what: 'empty' }, 'invalid_response'],
    [{ kind: 'reset' }, 'api_connection'],
  ])('fails before the answer, whole and in pieces: %j', async (fault, code) => {
    sim().fail(fault, { times: 2 })
    expect(await codeOf(client().completion(request))).toBe(code)
    // a stream that is empty, or breaks off at once, has been cut
    const codes = fault.kind === 'garbage' && fault.what === 'empty' ? [code, 'stream_interrupted'] : [code]
    expect(codes).toContain(await codeOf(streamed()))
  })

  it.each(['cut', 'end'] as const)('breaks off in the middle: %s', async (kind) => {
    sim().fail({ kind, afterChunks: 2 })
    const error = await rejection(streamed())
    expect(error).toMatchObject({ code: 'stream_interrupted' })
    expect(LLMError.is(error) && error.partial?.choices[0]?.message.content).toBe('You said:')
  })

  it('fails inside the stream, before and after content', async () => {
    for (const afterChunks of [0, 2]) {
      sim().fail({ kind: 'error-event', afterChunks })
      const error = await rejection(streamed())
      expect(LLMError.is(error) && error.status).toBeGreaterThanOrEqual(200)
      expect(LLMError.is(error) && error.code).toMatch(/internal_server|overloaded|service_unavailable/)
    }
  })

  it('supports silence and delays', async () => {
    sim().fail({ kind: 'silence', afterChunks: 1, keepAliveMs: 10 })
    expect(await codeOf(streamed('some-model', { idleTimeout: 60 }))).toBe('timeout')
    sim().fail({ kind: 'slow-first-token', ms: 200, keepAliveMs: 20 })
    expect(await codeOf(streamed('some-model', { firstTokenTimeout: 60 }))).toBe('timeout')
    sim().fail({ kind: 'slow-headers', ms: 30 })
    expect(messageOf(await streamed()).content).toBe('You said: one two three four')
  })

  it('supports huge answers', async () => {
    sim().fail({ kind: 'huge', bytes: 300_000 }, { times: 2 })
    expect(messageOf(await client().completion(request)).content).toHaveLength(300_000)
    expect(messageOf(await streamed()).content).toHaveLength(300_000)
  })

  it('supports faults by model name', async () => {
    expect(await codeOf(client().completion({ ...request, model: `${prefix}/fail-429` }))).toBe('rate_limit')
    expect(await codeOf(streamed('cut-after-1'))).toBe('stream_interrupted')
    const again = await client().completion({
      ...request,
      model: `${prefix}/fail-500-x1`,
      maxRetries: 1,
      cache: undefined,
    })
    expect(again.meta.retries).toBe(1)
  })

  it('records a client that disconnects', async () => {
    sim().reply({ chunks: ['a', 'b', 'c'], chunkDelayMs: 50 })
    for await (const _ of await client().completion({ ...request, stream: true })) break
    const [seen] = sim().requests
    await seen?.closed
    expect(seen).toMatchObject({ closedByClient: true, model: 'some-model' })
  })
})
