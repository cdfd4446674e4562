import type { CountEndpoint } from './contract.js'

/** What providers are asked for the tokens of a prompt, and what they say. Where they are asked stands with the provider. */
type Counting = Omit<CountEndpoint, 'path'>
type Body = Readonly<Record<string, unknown>>

const pick = (body: Body, fields: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(fields.filter((field) => body[field] !== undefined).map((field) => [field, body[field]]))

const numberAt = (answer: unknown, field: string): number | undefined => {
  const value = typeof answer === 'object' && answer !== null ? (answer as Body)[field] : undefined
  return typeof value === 'number' ? value : undefined
}

/**
 * A message's body without what steers the answer, which the endpoint refuses. Server tools, and images and documents by URL or
 * file id, it refuses as well. https://platform.claude.com/docs/en/api/messages-count-tokens
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

/** The whole request, and the model once more inside it. https://ai.google.dev/api/tokens */
export const geminiCounting: Counting = Object.freeze({
  encode: (chat: Body, model: string) => ({
    generateContentRequest: { ...chat, model: model.includes('/') ? model : `models/${model}` },
  }),
  decode: (answer: unknown) => numberAt(answer, 'totalTokens'),
  exact: true,
})

/**
 * The parts of the request at the top.
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens
 */
export const vertexCounting: Counting = Object.freeze({
  encode: (chat: Body) => pick(chat, ['contents', 'systemInstruction', 'tools', 'generationConfig']),
  decode: (answer: unknown) => numberAt(answer, 'totalTokens'),
  exact: true,
})

/** Converse without its settings. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html */
export const converseCounting: Counting = Object.freeze({
  encode: (chat: Body) => ({
    input: { converse: pick(chat, ['messages', 'system', 'toolConfig', 'additionalModelRequestFields']) },
  }),
  decode: (answer: unknown) => numberAt(answer, 'inputTokens'),
  exact: true,
})

/**
 * Cohere has a tokenizer and no counter: the words of the prompt are counted, without what its template puts around them.
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

/** What of a request is no text of the prompt: marks, kinds and files. */
const marks: ReadonlySet<string> = new Set(['role', 'type', 'id', 'tool_call_id', 'image_url', 'detail'])

/** Every text in it, in its order. */
function wordsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(wordsOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => (marks.has(name) ? [] : wordsOf(part)))
}
