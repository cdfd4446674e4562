import type { ChatParams } from '../../src/types/chat.js'
import type { EmbeddingParams } from '../../src/types/embedding.js'
import { toOpenAI } from './from-anthropic.js'
import { type Fields, filled, isObject } from './json.js'
import { type Recording, requestBody } from './recording.js'

/** The provider that a recording is replayed through: hosts without a prefix of their own go as OpenAI with an `apiBase`. */
const prefixes: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  openrouter: 'openrouter',
  groq: 'groq',
  deepseek: 'deepseek',
  xai: 'xai',
}

export const prefixOf = ({ provider }: Recording): string => prefixes[provider] ?? 'openai'

/** Whether the recorded host is the provider's own, and not merely one that speaks like it. */
export const isOwnHost = ({ provider }: Recording): boolean => provider === 'openai' || provider in prefixes

/** The model as the provider names it, and the model string of the call. */
export function modelOf(recording: Recording): { wire: string; full: string } {
  const wire = filled(requestBody(recording)?.model) ?? filled(recording.model) ?? 'some-model'
  return { wire, full: `${prefixOf(recording)}/${wire}` }
}

export type ChatRequest = Omit<ChatParams, 'stream'>

export const minimalChat = (recording: Recording): ChatRequest => ({
  model: modelOf(recording).full,
  messages: [{ role: 'user', content: 'Hello' }],
})

/**
 * A recorded request as a caller of llmux would write it; undefined where there was none, or it was not a chat request. What
 * the recorder's application wrote is not always what the types allow: the API is what is tested.
 */
export function recordedChat(recording: Recording): ChatRequest | undefined {
  const body = requestBody(recording)
  if (!body || !Array.isArray(body.messages) || body.messages.length === 0) return undefined
  const { stream: _, model: __, ...params }: Fields = prefixOf(recording) === 'anthropic' ? toOpenAI(body) : body
  return { ...params, model: modelOf(recording).full } as unknown as ChatRequest
}

export function recordedEmbedding(recording: Recording): EmbeddingParams | undefined {
  const body = requestBody(recording)
  if (!body || (typeof body.input !== 'string' && !Array.isArray(body.input))) return undefined
  const { model: _, ...params } = body
  return { ...params, model: modelOf(recording).full } as unknown as EmbeddingParams
}

/** As many inputs as the recording has vectors. */
export const minimalEmbedding = (recording: Recording, inputs: number): EmbeddingParams => ({
  model: modelOf(recording).full,
  input: Array.from({ length: inputs }, (_, at) => `text ${at}`),
})

/** The recorded beta flags, which a caller would give as a header. */
export function recordedHeaders({ request }: Recording): Record<string, string> | undefined {
  const beta = isObject(request.headers) ? filled(request.headers['anthropic-beta']) : undefined
  return beta === undefined ? undefined : { 'anthropic-beta': beta }
}
