import type { SettledRecord } from 'llmux'
import { refuse } from '../refusal.js'
import type { AdmissionCall, Catalog, ControlSettings, Principal } from '../types.js'
import type { BudgetAccount } from './accounts.js'
import { choicesOf, outputBound, roughTokens } from './call-facts.js'
import type { Expectations } from './learned.js'
import { toDollars, toNanos } from './money.js'

/** Price of a model without a price under `unknown_price: estimate`, in US dollars per token. */
const fallbackPrice = { input: 10e-6, output: 50e-6 }
const defaultOutput = 4_096
/** Operations that generate no text. */
const withoutText: ReadonlySet<string> = new Set(['embedding', 'rerank', 'moderation'])
/** Output tokens that the first calls of a key reserve at most. */
const firstOutput = 1_024

/** Money and tokens that a call is expected to use. */
export interface Estimate {
  /** US dollars of the prompt. */
  readonly input: number
  /** US dollars that a call of this kind costs as a rule. */
  readonly typical: number
  /** US dollars that are held. */
  readonly held: number
  readonly tokens: number
  readonly inputTokens: number
  /** Whether earlier calls support the estimate. */
  readonly learned: boolean
  /** US dollars per output token. */
  readonly outputPrice: number
  /** Output tokens of each answer that the budgets pay for, if that is less than the request allows. */
  readonly clamped?: number | undefined
}

/** Sources of an estimate. */
interface EstimateSources {
  readonly catalog: Catalog
  readonly expectations: Expectations
  readonly settings: ControlSettings
  readonly budgets: readonly BudgetAccount[]
  /** US dollars spent in the budget's current period. */
  spent(budget: BudgetAccount): number
}

/** Estimates a call before it begins. */
export function estimateCall(
  { catalog, expectations, settings, budgets, spent }: EstimateSources,
  principal: Principal,
  call: AdmissionCall,
  model: string,
): Estimate {
  const { unknownPrice = 'estimate', budgetMode = 'expected' } = settings
  const group = catalog.resolve(model)
  const known = catalog.prices(group)
  if (!known && budgets.length > 0 && unknownPrice === 'refuse') {
    throw refuse(
      `The model '${model}' has no price, and the caller has a budget. Set input_cost_per_token and output_cost_per_token, or unknown_price.`,
      { status: 400, type: 'invalid_request_error', param: 'model' },
    )
  }
  const price = known ?? (unknownPrice === 'allow' ? { input: 0, output: 0 } : fallbackPrice)
  const inputTokens = roughTokens(call)
  const bound = withoutText.has(call.operation) ? 0 : outputBound(call)
  const choices = choicesOf(call)
  const asked = bound ?? known?.maxOutput ?? defaultOutput
  const perToken = { input: price.input, output: price.output * choices }
  const clamped = budgetMode === 'clamp' ? affordable(budgets, spent, inputTokens, perToken, asked) : undefined
  const worstOutput = (clamped ?? asked) * choices
  const worst = inputTokens * price.input + worstOutput * price.output
  const input = inputTokens * price.input
  const learned = expectations.find(principal.keyHash, group)
  if (!learned) {
    const output = Math.min(worstOutput, firstOutput * choices)
    const typical = input + output * price.output
    return {
      ...{ input, typical, held: worst, tokens: inputTokens + output, inputTokens, learned: false, clamped },
      outputPrice: price.output,
    }
  }
  const output = Math.min(learned.outputTokens, (bound ?? Number.POSITIVE_INFINITY) * choices)
  const typical = Math.min(worst, toDollars(learned.nanos))
  return {
    input,
    typical,
    held: budgetMode === 'expected' ? typical : worst,
    // the count by characters may be too low, and the last call much larger than this one
    tokens: Math.ceil(Math.max(inputTokens + output, Math.min(learned.totalTokens, 4 * (inputTokens + output)))),
    inputTokens,
    learned: true,
    clamped,
    outputPrice: price.output,
  }
}

/** Output tokens that the budgets still pay for; undefined if they pay for all that are asked for. */
function affordable(
  budgets: readonly BudgetAccount[],
  spent: EstimateSources['spent'],
  inputTokens: number,
  price: { readonly input: number; readonly output: number },
  asked: number,
): number | undefined {
  const left = Math.min(...budgets.map((budget) => budget.limit - spent(budget))) - inputTokens * price.input
  if (price.output <= 0 || asked === 0 || left >= asked * price.output) return undefined
  return Math.max(1, Math.floor(left / price.output))
}

/** Outcomes after which a provider may still have worked, and may bill it. */
const mayBeBilled: ReadonlySet<string> = new Set(['timeout', 'aborted', 'stream_interrupted'])

/** Cost of an ended call, in 10⁻⁹ US dollars. */
export function costOf(
  { cost, cache, usage, estimated, outcome, attempts }: SettledRecord,
  estimate: Estimate | undefined,
  unknownPrice: 'refuse' | 'estimate' | 'allow',
): { nanos: number; state: 'known' | 'estimated' | 'unknown' } {
  if (cost?.total !== undefined) return { nanos: toNanos(cost.total), state: estimated ? 'estimated' : 'known' }
  if (cache?.hit) return { nanos: 0, state: 'known' }
  // usage may count images or seconds, which have no price of their own here
  const counts = usage as { prompt_tokens?: number; completion_tokens?: number } | undefined
  const tokens = counts?.prompt_tokens === undefined && counts?.completion_tokens === undefined ? undefined : counts
  if (outcome !== 'success' && !tokens) {
    if (attempts.length === 0 || !mayBeBilled.has(outcome)) return { nanos: 0, state: 'known' }
    // the provider has the prompt, and nothing is known of an answer
    return { nanos: toNanos(estimate?.input ?? 0), state: 'unknown' }
  }
  if (unknownPrice === 'allow') return { nanos: 0, state: 'unknown' }
  if (!tokens) {
    // a call of this kind costs nothing by the prices of its model
    const isFree = estimate?.typical === 0
    return { nanos: toNanos(estimate?.typical ?? 0), state: isFree ? 'known' : 'unknown' }
  }
  const dollars =
    (tokens.prompt_tokens ?? 0) * fallbackPrice.input + (tokens.completion_tokens ?? 0) * fallbackPrice.output
  return { nanos: toNanos(dollars), state: 'estimated' }
}
