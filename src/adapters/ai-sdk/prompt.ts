import type { LanguageModelV3FilePart, LanguageModelV3Prompt, LanguageModelV3ToolResultPart } from '@ai-sdk/provider'
import type {
  AssistantMessage,
  Message,
  ThinkingBlocks,
  ToolCall,
  ToolMessage,
  ToolResultPart,
  UserPart,
} from '../../types/messages.js'
import { own } from './types.js'

/** Translates a prompt of the AI SDK to messages. */
export function toMessages(prompt: LanguageModelV3Prompt): Message[] {
  const messages: Message[] = []
  for (const turn of prompt) {
    switch (turn.role) {
      case 'system':
        messages.push({ role: 'system', content: turn.content, ...cacheControl(turn) })
        break
      case 'user':
        messages.push({
          role: 'user',
          content: turn.content.map((part) =>
            part.type === 'text' ? { type: 'text', text: part.text, ...cacheControl(part) } : toUserPart(part),
          ),
          ...cacheControl(turn),
        })
        break
      case 'assistant':
        messages.push(...toAssistant(turn.content))
        break
      case 'tool':
        for (const part of turn.content) if (part.type === 'tool-result') messages.push(toToolMessage(part))
    }
  }
  return messages
}

/** `cacheControl` under `llmux` or `anthropic`, as the AI SDK's own providers read it. */
function cacheControl(part: { readonly providerOptions?: Readonly<Record<string, unknown>> | undefined }): {
  cache_control?: { type: 'ephemeral'; ttl?: string }
} {
  const { llmux, anthropic } = (part.providerOptions ?? {}) as Record<string, { cacheControl?: object } | undefined>
  const control = llmux?.cacheControl ?? anthropic?.cacheControl
  return control ? { cache_control: control as { type: 'ephemeral' } } : {}
}

type AssistantContent = Extract<LanguageModelV3Prompt[number], { role: 'assistant' }>['content']

/** One assistant message, and a tool message for each result of a tool of ours among its parts. */
function toAssistant(parts: AssistantContent): Message[] {
  const message: AssistantMessage = { role: 'assistant' }
  const blocks: ThinkingBlocks = []
  const calls: ToolCall[] = []
  const results: ToolMessage[] = []
  let text = ''
  let reasoning = ''
  let fields: Record<string, unknown> = {}
  for (const part of parts) {
    const { signature, thinking, redactedData, messageFields, callFields } = own(part.providerOptions)
    if (isObject(messageFields)) fields = { ...fields, ...messageFields }
    switch (part.type) {
      case 'text':
        text += part.text
        break
      case 'reasoning':
        reasoning += part.text
        if (typeof redactedData === 'string') blocks.push({ type: 'redacted_thinking', data: redactedData })
        else if (typeof signature === 'string') {
          blocks.push({ type: 'thinking', thinking: typeof thinking === 'string' ? thinking : part.text, signature })
        }
        break
      case 'tool-call':
        if (part.providerExecuted) break
        calls.push({
          id: part.toolCallId,
          type: 'function',
          function: {
            name: part.toolName,
            arguments: typeof part.input === 'string' ? part.input : JSON.stringify(part.input ?? {}),
          },
          ...(isObject(callFields) && { provider_specific_fields: callFields }),
        })
        break
      case 'tool-result':
        // results of the provider's own tools are among the fields of the message
        if (calls.some(({ id }) => id === part.toolCallId)) results.push(toToolMessage(part))
        break
      case 'file': {
        const image = toUserPart(part)
        if (image.type === 'image_url') message.images = [...(message.images ?? []), image]
      }
    }
  }
  if (text || calls.length === 0) message.content = text
  if (calls.length > 0) message.tool_calls = calls
  if (reasoning) message.reasoning_content = reasoning
  if (blocks.length > 0) message.thinking_blocks = blocks
  if (Object.keys(fields).length > 0) message.provider_specific_fields = fields
  return [message, ...results]
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function toUserPart(part: LanguageModelV3FilePart): UserPart {
  const { mediaType, filename } = part
  const place = locate(part.data, mediaType)
  const cache = cacheControl(part)
  if ('id' in place) return { type: 'file', file: { file_id: place.id, ...(filename && { filename }) }, ...cache }
  if (isImage(mediaType)) return { type: 'image_url', image_url: { url: place.url }, ...cache }
  const audio = /^audio\/(wav|x-wav|mp3|mpeg|[a-z0-9]+)/.exec(mediaType)?.[1]
  if (audio && place.base64 !== undefined) {
    const format = audio === 'mpeg' ? 'mp3' : audio === 'x-wav' ? 'wav' : audio
    return { type: 'input_audio', input_audio: { data: place.base64, format }, ...cache }
  }
  const content = place.base64 === undefined ? { file_id: place.url } : { file_data: place.url }
  return { type: 'file', file: { ...content, filename: filename ?? 'file', format: mediaType }, ...cache }
}

type Place = { url: string; base64?: string } | { id: string }

/** The data of a file: base64 text, bytes, a URL, or (AI SDK 7) a reference by provider. */
function locate(data: unknown, mediaType: string): Place {
  if (data instanceof URL) return { url: data.href }
  if (data instanceof Uint8Array) return inline(toBase64(data), mediaType)
  if (typeof data === 'string') return /^(https?|data):/.test(data) ? { url: data } : inline(data, mediaType)
  const { text, reference } = data as { text?: unknown; reference?: unknown }
  if (typeof text === 'string') return inline(toBase64(new TextEncoder().encode(text)), mediaType)
  const id = typeof reference === 'string' ? reference : Object.values(reference ?? {})[0]
  return { id: String(id) }
}

/** AI SDK 7 also sends `image` and `image/*`. */
const isImage = (mediaType: string): boolean => /^image(\/|$)/.test(mediaType)

/** First characters of images in base64. */
const imageStarts = { iVBORw: 'png', '/9j/': 'jpeg', R0lGOD: 'gif', UklGR: 'webp' }

const inline = (base64: string, mediaType: string): Place => {
  const subtype = Object.entries(imageStarts).find(([start]) => base64.startsWith(start))?.[1] ?? 'png'
  return { url: `data:${/^image(\/\*)?$/.test(mediaType) ? `image/${subtype}` : mediaType};base64,${base64}`, base64 }
}

function toBase64(bytes: Uint8Array): string {
  let text = ''
  // String.fromCharCode takes a limited number of arguments
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

function toToolMessage({ toolCallId, toolName, output, providerOptions }: LanguageModelV3ToolResultPart): ToolMessage {
  const message = {
    role: 'tool' as const,
    tool_call_id: toolCallId,
    name: toolName,
    ...cacheControl({ providerOptions }),
  }
  switch (output.type) {
    case 'text':
      return { ...message, content: output.value }
    case 'json':
      return { ...message, content: JSON.stringify(output.value) }
    case 'error-text':
      return { ...message, content: output.value, is_error: true }
    case 'error-json':
      return { ...message, content: JSON.stringify(output.value), is_error: true }
    case 'execution-denied':
      return { ...message, content: output.reason ?? 'The user denied the execution of this tool.', is_error: true }
    case 'content':
      return { ...message, content: output.value.map(toResultPart) }
  }
}

type ResultContent = Extract<LanguageModelV3ToolResultPart['output'], { type: 'content' }>['value'][number]

function toResultPart(part: ResultContent): ToolResultPart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'file-data':
    case 'image-data':
    case 'file-url':
    case 'image-url': {
      const mediaType =
        ('mediaType' in part ? part.mediaType : undefined) ??
        (part.type === 'image-url' ? 'image/*' : 'application/octet-stream')
      const data = 'url' in part ? new URL(part.url) : part.data
      const filename = 'filename' in part && part.filename ? { filename: part.filename } : {}
      return toUserPart({ type: 'file', data, mediaType, ...filename }) as ToolResultPart
    }
    case 'file-id':
    case 'image-file-id': {
      const id = typeof part.fileId === 'string' ? part.fileId : Object.values(part.fileId)[0]
      return { type: 'file', file: { file_id: String(id) } }
    }
    default:
      return { type: 'text', text: JSON.stringify(part) }
  }
}
