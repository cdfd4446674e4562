import { execute } from '../../call/execute.js'
import type { CallObserver } from '../../call/observer.js'
import { callOptions } from '../../call/options.js'
import { LLMError } from '../../errors.js'
import type { Budget } from '../../limits/budget.js'
import { operations } from '../../operations/index.js'
import type { HeaderMap } from '../../transport/exchange.js'
import type { ChatCompletion } from '../../types/chat.js'
import type { EmbeddingResponse } from '../../types/embedding.js'
import type { RerankResponse } from '../../types/rerank.js'
import type { RouterContext } from '../context.js'
import { hear, totalOf } from '../execution/attempt-recorder.js'
import { wasRefusedHere } from '../execution/policy.js'
import { estimateTokensFor } from '../selection/filter.js'
import { Requirements, type RoutedOperation } from '../selection/requirements.js'
import type { HealthCheckOptions, HealthReport } from '../types.js'
import type { Deployment } from './deployment.js'

type Answer = ChatCompletion | EmbeddingResponse<number[] | Float32Array> | RerankResponse

/** What a deployment is asked. */
interface Question {
  readonly operation: RoutedOperation
  readonly request: Readonly<Record<string, unknown>>
}

const defaultInterval = 300_000
const defaultTimeout = 30_000
/** `setInterval` fires all the time beyond this. */
const longest = 2_147_483_647
/** Checks under way at the same time. */
const parallel = 8

/** Asks every deployment for a word, to see whether it answers. */
export class HealthChecker {
  readonly #core: RouterContext
  readonly #options: HealthCheckOptions
  #timer: NodeJS.Timeout | undefined
  #looking = false

  constructor(core: RouterContext) {
    this.#core = core
    const { healthCheck } = core.options
    this.#options = typeof healthCheck === 'object' ? healthCheck : {}
  }

  /** Begins to check in the background. The timer does not keep the process alive. */
  start(): void {
    const { interval = defaultInterval } = this.#options
    this.#timer = setInterval(() => this.#look(), Math.min(interval, longest))
    this.#timer.unref()
  }

  /** One round at a time; what it finds is on the deployments, and what breaks it is nobody's to catch. */
  #look(): void {
    if (this.#looking) return
    this.#looking = true
    this.check()
      .catch(() => {})
      .finally(() => {
        this.#looking = false
      })
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async check(ids?: readonly string[]): Promise<HealthReport[]> {
    const all = [...this.#core.groups.all].filter(({ id, wildcard }) => !wildcard && (!ids || ids.includes(id)))
    const reports: HealthReport[] = new Array(all.length)
    let next = 0
    const worker = async () => {
      for (let at = next++; at < all.length; at = next++) reports[at] = await this.#checkOne(all[at] as Deployment)
    }
    await Promise.all(Array.from({ length: Math.min(parallel, all.length) }, worker))
    return reports
  }

  async #checkOne(deployment: Deployment): Promise<HealthReport> {
    const { id, modelName, model } = deployment
    const { clock } = this.#core
    const startedAt = clock.now()
    const report = (error?: LLMError): HealthReport => ({
      deployment: id,
      modelName,
      model,
      healthy: error === undefined,
      latencyMs: clock.now() - startedAt,
      ...(error && { error }),
    })
    try {
      await this.#counted(deployment)
      deployment.unhealthy = undefined
      this.#core.recover(deployment)
      return report()
    } catch (error) {
      if (!LLMError.is(error)) throw error
      // busy is not ill
      if (error.code !== 'rate_limit') deployment.unhealthy = `${error.name}: ${error.message}`.slice(0, 200)
      return report(error)
    } finally {
      this.#core.room.wake()
    }
  }

  /**
   * A check is a request like any other: it is counted among those under way and of the minute, and paid for. But no limit and no
   * budget refuses it, and it says nothing of how fast the deployment is.
   */
  async #counted(deployment: Deployment): Promise<void> {
    const { clock, state } = this.#core
    const { id } = deployment
    const question = this.#question(deployment)
    const tokens = estimateTokensFor(deployment, new Requirements(question.operation, question.request))
    const at = clock.wall()
    const slot = deployment.occupy(at, tokens)
    let headers: HeaderMap | undefined
    const observer: CallObserver = {
      ...{ startedAt: clock.now(), attempts: [], mark: {} },
      router: { requested: id, modelGroup: deployment.modelName, deployment: id, fallbacks: 0 },
      settled: (call) => {
        headers = call.headers
      },
    }
    const over = (answer: Answer | undefined, refused = false) => {
      const now = clock.wall()
      const used = answer ? (answer.usage ? totalOf(answer.usage) : tokens) : 0
      deployment.vacate({ slot, tokens }, used, refused)
      if (headers) hear(deployment, headers, now)
      const holds = this.#budgetsOf(deployment).map((budget) => ({ budget, amount: 0 }))
      const cost = (holds.length > 0 ? answer?.meta.cost.total : undefined) ?? 0
      for (const { budget } of holds) budget.spend(now, cost)
      if (!refused) state?.note?.({ id, at, tokens: used, holds, cost })
    }
    try {
      over((await execute(deployment.context, operations[question.operation], question.request, observer)) as Answer)
    } catch (error) {
      over(undefined, LLMError.is(error) && wasRefusedHere(error))
      throw error
    }
  }

  #budgetsOf({ provider, budget }: Deployment): Budget[] {
    const budgets = this.#core.budgetsOf(provider, undefined)
    return budget ? [...budgets, budget] : budgets
  }

  /** As its calls go: over its connections, with its headers and the provider's own fields. */
  #question(deployment: Deployment): Question {
    const { timeout = defaultTimeout, prompt = 'ping' } = this.#options
    const { model, baseModel, defaults } = deployment
    const given = Object.entries({ ...this.#core.defaults, ...defaults })
    const options = Object.fromEntries(given.filter(([name]) => callOptions.has(name) || name === 'extra_body'))
    const common = { ...options, model, baseModel, timeout, maxRetries: 0 }
    switch (deployment.facts(model).info?.mode) {
      case 'embedding': {
        const request = { ...common, input: prompt }
        return { operation: 'embedding', request }
      }
      case 'rerank': {
        const request = { ...common, query: prompt, documents: [prompt] }
        return { operation: 'rerank', request }
      }
      default: {
        const messages = [{ role: 'user' as const, content: prompt }]
        const request = { ...common, messages, max_tokens: 16, dropParams: true }
        return { operation: 'chat', request }
      }
    }
  }
}
