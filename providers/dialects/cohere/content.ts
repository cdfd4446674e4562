import { fromBase64, utf8 } from '../../../src/platform/index.js'
import { isURL, parseDataURI } from '../../shared/media.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, isPart, type Part, textIn } from './wire.js'

/** Encodes message parts: text, images, and documents (in tool results only). Empty text is dropped. */
export function partsOf(content: unknown, where: string, scope: EncodeScope): Part[] {
  if (content === null || content === undefined) return []
  if (typeof content === 'string') return textPart(content)
  if (!Array.isArray(content))
    throw scope.report.invalid(`${where}.content`, 'must be a string or an array of parts', content)
  return content.flatMap((part: unknown, index) => partOf(part, `${where}.content[${index}]`, scope))
}

/** A single text part is sent as a string, which the API treats the same. */
export function plainly(parts: Part[]): string | Part[] {
  const [only] = parts
  return parts.length === 1 && only?.type === 'text' ? String(only.text) : parts
}

const textPart = (text: string): Part[] => (text.trim() === '' ? [] : [{ type: 'text', text }])

/** https://docs.cohere.com/reference/chat (messages.content) */
function partOf(part: unknown, where: string, scope: EncodeScope): Part[] {
  if (typeof part === 'string') return textPart(part)
  if (!isPart(part)) throw scope.report.invalid(where, "must be a content part with a 'type'", part)
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw scope.report.invalid(where, "must have a string 'text'", part.text)
      return textPart(part.text)
    case 'refusal':
      return textPart(textIn(part, 'refusal') ?? '')
    case 'thinking':
    case 'redacted_thinking':
      return []
    case 'image_url':
      return [imagePart(part.image_url, where, scope)]
    case 'file':
      return filePart(isFields(part.file) ? part.file : {}, where, scope)
    case 'document':
      return documentPart(part, where, scope)
    case 'input_audio':
      scope.report.unsupported(where, 'Cohere does not accept audio: transcribe it first')
      return []
    case 'video_url':
      scope.report.unsupported(where, 'Cohere does not accept video')
      return []
    default:
      throw scope.report.invalid(where, `must be of type text, image_url or document; got '${part.type}'.`)
  }
}

/** An `https:` URL, which Cohere fetches itself, or a data URI. https://docs.cohere.com/docs/image-inputs */
function imagePart(given: unknown, where: string, scope: EncodeScope): Part {
  const url = isFields(given) ? given.url : given
  if (typeof url !== 'string' || url === '')
    throw scope.report.invalid(where, "must have 'image_url.url', a non-empty string", url)
  const image = isURL(url) ? url : imageURI(url)
  if (image === undefined) throw scope.report.invalid(where, 'must be an https: URL or a data URI of an image', url)
  const detail = isFields(given) ? given.detail : undefined
  return { type: 'image_url', image_url: { url: image, ...(typeof detail === 'string' && { detail }) } }
}

/** The data URI without parameters such as `charset`. Undefined if it has no image. */
function imageURI(uri: string): string | undefined {
  if (/^data:image\/[\w.+-]+;base64,/i.test(uri)) return uri
  const media = parseDataURI(uri)
  return media && /^image\/[\w.+-]+$/.test(media.type) ? `data:${media.type};base64,${media.data}` : undefined
}

function filePart(file: Fields, where: string, scope: EncodeScope): Part[] {
  const source = textIn(file, 'file_data') ?? textIn(file, 'file_id')
  if (!source) throw scope.report.invalid(where, "must have 'file_data'")
  const head = /^data:([^;,]*)[^,]*;base64,/i.exec(source.slice(0, 512))
  const type = (head?.[1] || textIn(file, 'format') || '').toLowerCase()
  if (type.startsWith('image/')) return [imagePart(source, where, scope)]
  if (head && (type.startsWith('text/') || type === 'application/json' || type === 'application/xml')) {
    const text = utf8(fromBase64(source.slice(head[0].length)))
    const name = textIn(file, 'filename')
    return textPart(name ? `${name}:\n${text}` : text)
  }
  scope.report.unsupported(where, 'Cohere accepts images and text only: extract the text of the file first')
  return []
}

/** A Cohere document, or Anthropic's document block if it is text. */
function documentPart(part: Part, where: string, scope: EncodeScope): Part[] {
  if (isFields(part.document)) return [part]
  const source = isFields(part.source) ? part.source : {}
  const text =
    source.type === 'text' ? textIn(source, 'data') : source.type === 'content' ? textIn(source, 'content') : undefined
  if (text === undefined) {
    scope.report.unsupported(where, 'Cohere accepts documents as text only: extract the text first')
    return []
  }
  const title = textIn(part, 'title')
  return [{ type: 'document', document: { data: { ...(title && { title }), text } } }]
}

/** User messages accept no documents, so they are sent as text there. */
export function documentAsText(part: Part): Part {
  if (part.type !== 'document' || !isFields(part.document)) return part
  const data = isFields(part.document.data) ? part.document.data : part.document
  const { title, text, ...rest } = data
  const more = Object.keys(rest).length > 0 ? [JSON.stringify(rest)] : []
  return { type: 'text', text: [title, text, ...more].filter(Boolean).map(String).join('\n') }
}
