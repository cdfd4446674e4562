import { runCompletion } from '../completion.js'
import { runEmbedding } from '../embedding.js'
import { LLMError } from '../errors.js'
import { runRerank } from '../rerank.js'
import type { Core } from './core.js'
import type { Deployment } from './deployment.js'
import type { HealthCheckOptions, HealthReport } from './types.js'

const defaultInterval = 300_000
const defaultTimeout = 30_000
/** `setInterval` fires all the time beyond this. */
const longest = 2_147_483_647
/** Checks under way at the same time. */
const parallel = 8

/** Asks every deployment for a word, to see whether it answers. */
export class Health {
  readonly #core: Core
  readonly #options: HealthCheckOptions
  #timer: NodeJS.Timeout | undefined
  #looking = false

  constructor(core: Core) {
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
      await this.#ask(deployment)
      deployment.unhealthy = undefined
      this.#core.recover(deployment)
      this.#core.room.wake()
      return report()
    } catch (error) {
      if (!LLMError.is(error)) throw error
      // busy is not ill
      if (error.code !== 'rate_limit') deployment.unhealthy = `${error.name}: ${error.message}`.slice(0, 200)
      return report(error)
    }
  }

  async #ask(deployment: Deployment): Promise<void> {
    const { timeout = defaultTimeout, prompt = 'ping' } = this.#options
    const { context, model, defaults, baseModel } = deployment
    const common = { model, baseModel, timeout, maxRetries: 0, headers: defaults.headers as Record<string, string> }
    switch (deployment.facts(model).info?.mode) {
      case 'embedding':
        await runEmbedding(context, { ...common, input: prompt })
        return
      case 'rerank':
        await runRerank(context, { ...common, query: prompt, documents: [prompt] })
        return
      default:
        await runCompletion(context, {
          ...common,
          messages: [{ role: 'user', content: prompt }],
          max_tokens: 16,
          dropParams: true,
        })
    }
  }
}
