import { onTestFinished, vi } from 'vitest'
import { type MockProvider, type MockProviderOptions, mockProvider } from '../../simulator/index.js'
import type { Clock } from '../../src/call/clock.js'
import { type AnyLLMError, LLMError } from '../../src/errors.js'
import { Router } from '../../src/router/router.js'
import type { DeploymentConfig, DeploymentParams, DeploymentView, RouterOptions } from '../../src/router/types.js'
import type { RouterEvent } from '../../src/types/observe.js'

export const messages = [{ role: 'user' as const, content: 'Hello' }]

// the code of calls loads with the first one, which tests that count turns of the event loop must not wait for
await new Router({ modelList: [{ modelName: 'none', params: { model: 'openai/none' } }] })
  .completion({ model: 'unknown', messages })
  .catch(() => {})

/** Numbers that look like chance and are the same each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Time that a test moves. A frozen one stands still otherwise. Real timers know nothing of it. */
export class TestClock implements Clock {
  at = 0
  readonly #frozen: boolean
  readonly #wall = Date.UTC(2026, 4, 6, 12)
  random: () => number

  constructor({ frozen = false, random = seeded(1) }: { frozen?: boolean; random?: () => number } = {}) {
    this.#frozen = frozen
    this.random = random
  }
  now = () => this.at + (this.#frozen ? 0 : performance.now())
  wall = () => this.#wall + this.now()
  advance(ms: number): void {
    this.at += ms
  }
}

/** A deployment whose id is the model that the provider is asked for. */
export const dep = (id: string, params: Partial<DeploymentParams> = {}, modelName = 'gpt'): DeploymentConfig => ({
  id,
  modelName,
  params: { model: `openai/${id}`, apiKey: `key-${id}`, ...params },
})

export interface Setup extends AsyncDisposable {
  router: Router
  mock: MockProvider
  clock: TestClock
  events: RouterEvent[]
  /** The models that were asked, in order. */
  asked(): string[]
  /** One call, and who answered. */
  ask(request?: object): Promise<string>
}

/** A Router over a provider without a network. */
export function setup(
  options: Omit<RouterOptions, 'modelList'> & { modelList: readonly (DeploymentConfig | string)[] },
  { clock = new TestClock(), mock: simulation = {} }: { clock?: TestClock; mock?: MockProviderOptions } = {},
): Setup {
  const mock = mockProvider(simulation)
  const modelList = options.modelList.map((one) => (typeof one === 'string' ? dep(one) : one))
  const router = new Router(
    { ...options, modelList, client: { ...options.client, dispatcher: mock.dispatcher } },
    { clock },
  )
  const events: RouterEvent[] = []
  router.on('*', (event) => void events.push(event))
  const close = async () => {
    await router.close()
    await mock.close()
  }
  onTestFinished(close)
  return {
    router,
    mock,
    clock,
    events,
    asked: () => mock.requests.map(({ model }) => model),
    ask: async (request) => {
      const answer = await router.completion({ model: 'gpt', messages, ...request })
      return answer.meta.router?.deployment ?? ''
    },
    [Symbol.asyncDispose]: close,
  }
}

/** What a call rejects with. */
export async function failure(promise: PromiseLike<unknown>): Promise<AnyLLMError> {
  try {
    await promise
  } catch (error) {
    if (LLMError.is(error)) return error
    throw error
  }
  throw new Error('it should have been rejected')
}

/** What a constructor throws. */
export function thrown(make: () => unknown): AnyLLMError {
  try {
    make()
  } catch (error) {
    if (LLMError.is(error)) return error
    throw error
  }
  throw new Error('it should have thrown')
}

/** Nothing is held any more. */
export function held(router: Router) {
  const { deployments, budgets, waiting, calls } = router.snapshot()
  const inFlight = deployments.reduce((sum, one) => sum + one.inFlight, 0)
  const reserved = budgets.reduce((sum, one) => sum + one.reserved, 0)
  return { inFlight, reserved, waiting, calls }
}
export const nothing = { inFlight: 0, reserved: 0, waiting: 0, calls: 0 }

export const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

/** Stops timers and `performance.now()` until the end of the test. The returned function moves them. */
export function stopTime(): (ms: number) => Promise<unknown> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  return (ms) => vi.advanceTimersByTimeAsync(ms)
}

/** Turns of the event loop, for what needs no time. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((done) => setImmediate(done))
}

/** What a strategy sees. */
export const view = (id: string, given: Partial<DeploymentView> = {}): DeploymentView => ({
  id,
  modelName: 'gpt',
  model: `openai/${id}`,
  provider: 'openai',
  weight: undefined,
  rpm: undefined,
  tpm: undefined,
  maxParallelRequests: undefined,
  order: 0,
  region: undefined,
  tags: [],
  variant: undefined,
  inFlight: 0,
  requests: 0,
  tokens: 0,
  latency: { perTokenMs: undefined, firstTokenMs: undefined, callMs: undefined },
  inputCost: undefined,
  outputCost: undefined,
  ...given,
})
