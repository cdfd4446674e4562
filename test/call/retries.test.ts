import { describe, expect, it } from 'vitest'
import type { LLMError } from '../../src/index.js'
import { models, rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()

describe.each(models)('retries of %s', (model) => {
  const ask = (more: object = {}) => client().completion({ model, messages: user('hi'), ...more })

  it.each([408, 409, 429, 500, 502, 503, 529])('come after %i', async (status) => {
    sim().fail({ kind: 'status', status, retryAfterMs: 1 })
    const { meta } = await ask()
    expect(meta.retries).toBe(1)
    expect(meta.attempts.map((attempt) => attempt.status)).toEqual([status, 200])
    expect(meta.attempts[0]).toMatchObject({ delayMs: 1, provider: model.split('/')[0] })
  })

  it.each([400, 401, 403, 404, 422])('do not come after %i', async (status) => {
    sim().fail({ kind: 'status', status })
    const error = (await rejection(ask())) as LLMError
    expect(error.status).toBe(status)
    expect(error.attempts).toHaveLength(1)
    expect(sim().requests).toHaveLength(1)
  })

  it('do not come when the quota is used up', async () => {
    sim().fail({ kind: 'status', status: 429, reason: 'quota' })
    expect(await rejection(ask())).toMatchObject({ code: 'quota_exceeded', retryable: false })
    expect(sim().requests).toHaveLength(1)
  })

  it('come after a connection that broke', async () => {
    sim().fail({ kind: 'reset' })
    expect((await ask()).meta.attempts.map((attempt) => attempt.outcome)).toEqual(['api_connection', 'success'])
  })

  it('come after garbage', async () => {
    for (const what of ['html', 'truncated-json', 'empty', 'not-json', 'binary'] as const) {
      sim().reset()
      sim().fail({ kind: 'garbage', what })
      expect((await ask()).meta.attempts.map((attempt) => attempt.outcome)).toEqual(['invalid_response', 'success'])
    }
  })

  it('are two, and then the last error is thrown with all of them', async () => {
    sim().fail({ kind: 'status', status: 502, retryAfterMs: 0 }, { times: 5 })
    const error = (await rejection(ask())) as LLMError
    expect(error.code).toBe('service_unavailable')
    expect(error.attempts.map((attempt) => attempt.status)).toEqual([502, 502, 502])
    expect(sim().requests).toHaveLength(3)
  })

  it('are as many as maxRetries', async () => {
    sim().fail({ kind: 'status', status: 500, retryAfterMs: 0 }, { times: 9 })
    await rejection(ask({ maxRetries: 0 }))
    expect(sim().requests).toHaveLength(1)
    await rejection(ask({ maxRetries: 4 }))
    expect(sim().requests).toHaveLength(6)
  })

  it('wait as long as the provider asks, in seconds or until a date', async () => {
    sim().fail({ kind: 'status', status: 429, retryAfter: 1 })
    const { meta } = await ask()
    expect(meta.attempts[0]?.delayMs).toBe(1000)
    expect(meta.latencyMs).toBeGreaterThan(950)
    sim().fail({ kind: 'status', status: 429, retryAfter: new Date(Date.now() + 1500).toUTCString() })
    expect((await ask()).meta.attempts[0]?.delayMs).toBeLessThanOrEqual(1500)
  })

  it('do not wait beyond the cap, or beyond the time that is left', async () => {
    sim().fail({ kind: 'status', status: 429, retryAfter: 61 })
    expect(await rejection(ask())).toMatchObject({ code: 'rate_limit', retryAfterMs: 61_000 })
    sim().fail({ kind: 'status', status: 429, retryAfter: 2 })
    expect(await rejection(ask({ maxRetryDelay: 1000 }))).toMatchObject({ code: 'rate_limit', retryAfterMs: 2000 })
    sim().fail({ kind: 'status', status: 429, retryAfter: 5 })
    expect(await rejection(ask({ timeout: 1000 }))).toMatchObject({ code: 'rate_limit', retryAfterMs: 5000 })
    expect(sim().requests).toHaveLength(3)
  })

  it('stop sleeping when the call is aborted', async () => {
    sim().fail({ kind: 'status', status: 429, retryAfter: 30 })
    const controller = new AbortController()
    const call = ask({ signal: controller.signal })
    setTimeout(() => controller.abort('enough'), 50)
    const started = performance.now()
    const error = await rejection(call)
    expect(error).toMatchObject({ code: 'aborted', cause: 'enough' })
    expect(performance.now() - started).toBeLessThan(5000)
    expect((error as LLMError).attempts[0]).toMatchObject({ outcome: 'rate_limit', delayMs: 30_000 })
  })

  it('back off with jitter unless the provider requests a delay', async () => {
    sim().fail({ kind: 'status', status: 500 })
    const { meta } = await ask()
    const delay = meta.attempts[0]?.delayMs ?? -1
    expect(delay).toBeGreaterThanOrEqual(0)
    expect(delay).toBeLessThanOrEqual(500)
  })

  it('never come once content has been handed over', async () => {
    sim().reply({ chunks: ['a', 'b'] })
    sim().fail({ kind: 'cut', afterChunks: 1 })
    const stream = await client().completion({ model, messages: user('hi'), stream: true })
    await rejection(stream.final())
    expect(sim().requests).toHaveLength(1)
  })
})

it('an aborted signal ends the call before anything is sent', async () => {
  const signal = AbortSignal.abort('before')
  expect(await rejection(client().completion({ model: 'openai/gpt-4o', messages: user('hi'), signal }))).toMatchObject({
    code: 'aborted',
    cause: 'before',
  })
  expect(sim().requests).toHaveLength(0)
})
