import { setMaxListeners } from 'node:events'
import type { Dispatcher } from 'undici'
import { mockProvider } from '../../../simulator/mock.js'
import { redisState } from '../../../src/router/redis/index.js'
import type { RedisLease } from '../../../src/router/redis/wire.js'
import { Router } from '../../../src/router/router.js'
import { ask, budget, candidate, host, sleep } from './parts.js'

/** What a worker process is to do. */
export interface Job {
  readonly url: string
  readonly namespace: string
  readonly mode: 'state' | 'router' | 'hold' | 'budget'
  /** Of each of the two deployments, or US dollars. */
  readonly limit: number
  readonly window?: number
  readonly leaseTtl?: number
  readonly commandTimeout?: number
  /** Milliseconds. */
  readonly runFor: number
  /** Calls at the same time. */
  readonly width: number
}

/** What it tells at the end. */
export interface Result {
  /** When calls reached the provider, in milliseconds since 1970. */
  readonly times: number[]
  /** By Redis's own clock: the slots that the calls were counted in. */
  readonly slots: number[]
  readonly errors: string[]
  readonly events: { state: string; at: number }[]
  /** The longest single call, or decision, in milliseconds. */
  readonly slowest: number
  readonly cost: number
}

const job = JSON.parse(process.argv[2] ?? '') as Job
const { url, namespace, window, leaseTtl, commandTimeout = 1_000 } = job
const state = redisState({ url, namespace, window, leaseTtl, commandTimeout, connectTimeout: 5_000, processes: 3 })
const times: number[] = []
const slots: number[] = []
const errors: string[] = []
const events: { state: string; at: number }[] = []
let slowest = 0
let cost = 0
let until = Date.now() + job.runFor
const going = () => Date.now() < until

/** A dispatcher's part: decides, notes the time, works a little. */
async function byState(): Promise<void> {
  const asked = ask([candidate('x', { rpm: job.limit }), candidate('y', { rpm: job.limit })])
  while (going()) {
    const found = await state.reserve(asked)
    if (!found) await sleep(10)
    else if ('index' in found) {
      times.push(Date.now())
      slots.push((found as RedisLease).slot)
      await sleep(1)
      state.settle(found, { tokens: 1, cost: 0 })
    } else await sleep(Math.min(...found.reasons.map(({ retryAfterMs = 50 }) => retryAfterMs)))
  }
}

const shared = budget({ maxBudget: job.limit })

/** Calls that cost up to what they set aside, and sometimes a fifth more. */
async function byBudget(): Promise<void> {
  const asked = ask([candidate('x', { budgets: [shared], estimate: 0.01, most: 0.02 })])
  while (going()) {
    const found = await state.reserve(asked)
    if (found && 'index' in found) {
      await sleep(Math.random() * 5)
      const spent = 0.004 + Math.random() * 0.008
      cost += spent
      state.settle(found, { tokens: 1, cost: spent })
    } else await sleep(5)
  }
}

async function byRouter(): Promise<void> {
  const mock = mockProvider({ reply: 'Hello' })
  const dispatcher = {
    dispatch: (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
      times.push(Date.now())
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
    state,
    client: { dispatcher },
  })
  router.on('state', ({ state: now }) => events.push({ state: now, at: Date.now() }))
  const ends = new AbortController()
  setMaxListeners(0, ends.signal)
  setTimeout(() => ends.abort(), job.runFor)
  process.once('message', () => {
    until = 0
    ends.abort()
  })
  let told = false
  const tell = () => {
    if (!told) process.send?.('going')
    told = true
  }
  // the others may have taken the whole of the first minute
  setTimeout(tell, 3_000)
  const loop = async () => {
    while (going()) {
      const at = performance.now()
      try {
        await router.completion({
          model: 'gpt',
          messages: [{ role: 'user', content: 'Hello' }],
          signal: ends.signal,
        })
        if (slowest === 0) tell()
        slowest = Math.max(slowest, performance.now() - at)
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
  const heard = host()
  if (job.mode !== 'router') state.attach?.(heard)
  switch (job.mode) {
    case 'hold': {
      const asked = ask([candidate('x', { maxParallelRequests: job.limit })])
      for (let i = 0; i < job.width; i++) await state.reserve(asked)
      process.send?.('holding')
      return sleep(job.runFor)
    }
    case 'state':
      await Promise.all(Array.from({ length: job.width }, byState))
      break
    case 'budget':
      await Promise.all(Array.from({ length: job.width }, byBudget))
      break
    case 'router':
      await byRouter()
  }
  await state.close()
  const result: Result = { times, slots, errors, events, slowest, cost }
  process.send?.(result, () => process.exit(0))
}

await main()
