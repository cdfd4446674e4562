import type { ChatParams } from '../../../src/types/chat.js'
import type { EmbeddingParams } from '../../../src/types/embedding.js'
import { nameResults } from '../equivalence/hosts.js'
import { deploymentOf } from '../folders/azure.js'
import { hostPrefix } from '../folders/hosts.js'
import { type Fields, filled, isObject } from '../wire/json.js'
import { type Recording, requestBody } from '../wire/recording.js'
import { toOpenAI } from './anthropic.js'
import { fromText, isText } from './text-completion.js'

/** The provider that a recording is replayed through: hosts without a prefix of their own go as OpenAI with an `apiBase`. */
const prefixes: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
}

export const prefixOf = (recording: Recording): string =>
  prefixes[recording.provider] ?? hostPrefix(recording) ?? 'openai'

/** Whether a recording is of Anthropic's Messages API, wherever it is served. */
export const isMessages = ({ provider, operation, for_operation = operation }: Recording): boolean =>
  provider === 'anthropic' || for_operation.startsWith('messages')

/** Whether the recorded host is the provider's own, and not merely one that speaks like it. */
export const isOwnHost = ({ provider }: Recording): boolean => provider === 'openai' || provider in prefixes

/** The model as the provider names it, and the model string of the call. */
export function modelOf(recording: Recording): { wire: string; full: string } {
  const wire =
    deploymentOf(recording) ?? filled(requestBody(recording)?.model) ?? filled(recording.model) ?? 'some-model'
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
  if (body && isText(recording)) {
    const asked = fromText(body)
    return asked && ({ ...asked, stream: undefined, model: modelOf(recording).full } as unknown as ChatRequest)
  }
  if (!body || !Array.isArray(body.messages) || body.messages.length === 0) return undefined
  const { stream: _, model: __, ...params }: Fields = isMessages(recording) ? toOpenAI(body) : nameResults(body)
  return { ...params, ...typedTools(params.tools), model: modelOf(recording).full } as unknown as ChatRequest
}

/**
 * Tools with their type. Mistral's API accepted functions without it, and adds it itself; llmux rejects them with the right spelling,
 * as most providers do, so a caller of llmux writes the type.
 */
const typedTools = (tools: unknown): Fields | undefined =>
  Array.isArray(tools)
    ? {
        tools: tools.map((tool) =>
          isObject(tool?.function) && !('type' in tool) ? { type: 'function', ...tool } : tool,
        ),
      }
    : undefined

export function recordedEmbedding(recording: Recording): EmbeddingParams | undefined {
  const given = requestBody(recording)
  // Hugging Face's word
  const body = given?.inputs === undefined || given.input !== undefined ? given : { input: given.inputs }
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
