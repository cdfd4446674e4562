import { idOf } from '../digest.js'
import { isRecord, type Json, list, string } from '../json.js'
import type { WireRequest } from './wire.js'

/** Words that the simulated model flags. */
const harmful = /\b(kill|hurt|harm|attack)\b/i

/** https://platform.openai.com/docs/api-reference/moderations: one result per text, and one for the parts of a message. */
export function moderations({ body, model, seed }: WireRequest): Json {
  const { input } = body
  const parts = list(input)
  const texts = parts.every((part) => typeof part === 'string') && Array.isArray(input)
  const inputs = texts
    ? parts.map(String)
    : [Array.isArray(input) ? parts.map(textOf).join('\n') : (string(input) ?? '')]
  return {
    id: `modr-${idOf(seed, 'moderation')}`,
    model: model || 'omni-moderation-latest',
    results: inputs.map((text) => {
      const flagged = harmful.test(text)
      return {
        flagged,
        categories: { harassment: false, hate: false, 'self-harm': false, sexual: false, violence: flagged },
        category_scores: {
          harassment: 0.001,
          hate: 0.001,
          'self-harm': 0.001,
          sexual: 0.001,
          violence: flagged ? 0.97 : 0.002,
        },
      }
    }),
  }
}

const textOf = (part: unknown): string => (isRecord(part) ? (string(part.text) ?? '') : '')
