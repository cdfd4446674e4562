import { expect, it, vi } from 'vitest'
import { memoryCache } from '../../src/index.js'
import { messageOf, rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()
const model = 'openai/gpt-4o'
const asked = () => sim().requests.length
const sharing = () => client({ cache: { store: memoryCache(), coalesce: true }, maxRetries: 0 })
const soon = (ms = 30) => new Promise((resolve) => setTimeout(resolve, ms))

it('shares one request among identical calls, complete and streamed', async () => {
  const llm = sharing()
  sim().fail({ kind: 'slow-headers', ms: 50 })
  const whole = () => llm.completion({ model, messages: user('Hello') })
  const stream = async () => (await llm.completion({ model, messages: user('Hello'), stream: true })).final()
  const answers = await Promise.all([whole(), whole(), stream(), whole(), stream()])
  expect(asked()).toBe(1)
  for (const answer of answers) expect(answer).toEqual(answers[0])
  expect(answers.map(({ meta }) => meta.cache.coalesced ?? false)).toEqual([false, true, true, true, true])
  expect(answers[1]?.meta.cost.total).toBe(0)
  const [first, second] = answers
  if (first && second) {
    messageOf(first).content = 'changed'
    expect(messageOf(second).content).not.toBe('changed')
  }
})

it('sends each request if coalescing is off or the calls differ', async () => {
  const llm = client({ cache: memoryCache() })
  await Promise.all([1, 2].map(() => llm.completion({ model, messages: user('Hello') })))
  expect(asked()).toBe(2)
  const other = sharing()
  await Promise.all(['a', 'b'].map((text) => other.completion({ model, messages: user(text) })))
  expect(asked()).toBe(4)
})

it('continues for the leader when a follower aborts', async () => {
  const llm = sharing()
  sim().fail({ kind: 'slow-headers', ms: 60 })
  const stop = new AbortController()
  const leader = llm.completion({ model, messages: user('Hello') })
  const follower = llm.completion({ model, messages: user('Hello'), signal: stop.signal })
  const failed = rejection(follower)
  await vi.waitFor(() => expect(asked()).toBe(1), { interval: 5 })
  stop.abort()
  expect(await failed).toMatchObject({ code: 'aborted' })
  expect(messageOf(await leader).content).toBeTruthy()
  expect(asked()).toBe(1)
})

it.each(['whole', 'stream'])('hands over to one follower when the leader aborts (%s)', async (kind) => {
  const llm = sharing()
  sim().fail({ kind: 'slow-headers', ms: 150 })
  const stop = new AbortController()
  const ask = (signal?: AbortSignal) =>
    kind === 'whole'
      ? llm.completion({ model, messages: user('Hello'), signal })
      : llm.completion({ model, messages: user('Hello'), signal, stream: true }).then((stream) => stream.final())
  const leader = rejection(ask(stop.signal))
  const followers = Promise.all([ask(), ask(), ask()])
  await vi.waitFor(() => expect(asked()).toBe(1), { interval: 5 })
  stop.abort()
  expect(await leader).toMatchObject({ code: 'aborted' })
  const answers = await followers
  expect(new Set(answers.map((answer) => messageOf(answer).content)).size).toBe(1)
  expect(asked()).toBe(2)
})

it('hands over when the leading stream is abandoned', async () => {
  const llm = sharing()
  sim().fail({ kind: 'silence', afterChunks: 1 })
  const stream = await llm.completion({ model, messages: user('Hello'), stream: true })
  const follower = llm.completion({ model, messages: user('Hello') })
  await soon()
  for await (const _ of stream) break
  expect(messageOf(await follower).content).toBeTruthy()
  expect(asked()).toBe(2)
})

it('does not wait for a leader that times out', async () => {
  const llm = sharing()
  sim().fail({ kind: 'slow-headers', ms: 5_000 })
  const leader = rejection(llm.completion({ model, messages: user('Hello'), timeout: 40 }))
  const follower = llm.completion({ model, messages: user('Hello') })
  expect(await leader).toMatchObject({ code: 'timeout' })
  expect(messageOf(await follower).content).toBeTruthy()
  expect(asked()).toBe(2)
})

it('fails all calls with one request if the provider rejects it', async () => {
  const llm = sharing()
  sim().fail({ kind: 'status', status: 400 })
  const failures = await Promise.all([1, 2, 3].map(() => rejection(llm.completion({ model, messages: user('Hello') }))))
  for (const failure of failures) expect(failure).toMatchObject({ code: 'bad_request', status: 400 })
  expect(asked()).toBe(1)
  expect(messageOf(await llm.completion({ model, messages: user('Hello') })).content).toBeTruthy()
})

it('does not wait for a leader whose stream is not read', async () => {
  const llm = sharing()
  sim().reply('word '.repeat(5_000))
  const unread = await llm.completion({ model, messages: user('Hello'), stream: true })
  const answer = await llm.completion({ model, messages: user('Hello') })
  expect(answer).toEqual(await unread.final())
  expect(asked()).toBe(1)
})

it('survives a hundred concurrent calls, some of them aborted', async () => {
  const llm = sharing()
  sim().fail({ kind: 'slow-headers', ms: 40 })
  const calls = Array.from({ length: 100 }, (_, at) => {
    const signal = at % 3 === 0 ? AbortSignal.timeout(5 + (at % 7) * 5) : undefined
    return llm.completion({ model, messages: user('Hello'), signal }).then(
      () => 'answered',
      (error) => error.code as string,
    )
  })
  const ends = await Promise.all(calls)
  expect(ends.filter((end) => end === 'answered').length).toBeGreaterThanOrEqual(66)
  expect(new Set(ends)).toEqual(new Set(['answered', 'aborted']))
  expect(asked()).toBeLessThanOrEqual(3)
})
