import type { BaseMessage } from '@langchain/core/messages'
import type { AssistantMessage, Message, TextPart, ToolCall, UserPart } from '../../types/messages.js'

/** Fields of an answer that the next request needs, under `additional_kwargs.llmux` of its message. */
export type AnswerFields = Pick<
  AssistantMessage,
  'reasoning_content' | 'thinking_blocks' | 'provider_specific_fields' | 'annotations' | 'images'
> & { call_fields?: Record<string, Record<string, unknown>> }

type Block = Readonly<Record<string, unknown>> & { readonly type?: unknown }

/** Translates LangChain's messages. */
export const toMessages = (messages: readonly BaseMessage[]): Message[] => messages.map(toMessage)

function toMessage(message: BaseMessage): Message {
  const { name } = message
  const named = name === undefined ? {} : { name }
  switch (message.type) {
    case 'system':
    case 'developer':
      return { role: 'system', content: textPartsOf(message.content) }
    case 'ai':
      return toAssistant(message)
    case 'tool': {
      const { tool_call_id: id, status } = message as BaseMessage & { tool_call_id: string; status?: string }
      const failed = status === 'error' ? { is_error: true } : {}
      return { role: 'tool', tool_call_id: id, content: partsOf(message.content) as string, ...named, ...failed }
    }
    case 'function':
      return { role: 'function', name: name ?? '', content: String(message.content) }
    case 'generic': {
      const { role } = message as BaseMessage & { role: string }
      return { role: role as 'user', content: partsOf(message.content), ...named }
    }
    default:
      return { role: 'user', content: partsOf(message.content), ...named }
  }
}

function toAssistant(message: BaseMessage): AssistantMessage {
  const { tool_calls: calls = [], invalid_tool_calls: invalid = [] } = message as BaseMessage & {
    tool_calls?: { id?: string; name: string; args: unknown }[]
    invalid_tool_calls?: { id?: string; name?: string; args?: string }[]
  }
  const kwargs = message.additional_kwargs as { llmux?: AnswerFields } | undefined
  const { call_fields: callFields = {}, ...fields } = kwargs?.llmux ?? {}
  const toCall = (id: string, fnName: string, args: string): ToolCall => ({
    id,
    type: 'function',
    function: { name: fnName, arguments: args },
    ...(callFields[id] && { provider_specific_fields: callFields[id] }),
  })
  const toolCalls = [
    ...calls.map(({ id, name, args }, at) => toCall(id ?? `call_${at}`, name, JSON.stringify(args ?? {}))),
    ...invalid.map(({ id, name, args }, at) => toCall(id ?? `invalid_${at}`, name ?? '', args ?? '')),
  ]
  const text = textOf(message.content)
  return {
    role: 'assistant',
    ...fields,
    ...((text || toolCalls.length === 0) && { content: text }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
  }
}

/** The text of a content: reasoning and tool calls among its blocks are in other fields of the message. */
function textOf(content: BaseMessage['content']): string {
  if (typeof content === 'string') return content
  return content.map((block: Block) => (block.type === 'text' ? String(block.text ?? '') : '')).join('')
}

function textPartsOf(content: BaseMessage['content']): string | TextPart[] {
  if (typeof content === 'string') return content
  return (content as readonly Block[]).map((block) => ({
    type: 'text',
    text: String(block.text ?? ''),
    ...(block.cache_control !== undefined && {
      cache_control: block.cache_control as TextPart['cache_control'] & object,
    }),
  }))
}

function partsOf(content: BaseMessage['content']): string | UserPart[] {
  return typeof content === 'string' ? content : (content as readonly Block[]).map(toPart)
}

/** LangChain's standard blocks (with `url`, `data` or `fileId`) and OpenAI's parts, which pass unchanged. */
function toPart(block: Block): UserPart {
  const { type, url, data, fileId, id, mimeType, mime_type: oldMimeType, metadata } = block
  const mime = String(mimeType ?? oldMimeType ?? '')
  const address = typeof url === 'string' ? url : typeof data === 'string' ? `data:${mime};base64,${data}` : undefined
  const reference = fileId ?? id
  switch (type) {
    case 'image':
      return address === undefined
        ? { type: 'file', file: { file_id: String(reference) } }
        : { type: 'image_url', image_url: { url: address } }
    case 'audio':
      return {
        type: 'input_audio',
        input_audio: { data: String(data ?? ''), format: mime.replace(/^audio\/(x-)?/, '') },
      }
    case 'file': {
      if (typeof block.file === 'object') return block as unknown as UserPart
      const filename = (metadata as { filename?: string } | undefined)?.filename
      const file =
        typeof data === 'string'
          ? { file_data: address ?? '', filename: filename ?? 'file' }
          : { file_id: String(url ?? reference) }
      return { type: 'file', file: { ...file, ...(mime && { format: mime }) } }
    }
    default:
      return block as unknown as UserPart
  }
}
