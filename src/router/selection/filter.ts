import type { Deployment } from '../deployments/deployment.js'
import { estimatePrice, estimateTokensFor } from './estimates.js'
import { findInability, type Requirements } from './requirements.js'
import { matchesTags, type SelectionContext } from './selection-context.js'

/** Why a deployment is excluded from a selection. */
export enum Exclusion {
  None,
  Tags,
  Region,
  Inability,
  PromptTooLong,
  Cooldown,
  Probing,
  Parallel,
  Budget,
  UnknownPrice,
  /** From here on the deployment is only avoided: it is selected if no other is left. */
  Unhealthy,
  Requests,
  Tokens,
  ProviderLimit,
  JsonSchema,
}

/** Whether an excluded deployment may be selected if no other is left. */
export const isSoft = (exclusion: Exclusion, enforceLimits: boolean): boolean =>
  exclusion >= Exclusion.Unhealthy &&
  !(enforceLimits && (exclusion === Exclusion.Requests || exclusion === Exclusion.Tokens))

/** The most important reason against a deployment. */
export function findExclusion(selection: SelectionContext, deployment: Deployment): Exclusion {
  const { now } = selection
  if (selection.requiredTags !== undefined && !matchesTags(deployment, selection.requiredTags)) return Exclusion.Tags
  if (selection.regions !== undefined && !(deployment.region && selection.regions.includes(deployment.region)))
    return Exclusion.Region
  if (deployment.cooldown !== undefined) return Exclusion.Cooldown
  if (deployment.probe === 'sent') return Exclusion.Probing
  const parallel = deployment.maxParallelRequests
  if (parallel !== undefined && inFlight(deployment) >= parallel) return Exclusion.Parallel
  let avoidSchema = false
  if (selection.checks) {
    const model = selection.group.matched === undefined ? deployment.model : selection.model(deployment)
    const facts = deployment.facts(model)
    const requirements = selection.requirements(deployment)
    // most models lack nothing: then the content of the messages is not searched for images and tools
    const lacksAbility = facts.tools === false || facts.vision === false || requirements.prefill
    const hasDefaults = deployment.requirementDefaults !== undefined
    const mayBeTooLong = facts.maxInputTokens !== undefined && selection.maxPromptTokens > facts.maxInputTokens
    if (hasDefaults || lacksAbility || mayBeTooLong) {
      const inability = findInability(facts, requirements)
      if (inability) return inability === 'length' ? Exclusion.PromptTooLong : Exclusion.Inability
    }
    avoidSchema = facts.schema === false && selection.checksSchema && requirements.jsonSchema
  }
  if (selection.hasBudgets || deployment.budget !== undefined) {
    const exclusion = checkBudgets(selection, deployment)
    if (exclusion !== Exclusion.None) return exclusion
  }
  // full deployments are reported before those that are only avoided, whether limits are enforced or not
  if (deployment.rpm !== undefined && deployment.requests + 1 > deployment.rpm) return Exclusion.Requests
  if (deployment.tpm !== undefined && exceedsTokens(selection, deployment)) return Exclusion.Tokens
  if (deployment.unhealthy !== undefined) return Exclusion.Unhealthy
  if (deployment.requestsLeft <= 0 && now < deployment.requestsUntil) return Exclusion.ProviderLimit
  if (now < deployment.tokensUntil && isShortOfTokens(deployment.tokensLeft, selection.requirements(deployment)))
    return Exclusion.ProviderLimit
  return avoidSchema ? Exclusion.JsonSchema : Exclusion.None
}

/** Tokens that no prompt needs beyond three for each of its characters, unless it has dozens of images. */
const manyTokens = 100_000

/** Whether a prompt needs more tokens than the provider has left. Counting them takes 6 µs, and most hosts have millions left. */
const isShortOfTokens = (left: number, requirements: Requirements): boolean =>
  (left < manyTokens || left < requirements.characters * 3) && left < requirements.promptTokens

const inFlight = ({ inFlight, shared }: Deployment) => Math.max(inFlight, shared?.inFlight ?? 0)

/** A call that is larger than the limit itself is let through when nothing else counts, or it would never run. */
function exceedsTokens(selection: SelectionContext, deployment: Deployment): boolean {
  const limit = deployment.tpm ?? 0
  const requirements = selection.requirements(deployment)
  // far below the limit no exact count is needed
  if (requirements.maxTokens === undefined && deployment.tokens + requirements.characters * 3 + 100_000 < limit)
    return false
  return deployment.tokens > 0 && deployment.tokens + estimateTokensFor(deployment, requirements) > limit
}

function checkBudgets(selection: SelectionContext, deployment: Deployment): Exclusion {
  const { now } = selection
  const budgets = selection.budgets(deployment)
  if (budgets.length === 0) return Exclusion.None
  const price = estimatePrice(selection, deployment)
  if (!price) return Exclusion.UnknownPrice
  return budgets.every((budget) => budget.fits(now, price.estimate, price.most)) ? Exclusion.None : Exclusion.Budget
}
