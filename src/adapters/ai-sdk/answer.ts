import type {
  JSONObject,
  LanguageModelV3Content,
  LanguageModelV3File,
  LanguageModelV3FinishReason,
  LanguageModelV3Source,
  LanguageModelV3ToolCall,
  LanguageModelV3Usage,
} from '@ai-sdk/provider'
import type { AnswerMessage, FinishReason, Usage } from '../../types/chat.js'
import type { Annotation, ImagePart, ThinkingBlocks, ToolCall } from '../../types/messages.js'
import type { CallMeta } from '../../types/meta.js'
import { toJson } from './types.js'

/** Metadata of a part: absent without fields. */
export const metadata = (fields: Readonly<Record<string, unknown>>): { providerMetadata?: { llmux: JSONObject } } => {
  const json = toJson(fields)
  return Object.keys(json).length > 0 ? { providerMetadata: { llmux: json } } : {}
}

/** The content of an answer: reasoning, text, files, tool calls, sources. */
export function toContent(message: AnswerMessage): LanguageModelV3Content[] {
  const content: LanguageModelV3Content[] = toReasoning(message)
  const text = message.content || message.refusal || message.audio?.transcript || ''
  // the fields of the message go with one of its parts, so that the next request has them
  let fields: unknown = message.provider_specific_fields
  if (text) {
    content.push({ type: 'text', text, ...metadata({ messageFields: fields }) })
    fields = undefined
  }
  for (const image of message.images ?? []) content.push(...toFile(image))
  for (const call of message.tool_calls ?? []) {
    content.push(toToolCall(call, fields))
    fields = undefined
  }
  if (fields) content.push({ type: 'text', text: '', ...metadata({ messageFields: fields }) })
  return [...content, ...toSources(message.annotations ?? [], 0)]
}

function toReasoning({ thinking_blocks: blocks, reasoning_content: text }: AnswerMessage): LanguageModelV3Content[] {
  if (blocks?.length) return blocks.map(toReasoningPart)
  return text ? [{ type: 'reasoning', text }] : []
}

const toReasoningPart = (block: ThinkingBlocks[number]): Extract<LanguageModelV3Content, { type: 'reasoning' }> =>
  block.type === 'thinking'
    ? { type: 'reasoning', text: block.thinking, ...metadata({ signature: block.signature }) }
    : { type: 'reasoning', text: '', ...metadata({ redactedData: block.data }) }

/** Image of an answer as a file; images by URL have no form in the AI SDK. */
export function toFile({ image_url: image }: ImagePart): LanguageModelV3File[] {
  const url = typeof image === 'string' ? image : image.url
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
  return mediaType && data ? [{ type: 'file', mediaType, data }] : []
}

/** @param messageFields fields of the message that the next request needs */
export function toToolCall(call: ToolCall, messageFields?: unknown): LanguageModelV3ToolCall {
  const [toolName, input] =
    call.type === 'function'
      ? [call.function.name, call.function.arguments]
      : [call.custom.name, JSON.stringify(call.custom.input)]
  const callFields = call.type === 'function' ? call.provider_specific_fields : undefined
  return { type: 'tool-call', toolCallId: call.id, toolName, input, ...metadata({ callFields, messageFields }) }
}

export const toSources = (annotations: readonly Annotation[], from: number): LanguageModelV3Source[] =>
  annotations
    .filter(({ url_citation: citation }) => citation?.url)
    .map(({ url_citation: { url, title } }, at) => ({
      type: 'source',
      sourceType: 'url',
      id: `source-${from + at}`,
      url,
      ...(title && { title }),
    }))

const reasons: Readonly<Record<FinishReason, LanguageModelV3FinishReason['unified']>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
}

export const toFinishReason = (
  reason: FinishReason | null | undefined,
  native: string | undefined,
): LanguageModelV3FinishReason => ({ unified: reason ? reasons[reason] : 'other', raw: native ?? reason ?? undefined })

export function toUsage(usage: Usage | undefined): LanguageModelV3Usage {
  const { cached_tokens: cacheRead, cache_creation_tokens: cacheWrite } = usage?.prompt_tokens_details ?? {}
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens
  return {
    inputTokens: {
      total: usage?.prompt_tokens,
      noCache: usage && usage.prompt_tokens - (cacheRead ?? 0) - (cacheWrite ?? 0),
      cacheRead,
      cacheWrite,
    },
    outputTokens: {
      total: usage?.completion_tokens,
      text: usage && usage.completion_tokens - (reasoning ?? 0),
      reasoning,
    },
    ...(usage && { raw: toJson(usage) }),
  }
}

/** Facts about the call: provider, model, cost in US dollars, attempts, and the Router's route. */
export const callMetadata = (meta: CallMeta): { llmux: JSONObject } => ({
  llmux: toJson({
    provider: meta.provider,
    model: meta.model,
    cost: meta.cost,
    attempts: meta.attempts,
    router: meta.router,
    cache: meta.cache,
    requestId: meta.requestId,
  }),
})
