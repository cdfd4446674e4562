import { fromBase64, utf8 } from '../platform/index.js'
import type { AssistantPart, DocumentPart, FilePart, Message, ToolResultPart, UserPart } from '../types/messages.js'
import { imageTokens } from './images.js'

/** Text and other parts of a message's content. */
export interface Content {
  readonly texts: string[]
  fixed: number
  readonly reasons: string[]
}

/** Approximate tokens and bytes of a PDF page. */
const PAGE = 1200
const PAGE_BYTES = 50_000

/** Speech: ten tokens a second. Bytes a token: of 24 kHz 16-bit WAV, and of MP3. */
const AUDIO_BYTES = { wav: 4_800, other: 1_600 } as const

export const contentOf = (message: Message, model: string): Content => {
  const content: Content = { texts: [], fixed: 0, reasons: [] }
  if (typeof message.content === 'string') content.texts.push(message.content)
  else for (const part of message.content ?? []) addPart(content, part, model)
  if (message.role === 'assistant' && message.refusal) content.texts.push(message.refusal)
  return content
}

const addPart = (content: Content, part: UserPart | AssistantPart | ToolResultPart, model: string): void => {
  switch (part.type) {
    case 'text':
      content.texts.push(part.text)
      return
    case 'refusal':
      content.texts.push(part.refusal)
      return
    case 'thinking':
      content.texts.push(part.thinking)
      content.reasons.push('reasoning in the history')
      return
    case 'image_url': {
      const image = typeof part.image_url === 'string' ? { url: part.image_url } : part.image_url
      const { tokens, reason } = imageTokens(
        model,
        image?.url ?? '',
        image && 'detail' in image ? image.detail : undefined,
      )
      content.fixed += tokens
      content.reasons.push(reason ?? 'an image')
      return
    }
    case 'input_audio': {
      const { data, format } = part.input_audio ?? {}
      content.fixed += Math.ceil(
        ((data?.length ?? 0) * 0.75) / (format === 'wav' ? AUDIO_BYTES.wav : AUDIO_BYTES.other),
      )
      content.reasons.push('audio')
      return
    }
    case 'file':
      addFile(content, part.file?.file_data, part.file ?? {})
      return
    case 'document':
      addDocument(content, part)
      return
    default:
      content.reasons.push(`a part of type ${String(part.type)}`)
  }
}

const addDocument = (content: Content, { source }: DocumentPart): void => {
  const data = typeof source?.data === 'string' ? source.data : undefined
  addFile(content, source?.type === 'text' && data !== undefined ? `data:text/plain,${data}` : data, {})
}

const addFile = (content: Content, data: string | undefined, { file_id }: FilePart['file']): void => {
  content.reasons.push(file_id ? 'a file that is not here' : 'a file')
  const text = data === undefined ? undefined : textOf(data)
  if (text !== undefined) content.texts.push(text)
  else content.fixed += PAGE * Math.max(1, Math.round(((data?.length ?? 0) * 0.75) / PAGE_BYTES))
}

/** Text of a `data:` URI with a text type. */
const textOf = (data: string): string | undefined => {
  const head = /^data:(?:text\/|application\/json)[^,]*?(;base64)?,/.exec(data)
  if (!head) return undefined
  const body = data.slice(head[0].length)
  return head[1] ? utf8(fromBase64(body)) : body
}
