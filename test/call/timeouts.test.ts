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

  it.each([
    ['headers', { headersTimeout: 50 }, false],
    ['headers', { headersTimeout: 50 }, true],
    ['total', { timeout: 50 }, false],
    ['total', { timeout: 50 }, true],
    ['first_token', { firstTokenTimeout: 50 }, true],
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

it('connect: a host that takes no connections', async () => {
  // 192.0.2.0/24 is kept for documentation, and 240.0.0.0/4 unused: where the network refuses at once instead, that is told
  const { createServer } = await import('node:net')
  const full = createServer(() => {})
  await new Promise<void>((resolve) => full.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, resolve))
  const address = full.address()
  const port = typeof address === 'object' && address ? address.port : 0
  full.close()
  const error = await rejection(
    client({ connectTimeout: 200 }).completion({
      model: 'openai/m',
      messages: user('hi'),
      apiBase: `http://127.0.0.1:${port}`,
      maxRetries: 0,
    }),
  )
  expect(error).toMatchObject({ code: 'api_connection', message: expect.stringContaining('Is the server running') })
})
