import type { AnyUsage } from '../../call/billing.js'
import type { CacheOutcome } from '../../call/cache-outcome.js'
import { type MetaSource, metaOf } from '../../call/meta.js'
import type { CallObserver } from '../../call/observer.js'
import { rateLimits } from '../../call/response-headers.js'
import type { LLMError } from '../../errors.js'
import type { HeaderMap } from '../../transport/exchange.js'
import type { Attempt, CallMeta, RouterMeta } from '../../types/meta.js'
import type { RouterContext } from '../context.js'
import type { Deployment } from '../deployments/deployment.js'
import type { Selection } from '../selection/select.js'
import { cooldownFor, isItsFault, wasRefusedHere } from './policy.js'
import type { RoutedCall } from './routed-call.js'

/** Follows one try of a ride, and gives back what was taken for it: once, however it ends. */
export class AttemptRecorder implements CallObserver {
  readonly startedAt: number
  readonly attempts: Attempt[]
  readonly mark: Partial<Attempt>
  readonly router: RouterMeta
  readonly #core: RouterContext
  readonly #ride: RoutedCall
  readonly #pick: Selection
  #over = false

  constructor(core: RouterContext, ride: RoutedCall, pick: Selection) {
    this.#core = core
    this.#ride = ride
    this.#pick = pick
    const { deployment, group, reason } = pick
    this.startedAt = ride.startedAt
    this.attempts = ride.attempts
    this.mark = { deployment: deployment.id, modelGroup: group.name, reason }
    this.router = {
      requested: ride.requested,
      modelGroup: group.name,
      deployment: deployment.id,
      ...(deployment.variant !== undefined && { variant: deployment.variant }),
      fallbacks: ride.fallbacks,
    }
  }

  /** What the Router's cache has to say. */
  get cache(): CacheOutcome | undefined {
    return this.#ride.note
  }

  settled(call: MetaSource, error: LLMError | undefined): void {
    // a list of embeddings may be several calls: what they come to is known with the answer
    if (this.#ride.operation === 'embedding') return
    this.finish(error, call.usage, call.headers, call.firstTokenAt, () => metaOf(call))
  }

  /** @param meta read for the cost, and only where it matters */
  finish(
    error: LLMError | undefined,
    usage?: AnyUsage,
    headers?: HeaderMap,
    firstTokenAt?: number,
    meta?: () => CallMeta,
  ): void {
    if (this.#over) return
    this.#over = true
    const core = this.#core
    const pick = this.#pick
    const { deployment, holds, tokens, lease } = pick
    const { clock } = core
    const now = clock.wall()
    const durationMs = clock.now() - pick.at
    const used = usage === undefined ? undefined : totalOf(usage)
    const refused = error !== undefined && wasRefusedHere(error)
    const counted = refused ? 0 : (used ?? (error ? 0 : tokens))
    deployment.vacate(pick, counted, refused)
    let cost = 0
    if (holds.length > 0) {
      cost = (usage ? meta?.().cost.total : undefined) ?? (error ? 0 : pick.estimate)
      for (const hold of holds) hold.budget.settle(now, hold, cost)
    }
    if (headers) hear(deployment, headers, now)
    if (!error) this.#good(now, durationMs, usage, firstTokenAt)
    else this.#bad(error, now, durationMs)
    if (lease) {
      const speed = error
        ? undefined
        : {
            callMs: durationMs,
            firstTokenMs: firstTokenAt === undefined ? undefined : firstTokenAt - pick.at,
            tokens: completionOf(usage),
          }
      core.state?.settle(lease, {
        tokens: refused || (error && used === undefined) ? 0 : used,
        cost,
        ...(refused && { refused }),
        ...(speed && { latency: speed }),
      })
    } else if (core.state && !refused) {
      core.state.note?.({ id: deployment.id, at: now - durationMs, tokens: counted, holds, cost })
    }
    core.room.wake()
  }

  #good(now: number, durationMs: number, usage: AnyUsage | undefined, firstTokenAt: number | undefined): void {
    const { deployment, group, at } = this.#pick
    const core = this.#core
    deployment.successes++
    deployment.failuresInARow = 0
    deployment.outcomes.expire(now)
    deployment.outcomes.add(now, 0, 1)
    const output = completionOf(usage)
    deployment.latency.measure(now, durationMs, output, firstTokenAt === undefined ? undefined : firstTokenAt - at)
    if (output > 0) {
      const { outputTokens } = deployment
      deployment.outputTokens = outputTokens === undefined ? output : outputTokens + 0.2 * (output - outputTokens)
    }
    deployment.unhealthy = undefined
    this.answering()
    if (core.events.heard) {
      core.events.emit({ type: 'success', modelGroup: group.name, deployment: deployment.id, durationMs })
    }
  }

  /** A good answer, or the beginning of one. What began before a cooldown does not end it, nor stands for its probe. */
  answering(): void {
    const { deployment, probe } = this.#pick
    if (!deployment.cooldown && (probe || deployment.probe === 'none')) this.#core.recover(deployment)
  }

  #bad(error: LLMError, now: number, durationMs: number): void {
    const { deployment, group, probe } = this.#pick
    const core = this.#core
    if (!isItsFault(error, deployment)) {
      // it says nothing about the deployment: the next call tries it out
      if (probe && deployment.probe === 'sent') deployment.probe = 'due'
      return
    }
    deployment.failures++
    // what began before a cooldown failed of what the cooldown is for
    const stale = this.#pick.at < deployment.cooledAt && !(error.code === 'rate_limit' && error.retryAfterMs)
    if (!stale) {
      deployment.failuresInARow++
      deployment.outcomes.expire(now)
      deployment.outcomes.add(now, 1, 1)
    }
    if (error.code === 'timeout') deployment.latency.punish(now, durationMs)
    core.events.emit({ type: 'failure', modelGroup: group.name, deployment: deployment.id, error, durationMs })
    if (stale) return
    const others = group.deployments.some((other) => other !== deployment && !other.cooldown && other.probe !== 'sent')
    const verdict = cooldownFor(deployment, error, { options: core.options, group, now, others, probe })
    if (verdict) core.coolDown(deployment, verdict)
    else if (probe && deployment.probe === 'sent') deployment.probe = 'due'
    if (!others) core.tryOut(group.deployments)
  }
}

/** What the provider's headers say of its limits. */
export function hear(deployment: Deployment, headers: HeaderMap, now: number): void {
  for (const name in headers) {
    if (name.startsWith('x-ratelimit-') || name.startsWith('anthropic-ratelimit-')) {
      deployment.heard(rateLimits(headers, now), now)
      return
    }
  }
}

export const totalOf = (usage: AnyUsage): number => usage.total_tokens ?? 0

const completionOf = (usage: AnyUsage | undefined): number =>
  usage && 'completion_tokens' in usage ? (usage.completion_tokens ?? 0) : 0
