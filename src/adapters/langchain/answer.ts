import {
  AIMessage,
  AIMessageChunk,
  type AIMessageFields,
  type InvalidToolCall,
  type UsageMetadata,
} from '@langchain/core/messages'
import type { ToolCall as LangChainToolCall } from '@langchain/core/messages/tool'
import { type ChatGeneration, ChatGenerationChunk } from '@langchain/core/outputs'
import type { AnswerMessage, ChatCompletion, ChatCompletionChunk, Delta, Usage } from '../../types/chat.js'
import type { CallMeta } from '../../types/meta.js'
import type { AnswerFields } from './messages.js'

/** Translates a choice of an answer. */
export function toGeneration(
  { id, model, usage, meta }: ChatCompletion,
  choice: ChatCompletion['choices'][number],
): ChatGeneration {
  const { message, finish_reason: reason } = choice
  const calls: LangChainToolCall[] = []
  const invalid: InvalidToolCall[] = []
  for (const call of message.tool_calls ?? []) {
    const [name, text] =
      call.type === 'function'
        ? [call.function.name, call.function.arguments]
        : [call.custom.name, JSON.stringify({ input: call.custom.input })]
    const args = parse(text)
    if (args) calls.push({ type: 'tool_call', id: call.id, name, args })
    else
      invalid.push({
        type: 'invalid_tool_call',
        id: call.id,
        name,
        args: text,
        error: 'The arguments are no JSON object.',
      })
  }
  const text = message.content ?? message.refusal ?? ''
  const usageMetadata = usage && toUsage(usage)
  const fields = {
    id,
    content: text,
    tool_calls: calls,
    invalid_tool_calls: invalid,
    additional_kwargs: kwargsOf(message),
    response_metadata: { ...metadataOf(model, meta), finish_reason: reason },
    ...(usageMetadata && { usage_metadata: usageMetadata }),
  }
  return {
    text,
    message: new AIMessage(fields as object as AIMessageFields),
    generationInfo: { finish_reason: reason },
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const args: unknown = text.trim() === '' ? {} : JSON.parse(text)
    return typeof args === 'object' && args !== null && !Array.isArray(args)
      ? (args as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function kwargsOf(message: AnswerMessage | Delta): { llmux?: AnswerFields } {
  const fields: AnswerFields = {}
  for (const name of [
    'reasoning_content',
    'thinking_blocks',
    'provider_specific_fields',
    'annotations',
    'images',
  ] as const) {
    if (message[name] !== undefined) Object.assign(fields, { [name]: message[name] })
  }
  for (const call of message.tool_calls ?? []) {
    const extras = 'provider_specific_fields' in call ? call.provider_specific_fields : undefined
    if (extras && call.id !== undefined) fields.call_fields = { ...fields.call_fields, [call.id]: extras }
  }
  return Object.keys(fields).length > 0 ? { llmux: fields } : {}
}

const metadataOf = (model: string, meta: CallMeta): Record<string, unknown> => ({
  model_name: model,
  model_provider: meta.provider,
  llmux: { cost: meta.cost, attempts: meta.attempts, router: meta.router, requestId: meta.requestId },
})

function toUsage(usage: Usage): UsageMetadata {
  const { cached_tokens: read, cache_creation_tokens: written } = usage.prompt_tokens_details ?? {}
  const reasoning = usage.completion_tokens_details?.reasoning_tokens
  return {
    input_tokens: usage.prompt_tokens,
    output_tokens: usage.completion_tokens,
    total_tokens: usage.total_tokens,
    ...((read !== undefined || written !== undefined) && {
      input_token_details: {
        ...(read !== undefined && { cache_read: read }),
        ...(written !== undefined && { cache_creation: written }),
      },
    }),
    ...(reasoning !== undefined && { output_token_details: { reasoning } }),
  }
}

/** Translates a chunk; undefined if it has nothing for LangChain. */
export function toGenerationChunk(chunk: ChatCompletionChunk): ChatGenerationChunk | undefined {
  const choice = chunk.choices.find(({ index }) => index === 0)
  if (!choice) return undefined
  const { delta, finish_reason: reason } = choice
  const text = delta.content ?? delta.refusal ?? ''
  const calls = (delta.tool_calls ?? []).map(({ index, id, function: own, custom }) => ({
    type: 'tool_call_chunk' as const,
    index,
    ...(id !== undefined && { id }),
    ...((own?.name ?? custom?.name) !== undefined && { name: own?.name ?? custom?.name ?? '' }),
    args: own?.arguments ?? custom?.input ?? '',
  }))
  const message = new AIMessageChunk({
    id: chunk.id,
    content: text,
    tool_call_chunks: calls,
    additional_kwargs: kwargsOf(delta),
    response_metadata: reason ? { finish_reason: reason } : {},
  })
  return new ChatGenerationChunk({ text, message, ...(reason && { generationInfo: { finish_reason: reason } }) })
}

/** The last chunk of a stream: usage and facts about the call. */
export function toLastChunk(id: string, model: string, meta: CallMeta): ChatGenerationChunk {
  const usage = meta.usage as Usage | undefined
  const fields = {
    id,
    content: '',
    response_metadata: metadataOf(model, meta),
    ...(usage && { usage_metadata: toUsage(usage) }),
  }
  return new ChatGenerationChunk({ text: '', message: new AIMessageChunk(fields as object as AIMessageFields) })
}
