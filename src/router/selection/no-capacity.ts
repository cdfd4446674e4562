import { BudgetExceededError, ContextWindowExceededError, NoDeploymentsAvailableError } from '../../errors.js'
import type { RejectionReason } from '../../limits/types.js'
import type { Deployment } from '../deployments/deployment.js'
import { estimatePrice, estimateTokensFor } from './estimates.js'
import { Exclusion, findExclusion } from './filter.js'
import { findInability, type Inability } from './requirements.js'
import type { NoCapacity } from './selection.js'
import type { SelectionContext } from './selection-context.js'

/** Why one deployment can't take the call. */
interface Unavailability {
  readonly exclusion: Exclusion
  readonly reason: string
  readonly retryAfterMs: number | undefined
  /** Whether it may end by itself, or with another call. */
  readonly temporary: boolean
}

const exclusions: Readonly<Record<RejectionReason['kind'], Exclusion>> = {
  cooldown: Exclusion.Cooldown,
  probing: Exclusion.Probing,
  parallel: Exclusion.Parallel,
  budget: Exclusion.Budget,
  requests: Exclusion.Requests,
  tokens: Exclusion.Tokens,
  unreachable: Exclusion.Requests,
}

/** @param rejections reasons that the shared state gave */
export function describeNoCapacity(
  selection: SelectionContext,
  rejections?: ReadonlyMap<Deployment, RejectionReason | undefined>,
): NoCapacity {
  const { request, group } = selection
  const found = group.deployments.map((deployment): [Deployment, Unavailability] => {
    const rejection = rejections?.get(deployment)
    return [deployment, rejection ? fromRejection(rejection) : describeExclusion(selection, deployment)]
  })
  const deployments = found.map(([{ id }, { reason, retryAfterMs }]) => ({
    deployment: id,
    reason,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }))
  const times = found.flatMap(([, { retryAfterMs }]) => retryAfterMs ?? [])
  const retryAfterMs = times.length > 0 ? Math.min(...times) : undefined
  const temporary = found.some(([, unavailability]) => unavailability.temporary)
  return {
    retryAfterMs,
    temporary,
    error: (cause, hint) => {
      const all = (exclusion: Exclusion) => found.length > 0 && found.every(([, one]) => one.exclusion === exclusion)
      const details = deployments.slice(0, 8).map(({ deployment, reason }) => `${deployment}: ${reason}`)
      const more = deployments.length > 8 ? `; and ${deployments.length - 8} more` : ''
      const list = `${details.join('; ') || 'the group has no deployments'}${more}`
      const retry = retryAfterMs === undefined ? '' : ` Retry after ${Math.ceil(retryAfterMs)} ms.`
      const end = hint === undefined ? retry : `${retry} ${hint}`
      const common = { model: request.call.requested, retryAfterMs, cause }
      if (all(Exclusion.PromptTooLong)) {
        return new ContextWindowExceededError(`The prompt is too long for '${group.name}'. ${list}.${end}`, common)
      }
      if (all(Exclusion.Budget)) {
        return new BudgetExceededError(`No budget is left for '${group.name}'. ${list}.${end}`, common)
      }
      return new NoDeploymentsAvailableError(`No deployment of '${group.name}' can take the call. ${list}.${end}`, {
        ...common,
        deployments,
        retryable: temporary,
      })
    },
  }
}

function fromRejection({ kind, reason, retryAfterMs }: RejectionReason): Unavailability {
  // a budget returns with time or with the calls that hold it
  return {
    exclusion: exclusions[kind],
    reason,
    retryAfterMs,
    temporary: kind !== 'budget' || retryAfterMs !== undefined,
  }
}

function describeExclusion(selection: SelectionContext, deployment: Deployment): Unavailability {
  const exclusion = findExclusion(selection, deployment)
  return { exclusion, temporary: temporaryExclusions.has(exclusion), ...explain(selection, deployment, exclusion) }
}

const temporaryExclusions: ReadonlySet<Exclusion> = new Set([
  Exclusion.Cooldown,
  Exclusion.Probing,
  Exclusion.Parallel,
  Exclusion.Requests,
  Exclusion.Tokens,
  Exclusion.ProviderLimit,
])

type Explanation = Pick<Unavailability, 'reason' | 'retryAfterMs'> & Partial<Unavailability>

function explain(selection: SelectionContext, deployment: Deployment, exclusion: Exclusion): Explanation {
  const { requiredTags, now } = selection
  const because = (reason: string, retryAfterMs?: number) => ({ reason, retryAfterMs })
  switch (exclusion) {
    case Exclusion.Tags: {
      if (requiredTags === '') return because(`is reserved for the tags ${deployment.tags.join(', ')}`)
      const tags = typeof requiredTags === 'string' ? requiredTags : requiredTags?.join(', ')
      return because(`has none of the tags ${tags}`)
    }
    case Exclusion.Region:
      return because(deployment.region ? `is in the region ${deployment.region}` : 'has no region')
    case Exclusion.Inability:
    case Exclusion.PromptTooLong: {
      const facts = deployment.facts(selection.model(deployment))
      const requirements = selection.requirements(deployment)
      const inability = findInability(facts, requirements)
      return because(describeInability(inability, facts.maxInputTokens, requirements.promptTokens))
    }
    case Exclusion.Cooldown: {
      const { reason, until = now } = deployment.cooldown ?? {}
      return because(`is cooling down after ${reason}`, until - now)
    }
    case Exclusion.Probing:
      return because('has a probe in flight after its cooldown')
    case Exclusion.Parallel:
      return because(`has ${deployment.maxParallelRequests} calls in flight, its maximum`)
    case Exclusion.Budget:
      return explainBudget(selection, deployment)
    case Exclusion.UnknownPrice:
      return because("has a budget, but the price of its model is unknown (set 'prices')")
    case Exclusion.Unhealthy:
      return because(`failed its health check (${deployment.unhealthy})`)
    case Exclusion.Requests: {
      const excess = deployment.requests + 1 - (deployment.rpm ?? 0)
      return because(`has used its ${deployment.rpm} requests per minute`, deployment.window.freesIn(now, excess, 0))
    }
    case Exclusion.Tokens: {
      const tokens = estimateTokensFor(deployment, selection.requirements(deployment))
      const excess = deployment.tokens + tokens - (deployment.tpm ?? 0)
      return because(
        `has used ${deployment.tokens} of its ${deployment.tpm} tokens per minute`,
        deployment.window.freesIn(now, 0, excess),
      )
    }
    case Exclusion.ProviderLimit:
      return because(
        'has reached the rate limit of its provider',
        Math.max(deployment.requestsUntil, deployment.tokensUntil) - now,
      )
    default:
      return because('was not selected')
  }
}

function explainBudget(selection: SelectionContext, deployment: Deployment): Explanation {
  const { now } = selection
  const { estimate = 0, most = 0 } = estimatePrice(selection, deployment) ?? {}
  const exceeded = selection.budgets(deployment).find((budget) => !budget.fits(now, estimate, most))
  if (!exceeded) return { reason: 'has no budget left', retryAfterMs: undefined }
  const { spent, reserved, limit, key } = exceeded.snapshot(now)
  const held = reserved > 0 ? `, ${dollars(reserved)} held for calls in flight` : ''
  const cost = spent < limit ? `, and the call may cost ${dollars(estimate)}` : ''
  const freesIn = exceeded.freesIn(now)
  return {
    reason: `has spent ${dollars(spent)} of ${dollars(limit)} of the budget '${key}'${held}${cost}`,
    retryAfterMs: reserved > 0 ? undefined : freesIn,
    temporary: reserved > 0 || freesIn !== undefined,
  }
}

function describeInability(inability: Inability | undefined, most: number | undefined, tokens: number): string {
  if (inability === 'tools') return 'its model does not support tools'
  if (inability === 'images') return 'its model does not accept images'
  if (inability === 'prefill') return 'its model is not known to continue a text'
  return `its model accepts ${most} tokens, and the prompt has about ${tokens}`
}

const dollars = (amount: number) => `$${amount > 0 && amount < 0.01 ? amount.toPrecision(2) : amount.toFixed(2)}`
