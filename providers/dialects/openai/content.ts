import { type Fields, isFields, textIn } from './kit.js'
import type { MessageKit } from './messages.js'

/**
 * One content part as OpenAI has it: the part itself where it is that already, undefined where it is left out.
 * https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
 */
export function partOf(part: unknown, where: string, kit: MessageKit): unknown {
  const { report, context } = kit
  if (!isFields(part) || typeof part.type !== 'string') throw report.bad(where, "a part is an object with a 'type'")
  const marked = 'cache_control' in part && !context.quirks.cacheControl
  switch (part.type) {
    case 'text':
      if (part.text === '') return undefined
      return marked ? { type: 'text', text: part.text } : part
    case 'image_url':
      return imagePart(part, where, marked, kit)
    case 'file':
      return filePart(part, where, kit)
    case 'document':
      return documentPart(part, where, kit)
    case 'thinking':
    case 'redacted_thinking':
      return undefined
    default: {
      if (!marked) return part
      const { cache_control: _, ...rest } = part
      return rest
    }
  }
}

function imagePart(part: Fields, where: string, marked: boolean, { report }: MessageKit): unknown {
  const image = part.image_url
  if (typeof image === 'string') return { type: 'image_url', image_url: { url: image } }
  if (!isFields(image) || typeof image.url !== 'string') {
    throw report.bad(`${where}.image_url`, "it is { url }, an 'https:' or 'data:' URL")
  }
  if (!marked && !('format' in image)) return part
  const { format: _, ...rest } = image
  return { type: 'image_url', image_url: rest }
}

function filePart(part: Fields, where: string, { report, context }: MessageKit): unknown {
  const file = part.file
  if (!isFields(file)) throw report.bad(`${where}.file`, 'it is { file_data } or { file_id }')
  const id = textIn(file, 'file_id')
  if (id && /^https?:/.test(id) && context.quirks.strictHistory) {
    throw report.bad(
      `${where}.file.file_id`,
      'files by URL are not taken here: give the file as a data: URI in file_data',
    )
  }
  const data = textIn(file, 'file_data')
  const bare = data !== undefined && data !== '' && !data.startsWith('data:') && !/^https?:/.test(data)
  const known = 'format' in file || 'citations' in part || 'cache_control' in part || bare || (data && !file.filename)
  if (!known) return part
  const sent: Fields = {}
  if (id) sent.file_id = id
  if (data) {
    sent.file_data = bare ? `data:${textIn(file, 'format') ?? 'application/pdf'};base64,${data}` : data
    // the API wants a name beside the data
    sent.filename = textIn(file, 'filename') ?? `file.${/^data:\w+\/(\w+)/.exec(String(sent.file_data))?.[1] ?? 'pdf'}`
  }
  return { type: 'file', file: sent }
}

/** Anthropic's document block, where OpenAI has a part for it. */
function documentPart(part: Fields, where: string, { report }: MessageKit): unknown {
  const source = isFields(part.source) ? part.source : {}
  const title = textIn(part, 'title')
  if (source.type === 'text' && typeof source.data === 'string') return { type: 'text', text: source.data }
  if (source.type === 'base64' && typeof source.data === 'string') {
    const media = textIn(source, 'media_type') ?? 'application/pdf'
    return {
      type: 'file',
      file: { filename: title ?? 'document.pdf', file_data: `data:${media};base64,${source.data}` },
    }
  }
  if (source.type === 'content' && Array.isArray(source.content)) {
    const text = source.content.map((inner) => (isFields(inner) ? (textIn(inner, 'text') ?? '') : '')).join('\n')
    return { type: 'text', text }
  }
  throw report.bad(where, `a document of source '${String(source.type)}' can't be sent here: give it as text or base64`)
}
