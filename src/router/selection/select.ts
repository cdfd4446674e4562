import { BadRequestError } from '../../errors.js'
import type { BudgetHold } from '../../limits/budget.js'
import type { LimitAccount, LimitCandidate, RejectionReason, Reservation } from '../../limits/types.js'
import type { Deployment } from '../deployments/deployment.js'
import { modelFor } from '../deployments/model-groups.js'
import type { StrategyContext } from '../types.js'
import { estimatePrice, estimateTokensFor } from './estimates.js'
import { Exclusion, findExclusion, isSoft } from './filter.js'
import { describeNoCapacity } from './no-capacity.js'
import { sample } from './sample.js'
import type { NoCapacity, Selection } from './selection.js'
import { SelectionContext, type SelectionRequest } from './selection-context.js'

/** Selects a deployment and reserves its capacity, or explains why none can take the call. */
export function select(request: SelectionRequest): Selection | NoCapacity | Promise<Selection | NoCapacity> {
  const selection = new SelectionContext(request)
  const { context, call, group } = request
  if (context.settings.samples && !context.state && !call.affinity) {
    const found = sample(selection)
    const many = group.levels[0]?.length ?? 0
    if (found) return reserve(selection, found, selectionReason(request, many), undefined)
  }
  const pool = collectPool(selection)
  if (pool.length === 0) return describeNoCapacity(selection)
  if (request.context.state) return selectShared(selection, pool)
  const deployment = applyStrategy(request, pool)
  return reserve(selection, deployment, selectionReason(request, pool.length), undefined)
}

/** Whether a deployment that has not failed in this step could take the call now. */
export function hasUntried(request: SelectionRequest): boolean {
  if (request.group.deployments.length === 1) return false
  return collectPool(new SelectionContext(request)).some((one) => !request.tried.has(one))
}

/** Milliseconds until the next cooldown of a deployment that has not failed in this step ends. */
export function nextCooldownEnd({ context, group, tried }: SelectionRequest): number | undefined {
  const now = context.clock.wall()
  let least: number | undefined
  for (const deployment of group.deployments) {
    if (!deployment.cooldown || tried.has(deployment)) continue
    const left = Math.max(1, deployment.cooldown.until - now)
    if (least === undefined || left < least) least = left
  }
  return least
}

/** The largest context window of the group that the prompt exceeds; 0 if it fits into all of them. */
export function largestExceededWindow({ context, group, requirements }: SelectionRequest): number {
  let largest = 0
  if (!context.settings.preCallChecks) return largest
  for (const deployment of group.deployments) {
    const { maxInputTokens: most = Number.POSITIVE_INFINITY } = deployment.facts(modelFor(deployment, group.matched))
    if (most > largest && requirements.characters * 3 > most && requirements.promptTokens > most) largest = most
  }
  return largest
}

// --- the pool -------------------------------------------------------------------------------------------------------

/** The most deployments that a strategy chooses from. */
const maxPool = 256

/**
 * The best deployments that can take the call: within their limits, of the lowest order, and not failed in this step. A large
 * group is read from a random place on, until the pool is full.
 */
function collectPool(selection: SelectionContext, rejected?: ReadonlyMap<Deployment, unknown>): Deployment[] {
  const { router, group, now } = selection
  const { tried } = selection.request
  const { enforceLimits } = router.settings
  const horizon = group.deployments[0]?.window.horizon(now)
  let avoided: Deployment[] | undefined
  for (const level of group.levels) {
    const pool: Deployment[] = []
    const count = level.length
    const start = count > maxPool ? Math.floor((selection.affinityStart ?? router.clock.random()) * count) : 0
    for (let step = 0; step < count; step++) {
      const at = start + step
      const deployment = level[at < count ? at : at - count] as Deployment
      if (rejected?.has(deployment)) continue
      deployment.refresh(now, horizon)
      const exclusion = findExclusion(selection, deployment)
      if (exclusion === Exclusion.None && !(tried.size > 0 && tried.has(deployment))) {
        if (pool.push(deployment) === maxPool) return pool
      } else if (exclusion === Exclusion.None || isSoft(exclusion, enforceLimits)) {
        if (avoided) avoided.push(deployment)
        else avoided = [deployment]
      }
    }
    if (pool.length > 0) return pool
  }
  if (avoided === undefined) return none
  const untried = avoided.filter((deployment) => !tried.has(deployment))
  const rest = untried.length > 0 ? untried : avoided
  const lowest = Math.min(...rest.map((deployment) => deployment.order))
  return rest.filter((deployment) => deployment.order === lowest)
}

const none: Deployment[] = []

/** @throws {BadRequestError} if a custom strategy throws, or returns none of the deployments */
function applyStrategy(request: SelectionRequest, pool: readonly Deployment[]): Deployment {
  const [only] = pool
  if (pool.length === 1 && only) return only
  const { affinity } = request.call
  const preferred = affinity && request.context.affinity.prefer(affinity, request.group, pool)
  if (preferred) return preferred
  const { strategy } = request.context.settings
  let chosen: { readonly id?: unknown } | undefined
  try {
    chosen = strategy(pool, new StrategyInput(request))
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    throw new BadRequestError(`The function 'routingStrategy' threw: ${text}`, {
      param: 'routingStrategy',
      cause: error,
    })
  }
  // it may return a copy
  const found = pool.find((deployment) => deployment === chosen) ?? pool.find(({ id }) => id === chosen?.id)
  if (found) return found
  const got = chosen instanceof Promise ? 'a promise' : typeof chosen === 'object' ? 'another object' : typeof chosen
  throw new BadRequestError(`The function 'routingStrategy' must return one of its candidates; got ${got}.`, {
    param: 'routingStrategy',
  })
}

/** Counts the prompt only if the strategy reads the count. */
class StrategyInput implements StrategyContext {
  readonly modelGroup: string
  readonly stream: boolean
  readonly latencyBuffer: number
  readonly random: () => number
  readonly #request: SelectionRequest
  constructor(request: SelectionRequest) {
    this.modelGroup = request.group.name
    this.stream = request.call.stream
    this.latencyBuffer = request.context.settings.latencyBuffer
    this.random = request.context.clock.random
    this.#request = request
  }
  get promptTokens(): number {
    return this.#request.requirements.promptTokens
  }
}

// --- reservations ---------------------------------------------------------------------------------------------------

function reserve(
  selection: SelectionContext,
  deployment: Deployment,
  reason: string,
  reservation: Reservation | undefined,
): Selection {
  const { router, group, now } = selection
  const counts = deployment.tpm !== undefined || router.settings.countsTokens
  const tokens = counts ? estimateTokensFor(deployment, selection.requirements(deployment)) : 0
  const probe = deployment.probe === 'due'
  if (probe) {
    deployment.probe = 'sent'
    router.events.emit({ type: 'probe', deployment: deployment.id })
  }
  deployment.picks++
  const slot = deployment.reserve(now, tokens)
  let holds: readonly BudgetHold[] = noHolds
  let estimate = 0
  if (deployment.budget || router.budgets.any) {
    const price = estimatePrice(selection, deployment)
    if (price) {
      estimate = price.estimate
      holds = selection.budgets(deployment).map((budget) => budget.hold(Math.min(price.most, budget.limit)))
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
    accounts: router.state ? selection.accounts(deployment) : noAccounts,
    reservation,
    at: router.clock.now(),
  }
}

const noHolds: readonly BudgetHold[] = Object.freeze([])
const noAccounts: readonly LimitAccount[] = Object.freeze([])

function selectionReason({ context, tried }: SelectionRequest, count: number): string {
  const how = count === 1 ? 'the only one available' : `${context.settings.strategyName} of ${count}`
  return tried.size > 0 ? `${how}, after ${tried.size} had failed` : how
}

// --- shared state ---------------------------------------------------------------------------------------------------

/** Candidates of the first request to the state, and of the largest one. */
const firstBatch = 8
const maxBatch = 64

/** Asks the state about the pool in batches that grow, until a deployment has capacity or none is left. */
async function selectShared(selection: SelectionContext, pool: readonly Deployment[]): Promise<Selection | NoCapacity> {
  const { request, router } = selection
  const { call, waitedMs } = request
  const reason = selectionReason(request, pool.length)
  const rejected = new Map<Deployment, RejectionReason | undefined>()
  for (let latest = selection, size = firstBatch; ; size = Math.min(maxBatch, size * 2)) {
    const ranked = rank(latest, rejected, size)
    const candidates = ranked.map((deployment) => createCandidate(selection, deployment))
    const tokens = Math.max(
      ...ranked.map((deployment) => estimateTokensFor(deployment, selection.requirements(deployment))),
    )
    const found = await router.state?.reserve({ candidates, tokens, timeout: call.timeout || 600_000, waitedMs })
    latest = new SelectionContext(request)
    if (!found) {
      // the state is out of reach: this process decides by its own counts
      const local = collectPool(latest)
      if (local.length === 0) return describeNoCapacity(latest)
      return reserve(latest, applyStrategy(request, local), reason, undefined)
    }
    if ('index' in found) return reserve(latest, ranked[found.index] as Deployment, reason, found)
    for (const [index, deployment] of ranked.entries()) rejected.set(deployment, found.reasons[index])
    if (collectPool(latest, rejected).length === 0) return describeNoCapacity(latest, rejected)
  }
}

/** Deployments in order of preference, those of the next order after the others, so that one request is mostly enough. */
function rank(selection: SelectionContext, rejected: ReadonlyMap<Deployment, unknown>, size: number): Deployment[] {
  const ranked: Deployment[] = []
  const seen = new Map<Deployment, unknown>(rejected)
  while (ranked.length < size) {
    let rest = collectPool(selection, seen)
    if (rest.length === 0) break
    while (rest.length > 0 && ranked.length < size) {
      const next = applyStrategy(selection.request, rest)
      ranked.push(next)
      seen.set(next, undefined)
      rest = rest.filter((deployment) => deployment !== next)
    }
  }
  return ranked
}

function createCandidate(selection: SelectionContext, deployment: Deployment): LimitCandidate {
  const accounts = selection.accounts(deployment)
  const hasBudget = deployment.budget !== undefined || accounts.length > 1
  const price = hasBudget ? estimatePrice(selection, deployment) : undefined
  return { id: deployment.id, accounts, ...price, probe: deployment.probe === 'due' }
}
