import { costOf } from '../../../pricing/index.js'
import type { Budget } from '../../limits/budget.js'
import type { RouterContext } from '../context.js'
import type { Deployment } from '../deployments/deployment.js'
import { type ModelGroup, modelFor, providerOf } from '../deployments/model-groups.js'
import type { FallbackStep, RoutedCall } from '../execution/routed-call.js'
import { findInability, type Price, type Requirements } from './requirements.js'

/** What keeps a deployment from taking a call. */
export enum Exclusion {
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
  ProviderLimit,
  Schema,
}

export const possible = Exclusion.Unhealthy

/** What is the same for every deployment that a call looks at. */
export class SelectionContext {
  readonly core: RouterContext
  readonly ride: RoutedCall
  readonly leg: FallbackStep
  readonly group: ModelGroup
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

  constructor(core: RouterContext, ride: RoutedCall, leg: FallbackStep, group: ModelGroup) {
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

  needs({ asks }: Deployment): Requirements {
    return asks === undefined ? this.leg.needs : this.leg.needs.beside(asks)
  }
}

const isPicky = (needs: Requirements) => needs.prefill || (needs.operation === 'chat' && (needs.tools || needs.vision))

export const isSoft = (core: RouterContext, obstacle: Exclusion) =>
  !(core.enforceLimits && (obstacle === Exclusion.Requests || obstacle === Exclusion.Tokens))

export function findExclusion(look: SelectionContext, deployment: Deployment): Exclusion {
  const { core, now } = look
  if (look.wanted !== undefined && !hasTag(deployment, look.wanted)) return Exclusion.Tags
  if (look.regions !== undefined && !(deployment.region && look.regions.includes(deployment.region)))
    return Exclusion.Region
  if (deployment.cooldown !== undefined) return Exclusion.Cooldown
  if (deployment.probe === 'sent') return Exclusion.Probing
  const most = deployment.maxParallelRequests
  if (most !== undefined && busy(deployment) >= most) return Exclusion.Parallel
  let schema = false
  if (look.checks) {
    const facts = deployment.facts(look.group.matched === undefined ? deployment.model : look.model(deployment))
    const own = deployment.asks === undefined ? undefined : look.needs(deployment)
    if (own || look.picky || (facts.maxInputTokens !== undefined && look.mostTokens > facts.maxInputTokens)) {
      const inability = findInability(facts, own ?? look.leg.needs)
      if (inability) return inability === 'length' ? Exclusion.TooLong : Exclusion.Unable
    }
    schema = facts.schema === false && (own ? core.preCallChecks && own.schema : look.schema)
  }
  if (core.hasBudgets || deployment.budget !== undefined) {
    const obstacle = budgetObstacle(look, deployment)
    if (obstacle !== Exclusion.None) return obstacle
  }
  // enforced or not, these come before what is only better avoided
  if (deployment.rpm !== undefined && deployment.requests + 1 > deployment.rpm) return Exclusion.Requests
  if (deployment.tpm !== undefined && tokensFull(look, deployment)) return Exclusion.Tokens
  if (deployment.unhealthy !== undefined) return Exclusion.Unhealthy
  if (deployment.requestsLeft <= 0 && now < deployment.requestsUntil) return Exclusion.ProviderLimit
  if (now < deployment.tokensUntil && deployment.tokensLeft < look.needs(deployment).promptTokens)
    return Exclusion.ProviderLimit
  return schema ? Exclusion.Schema : Exclusion.None
}

/** A call that is larger than the limit itself goes when nothing else does: else it never would. */
function tokensFull(look: SelectionContext, deployment: Deployment): boolean {
  const limit = deployment.tpm ?? 0
  const needs = look.needs(deployment)
  // what is far from full need not be counted
  if (deployment.tokens + needs.characters * 3 + 100_000 < limit && needs.maxTokens === undefined) return false
  return deployment.tokens > 0 && deployment.tokens + estimateTokensFor(deployment, needs) > limit
}

const busy = ({ inFlight, shared }: Deployment) => Math.max(inFlight, shared?.inFlight ?? 0)

/** Prompt and answer, as far as they can be told before. */
export function estimateTokensFor(deployment: Deployment, needs: Requirements): number {
  if (needs.operation !== 'chat') return needs.promptTokens
  return Math.ceil(needs.promptTokens + (needs.maxTokens ?? deployment.outputTokens ?? 0) * needs.choices)
}

function tagsWanted(ride: RoutedCall, { deployments }: ModelGroup): string | readonly string[] {
  const { tags } = ride.options
  if (tags && deployments.some((deployment) => hasTag(deployment, tags))) return tags
  return deployments.some((deployment) => deployment.tags.includes('default')) ? 'default' : ''
}

function hasTag({ tags }: Deployment, wanted: string | readonly string[]): boolean {
  if (typeof wanted === 'string') return wanted === '' ? tags.length === 0 : tags.includes(wanted)
  return tags.some((tag) => wanted.includes(tag))
}

// --- money ----------------------------------------------------------------------------------------------------------

export function budgetsOf({ core, ride, group }: SelectionContext, deployment: Deployment): Budget[] {
  const budgets = core.budgetsOf(providerOf(deployment, group), ride.options.tags)
  if (deployment.budget) budgets.push(deployment.budget)
  return budgets
}

function budgetObstacle(look: SelectionContext, deployment: Deployment): Exclusion {
  const { now } = look
  const budgets = budgetsOf(look, deployment)
  if (budgets.length === 0) return Exclusion.None
  const price = estimatePrice(look, deployment)
  if (!price) return Exclusion.NoPrice
  return budgets.every((budget) => budget.fits(now, price.estimate, price.most)) ? Exclusion.None : Exclusion.Budget
}

/** What an answer may cost that nothing sets an end to: more than any budget has, so that such calls go one at a time. */
const boundless = 1_000_000

/** What a call may cost here: as expected, and at the very most. Undefined where the model's price is unknown. */
export function estimatePrice(look: SelectionContext, deployment: Deployment): Price | undefined {
  // deployments of one model cost the same
  const key = deployment.baseModel ?? look.model(deployment)
  const { prices } = look.needs(deployment)
  const known = prices.get(key)
  if (known) return known
  const price = pricedFor(look, deployment)
  if (price) prices.set(key, price)
  return price
}

function pricedFor(look: SelectionContext, deployment: Deployment): Price | undefined {
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
