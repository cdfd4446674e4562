import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { TimeoutError } from '../../src/index.js'
import { models, rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()

describe.each(models)('the clocks of a call to %s', (model) => {
  const ask = (more: object) => client().completion({ model, messages: user('hi'), maxRetries: 0, ...more })
  const drain = async (more: object) => {
    const stream = await client().completion({ model, messages: user('hi'), maxRetries: 0, stream: true, ...more })
    for await (const _ of stream);
  }

  // long enough for a busy machine to take the request, and a tenth of the time that the headers take
  it.each([
    ['headers', { headersTimeout: 500 }, false],
    ['headers', { headersTimeout: 500 }, true],
    ['total', { timeout: 500 }, false],
    ['total', { timeout: 500 }, true],
    ['first_token', { firstTokenTimeout: 500 }, true],
  ] as const)('%s: %j, stream %s, ends slow headers', async (phase, limits, stream) => {
    sim().fail({ kind: 'slow-headers', ms: 5000 })
    const error = await rejection(stream ? drain(limits) : ask(limits))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ phase, code: 'timeout', provider: model.split('/')[0] })
    await sim().requests[0]?.closed
    expect(sim().requests[0]?.closedByClient).toBe(true)
  })

  it('first_token ends a stream that has headers and keep-alives only', async () => {
    sim().fail({ kind: 'slow-first-token', ms: 5000, keepAliveMs: 10 })
    expect(await rejection(drain({ firstTokenTimeout: 80, headersTimeout: 1000 }))).toMatchObject({
      phase: 'first_token',
    })
  })

  it('first_token is tried again', async () => {
    sim().fail({ kind: 'slow-first-token', ms: 5000, keepAliveMs: 10 })
    const stream = await client().completion({ model, messages: user('hi'), stream: true, firstTokenTimeout: 100 })
    await stream.final()
    expect(stream.meta.attempts.map((attempt) => attempt.outcome)).toEqual(['timeout', 'success'])
  })

  it('idle counts content, and not the bytes of keep-alives', async () => {
    sim().reply({ text: 'one two three', chunks: ['one ', 'two ', 'three'] })
    sim().fail({ kind: 'silence', afterChunks: 2, keepAliveMs: 10 })
    const error = await rejection(drain({ idleTimeout: 100 }))
    expect(error).toMatchObject({ phase: 'idle', code: 'timeout' })
    expect((error as TimeoutError).partial?.choices[0]?.message.content).toBe('one two ')
    await sim().requests[0]?.closed
    expect(sim().requests[0]?.closedByClient).toBe(true)
  })

  it('idle leaves a slow but steady stream alone', async () => {
    sim().reply({ chunks: ['a', 'b', 'c', 'd'], chunkDelayMs: 60 })
    await drain({ idleTimeout: 150 })
  })

  it('idle does not count the time of a slow reader', async () => {
    sim().reply({ chunks: ['a', 'b', 'c'] })
    const stream = await client().completion({ model, messages: user('hi'), stream: true, idleTimeout: 60 })
    for await (const _ of stream) await new Promise((resolve) => setTimeout(resolve, 90))
  })

  it('total ends a stream in the middle', async () => {
    sim().reply({ text: 'one two', chunks: ['one ', 'two'] })
    sim().fail({ kind: 'silence', afterChunks: 1, keepAliveMs: 10 })
    const error = await rejection(drain({ timeout: 150 }))
    expect(error).toMatchObject({ phase: 'total' })
    expect((error as TimeoutError).partial?.choices[0]?.message.content).toBe('one ')
  })
})

it('connect ends a handshake that never comes to its end', async () => {
  // it takes the connection, and never answers the TLS greeting
  const mute = createServer(() => {})
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  const { port } = mute.address() as AddressInfo
  const apiBase = `https://127.0.0.1:${port}/v1`
  const call = client({ connectTimeout: 100 }).completion({
    model: 'openai/m',
    messages: user('hi'),
    apiBase,
    maxRetries: 0,
  })
  expect(await rejection(call)).toMatchObject({
    code: 'timeout',
    phase: 'connect',
    message: expect.stringContaining(apiBase),
  })
  mute.close()
})

it('0 is no limit', async () => {
  sim().fail({ kind: 'slow-headers', ms: 100 })
  const none = { timeout: 0, headersTimeout: 0, firstTokenTimeout: 0, idleTimeout: 0 }
  const { meta } = await client().completion({ model: 'openai/gpt-4o', messages: user('hi'), ...none })
  expect(meta.latencyMs).toBeGreaterThan(90)
})
