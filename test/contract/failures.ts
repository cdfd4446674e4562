import { expect } from 'vitest'
import type { Fault } from '../../simulator/index.js'
import type { LLMError } from '../../src/index.js'
import { answering, ask, type Behaviour, chunksOf, failureOf, stream, textOf } from './behaviour.js'
import { hello } from './requests.js'
import type { Scene } from './scene.js'
import { key } from './targets.js'

/** Failures have the same error class with every provider, streamed or not. */
const classes: readonly (readonly [name: string, fault: Fault, codes: readonly LLMError['code'][]])[] = [
  ['error 400', { kind: 'status', status: 400 }, ['bad_request']],
  ['error 401', { kind: 'status', status: 401 }, ['authentication']],
  ['error 403', { kind: 'status', status: 403 }, ['permission_denied']],
  ['error 404', { kind: 'status', status: 404 }, ['not_found']],
  ['error 413', { kind: 'status', status: 413 }, ['bad_request', 'context_window_exceeded']],
  ['error 429', { kind: 'status', status: 429 }, ['rate_limit']],
  ['error 500', { kind: 'status', status: 500 }, ['internal_server']],
  ['error 503', { kind: 'status', status: 503 }, ['service_unavailable', 'overloaded']],
  ['context window', { kind: 'status', reason: 'context-window' }, ['context_window_exceeded']],
  ['content policy', { kind: 'status', reason: 'content-policy' }, ['content_policy_violation']],
  ['quota', { kind: 'status', reason: 'quota' }, ['quota_exceeded']],
  ['HTML under 200', { kind: 'garbage', what: 'html' }, ['invalid_response']],
  ['half a JSON under 200', { kind: 'garbage', what: 'truncated-json' }, ['invalid_response']],
  ['nothing under 200', { kind: 'garbage', what: 'empty' }, ['invalid_response', 'stream_interrupted']],
  ['redirect', { kind: 'redirect', location: 'https://elsewhere.example/' }, ['bad_request']],
  ['reset', { kind: 'reset' }, ['api_connection']],
]

const retried: ReadonlySet<LLMError['code']> = new Set([
  'rate_limit',
  'internal_server',
  'service_unavailable',
  'overloaded',
  'invalid_response',
  'stream_interrupted',
  'api_connection',
])

export const failures: readonly Behaviour[] = [
  ...classes.map(([name, fault, codes]) =>
    chat(name, async (scene) => {
      for (const call of [ask, stream]) {
        scene.mock.fail(fault)
        expectFailure(await failureOf(call(scene, { messages: hello })), scene, codes)
      }
    }),
  ),
  chat('error tried again', async (scene) => {
    scene.mock.fail({ kind: 'status', status: 429, retryAfterMs: 1 })
    const answer = await ask(scene, { messages: hello, maxRetries: 1 })
    expect(answer.meta.retries).toBe(1)
    scene.mock.fail({ kind: 'status', status: 429, retryAfterMs: 1 })
    expect(await (await stream(scene, { messages: hello, maxRetries: 1 })).text()).toBe('You said: Hello there')
  }),
  chat('error before the first content of a stream', async (scene) => {
    scene.mock.fail({ kind: 'error-event', afterChunks: 0 })
    const error = await failureOf(stream(scene, { messages: hello }))
    expect([error.code, error.retryable, error.provider]).toEqual([error.code, true, scene.target.id])
    expect(error.partial?.choices[0]?.message.content ?? '').toBe('')
  }),
  chat('error inside a stream', async (scene) => {
    scene.mock.fail({ kind: 'error-event', afterChunks: 2 })
    const streamed = await stream(scene, { messages: hello })
    const error = await failureOf(chunksOf(streamed))
    expect(error.provider).toBe(scene.target.id)
    expect(error.partial?.choices[0]?.message.content).toMatch(/^You said/)
    expect((await failureOf(streamed.final())).code).toBe(error.code)
    expect(answering(scene).length).toBe(1)
  }),
  chat('abort of an answer', async (scene) => {
    const stop = new AbortController()
    scene.mock.fail({ kind: 'slow-headers', ms: 60_000 })
    const failing = failureOf(ask(scene, { messages: hello, signal: stop.signal }))
    await arrival(scene)
    stop.abort()
    expect(await failing).toMatchObject({ name: 'AbortError', code: 'aborted' })
    await expectLeft(scene)
  }),
  chat('abort of a stream', async (scene) => {
    const stop = new AbortController()
    scene.mock.fail({ kind: 'silence', afterChunks: 2 })
    const streamed = await stream(scene, { messages: hello, signal: stop.signal })
    const seen: string[] = []
    const failing = failureOf(
      (async () => {
        for await (const chunk of streamed) {
          seen.push(textOf([chunk]))
          if (seen.join('') === 'You said:') stop.abort()
        }
      })(),
    )
    const error = await failing
    expect(error).toMatchObject({ name: 'AbortError', code: 'aborted' })
    expect(error.partial?.choices[0]?.message.content).toBe(seen.join(''))
    await expectLeft(scene)
  }),
  chat('timeout', async (scene) => {
    for (const call of [ask, stream]) {
      scene.mock.reset()
      scene.mock.fail({ kind: 'slow-headers', ms: 60_000 })
      const error = await failureOf(call(scene, { messages: hello, timeout: 15 }))
      expect(error).toMatchObject({ name: 'TimeoutError', code: 'timeout', provider: scene.target.id })
      await expectLeft(scene)
    }
  }),
  chat('silence in a stream', async (scene) => {
    scene.mock.fail({ kind: 'silence', afterChunks: 2 })
    const error = await failureOf(chunksOf(await stream(scene, { messages: hello, idleTimeout: 40 })))
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'timeout', phase: 'idle' })
    // a busy machine may be slower than the clock
    expect('You said:'.startsWith(error.partial?.choices[0]?.message.content || '?')).toBe(true)
    await expectLeft(scene)
  }),
]

function chat(name: string, run: Behaviour['run']): Behaviour {
  return { name, operation: 'chat', run }
}

function expectFailure(error: LLMError, scene: Scene, codes: readonly LLMError['code'][]): void {
  expect(codes).toContain(error.code)
  expect(error).toMatchObject({ provider: scene.target.id, retryable: retried.has(error.code) })
  expect(`${error.message}${JSON.stringify(error)}${JSON.stringify(error.body)}`).not.toContain(key)
}

/** Resolves when the client has closed the connection. */
async function expectLeft(scene: Scene): Promise<void> {
  const request = answering(scene).at(-1)
  await request?.closed
  expect(request).toMatchObject({ closedByClient: true, completed: false })
}

async function arrival(scene: Scene): Promise<void> {
  while (answering(scene).length === 0) await new Promise((resolve) => setImmediate(resolve))
}
