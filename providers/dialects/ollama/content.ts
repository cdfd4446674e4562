import { fromBase64, utf8 } from '../../../src/platform/index.js'
import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, textIn } from './wire.js'

/** Message content in Ollama's form: one text and a list of images, without an order between them. */
export interface Content {
  readonly text: string
  readonly images: string[]
}

/** https://docs.ollama.com/api/chat (messages.content, messages.images) */
export function contentOf(content: unknown, where: string, scope: EncodeScope): Content {
  if (content === null || content === undefined) return { text: '', images: [] }
  if (typeof content === 'string') return { text: content, images: [] }
  if (!Array.isArray(content))
    throw scope.report.invalid(`${where}.content`, 'must be a string or an array of parts', content)
  const texts: string[] = []
  const images: string[] = []
  for (const [index, part] of content.entries()) addPart(part, `${where}.content[${index}]`, texts, images, scope)
  return { text: texts.filter((text) => text !== '').join('\n'), images }
}

function addPart(part: unknown, where: string, texts: string[], images: string[], scope: EncodeScope): void {
  if (typeof part === 'string') return void texts.push(part)
  if (!isFields(part) || typeof part.type !== 'string')
    throw scope.report.invalid(where, "must be a content part with a 'type'", part)
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw scope.report.invalid(where, "must have a string 'text'", part.text)
      return void texts.push(part.text)
    case 'refusal':
      return void texts.push(textIn(part, 'refusal') ?? '')
    case 'thinking':
    case 'redacted_thinking':
      return
    case 'image_url': {
      const url = isFields(part.image_url) ? part.image_url.url : part.image_url
      return void images.push(imageData(url, where, scope))
    }
    case 'file':
      return addFile(isFields(part.file) ? part.file : {}, where, texts, images, scope)
    case 'document':
      return void texts.push(documentText(part, where, scope))
    case 'input_audio':
      return scope.report.unsupported(where, 'Ollama does not accept audio: transcribe it first')
    case 'video_url':
      return scope.report.unsupported(where, 'Ollama does not accept video')
    default:
      throw scope.report.invalid(where, `must be of type text or image_url; got '${part.type}'.`)
  }
}

/** Base64 prefixes of PNG, JPEG, GIF and WebP, because Ollama's users often pass bare base64. */
const bareImage = /^(?:iVBORw0KGgo|\/9j\/|R0lGOD|UklGR)[A-Za-z0-9+/=\s]+$/

function imageData(url: unknown, where: string, scope: EncodeScope): string {
  if (typeof url !== 'string' || url === '')
    throw scope.report.invalid(where, "must have 'image_url.url', a non-empty string", url)
  if (isRemote(url)) {
    const media = scope.media?.get(url)
    if (media?.type.startsWith('image/')) return media.data
    throw media
      ? scope.report.invalid(where, 'must be the URL of an image', media.type)
      : scope.report.invalid(where, 'must be an inline image, because Ollama fetches no URLs: use a data URI', url)
  }
  if (bareImage.test(url.slice(0, 256))) return url
  const data = parseDataURI(url)
  if (!data) throw scope.report.invalid(where, 'must be a data URI of the form data:<media type>;base64,<data>', url)
  if (data.type !== '' && !data.type.startsWith('image/')) {
    throw scope.report.invalid(where, 'must be an image', data.type)
  }
  return data.data
}

function addFile(file: Fields, where: string, texts: string[], images: string[], scope: EncodeScope): void {
  const source = textIn(file, 'file_data') ?? textIn(file, 'file_id')
  if (!source) throw scope.report.invalid(where, "must have 'file_data'")
  const media = isRemote(source) ? scope.media?.get(source) : parseDataURI(source)
  const type = media?.type || textIn(file, 'format') || ''
  if (type.startsWith('image/')) {
    images.push(media?.data ?? imageData(source, where, scope))
  } else if (media && isText(type)) {
    const name = textIn(file, 'filename')
    const text = utf8(fromBase64(media.data))
    texts.push(name ? `${name}:\n${text}` : text)
  } else {
    scope.report.unsupported(where, 'Ollama accepts images and text only: extract the text of the file first')
  }
}

/** Anthropic's document block, if it is text. */
function documentText(part: Fields, where: string, scope: EncodeScope): string {
  const source = isFields(part.source) ? part.source : {}
  const text =
    source.type === 'text' ? textIn(source, 'data') : source.type === 'content' ? textIn(source, 'content') : undefined
  if (text !== undefined) return part.title ? `${String(part.title)}:\n${text}` : text
  scope.report.unsupported(where, 'Ollama accepts images and text only: extract the text of the document first')
  return ''
}

export const isRemote = (url: string): boolean => /^https?:\/\//i.test(url)

const isText = (type: string) => type.startsWith('text/') || type === 'application/json' || type === 'application/xml'

function parseDataURI(uri: string): { type: string; data: string } | undefined {
  const head = /^data:([^,]*);base64,/i.exec(uri.slice(0, 512))
  if (!head) return undefined
  const data = uri.slice(head[0].length).trim()
  // both ends only: images are megabytes
  if (data === '' || !base64.test(data.slice(0, 256)) || !base64.test(data.slice(-256))) return undefined
  return { type: (head[1] ?? '').split(';')[0]?.trim().toLowerCase() ?? '', data }
}

const base64 = /^[A-Za-z0-9+/=\s]+$/

/** The remote images of a request. Ollama accepts inline images only. */
export function remoteMedia({ messages }: ChatParams): readonly string[] {
  const urls = new Set<string>()
  for (const message of Array.isArray(messages) ? messages : []) {
    if (!isFields(message) || !Array.isArray(message.content)) continue
    for (const part of message.content) {
      const url = isFields(part) ? urlOf(part) : undefined
      if (url && isRemote(url)) urls.add(url)
    }
  }
  return [...urls]
}

function urlOf(part: Fields): string | undefined {
  if (part.type === 'image_url')
    return isFields(part.image_url) ? textIn(part.image_url, 'url') : textIn(part, 'image_url')
  if (part.type !== 'file' || !isFields(part.file)) return undefined
  return textIn(part.file, 'file_data') ?? textIn(part.file, 'file_id')
}
