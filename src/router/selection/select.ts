import { BadRequestError } from '../../errors.js'
import type { BudgetHold } from '../../limits/budget.js'
import type { RouterContext } from '../context.js'
import type { Deployment } from '../deployments/deployment.js'
import { type ModelGroup, modelFor } from '../deployments/model-groups.js'
import type { FallbackStep, RoutedCall } from '../execution/routed-call.js'
import type { Candidate, Lease, RoomReason } from '../state.js'
import type { StrategyContext } from '../types.js'
import {
  budgetsOf,
  Exclusion,
  estimatePrice,
  estimateTokensFor,
  findExclusion,
  isSoft,
  possible,
  SelectionContext,
} from './filter.js'
import { describeNoCapacity, type NoCapacity } from './no-capacity.js'
import type { Requirements } from './requirements.js'

/** A deployment that was chosen, and the room that was taken on it. */
export interface Selection {
  readonly deployment: Deployment
  readonly group: ModelGroup
  /** `provider/model` that it is asked for. */
  readonly model: string
  readonly reason: string
  readonly probe: boolean
  /** Estimated tokens, and where they are noted. */
  readonly tokens: number
  readonly slot: number
  readonly holds: readonly BudgetHold[]
  /** US dollars that it may cost, where a budget is held. */
  readonly estimate: number
  /** In the shared state. */
  readonly lease: Lease | undefined
  /** Monotonic milliseconds. */
  readonly at: number
}

export const isNoCapacity = (found: Selection | NoCapacity): found is NoCapacity => 'passes' in found

/** Picks a deployment for a call and takes the room for it, or says why there is none. */
export function select(
  core: RouterContext,
  ride: RoutedCall,
  leg: FallbackStep,
  group: ModelGroup,
): Selection | NoCapacity | Promise<Selection | NoCapacity> {
  const look = new SelectionContext(core, ride, leg, group)
  const pool = collectPool(look)
  if (pool.length === 0) return describeNoCapacity(look)
  const context = new Context(look)
  if (core.state?.connected) return selectShared(look, pool, context)
  const chosen = choose(core, pool, context)
  return take(look, chosen, reasonOf(core, pool, leg), undefined)
}

/** How many deployments that can take a call a strategy is shown at most. */
const mostShown = 256

/**
 * The best of those that can take the call: within limits first, of the lowest order, and not the ones that have just failed. Of
 * a large group only so many as the strategy is shown, from a random place on.
 */
function collectPool(look: SelectionContext, asked?: ReadonlyMap<Deployment, unknown>): Deployment[] {
  const { core, group, now } = look
  const { tried } = look.leg
  const horizon = group.deployments[0]?.window.horizon(now)
  let spare: Deployment[] | undefined
  for (const level of group.levels) {
    const pool: Deployment[] = []
    const count = level.length
    const start = count > mostShown ? Math.floor(core.clock.random() * count) : 0
    for (let step = 0; step < count; step++) {
      const at = start + step
      const deployment = level[at < count ? at : at - count] as Deployment
      if (asked?.has(deployment)) continue
      deployment.refresh(now, horizon)
      const obstacle = findExclusion(look, deployment)
      if (obstacle === Exclusion.None && !(tried.size > 0 && tried.has(deployment))) {
        if (pool.push(deployment) === mostShown) return pool
      } else if (obstacle === Exclusion.None || (obstacle >= possible && isSoft(core, obstacle))) {
        if (spare) spare.push(deployment)
        else spare = [deployment]
      }
    }
    if (pool.length > 0) return pool
  }
  if (spare === undefined) return none
  const untried = spare.filter((deployment) => !tried.has(deployment))
  const rest = untried.length > 0 ? untried : spare
  const lowest = Math.min(...rest.map((deployment) => deployment.order))
  return rest.filter((deployment) => deployment.order === lowest)
}

const none: Deployment[] = []

/** Whether a deployment that has not failed on this leg could take the call now. */
export function hasUntried(core: RouterContext, ride: RoutedCall, leg: FallbackStep, group: ModelGroup): boolean {
  if (group.deployments.length === 1) return false
  return collectPool(new SelectionContext(core, ride, leg, group)).some((one) => !leg.tried.has(one))
}

/** When a deployment that has not failed on this leg comes back from its cooldown, in milliseconds. */
export function nextCooldownEnd(
  core: RouterContext,
  _ride: RoutedCall,
  { tried }: FallbackStep,
  { deployments }: ModelGroup,
): number | undefined {
  const now = core.clock.wall()
  let least: number | undefined
  for (const deployment of deployments) {
    if (!deployment.cooldown || tried.has(deployment)) continue
    const left = Math.max(1, deployment.cooldown.until - now)
    if (least === undefined || left < least) least = left
  }
  return least
}

/** The largest context window in a group that is too small for the call; 0 where none is. */
export function largestExceededWindow(
  core: RouterContext,
  { needs }: FallbackStep,
  { deployments, matched }: ModelGroup,
): number {
  let largest = 0
  if (!core.preCallChecks) return largest
  for (const deployment of deployments) {
    const { maxInputTokens: most = Number.POSITIVE_INFINITY } = deployment.facts(modelFor(deployment, matched))
    if (most > largest && needs.characters * 3 > most && needs.promptTokens > most) largest = most
  }
  return largest
}

// --- taking room ----------------------------------------------------------------------------------------------------

/** @throws {BadRequestError} where a strategy of the user's own throws, or returns none of the deployments */
function choose(core: RouterContext, pool: readonly Deployment[], context: StrategyContext): Deployment {
  const [only] = pool
  if (pool.length === 1 && only) return only
  let chosen: { readonly id?: unknown } | undefined
  try {
    chosen = core.strategy(pool, context)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new BadRequestError(`The Router's routingStrategy threw: ${said}`, { param: 'routingStrategy', cause: error })
  }
  // it may return a copy
  const found = pool.find((deployment) => deployment === chosen) ?? pool.find(({ id }) => id === chosen?.id)
  if (found) return found
  const hint = chosen instanceof Promise ? '; it returned a promise' : ''
  throw new BadRequestError(`The Router's routingStrategy returned none of the deployments that it was given${hint}.`, {
    param: 'routingStrategy',
  })
}

function take(look: SelectionContext, deployment: Deployment, reason: string, lease: Lease | undefined): Selection {
  const { core, group, now } = look
  const tokens =
    deployment.tpm !== undefined || core.countsTokens ? estimateTokensFor(deployment, look.needs(deployment)) : 0
  const probe = deployment.probe === 'due'
  if (probe) {
    deployment.probe = 'sent'
    core.events.emit({ type: 'probe', deployment: deployment.id })
  }
  deployment.picks++
  const slot = deployment.occupy(now, tokens)
  let holds: readonly BudgetHold[] = noHolds
  let estimate = 0
  if (deployment.budget || core.hasBudgets) {
    const price = estimatePrice(look, deployment)
    if (price) {
      estimate = price.estimate
      holds = budgetsOf(look, deployment).map((budget) => budget.hold(Math.min(price.most, budget.limit)))
    }
  }
  return {
    deployment,
    group,
    model: modelFor(deployment, group.matched),
    reason: probe ? 'first call after its cooldown' : reason,
    probe,
    tokens,
    slot,
    holds,
    estimate,
    lease,
    at: core.clock.now(),
  }
}

const noHolds: readonly BudgetHold[] = Object.freeze([])

function reasonOf(core: RouterContext, pool: readonly Deployment[], { tried }: FallbackStep): string {
  const how = pool.length === 1 ? 'the only one available' : `${core.strategyName} of ${pool.length}`
  return tried.size > 0 ? `${how}, after ${tried.size} had failed` : how
}

/** The most candidates that the shared state is asked about at once, and the most times that it is asked. */
const mostCandidates = 8
const mostQuestions = 4

async function selectShared(
  look: SelectionContext,
  pool: readonly Deployment[],
  context: StrategyContext,
): Promise<Selection | NoCapacity> {
  const { core, ride, leg, group } = look
  const reason = reasonOf(core, pool, leg)
  const asked = new Map<Deployment, RoomReason | undefined>()
  for (let now = look, questions = 1; ; questions++) {
    const ranked = rank(now, context, asked)
    const candidates = ranked.map((deployment) => candidateOf(look, deployment))
    const tokens = Math.max(...ranked.map((deployment) => estimateTokensFor(deployment, look.needs(deployment))))
    const found = await core.state?.reserve({ candidates, tokens, timeout: ride.timeout || 600_000 })
    now = new SelectionContext(core, ride, leg, group)
    if (!found) {
      // out of reach: this process's own counts decide
      const again = collectPool(now)
      if (again.length === 0) return describeNoCapacity(now)
      return take(now, choose(core, again, context), reason, undefined)
    }
    if ('index' in found) return take(now, ranked[found.index] as Deployment, reason, found)
    for (const [index, deployment] of ranked.entries()) asked.set(deployment, found.reasons[index])
    if (questions === mostQuestions || collectPool(now, asked).length === 0) {
      return describeNoCapacity(now, (deployment) => asked.get(deployment))
    }
  }
}

/** In order of preference, those of the next order after the ones before them: one question will mostly do. */
function rank(look: SelectionContext, context: StrategyContext, asked: ReadonlyMap<Deployment, unknown>): Deployment[] {
  const ranked: Deployment[] = []
  const seen = new Map<Deployment, unknown>(asked)
  while (ranked.length < mostCandidates) {
    let rest = collectPool(look, seen)
    if (rest.length === 0) break
    while (rest.length > 0 && ranked.length < mostCandidates) {
      const next = choose(look.core, rest, context)
      ranked.push(next)
      seen.set(next, undefined)
      rest = rest.filter((deployment) => deployment !== next)
    }
  }
  return ranked
}

function candidateOf(look: SelectionContext, deployment: Deployment): Candidate {
  const { core } = look
  const budgets = deployment.budget || core.hasBudgets ? budgetsOf(look, deployment) : []
  const price = budgets.length > 0 ? estimatePrice(look, deployment) : undefined
  return {
    id: deployment.id,
    rpm: core.enforceLimits ? deployment.rpm : undefined,
    tpm: core.enforceLimits ? deployment.tpm : undefined,
    maxParallelRequests: deployment.maxParallelRequests,
    budgets,
    estimate: price?.estimate ?? 0,
    most: price?.most ?? 0,
    probe: deployment.probe === 'due',
  }
}

/** What a strategy may ask; nothing is counted that it doesn't. */
class Context implements StrategyContext {
  readonly modelGroup: string
  readonly stream: boolean
  readonly latencyBuffer: number
  readonly random: () => number
  readonly #needs: Requirements
  constructor({ core, ride, leg, group }: SelectionContext) {
    this.modelGroup = group.name
    this.stream = ride.stream
    this.latencyBuffer = core.latencyBuffer
    this.random = core.clock.random
    this.#needs = leg.needs
  }
  get promptTokens(): number {
    return this.#needs.promptTokens
  }
}
