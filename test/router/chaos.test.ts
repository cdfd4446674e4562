import { expect, it } from 'vitest'
import { type Fault, startSimulator } from '../../simulator/index.js'
import { LLMError } from '../../src/errors.js'
import { Router } from '../../src/router/router.js'
import type { StrategyName } from '../../src/router/types.js'
import { held, messages, nothing, seeded, sleep } from './helpers.js'

const faults: Fault[] = [
  { kind: 'status', status: 429, retryAfterMs: 30 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 401 },
  { kind: 'status', reason: 'context-window' },
  { kind: 'reset' },
  { kind: 'cut', afterChunks: 1 },
  { kind: 'error-event', afterChunks: 0 },
  { kind: 'garbage', what: 'html' },
  { kind: 'slow-headers', ms: 60 },
]
const strategies: StrategyName[] = ['simple-shuffle', 'least-busy', 'usage-based', 'latency-based', 'cost-based']
const prices = { input: 1_000, output: 1_000 }

it.each([1, 2, 3, 4, 5])(
  'whatever happens, every call ends in time, and nothing is held in the end: seed %i',
  async (seed) => {
    const random = seeded(seed)
    const one = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item
    await using simulator = await startSimulator()
    const params = (id: string) => ({
      ...{ model: `openai/${id}`, apiBase: simulator.openaiBase, apiKey: 'any', prices },
      ...{ rpm: 200, tpm: 100_000, maxParallelRequests: 3, maxBudget: 50, tags: one([['default'], ['default', 'x']]) },
    })
    const groups = ['one', 'two', 'three']
    const add = (id: string, modelName: string) => ({ id, modelName, params: params(id) })
    const router = new Router({
      modelList: groups.flatMap((group) => ['a', 'b', 'c'].map((id) => add(`${group}-${id}`, group))),
      routingStrategy: one(strategies),
      fallbacks: [{ one: ['two', { model: 'three', max_tokens: 7 }] }, { two: ['one-a'] }],
      contextWindowFallbacks: [{ '*': ['three'] }],
      mirrorTo: { two: 'three' },
      budgets: { router: { maxBudget: 100 }, tags: { x: { maxBudget: 20 } } },
      enforceLimits: random() < 0.5,
      cooldownTime: 40,
      timeout: 2_000,
      queue: { maxSize: 50, maxWait: 500 },
    })
    let count = 0
    const change = () => {
      const id = `new-${count++}`
      router.addDeployment(add(id, one(groups)))
      const { id: old, modelName } = one(router.snapshot().deployments)
      if (random() < 0.5) router.updateDeployment(old, { modelName, params: params(old) })
      else if (router.snapshot().deployments.filter((other) => other.modelName === modelName).length > 1)
        router.removeDeployment(old)
    }
    const ask = async () => {
      const stop = new AbortController()
      if (random() < 0.1) setTimeout(() => stop.abort(), random() * 50)
      const common = { model: one(groups), messages, max_tokens: 20, signal: stop.signal, tags: one([[], ['x']]) }
      if (random() < 0.5) return router.completion({ ...common, priority: random() })
      const stream = await router.completion({ ...common, stream: true, ...(random() < 0.5 && { resume: 'continue' }) })
      for await (const _ of stream) if (random() < 0.05) break
      return undefined
    }
    const start = performance.now()
    const calls: Promise<unknown>[] = []
    for (let i = 0; i < 250; i++) {
      if (random() < 0.3) simulator.fail(one(faults))
      if (random() < 0.1) change()
      if (random() < 0.02) void router.healthCheck()
      calls.push(
        ask().catch((error: unknown) => {
          if (!LLMError.is(error)) throw error
        }),
      )
      if (random() < 0.2) await sleep(random() * 10)
    }
    await Promise.all(calls)
    expect(performance.now() - start).toBeLessThan(6_000)
    await router.close()
    expect(held(router)).toEqual(nothing)
    for (const { spent, limit, key } of router.snapshot().budgets) {
      // checks are refused by no budget
      if (!key.startsWith('deployment:')) expect(spent).toBeLessThanOrEqual(limit + 2)
    }
  },
  20_000,
)
