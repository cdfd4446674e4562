import { InvalidResponseError } from '../errors.js'
import type { TokenCount } from './types.js'

/**
 * A provider's own counting endpoint: what to ask, and how to read the answer. Pure; whoever calls it sends the body
 * with the provider's usual address, headers and credentials, with no retry of more than a chat call's.
 */
export interface CountEndpoint {
  /** Path under the provider's base, for a model as the provider names it. */
  path(model: string): string
  /** The body, out of the chat body that the dialect makes of the same request. */
  encode(chat: Readonly<Record<string, unknown>>, model: string): Record<string, unknown>
  /** Tokens of the prompt, or undefined where the answer has none. */
  decode(answer: unknown): number | undefined
  /** Whether the provider stands by the number; Anthropic calls its own an estimate. */
  readonly exact: boolean
}

const pick = (body: Readonly<Record<string, unknown>>, fields: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(fields.filter((field) => body[field] !== undefined).map((field) => [field, body[field]]))

const numberAt = (answer: unknown, field: string): number | undefined => {
  const value = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>)[field] : undefined
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
}

/**
 * https://docs.anthropic.com/en/api/messages-count-tokens: a message's body without what steers the answer, which the
 * endpoint refuses. Server tools, and images and documents by URL or file id, it refuses as well.
 */
export const anthropicCount: CountEndpoint = {
  path: () => '/v1/messages/count_tokens',
  encode: (chat) => pick(chat, anthropicFields),
  decode: (answer) => numberAt(answer, 'input_tokens'),
  exact: false,
}

const anthropicFields = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'cache_control',
  'output_config',
  'output_format',
  'speed',
  'context_management',
  'mcp_servers',
] as const

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

/**
 * The provider's answer as a count.
 * @throws {InvalidResponseError} where the answer has no number
 */
export const providerCount = (endpoint: CountEndpoint, answer: unknown, family: string): TokenCount => {
  const tokens = endpoint.decode(answer)
  if (tokens === undefined) {
    throw new InvalidResponseError('The counting endpoint answered without a number of tokens.', { body: answer })
  }
  const error = endpoint.exact ? 0 : 0.01
  return {
    tokens,
    exact: endpoint.exact,
    method: 'provider',
    family,
    expectedError: { median: 0, p95: error, samples: 0 },
    reasons: endpoint.exact ? [] : ['the provider calls its count an estimate'],
  }
}
