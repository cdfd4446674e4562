import { costOf } from '../../pricing/index.js'
import {
  BadRequestError,
  BudgetExceededError,
  ContextWindowExceededError,
  type LLMError,
  NoDeploymentsAvailableError,
} from '../errors.js'
import type { Budget, BudgetHold } from './budget.js'
import type { Core } from './core.js'
import type { Deployment } from './deployment.js'
import { type Group, modelFor, providerOf } from './groups.js'
import { cannot, type Inability, type Needs, type Price } from './needs.js'
import type { Leg, Ride } from './ride.js'
import type { Candidate, Lease, RoomReason } from './state.js'
import type { StrategyContext, Unavailable } from './types.js'

/** A deployment that was chosen, and the room that was taken on it. */
export interface Choice {
  readonly deployment: Deployment
  readonly group: Group
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

/** Nobody can take the call. */
export interface Refusal {
  readonly group: Group
  readonly deployments: readonly Unavailable[]
  /** When somebody may, in milliseconds; undefined where nobody knows. */
  readonly retryAfterMs: number | undefined
  /** Whether waiting may help. */
  readonly passes: boolean
  readonly error: (cause: LLMError | undefined) => LLMError
}

export const isRefusal = (found: Choice | Refusal): found is Refusal => 'passes' in found

/** What keeps a deployment from taking a call. */
enum Obstacle {
  None,
  Tags,
  Region,
  Unable,
  TooLong,
  Cooldown,
  Probing,
  Parallel,
  Budget,
  NoPrice,
  /** From here on: better avoided, but possible. */
  Unhealthy,
  Requests,
  Tokens,
  Told,
  Schema,
}

const possible = Obstacle.Unhealthy

/** Picks a deployment for a call and takes the room for it, or says why there is none. */
export function select(core: Core, ride: Ride, leg: Leg, group: Group): Choice | Refusal | Promise<Choice | Refusal> {
  const look = new Look(core, ride, leg, group)
  const pool = poolOf(look)
  if (pool.length === 0) return refusal(look)
  const context = new Context(look)
  if (core.state?.connected) return selectShared(look, pool, context)
  const chosen = choose(core, pool, context)
  return take(look, chosen, reasonOf(core, pool, leg), undefined)
}

/** What is the same for every deployment that a call looks at. */
class Look {
  readonly core: Core
  readonly ride: Ride
  readonly leg: Leg
  readonly group: Group
  readonly now: number
  /** Undefined where tags don't matter; else what a deployment must have: one of these, `default`, or none at all (`''`). */
  readonly wanted: string | readonly string[] | undefined
  readonly regions: readonly string[] | undefined
  readonly checks: boolean
  /** Whether the call asks for something that not every model can do. */
  readonly picky: boolean
  readonly schema: boolean
  /** No text has more tokens than UTF-8 bytes, of which a UTF-16 unit has 3 at most. */
  readonly mostTokens: number

  constructor(core: Core, ride: Ride, leg: Leg, group: Group) {
    const { needs } = leg
    this.core = core
    this.ride = ride
    this.leg = leg
    this.group = group
    this.now = core.clock.wall()
    this.wanted = group.tagged ? tagsWanted(ride, group) : undefined
    this.regions = ride.options.allowedRegions
    this.checks = core.preCallChecks || needs.prefill
    this.picky = isPicky(needs)
    this.schema = core.preCallChecks && needs.schema
    this.mostTokens = this.checks ? needs.characters * 3 : 0
  }

  model(deployment: Deployment): string {
    return modelFor(deployment, this.group.matched)
  }

  needs({ asks }: Deployment): Needs {
    return asks === undefined ? this.leg.needs : this.leg.needs.beside(asks)
  }
}

const isPicky = (needs: Needs) => needs.prefill || (needs.operation === 'chat' && (needs.tools || needs.vision))

/** How many deployments that can take a call a strategy is shown at most. */
const mostShown = 256

/**
 * The best of those that can take the call: within limits first, of the lowest order, and not the ones that have just failed. Of
 * a large group only so many as the strategy is shown, from a random place on.
 */
function poolOf(look: Look, asked?: ReadonlyMap<Deployment, unknown>): Deployment[] {
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
      const obstacle = obstacleOf(look, deployment)
      if (obstacle === Obstacle.None && !(tried.size > 0 && tried.has(deployment))) {
        if (pool.push(deployment) === mostShown) return pool
      } else if (obstacle === Obstacle.None || (obstacle >= possible && isSoft(core, obstacle))) {
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
export function hasUntried(core: Core, ride: Ride, leg: Leg, group: Group): boolean {
  if (group.deployments.length === 1) return false
  return poolOf(new Look(core, ride, leg, group)).some((one) => !leg.tried.has(one))
}

/** When a deployment that has not failed on this leg comes back from its cooldown, in milliseconds. */
export function soonest(core: Core, _ride: Ride, { tried }: Leg, { deployments }: Group): number | undefined {
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
export function tooSmall(core: Core, { needs }: Leg, { deployments, matched }: Group): number {
  let largest = 0
  if (!core.preCallChecks) return largest
  for (const deployment of deployments) {
    const { maxInputTokens: most = Number.POSITIVE_INFINITY } = deployment.facts(modelFor(deployment, matched))
    if (most > largest && needs.characters * 3 > most && needs.promptTokens > most) largest = most
  }
  return largest
}

const isSoft = (core: Core, obstacle: Obstacle) =>
  !(core.enforceLimits && (obstacle === Obstacle.Requests || obstacle === Obstacle.Tokens))

function obstacleOf(look: Look, deployment: Deployment): Obstacle {
  const { core, now } = look
  if (look.wanted !== undefined && !hasTag(deployment, look.wanted)) return Obstacle.Tags
  if (look.regions !== undefined && !(deployment.region && look.regions.includes(deployment.region)))
    return Obstacle.Region
  if (deployment.cooldown !== undefined) return Obstacle.Cooldown
  if (deployment.probe === 'sent') return Obstacle.Probing
  const most = deployment.maxParallelRequests
  if (most !== undefined && busy(deployment) >= most) return Obstacle.Parallel
  let schema = false
  if (look.checks) {
    const facts = deployment.facts(look.group.matched === undefined ? deployment.model : look.model(deployment))
    const own = deployment.asks === undefined ? undefined : look.needs(deployment)
    if (own || look.picky || (facts.maxInputTokens !== undefined && look.mostTokens > facts.maxInputTokens)) {
      const inability = cannot(facts, own ?? look.leg.needs)
      if (inability) return inability === 'length' ? Obstacle.TooLong : Obstacle.Unable
    }
    schema = facts.schema === false && (own ? core.preCallChecks && own.schema : look.schema)
  }
  if (core.hasBudgets || deployment.budget !== undefined) {
    const obstacle = budgetObstacle(look, deployment)
    if (obstacle !== Obstacle.None) return obstacle
  }
  // enforced or not, these come before what is only better avoided
  if (deployment.rpm !== undefined && deployment.requests + 1 > deployment.rpm) return Obstacle.Requests
  if (deployment.tpm !== undefined && tokensFull(look, deployment)) return Obstacle.Tokens
  if (deployment.unhealthy !== undefined) return Obstacle.Unhealthy
  if (deployment.requestsLeft <= 0 && now < deployment.requestsUntil) return Obstacle.Told
  if (now < deployment.tokensUntil && deployment.tokensLeft < look.needs(deployment).promptTokens) return Obstacle.Told
  return schema ? Obstacle.Schema : Obstacle.None
}

/** A call that is larger than the limit itself goes when nothing else does: else it never would. */
function tokensFull(look: Look, deployment: Deployment): boolean {
  const limit = deployment.tpm ?? 0
  const needs = look.needs(deployment)
  // what is far from full need not be counted
  if (deployment.tokens + needs.characters * 3 + 100_000 < limit && needs.maxTokens === undefined) return false
  return deployment.tokens > 0 && deployment.tokens + tokensOf(deployment, needs) > limit
}

const busy = ({ inFlight, shared }: Deployment) => Math.max(inFlight, shared?.inFlight ?? 0)

/** Prompt and answer, as far as they can be told before. */
export function tokensOf(deployment: Deployment, needs: Needs): number {
  if (needs.operation !== 'chat') return needs.promptTokens
  return Math.ceil(needs.promptTokens + (needs.maxTokens ?? deployment.outputTokens ?? 0) * needs.choices)
}

function tagsWanted(ride: Ride, { deployments }: Group): string | readonly string[] {
  const { tags } = ride.options
  if (tags && deployments.some((deployment) => hasTag(deployment, tags))) return tags
  return deployments.some((deployment) => deployment.tags.includes('default')) ? 'default' : ''
}

function hasTag({ tags }: Deployment, wanted: string | readonly string[]): boolean {
  if (typeof wanted === 'string') return wanted === '' ? tags.length === 0 : tags.includes(wanted)
  return tags.some((tag) => wanted.includes(tag))
}

// --- money ----------------------------------------------------------------------------------------------------------

function budgetsOf({ core, ride, group }: Look, deployment: Deployment): Budget[] {
  const budgets = core.budgetsOf(providerOf(deployment, group), ride.options.tags)
  if (deployment.budget) budgets.push(deployment.budget)
  return budgets
}

function budgetObstacle(look: Look, deployment: Deployment): Obstacle {
  const { now } = look
  const budgets = budgetsOf(look, deployment)
  if (budgets.length === 0) return Obstacle.None
  const price = priceOf(look, deployment)
  if (!price) return Obstacle.NoPrice
  return budgets.every((budget) => budget.fits(now, price.estimate, price.most)) ? Obstacle.None : Obstacle.Budget
}

/** What an answer may cost that nothing sets an end to: more than any budget has, so that such calls go one at a time. */
const boundless = 1_000_000

/** What a call may cost here: as expected, and at the very most. Undefined where the model's price is unknown. */
function priceOf(look: Look, deployment: Deployment): Price | undefined {
  // deployments of one model cost the same
  const key = deployment.baseModel ?? look.model(deployment)
  const { prices } = look.needs(deployment)
  const known = prices.get(key)
  if (known) return known
  const price = pricedFor(look, deployment)
  if (price) prices.set(key, price)
  return price
}

function pricedFor(look: Look, deployment: Deployment): Price | undefined {
  const { group, now } = look
  const needs = look.needs(deployment)
  const model = look.model(deployment)
  const prompt = needs.promptTokens
  const facts = deployment.facts(model).info
  const chat = needs.operation === 'chat'
  const bound = needs.maxTokens ?? facts?.maxOutputTokens
  const longest = chat ? (bound ?? Number.POSITIVE_INFINITY) * needs.choices : 0
  const expected = chat ? Math.min(longest, (needs.maxTokens ?? deployment.outputTokens ?? 500) * needs.choices) : 0
  const costFor = (input: number, output: number) =>
    costOf(
      {
        provider: providerOf(deployment, group),
        model: model.slice(model.indexOf('/') + 1),
        baseModel: deployment.baseModel,
        usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
        at: now,
      },
      deployment.context.registry,
    ).total
  const estimate = costFor(prompt, expected)
  // an estimate may be off by a quarter; no text has more tokens than bytes
  const most = Number.isFinite(longest)
    ? costFor(Math.max(prompt, Math.min(needs.characters * 3, Math.ceil(prompt * 1.25))), longest)
    : boundless
  return estimate === undefined || most === undefined ? undefined : { estimate, most: Math.max(estimate, most) }
}

// --- taking room ----------------------------------------------------------------------------------------------------

/** @throws {BadRequestError} where a strategy of the user's own throws, or returns none of the deployments */
function choose(core: Core, pool: readonly Deployment[], context: StrategyContext): Deployment {
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

function take(look: Look, deployment: Deployment, reason: string, lease: Lease | undefined): Choice {
  const { core, group, now } = look
  const tokens = deployment.tpm !== undefined || core.countsTokens ? tokensOf(deployment, look.needs(deployment)) : 0
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
    const price = priceOf(look, deployment)
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

function reasonOf(core: Core, pool: readonly Deployment[], { tried }: Leg): string {
  const how = pool.length === 1 ? 'the only one available' : `${core.strategyName} of ${pool.length}`
  return tried.size > 0 ? `${how}, after ${tried.size} had failed` : how
}

/** The most candidates that the shared state is asked about at once, and the most times that it is asked. */
const mostCandidates = 8
const mostQuestions = 4

async function selectShared(
  look: Look,
  pool: readonly Deployment[],
  context: StrategyContext,
): Promise<Choice | Refusal> {
  const { core, ride, leg, group } = look
  const reason = reasonOf(core, pool, leg)
  const asked = new Map<Deployment, RoomReason | undefined>()
  for (let now = look, questions = 1; ; questions++) {
    const ranked = rank(now, context, asked)
    const candidates = ranked.map((deployment) => candidateOf(look, deployment))
    const tokens = Math.max(...ranked.map((deployment) => tokensOf(deployment, look.needs(deployment))))
    const found = await core.state?.reserve({ candidates, tokens, timeout: ride.timeout || 600_000 })
    now = new Look(core, ride, leg, group)
    if (!found) {
      // out of reach: this process's own counts decide
      const again = poolOf(now)
      if (again.length === 0) return refusal(now)
      return take(now, choose(core, again, context), reason, undefined)
    }
    if ('index' in found) return take(now, ranked[found.index] as Deployment, reason, found)
    for (const [index, deployment] of ranked.entries()) asked.set(deployment, found.reasons[index])
    if (questions === mostQuestions || poolOf(now, asked).length === 0) {
      return refusal(now, (deployment) => asked.get(deployment))
    }
  }
}

/** In order of preference, those of the next order after the ones before them: one question will mostly do. */
function rank(look: Look, context: StrategyContext, asked: ReadonlyMap<Deployment, unknown>): Deployment[] {
  const ranked: Deployment[] = []
  const seen = new Map<Deployment, unknown>(asked)
  while (ranked.length < mostCandidates) {
    let rest = poolOf(look, seen)
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

function candidateOf(look: Look, deployment: Deployment): Candidate {
  const { core } = look
  const budgets = deployment.budget || core.hasBudgets ? budgetsOf(look, deployment) : []
  const price = budgets.length > 0 ? priceOf(look, deployment) : undefined
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
  readonly #needs: Needs
  constructor({ core, ride, leg, group }: Look) {
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

// --- saying no ------------------------------------------------------------------------------------------------------

interface Problem {
  readonly obstacle: Obstacle
  readonly reason: string
  readonly retryAfterMs: number | undefined
  /** Whether it may be gone after a while, or when another call has ended. */
  readonly passes: boolean
}

type Told = RoomReason | undefined

const obstacles: Readonly<Record<RoomReason['kind'], Obstacle>> = {
  cooldown: Obstacle.Cooldown,
  probing: Obstacle.Probing,
  parallel: Obstacle.Parallel,
  budget: Obstacle.Budget,
  requests: Obstacle.Requests,
  tokens: Obstacle.Tokens,
  unreachable: Obstacle.Requests,
}

function refusal(look: Look, told?: (deployment: Deployment) => Told): Refusal {
  const { ride, group } = look
  const problems = group.deployments.map((deployment): [Deployment, Problem] => {
    const said = told?.(deployment)
    if (said) {
      // money comes back where calls are under way, or with time
      const passes = said.kind !== 'budget' || said.retryAfterMs !== undefined
      return [deployment, { obstacle: obstacles[said.kind], passes, ...said }]
    }
    const obstacle = obstacleOf(look, deployment)
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
  const only = (kind: Obstacle) => problems.length > 0 && problems.every(([, problem]) => problem.obstacle === kind)
  const details = deployments.slice(0, 8).map(({ deployment, reason }) => `${deployment}: ${reason}`)
  const list = `${details.join('; ') || 'it has none'}${deployments.length > 8 ? `; and ${deployments.length - 8} more` : ''}`
  const when = retryAfterMs === undefined ? '' : ` The soonest may be free in ${Math.ceil(retryAfterMs)} ms.`
  return {
    group,
    deployments,
    retryAfterMs,
    passes,
    error: (cause) => {
      const common = { model: ride.requested, retryAfterMs, cause }
      if (only(Obstacle.TooLong)) {
        return new ContextWindowExceededError(`The prompt is too long for '${group.name}'. ${list}.`, common)
      }
      if (only(Obstacle.Budget)) {
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
const passing: ReadonlySet<Obstacle> = new Set([
  Obstacle.Cooldown,
  Obstacle.Probing,
  Obstacle.Parallel,
  Obstacle.Requests,
  Obstacle.Tokens,
  Obstacle.Told,
])

function explain(
  look: Look,
  deployment: Deployment,
  obstacle: Obstacle,
): Pick<Problem, 'reason' | 'retryAfterMs'> & { readonly passes?: boolean } {
  const { wanted, now } = look
  const say = (reason: string, retryAfterMs?: number) => ({ reason, retryAfterMs })
  switch (obstacle) {
    case Obstacle.Tags:
      return say(
        wanted === ''
          ? `is for the tags ${deployment.tags.join(', ')}`
          : `has none of the tags ${typeof wanted === 'string' ? wanted : wanted?.join(', ')}`,
      )
    case Obstacle.Region:
      return say(deployment.region ? `is in ${deployment.region}` : 'says no region')
    case Obstacle.Unable:
    case Obstacle.TooLong: {
      const facts = deployment.facts(look.model(deployment))
      const needs = look.needs(deployment)
      return say(inabilities(cannot(facts, needs), facts.maxInputTokens, needs.promptTokens))
    }
    case Obstacle.Cooldown:
      return say(`rests after ${deployment.cooldown?.reason}`, (deployment.cooldown?.until ?? now) - now)
    case Obstacle.Probing:
      return say('is being tried out after its cooldown')
    case Obstacle.Parallel:
      return say(`has ${deployment.maxParallelRequests} calls under way, which is all it may have`)
    case Obstacle.Budget: {
      const budgets = budgetsOf(look, deployment)
      const price = priceOf(look, deployment)
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
    case Obstacle.NoPrice:
      return say("has a budget, and its model's price is not known: give it 'prices'")
    case Obstacle.Unhealthy:
      return say(`failed its health check: ${deployment.unhealthy}`)
    case Obstacle.Requests:
      return say(
        `has used its ${deployment.rpm} requests a minute`,
        deployment.window.freesIn(now, deployment.requests + 1 - (deployment.rpm ?? 0), 0),
      )
    case Obstacle.Tokens:
      return say(
        `has used ${deployment.tokens} of its ${deployment.tpm} tokens a minute`,
        deployment.window.freesIn(
          now,
          0,
          deployment.tokens + tokensOf(deployment, look.needs(deployment)) - (deployment.tpm ?? 0),
        ),
      )
    case Obstacle.Told:
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
