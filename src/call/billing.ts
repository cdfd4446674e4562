import type { ChatCompletion, Usage } from '../types/chat.js'
import type { EmbeddingUsage } from '../types/embedding.js'
import type { RerankUsage } from '../types/rerank.js'

export type AnyUsage = Usage | EmbeddingUsage | RerankUsage

/** What an answer says of its price, and when it was given. */
export interface Billing {
  answeredModel?: string | undefined
  serviceTier?: string | null | undefined
  speed?: string | undefined
  dataResidency?: string | undefined
  batch?: boolean | undefined
  /** Milliseconds since 1970. */
  at?: number
  /** What is billed, where that is less than what was read (Cohere leaves out its own instructions). */
  usage?: AnyUsage | undefined
  /** True where the usage is counted and not told. */
  estimated?: boolean
}

/** Anthropic says in its usage how and where it served a call; the dialect keeps that beside the answer. */
export function billingOf(
  answer: Pick<ChatCompletion, 'model' | 'service_tier' | 'provider_specific_fields'>,
): Billing {
  const billing: Billing = { answeredModel: answer.model, serviceTier: answer.service_tier }
  const { usage: said, billed_units: units } = answer.provider_specific_fields ?? {}
  if (units && typeof units === 'object') billing.usage = billedUsage(units as Readonly<Record<string, unknown>>)
  if (said && typeof said === 'object') {
    const { speed, inference_geo: geo, service_tier: tier } = said as Readonly<Record<string, unknown>>
    if (typeof speed === 'string') billing.speed = speed
    if (typeof geo === 'string') billing.dataResidency = geo
    if (tier === 'batch') billing.batch = true
  }
  return billing
}

function billedUsage(units: Readonly<Record<string, unknown>>): AnyUsage | undefined {
  const { input_tokens: input, output_tokens: output, search_units: searches } = units
  if (typeof input !== 'number' && typeof output !== 'number') return undefined
  const prompt = typeof input === 'number' ? input : 0
  const completion = typeof output === 'number' ? output : 0
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  return typeof searches === 'number' ? { ...usage, search_units: searches } : usage
}
