import type { CountEndpoint } from '../../providers/contract.js'
import type { TokenCount } from './types.js'

const pick = (body: Readonly<Record<string, unknown>>, fields: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(fields.filter((field) => body[field] !== undefined).map((field) => [field, body[field]]))

const numberAt = (answer: unknown, field: string): number | undefined => {
  const value = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>)[field] : undefined
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
}

/** https://ai.google.dev/api/tokens: the whole request, and the model once more inside it. */
export const geminiCount: CountEndpoint = {
  path: (model) => `/v1beta/models/${model}:countTokens`,
  encode: (chat, model) => ({ generateContentRequest: { ...chat, model: `models/${model}` } }),
  decode: (answer) => numberAt(answer, 'totalTokens'),
  exact: true,
}

/**
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens: the parts of the request at the
 * top. `path` goes under `/v1/projects/…/locations/…`.
 */
export const vertexCount: CountEndpoint = {
  path: (model) => `/publishers/google/models/${model}:countTokens`,
  encode: (chat) => pick(chat, ['contents', 'systemInstruction', 'tools', 'generationConfig']),
  decode: (answer) => numberAt(answer, 'totalTokens'),
  exact: true,
}

/**
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html: Converse without its
 * settings.
 */
export const converseCount: CountEndpoint = {
  path: (model) => `/model/${encodeURIComponent(model)}/count-tokens`,
  encode: (chat) => ({
    input: { converse: pick(chat, ['messages', 'system', 'toolConfig', 'additionalModelRequestFields']) },
  }),
  decode: (answer) => numberAt(answer, 'inputTokens'),
  exact: true,
}

/** The number that a provider's endpoint gave, and what it is worth. */
export const providerCount = ({ exact }: CountEndpoint, tokens: number, family: string): TokenCount => ({
  tokens,
  exact,
  method: 'provider',
  family,
  expectedError: { median: 0, p95: exact ? 0 : 0.01, samples: 0 },
  reasons: exact ? [] : ['the provider calls its count an estimate'],
})
