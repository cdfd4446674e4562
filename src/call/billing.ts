import type { AuxiliaryUsage } from '../../pricing/index.js'
import type { ChatCompletion } from '../types/chat.js'
import type { AnyUsage } from '../types/usage.js'

export type { AnyUsage }

/** Facts of an answer that its price depends on. */
export interface Billing {
  answeredModel?: string | undefined
  serviceTier?: string | null | undefined
  speed?: string | undefined
  dataResidency?: string | undefined
  batch?: boolean | undefined
  /** Window of a background response. */
  completionWindow?: string | undefined
  /** Milliseconds since 1970. */
  at?: number
  /** Billed usage, if it is less than the usage of the answer (Cohere does not bill its own instructions). */
  usage?: (AnyUsage & { auxiliary_usage?: readonly AuxiliaryUsage[] }) | undefined
  /** Whether the usage is an estimate. */
  estimated?: boolean
}

/** The fields of a chat answer that its cost depends on. */
export interface PricedAnswer {
  readonly model: string
  readonly usage?: ChatCompletion['usage'] | undefined
  readonly service_tier?: ChatCompletion['service_tier'] | undefined
  readonly provider_specific_fields?: ChatCompletion['provider_specific_fields'] | undefined
}

/** Billing facts of a chat answer. Anthropic's usage has speed, region and tier; the dialect keeps it in a provider field. */
export function billingOf(answer: PricedAnswer): Billing {
  const billing: Billing = { answeredModel: answer.model, serviceTier: answer.service_tier }
  const { usage: said, billed_units: units } = answer.provider_specific_fields ?? {}
  if (units && typeof units === 'object') billing.usage = billedUsage(units as Readonly<Record<string, unknown>>)
  if (said && typeof said === 'object') {
    const { speed, inference_geo: geo, service_tier: tier, iterations } = said as Readonly<Record<string, unknown>>
    const advisors = advisorUsage(iterations)
    if (answer.usage && advisors.length > 0) billing.usage = { ...answer.usage, auxiliary_usage: advisors }
    if (typeof speed === 'string') billing.speed = speed
    if (typeof geo === 'string') billing.dataResidency = geo
    if (tier === 'batch') billing.batch = true
  }
  return billing
}

/** Usage of advisor models, which are billed at their own rates. https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool */
function advisorUsage(iterations: unknown): AuxiliaryUsage[] {
  if (!Array.isArray(iterations)) return []
  return iterations.flatMap((iteration: unknown) => {
    const { type, model, cache_creation: lifetimes, ...counts } = (iteration ?? {}) as Readonly<Record<string, unknown>>
    if (type !== 'advisor_message') return []
    const count = (name: string): number => (typeof counts[name] === 'number' ? counts[name] : 0)
    const cached = count('cache_read_input_tokens')
    const written = count('cache_creation_input_tokens')
    return [
      {
        model: typeof model === 'string' ? model : undefined,
        prompt_tokens: count('input_tokens') + cached + written,
        completion_tokens: count('output_tokens'),
        prompt_tokens_details: {
          cached_tokens: cached,
          cache_creation_tokens: written,
          ...(typeof lifetimes === 'object' && { cache_creation_token_details: lifetimes }),
        },
      },
    ]
  })
}

function billedUsage(units: Readonly<Record<string, unknown>>): AnyUsage | undefined {
  const { input_tokens: input, output_tokens: output, search_units: searches } = units
  if (typeof input !== 'number' && typeof output !== 'number') return undefined
  const prompt = typeof input === 'number' ? input : 0
  const completion = typeof output === 'number' ? output : 0
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  return typeof searches === 'number' ? { ...usage, search_units: searches } : usage
}
