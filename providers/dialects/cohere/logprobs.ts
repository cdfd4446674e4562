import type { Logprobs, TokenLogprob } from '../../../src/types/chat.js'
import { isFields, textIn } from './wire.js'

/**
 * Cohere gives them by pieces of text, which may be of several tokens: the piece then counts as one, with their joint probability.
 * https://docs.cohere.com/reference/chat (logprobs)
 */
export function logprobsOf(raw: unknown): Logprobs | null {
  const items = Array.isArray(raw) ? raw : isFields(raw) ? [raw] : undefined
  if (!items) return null
  const content = items.filter(isFields).map((item): TokenLogprob => {
    const each = Array.isArray(item.logprobs) ? item.logprobs.filter((value) => typeof value === 'number') : []
    const logprob = each.reduce((sum, value) => sum + value, 0)
    return { token: textIn(item, 'text') ?? '', bytes: null, logprob, top_logprobs: [] }
  })
  return { content, refusal: null }
}
