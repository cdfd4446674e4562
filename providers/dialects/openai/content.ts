import { type Fields, isFields, textIn } from './kit.js'
import type { MessageKit } from './messages.js'

/**
 * One content part as OpenAI has it: the part itself where it is that already, undefined where it is left out.
 * https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
 */
export function partOf(part: unknown, where: string, kit: MessageKit): unknown {
  const { report, context } = kit
  if (!isFields(part) || typeof part.type !== 'string') throw report.invalid(where, "a part is an object with a 'type'")
  const marked = 'cache_control' in part && !context.quirks.cacheControl
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw report.invalid(`${where}.text`, 'it is a text')
      if (part.text === '') return undefined
      return marked ? { type: 'text', text: part.text } : part
    case 'image_url':
      return imagePart(part, where, marked, kit)
    case 'file':
      return filePart(part, where, kit)
    case 'document':
      return documentPart(part, where, kit)
    case 'thinking':
      // Mistral's own, whose thinking is a list; Anthropic's is a text
      return context.quirks.replayReasoning === 'parts' && Array.isArray(part.thinking) ? part : undefined
    case 'redacted_thinking':
      return undefined
    default:
      return marked ? without(part, 'cache_control') : part
  }
}

function without(fields: Fields, name: string): Fields {
  const { [name]: _, ...rest } = fields
  return rest
}

function imagePart(part: Fields, where: string, marked: boolean, { report }: MessageKit): unknown {
  const image = part.image_url
  const url = isFields(image) ? image.url : image
  if (typeof url !== 'string') throw report.invalid(`${where}.image_url`, "it is { url }, an 'https:' or 'data:' URL")
  // `format` is for hosts that must be told what a URL holds
  const bare = isFields(image) && !('format' in image)
  if (bare && !marked) return part
  const kept = marked ? without(part, 'cache_control') : part
  return { ...kept, image_url: isFields(image) ? without(image, 'format') : { url } }
}

/** Only OpenAI's own host is known not to fetch files; others may. */
function filePart(part: Fields, where: string, { report, context }: MessageKit): unknown {
  const file = part.file
  if (!isFields(file)) throw report.invalid(`${where}.file`, 'it is { file_data } or { file_id }')
  const id = textIn(file, 'file_id')
  const data = textIn(file, 'file_data')
  if (!id && !data) throw report.invalid(`${where}.file`, 'it needs file_data (a data: URI) or file_id')
  if (context.quirks.strictHistory && [id, data].some((source) => source && /^https?:/.test(source))) {
    throw report.invalid(
      `${where}.file`,
      'this host takes no files by URL: give the file itself, as a data: URI in file_data, or upload it and give its id',
    )
  }
  const bare = data !== undefined && !data.startsWith('data:') && !/^https?:/.test(data)
  const marked = 'cache_control' in part && !context.quirks.cacheControl
  const clean = !('format' in file) && !('citations' in part) && !marked && !bare && (!data || !!file.filename)
  if (clean) return part
  const sent: Fields = {}
  if (id) sent.file_id = id
  if (data) {
    const uri = bare ? `data:${textIn(file, 'format') ?? 'application/pdf'};base64,${data}` : data
    // the API wants a name beside the data
    sent.filename = textIn(file, 'filename') || `file.${/^data:\w+\/(\w+)/.exec(uri)?.[1] ?? 'pdf'}`
    sent.file_data = uri
  } else if (file.filename) sent.filename = file.filename
  const mark = marked || !part.cache_control ? undefined : { cache_control: part.cache_control }
  return { type: 'file', file: sent, ...mark }
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
      file: { filename: title || 'document.pdf', file_data: `data:${media};base64,${source.data}` },
    }
  }
  if (source.type === 'content' && typeof source.content === 'string') return { type: 'text', text: source.content }
  if (source.type === 'content' && Array.isArray(source.content)) {
    const texts = source.content.map((inner) => (isFields(inner) ? textIn(inner, 'text') : undefined))
    if (texts.every((text) => text !== undefined)) return { type: 'text', text: texts.join('\n') }
  }
  throw report.invalid(
    where,
    `a document of source '${textIn(source, 'type')}' can't be sent here: give it as text or base64`,
  )
}
