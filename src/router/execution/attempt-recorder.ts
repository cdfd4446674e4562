import type { AnyUsage } from '../../call/billing.js'
import type { CacheOutcome } from '../../call/cache-outcome.js'
import { type MetaSource, metaOf } from '../../call/meta.js'
import type { CallObserver } from '../../call/observer.js'
import { rateLimits } from '../../call/response-headers.js'
import type { LLMError } from '../../errors.js'
import type { HeaderMap } from '../../transport/exchange.js'
import type { Attempt, CallMeta, RouterMeta } from '../../types/meta.js'
import type { Deployment } from '../deployments/deployment.js'
import type { Selection } from '../selection/selection.js'
import { cooldownFor, hasFallback, isDeploymentFault, isUnavailable, wasNeverSent } from './policy.js'
import type { RoutedCall } from './routed-call.js'

/** How an attempt ended. */
export interface AttemptOutcome {
  readonly usage?: AnyUsage | undefined
  readonly headers?: HeaderMap | undefined
  /** Monotonic milliseconds. */
  readonly firstTokenAt?: number | undefined
  /** Read only if a budget needs the cost. */
  readonly meta?: () => CallMeta
}

/** Follows one attempt, and returns its capacity exactly once, however it ends. */
export class AttemptRecorder implements CallObserver {
  readonly startedAt: number
  readonly attempts: Attempt[]
  readonly mark: Partial<Attempt>
  readonly router: RouterMeta
  readonly #call: RoutedCall
  readonly #selection: Selection
  #finished = false

  constructor(call: RoutedCall, selection: Selection) {
    this.#call = call
    this.#selection = selection
    const { deployment, group, reason } = selection
    this.startedAt = call.startedAt
    this.attempts = call.attempts
    this.mark = { deployment: deployment.id, modelGroup: group.name, reason }
    this.router = {
      requested: call.requested,
      modelGroup: group.name,
      deployment: deployment.id,
      ...(deployment.variant !== undefined && { variant: deployment.variant }),
      fallbacks: call.fallbacks,
    }
  }

  get cache(): CacheOutcome | undefined {
    return this.#call.cacheOutcome
  }

  settled(call: MetaSource & AttemptOutcome, error: LLMError | undefined): void {
    const { usage, headers, firstTokenAt } = call
    this.finish(error, { usage, headers, firstTokenAt, meta: () => metaOf(call) })
  }

  finish(error: LLMError | undefined, { usage, headers, firstTokenAt, meta }: AttemptOutcome = {}): void {
    if (this.#finished) return
    this.#finished = true
    const { deployment, holds, tokens, reservation, accounts, at, estimate } = this.#selection
    const { clock, state, queue } = this.#call.context
    const now = clock.wall()
    const durationMs = clock.now() - at
    const refused = error !== undefined && wasNeverSent(error)
    const used = usage?.total_tokens ?? undefined
    const counted = refused ? 0 : (used ?? (error ? 0 : tokens))
    deployment.release(this.#selection, counted, refused)
    let cost = 0
    if (holds.length > 0) {
      cost = (usage ? meta?.().cost.total : undefined) ?? (error ? 0 : estimate)
      for (const hold of holds) hold.budget.settle(now, hold, cost)
    }
    if (headers) applyRateLimits(deployment, headers, now)
    const firstTokenMs = firstTokenAt === undefined ? undefined : firstTokenAt - at
    if (error) this.#recordFailure(error, now, durationMs)
    else this.#recordSuccess(now, durationMs, outputTokens(usage), firstTokenMs)
    if (reservation) {
      state?.settle(reservation, {
        tokens: refused || (error && used === undefined) ? 0 : used,
        cost,
        ...(refused && { refused }),
        ...(!error && { latency: { callMs: durationMs, firstTokenMs, tokens: outputTokens(usage) } }),
      })
    } else if (state && !refused) {
      state.note?.({ id: deployment.id, at: now - durationMs, accounts, tokens: counted, cost })
    }
    queue.wake()
  }

  /** A response has begun: ends the probe. A call from before the cooldown does not. */
  confirmRecovery(): void {
    const { deployment, probe } = this.#selection
    if (!deployment.cooldown && (probe || deployment.probe === 'none')) {
      this.#call.context.availability.recover(deployment)
    }
  }

  #recordSuccess(now: number, durationMs: number, output: number, firstTokenMs: number | undefined): void {
    const { deployment, group } = this.#selection
    const { events } = this.#call.context
    deployment.successes++
    deployment.failuresInARow = 0
    deployment.outcomes.expire(now)
    deployment.outcomes.add(now, 0, 1)
    deployment.latency.measure(now, durationMs, output, firstTokenMs)
    if (output > 0) {
      const mean = deployment.outputTokens
      deployment.outputTokens = mean === undefined ? output : mean + 0.2 * (output - mean)
    }
    deployment.unhealthy = undefined
    this.confirmRecovery()
    if (events.observed) {
      events.emit({ type: 'success', modelGroup: group.name, deployment: deployment.id, durationMs })
    }
  }

  #recordFailure(error: LLMError, now: number, durationMs: number): void {
    const { deployment, group, probe, at } = this.#selection
    const { events, availability, options } = this.#call.context
    if (!isDeploymentFault(error, deployment)) {
      // the deployment was not tested: the next call probes it
      if (probe && deployment.probe === 'sent') deployment.probe = 'due'
      return
    }
    deployment.failures++
    // a call from before the cooldown fails for the same cause
    const stale = at < deployment.cooledAt && !(error.retryAfterMs && isUnavailable(error))
    if (!stale) {
      deployment.failuresInARow++
      deployment.outcomes.expire(now)
      deployment.outcomes.add(now, 1, 1)
    }
    if (error.code === 'timeout') deployment.latency.penalize(now, durationMs)
    events.emit({ type: 'failure', modelGroup: group.name, deployment: deployment.id, error, durationMs })
    if (stale) return
    const others = group.deployments.some((other) => other !== deployment && !other.cooldown && other.probe !== 'sent')
    const elsewhere = others || hasFallback(options, [this.#call.requested, group.name], error)
    const cooldown = cooldownFor(deployment, error, { options, group, others: elsewhere, probe })
    if (cooldown) availability.coolDown(deployment, cooldown)
    else if (probe && deployment.probe === 'sent') deployment.probe = 'due'
    if (!elsewhere) availability.halfOpenNext(group.deployments)
  }
}

/** Takes the rate limits that a provider reports in its headers. */
export function applyRateLimits(deployment: Deployment, headers: HeaderMap, now: number): void {
  for (const name in headers) {
    if (name.startsWith('x-ratelimit-') || name.startsWith('anthropic-ratelimit-')) {
      deployment.applyRateLimits(rateLimits(headers, now), now)
      return
    }
  }
}

const outputTokens = (usage: AnyUsage | undefined): number =>
  usage && 'completion_tokens' in usage ? (usage.completion_tokens ?? 0) : 0
