import { type Family, familyOf } from './families.js'
import { expectedError } from './measured.js'
import { type Plan, planRequest } from './plan.js'
import { scanTokens } from './scan.js'
import type { TokenCount, TokenRequest } from './types.js'

/**
 * Estimates tokens from characters alone, synchronously and without a tokenizer (about 10 ms per million characters).
 * Meant for limits and checks before a call. Never exact; see `expectedError`.
 * @throws {BadRequestError} if not exactly one of `messages` and `text` is given
 * @example
 * const { tokens, expectedError } = estimateTokens({ model: 'claude-sonnet-4-5', messages })
 * if (tokens * (1 + expectedError.p95) < 200_000) send()
 */
export const estimateTokens = (request: TokenRequest): TokenCount => {
  const family = familyOf(request.model)
  const plan = planRequest(request, family)
  return {
    tokens: total(plan, family, scanPlan(plan)),
    exact: false,
    method: 'estimate',
    family: family.name,
    expectedError: expectedError(plan, family.error, 'scan'),
    reasons: ['counted by characters', ...plan.reasons],
  }
}

/** The number alone of {@link estimateTokens}, for limits: a Router counts every prompt. */
export function countByCharacters(request: TokenRequest): number {
  const family = familyOf(request.model)
  const plan = planRequest(request, family)
  return total(plan, family, scanPlan(plan))
}

function scan(texts: readonly string[]): number {
  let tokens = 0
  for (const text of texts) tokens += scanTokens(text)
  return tokens
}

/** Tokens of a plan, from the tokens of its texts in the family's encoding. */
export const total = (plan: Plan, family: Family, of: PlanTokens): number =>
  Math.max(0, Math.round(weigh(plan, family, of)))

/** Tokens of a plan before rounding, for sums. */
export const weigh = (plan: Plan, family: Family, of: PlanTokens): number =>
  plan.fixed + of.texts * family.text + of.tools * family.tools.text + of.schema * family.schema.text

export interface PlanTokens {
  readonly texts: number
  readonly tools: number
  readonly schema: number
}

export const scanPlan = (plan: Plan): PlanTokens => ({
  texts: scan(plan.texts),
  tools: scan(plan.toolTexts),
  schema: scan(plan.schemaTexts),
})
