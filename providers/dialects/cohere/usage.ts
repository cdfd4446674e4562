import type { Usage } from '../../../src/types/chat.js'
import { countIn, extrasOf, type Fields, isFields } from './wire.js'

/**
 * Tokens processed by the model. Cohere bills fewer (`billed_units`), because its own prompt template is free.
 * https://docs.cohere.com/reference/chat (usage)
 */
export function usageOf(raw: unknown): Usage | undefined {
  if (!isFields(raw)) return undefined
  const counts = isFields(raw.tokens) ? raw.tokens : raw.billed_units
  const prompt = countIn(counts, 'input_tokens')
  const completion = countIn(counts, 'output_tokens')
  if (prompt === undefined && completion === undefined) return undefined
  const [input, output] = [prompt ?? 0, completion ?? 0]
  const usage: Usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
  const cached = countIn(raw, 'cached_tokens')
  const images = countIn(counts, 'image_tokens')
  if (cached !== undefined || images !== undefined) {
    usage.prompt_tokens_details = {
      ...(cached !== undefined && { cached_tokens: Math.min(cached, input) }),
      ...(images !== undefined && { image_tokens: Math.min(images, input) }),
    }
  }
  const reasoning = countIn(counts, 'reasoning_tokens')
  if (reasoning !== undefined) usage.completion_tokens_details = { reasoning_tokens: Math.min(reasoning, output) }
  return usage
}

const known: ReadonlySet<string> = new Set(['tokens', 'cached_tokens'])

/** Billed units, and other fields that OpenAI's usage doesn't have. */
export const usageExtras = (raw: unknown): Fields | undefined => (isFields(raw) ? extrasOf(raw, known) : undefined)
