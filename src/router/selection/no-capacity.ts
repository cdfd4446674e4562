import {
  BudgetExceededError,
  ContextWindowExceededError,
  type LLMError,
  NoDeploymentsAvailableError,
} from '../../errors.js'
import type { Deployment } from '../deployments/deployment.js'
import type { ModelGroup } from '../deployments/model-groups.js'
import type { RoomReason } from '../state.js'
import type { Unavailable } from '../types.js'
import {
  budgetsOf,
  Exclusion,
  estimatePrice,
  estimateTokensFor,
  findExclusion,
  type SelectionContext,
} from './filter.js'
import { findInability, type Inability } from './requirements.js'

/** Nobody can take the call. */
export interface NoCapacity {
  readonly group: ModelGroup
  readonly deployments: readonly Unavailable[]
  /** When somebody may, in milliseconds; undefined where nobody knows. */
  readonly retryAfterMs: number | undefined
  /** Whether waiting may help. */
  readonly passes: boolean
  readonly error: (cause: LLMError | undefined) => LLMError
}

interface Problem {
  readonly obstacle: Exclusion
  readonly reason: string
  readonly retryAfterMs: number | undefined
  /** Whether it may be gone after a while, or when another call has ended. */
  readonly passes: boolean
}

type Told = RoomReason | undefined

const obstacles: Readonly<Record<RoomReason['kind'], Exclusion>> = {
  cooldown: Exclusion.Cooldown,
  probing: Exclusion.Probing,
  parallel: Exclusion.Parallel,
  budget: Exclusion.Budget,
  requests: Exclusion.Requests,
  tokens: Exclusion.Tokens,
  unreachable: Exclusion.Requests,
}

export function describeNoCapacity(look: SelectionContext, told?: (deployment: Deployment) => Told): NoCapacity {
  const { ride, group } = look
  const problems = group.deployments.map((deployment): [Deployment, Problem] => {
    const said = told?.(deployment)
    if (said) {
      // money comes back where calls are under way, or with time
      const passes = said.kind !== 'budget' || said.retryAfterMs !== undefined
      return [deployment, { obstacle: obstacles[said.kind], passes, ...said }]
    }
    const obstacle = findExclusion(look, deployment)
    return [deployment, { obstacle, passes: passing.has(obstacle), ...explain(look, deployment, obstacle) }]
  })
  const deployments = problems.map(([{ id }, { reason, retryAfterMs }]) => ({
    deployment: id,
    reason,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }))
  const times = problems.flatMap(([, { retryAfterMs }]) => retryAfterMs ?? [])
  const retryAfterMs = times.length > 0 ? Math.min(...times) : undefined
  const passes = problems.some(([, problem]) => problem.passes)
  const only = (kind: Exclusion) => problems.length > 0 && problems.every(([, problem]) => problem.obstacle === kind)
  const details = deployments.slice(0, 8).map(({ deployment, reason }) => `${deployment}: ${reason}`)
  const list = `${details.join('; ') || 'it has none'}${deployments.length > 8 ? `; and ${deployments.length - 8} more` : ''}`
  const when = retryAfterMs === undefined ? '' : ` The nextCooldownEnd may be free in ${Math.ceil(retryAfterMs)} ms.`
  return {
    group,
    deployments,
    retryAfterMs,
    passes,
    error: (cause) => {
      const common = { model: ride.requested, retryAfterMs, cause }
      if (only(Exclusion.TooLong)) {
        return new ContextWindowExceededError(`The prompt is too long for '${group.name}'. ${list}.`, common)
      }
      if (only(Exclusion.Budget)) {
        return new BudgetExceededError(`No budget is left for '${group.name}'. ${list}.${when}`, common)
      }
      return new NoDeploymentsAvailableError(`No deployment of '${group.name}' can take the call. ${list}.${when}`, {
        ...common,
        deployments,
        retryable: passes,
      })
    },
  }
}

/** What goes by itself. */
const passing: ReadonlySet<Exclusion> = new Set([
  Exclusion.Cooldown,
  Exclusion.Probing,
  Exclusion.Parallel,
  Exclusion.Requests,
  Exclusion.Tokens,
  Exclusion.ProviderLimit,
])

function explain(
  look: SelectionContext,
  deployment: Deployment,
  obstacle: Exclusion,
): Pick<Problem, 'reason' | 'retryAfterMs'> & { readonly passes?: boolean } {
  const { wanted, now } = look
  const say = (reason: string, retryAfterMs?: number) => ({ reason, retryAfterMs })
  switch (obstacle) {
    case Exclusion.Tags:
      return say(
        wanted === ''
          ? `is for the tags ${deployment.tags.join(', ')}`
          : `has none of the tags ${typeof wanted === 'string' ? wanted : wanted?.join(', ')}`,
      )
    case Exclusion.Region:
      return say(deployment.region ? `is in ${deployment.region}` : 'says no region')
    case Exclusion.Unable:
    case Exclusion.TooLong: {
      const facts = deployment.facts(look.model(deployment))
      const needs = look.needs(deployment)
      return say(inabilities(findInability(facts, needs), facts.maxInputTokens, needs.promptTokens))
    }
    case Exclusion.Cooldown:
      return say(`rests after ${deployment.cooldown?.reason}`, (deployment.cooldown?.until ?? now) - now)
    case Exclusion.Probing:
      return say('is being tried out after its cooldown')
    case Exclusion.Parallel:
      return say(`has ${deployment.maxParallelRequests} calls under way, which is all it may have`)
    case Exclusion.Budget: {
      const budgets = budgetsOf(look, deployment)
      const price = estimatePrice(look, deployment)
      const short = budgets.find((budget) => !budget.fits(now, price?.estimate ?? 0, price?.most ?? 0))
      if (!short) return say('has no budget left')
      const { spent, reserved, limit, key } = short.snapshot(now)
      const waiting = reserved > 0 ? `, ${money(reserved)} set aside for calls under way` : ''
      const freesIn = short.freesIn(now)
      const asks = `, and the call may cost ${money(price?.estimate ?? 0)}`
      const said = say(
        `budget ${key}: ${money(spent)} of ${money(limit)} spent${waiting}${spent < limit ? asks : ''}`,
        reserved > 0 ? undefined : freesIn,
      )
      return { ...said, passes: reserved > 0 || freesIn !== undefined }
    }
    case Exclusion.NoPrice:
      return say("has a budget, and its model's price is not known: give it 'prices'")
    case Exclusion.Unhealthy:
      return say(`failed its health check: ${deployment.unhealthy}`)
    case Exclusion.Requests:
      return say(
        `has used its ${deployment.rpm} requests a minute`,
        deployment.window.freesIn(now, deployment.requests + 1 - (deployment.rpm ?? 0), 0),
      )
    case Exclusion.Tokens:
      return say(
        `has used ${deployment.tokens} of its ${deployment.tpm} tokens a minute`,
        deployment.window.freesIn(
          now,
          0,
          deployment.tokens + estimateTokensFor(deployment, look.needs(deployment)) - (deployment.tpm ?? 0),
        ),
      )
    case Exclusion.ProviderLimit:
      return say(
        'its provider says that its rate limit is used up',
        Math.max(deployment.requestsUntil, deployment.tokensUntil) - now,
      )
    default:
      return say('was not chosen')
  }
}

function inabilities(inability: Inability | undefined, most: number | undefined, tokens: number): string {
  if (inability === 'tools') return 'its model has no tools'
  if (inability === 'images') return 'its model takes no images'
  if (inability === 'prefill') return 'its model is not known to go on with a text'
  return `its model takes ${most} tokens, and the prompt has about ${tokens}`
}

const money = (dollars: number) => `$${dollars > 0 && dollars < 0.01 ? dollars.toPrecision(2) : dollars.toFixed(2)}`
