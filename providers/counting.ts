import type { CountEndpoint } from './contract.js'

/** Bodies and answers of the providers' token counting endpoints. The paths are in each provider's file. */
type Counting = Omit<CountEndpoint, 'path'>
type Body = Readonly<Record<string, unknown>>

const pick = (body: Body, fields: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(fields.filter((field) => body[field] !== undefined).map((field) => [field, body[field]]))

const numberAt = (answer: unknown, field: string): number | undefined => {
  const value = typeof answer === 'object' && answer !== null ? (answer as Body)[field] : undefined
  return typeof value === 'number' ? value : undefined
}

/**
 * Keeps the fields of the prompt; the endpoint rejects the others. It also rejects server tools, and images and
 * documents by URL or file id. https://platform.claude.com/docs/en/api/messages-count-tokens
 */
export const anthropicCounting: Counting = Object.freeze({
  encode: (chat: Body, model: string) => ({ model, ...pick(chat, ofThePrompt) }),
  decode: (answer: unknown) => numberAt(answer, 'input_tokens'),
  exact: false,
})

const ofThePrompt = [
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

/** The complete request, with the model repeated inside it. https://ai.google.dev/api/tokens */
export const geminiCounting: Counting = Object.freeze({
  encode: (chat: Body, model: string) => ({
    generateContentRequest: { ...chat, model: model.includes('/') ? model : `models/${model}` },
  }),
  decode: (answer: unknown) => numberAt(answer, 'totalTokens'),
  exact: true,
})

/**
 * The top-level parts of the request.
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens
 */
export const vertexCounting: Counting = Object.freeze({
  encode: (chat: Body) => pick(chat, ['contents', 'systemInstruction', 'tools', 'generationConfig']),
  decode: (answer: unknown) => numberAt(answer, 'totalTokens'),
  exact: true,
})

/**
 * A Converse request without its settings.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
 */
export const converseCounting: Counting = Object.freeze({
  encode: (chat: Body) => ({
    input: { converse: pick(chat, ['messages', 'system', 'toolConfig', 'additionalModelRequestFields']) },
  }),
  decode: (answer: unknown) => numberAt(answer, 'inputTokens'),
  exact: true,
})

/**
 * Cohere has a tokenizer but no counter: the text of the prompt is counted without the chat template.
 * https://docs.cohere.com/reference/tokenize
 */
export const cohereCounting: Counting = Object.freeze({
  encode: (chat: Body, model: string) => ({
    model,
    text: wordsOf(pick(chat, ['messages', 'tools', 'documents'])).join('\n'),
  }),
  decode(answer: unknown) {
    const tokens = typeof answer === 'object' && answer !== null ? (answer as Body).tokens : undefined
    return Array.isArray(tokens) ? tokens.length : undefined
  },
  exact: false,
  mostChars: 65_536,
})

/** Fields that are not text of the prompt: roles, types, ids and files. */
const marks: ReadonlySet<string> = new Set(['role', 'type', 'id', 'tool_call_id', 'image_url', 'detail'])

/** All texts in the value, in order. */
function wordsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(wordsOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => (marks.has(name) ? [] : wordsOf(part)))
}
