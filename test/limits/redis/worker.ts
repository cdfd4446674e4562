import { setMaxListeners } from 'node:events'
import type { Dispatcher } from 'undici'
import { mockProvider } from '../../../simulator/mock.js'
import { redisLimits } from '../../../src/limits/redis/index.js'
import { Router } from '../../../src/router/router.js'
import { ask, candidate, observer, sleep } from './helpers.js'

/** The task of a worker process. */
export interface Job {
  readonly url: string
  readonly namespace: string
  readonly mode: 'requests' | 'hold' | 'budget' | 'router'
  /** Of each of the two candidates, or US dollars. */
  readonly limit: number
  /** Such as `6s`. */
  readonly window?: string
  readonly leaseTtl?: number
  readonly commandTimeout?: number
  /** Milliseconds. */
  readonly runFor: number
  /** Calls at the same time. */
  readonly width: number
}

/** Sent at the end. */
export interface Result {
  /** When calls were granted, in milliseconds since 1970. */
  readonly times: number[]
  /** The slots in which the calls were counted, by the server's clock. */
  readonly slots: number[]
  readonly events: { state: string; at: number }[]
  readonly cost: number
  readonly errors?: string[]
}

const job = JSON.parse(process.argv[2] ?? '') as Job
const { url, namespace, window, leaseTtl, commandTimeout = 1_000 } = job
const store = redisLimits({ url, namespace, leaseTtl, commandTimeout, connectTimeout: 5_000, processes: 3 })
const times: number[] = []
const slots: number[] = []
const events: { state: string; at: number }[] = []
const errors: string[] = []
let cost = 0
let until = Date.now() + job.runFor
process.once('message', () => {
  until = 0
})

/** Takes requests of a window for as long as it runs. */
async function request(): Promise<void> {
  const limits = { requests: job.limit, ...(window !== undefined && { window: { duration: window } }) }
  const asked = ask([candidate('x', limits), candidate('y', limits)])
  while (Date.now() < until) {
    const found = await store.reserve(asked)
    if ('index' in found) {
      times.push(Date.now())
      slots.push((found as { slot?: number }).slot ?? 0)
      await sleep(1)
      store.settle(found, { tokens: 1, cost: 0 })
    } else await sleep(Math.min(...found.reasons.map(({ retryAfterMs = 50 }) => retryAfterMs), 500))
  }
}

const team = { key: 'team', budget: job.limit }

/** Calls that cost up to what they hold, and sometimes a fifth more than their estimate. */
async function spend(estimate: number, most: number, costOf: () => number): Promise<void> {
  const asked = ask([candidate('x', { accounts: [team], estimate, most })])
  while (Date.now() < until) {
    const found = await store.reserve(asked)
    if ('index' in found) {
      await sleep(Math.random() * 5)
      const spent = costOf()
      cost += spent
      times.push(Date.now())
      store.settle(found, { tokens: 1, cost: spent })
    }
    await sleep(5)
  }
}

/** Calls a Router with two deployments. */
async function route(): Promise<void> {
  const mock = mockProvider({ reply: 'Hello' })
  const dispatcher = {
    dispatch: (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
      times.push(Date.now())
      process.send?.('call')
      return mock.dispatcher.dispatch(options, handler)
    },
    close: () => mock.close(),
    destroy: () => mock.close(),
  } as unknown as Dispatcher
  const router = new Router({
    modelList: ['x', 'y'].map((id) => ({
      id,
      modelName: 'gpt',
      params: { model: `openai/${id}`, apiKey: 'any', rpm: job.limit },
    })),
    enforceLimits: true,
    queue: { maxWait: 150_000 },
    timeout: 200_000,
    state: store,
    client: { dispatcher },
  })
  router.on('state', ({ state }) => {
    events.push({ state, at: Date.now() })
    process.send?.(state)
  })
  const ends = new AbortController()
  setMaxListeners(0, ends.signal)
  setTimeout(() => ends.abort(), job.runFor).unref()
  process.once('message', () => ends.abort())
  process.send?.('going')
  const loop = async () => {
    while (Date.now() < until) {
      try {
        await router.completion({ model: 'gpt', messages: [{ role: 'user', content: 'Hello' }], signal: ends.signal })
      } catch (error) {
        if (!ends.signal.aborted) errors.push(String(error))
      }
      await sleep(1)
    }
  }
  await Promise.all(Array.from({ length: job.width }, loop))
  await router.close()
}

async function main(): Promise<void> {
  const observed = observer()
  if (job.mode !== 'router') store.attach?.({ ...observed, changed: (state) => events.push({ state, at: Date.now() }) })
  switch (job.mode) {
    case 'hold': {
      const asked = ask([candidate('x', { parallel: job.limit })])
      for (let i = 0; i < job.width; i++) await store.reserve(asked)
      process.send?.('holding')
      return sleep(job.runFor)
    }
    case 'requests':
      await Promise.all(Array.from({ length: job.width }, request))
      break
    case 'budget':
      await Promise.all(Array.from({ length: job.width }, () => spend(0.01, 0.02, () => 0.004 + Math.random() * 0.008)))
      break
    case 'router':
      await route()
  }
  await store.close()
  const result: Result = { times, slots, events, cost, errors }
  process.send?.(result, () => process.exit(0))
}

await main()
