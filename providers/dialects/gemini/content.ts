import { base64, concat, fromBase64 } from '../../../src/platform/index.js'
import type { Delta } from '../../../src/types/chat.js'
import type { AssistantMessage, ImagePart } from '../../../src/types/messages.js'
import { isPDF, isURL, looksLikeBase64, parseDataURI } from '../../shared/media.js'
import type { EncodeScope } from './scope.js'
import { signatureOf, signPart } from './thinking.js'
import { type Fields, isFields, type Part, textIn, toCamel } from './wire.js'

/**
 * The parts of a user message, an instruction or a tool result. Empty texts are left out.
 * https://ai.google.dev/api/caching#Part
 */
export function encodeParts(content: unknown, where: string, scope: EncodeScope): Part[] {
  if (content === null || content === undefined) return []
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }]
  if (!Array.isArray(content)) throw scope.report.invalid(`${where}.content`, 'must be a string or an array of parts.')
  return content.flatMap((part: unknown, index) => encodePart(part, `${where}.content[${index}]`, scope))
}

function encodePart(part: unknown, where: string, scope: EncodeScope): Part[] {
  if (typeof part === 'string') return part === '' ? [] : [{ text: part }]
  if (!isFields(part)) throw scope.report.invalid(where, 'must be a content part.')
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw scope.report.invalid(where, "must be a text part with a 'text'.")
      return part.text === '' ? [] : [{ text: part.text }]
    case 'refusal':
      return textPart(part.refusal)
    case 'image_url':
    case 'video_url':
      return [encodeURLPart(part, part.type, where, scope)]
    case 'input_audio':
      return [encodeAudio(part, where, scope)]
    case 'file':
      return [encodeFile(part, where, scope)]
    case 'image':
    case 'document':
      return encodeSource(part, where, scope)
    case undefined:
      return [passPart(part, where, scope)]
    default:
      throw scope.report.invalid(
        where,
        `must be a part of the type text, image_url, video_url, input_audio or file; got '${String(part.type)}'.`,
      )
  }
}

const textPart = (text: unknown): Part[] => (typeof text === 'string' && text !== '' ? [{ text }] : [])

const partFields: ReadonlySet<string> = new Set([
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
])

/** Passes a part in Gemini's own form. */
function passPart(part: Fields, where: string, scope: EncodeScope): Part {
  const own: Part = camelFields(part)
  if (!Object.keys(own).some((name) => partFields.has(name))) {
    throw scope.report.invalid(where, "must be a content part with a 'type'.")
  }
  return own
}

const camelFields = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [toCamel(name), value]))

/** A file of a message. */
interface FileLink {
  /** A data URI or a URL. */
  readonly url: string
  readonly type: string | undefined
  readonly where: string
  /** The field that gives the media type, for errors. */
  readonly typeField: string
}

function encodeURLPart(part: Fields, kind: 'image_url' | 'video_url', where: string, scope: EncodeScope): Part {
  const given = part[kind]
  const settings = isFields(given) ? given : {}
  const url = typeof given === 'string' ? given : settings.url
  if (typeof url !== 'string' || url === '') throw scope.report.invalid(where, `must have a '${kind}.url'.`)
  const { detail, format } = settings
  if (typeof detail === 'string' && detail !== 'auto') {
    scope.report.dropped(
      `${where}.${kind}.detail`,
      "Left out: Gemini has one setting for the whole request, 'media_resolution'.",
    )
  }
  const type = typeOfFormat(format) ?? typeOfName(url)
  const media = encodeLink({ url, type, where, typeField: `${kind}.format` }, scope)
  return addVideoMetadata(media, settings.video_metadata ?? part.video_metadata)
}

function encodeLink(link: FileLink, scope: EncodeScope): Part {
  const { url, type, where, typeField } = link
  if (/^data:/i.test(url)) {
    const media = parseDataURI(url)
    if (!media) {
      throw scope.report.invalid(where, 'must have a data URI of the form data:<media type>;base64,<data>.')
    }
    return encodeInline(media.data, { ...link, type: media.type || type }, scope)
  }
  const file = encodeFileURI(url, type, scope)
  if (file) return { fileData: file }
  const media = scope.media.get(url)
  if (media) {
    const vague = media.type === '' || media.type === 'application/octet-stream'
    return encodeInline(media.data, { ...link, type: vague ? (type ?? media.type) : media.type }, scope)
  }
  if (!isURL(url)) {
    throw scope.report.invalid(where, `must have a URL with https:, gs: or data:; got '${url.slice(0, 60)}'.`)
  }
  throw scope.report.invalid(
    where,
    type === undefined
      ? `has a URL of an unknown media type. Set '${typeField}', or send the data as a data: URI.`
      : "has a URL that this model can't read. Send the data as a data: URI.",
  )
}

function encodeInline(data: string, { type, where, typeField }: Omit<FileLink, 'url'>, scope: EncodeScope): Part {
  const mimeType = isPDF(data) ? 'application/pdf' : type === 'image/jpg' ? 'image/jpeg' : type
  if (!mimeType) throw scope.report.invalid(where, `must have a media type. Set '${typeField}'.`)
  return { inlineData: { mimeType, data } }
}

const isReference = (text: string): boolean => /^(?:data:|https?:|gs:)/i.test(text)

function encodeAudio(part: Fields, where: string, scope: EncodeScope): Part {
  const { data, format } = isFields(part.input_audio) ? part.input_audio : ({} as Fields)
  if (typeof data !== 'string' || data === '') throw scope.report.invalid(where, "must have an 'input_audio.data'.")
  const type = typeOfFormat(format) ?? (typeof format === 'string' ? `audio/${format}` : undefined)
  const link = { url: data, type, where, typeField: 'input_audio.format' }
  return isReference(data) ? encodeLink(link, scope) : encodeInline(data, link, scope)
}

function encodeFile(part: Fields, where: string, scope: EncodeScope): Part {
  const file = isFields(part.file) ? part.file : {}
  const id = textIn(file, 'file_id')
  const data = textIn(file, 'file_data')
  const type = typeOfFormat(file.format) ?? typeOfName(textIn(file, 'filename')) ?? typeOfName(id)
  const url = id ?? data
  if (url === undefined) throw scope.report.invalid(where, "must have a 'file_data' or a 'file_id'.")
  const link = { url, type, where, typeField: 'file.format' }
  if (id !== undefined || isReference(url)) return addVideoMetadata(encodeLink(link, scope), file.video_metadata)
  if (!looksLikeBase64(url)) {
    throw scope.report.invalid(
      where,
      "must have a 'file_data' of the form data:<media type>;base64,<data>, or bare base64.",
    )
  }
  return addVideoMetadata(encodeInline(url, link, scope), file.video_metadata)
}

/** Anthropic's image and document blocks. */
function encodeSource(part: Fields, where: string, scope: EncodeScope): Part[] {
  const source = isFields(part.source) ? part.source : {}
  const type = textIn(source, 'media_type')
  const typeField = 'source.media_type'
  switch (source.type) {
    case 'text':
      return textPart(source.data)
    case 'content':
      return encodeParts(source.content, `${where}.source`, scope)
    case 'base64':
      return [encodeInline(String(source.data), { type, where, typeField }, scope)]
    case 'url': {
      const url = String(source.url)
      const guess = part.type === 'document' ? 'application/pdf' : undefined
      return [encodeLink({ url, type: type ?? typeOfName(url) ?? guess, where, typeField }, scope)]
    }
    default:
      throw scope.report.invalid(
        where,
        `must have a source of the type text, content, base64 or url; got '${String(source.type)}'.`,
      )
  }
}

/** Frame rate, start and end. https://ai.google.dev/gemini-api/docs/video-understanding#customize-video-processing */
const addVideoMetadata = (part: Part, metadata: unknown): Part =>
  isFields(metadata) ? { ...part, videoMetadata: camelFields(metadata) } : part

/** The URLs in the messages that the API can't read: their content has to be sent inline. */
export function collectRemoteURLs(messages: unknown, scope: Pick<EncodeScope, 'facts' | 'quirks'>): string[] {
  const urls = new Set<string>()
  for (const message of Array.isArray(messages) ? messages : []) {
    const content: unknown = isFields(message) ? message.content : undefined
    for (const part of Array.isArray(content) ? content : []) {
      const link = isFields(part) ? linkIn(part) : undefined
      if (link && isURL(link.url) && !encodeFileURI(link.url, link.type, scope)) urls.add(link.url)
    }
  }
  return [...urls]
}

function linkIn(part: Fields): Pick<FileLink, 'url' | 'type'> | undefined {
  const given = isFields(part[String(part.type)]) ? (part[String(part.type)] as Fields) : {}
  const link = (url: unknown, ...types: (string | undefined)[]) =>
    typeof url === 'string' ? { url, type: types.find(Boolean) ?? typeOfName(url) } : undefined
  switch (part.type) {
    case 'image_url':
    case 'video_url':
      return link(typeof part[part.type] === 'string' ? part[part.type] : given.url, typeOfFormat(given.format))
    case 'input_audio':
      return link(given.data, typeOfFormat(given.format))
    case 'file':
      return link(given.file_id ?? given.file_data, typeOfFormat(given.format), typeOfName(textIn(given, 'filename')))
    case 'image':
    case 'document': {
      const source = isFields(part.source) ? part.source : {}
      const url = source.type === 'url' ? source.url : undefined
      const guess = part.type === 'document' ? 'application/pdf' : undefined
      return link(url, textIn(source, 'media_type'), typeOfName(textIn(source, 'url')), guess)
    }
    default:
      return undefined
  }
}

/** Media types that the API reads by `https:` URL. https://ai.google.dev/gemini-api/docs/file-input-methods#external-urls */
const readableTypes: ReadonlySet<string> = new Set([
  ...['html', 'css', 'plain', 'xml', 'csv', 'rtf'].map((name) => `text/${name}`),
  ...['json', 'pdf'].map((name) => `application/${name}`),
  ...['bmp', 'jpeg', 'png', 'webp'].map((name) => `image/${name}`),
])

const youTube = /^https?:\/\/(?:(?:www\.|m\.)?youtube\.com\/|youtu\.be\/)/i
const uploaded = /^(?:https?:\/\/[^/]+\/v\w+\/)?files\/[A-Za-z0-9_-]+$/

/**
 * A file by URI, if the API can read it: Google's own storage (Files API, Cloud Storage), YouTube and, with newer models, other `https:`
 * URLs. Undefined if the content has to be sent inline.
 */
function encodeFileURI(
  url: string,
  type: string | undefined,
  { facts, quirks }: Pick<EncodeScope, 'facts' | 'quirks'>,
): { fileUri: string; mimeType?: string } | undefined {
  const file = (fileUri: string, mimeType = type) => (mimeType ? { mimeType, fileUri } : { fileUri })
  if (uploaded.test(url)) {
    return file(url.startsWith('files/') ? `https://generativelanguage.googleapis.com/v1beta/${url}` : url)
  }
  if (/^gs:\/\//i.test(url)) return file(url)
  if (youTube.test(url)) return file(url, 'video/mp4')
  const { urls = 'known' } = quirks
  if (!isURL(url) || urls === 'none' || type === undefined) return undefined
  if (urls === 'all') return file(url)
  return facts.urls && url.startsWith('https:') && readableTypes.has(type) ? file(url) : undefined
}

/** https://ai.google.dev/gemini-api/docs/image-understanding, /audio, /video-understanding, /document-processing */
const byExtension: ReadonlyMap<string, string> = new Map([
  ...['png', 'jpeg', 'webp', 'heic', 'heif', 'gif'].map((name) => [name, `image/${name}`] as const),
  ...['wav', 'mp3', 'aiff', 'aac', 'ogg', 'flac'].map((name) => [name, `audio/${name}`] as const),
  ...['mp4', 'mpeg', 'mpg', 'mov', 'avi', 'webm', 'wmv'].map((name) => [name, `video/${name}`] as const),
  ...['html', 'css', 'csv', 'xml', 'rtf'].map((name) => [name, `text/${name}`] as const),
  ...['pdf', 'json'].map((name) => [name, `application/${name}`] as const),
  ['jpg', 'image/jpeg'],
  ['m4a', 'audio/mp4'],
  ['flv', 'video/x-flv'],
  ['3gp', 'video/3gpp'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
])

/** The media type of a file name or URL. */
function typeOfName(name: string | undefined): string | undefined {
  const extension = name === undefined ? undefined : /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(name)?.[1]
  return extension === undefined ? undefined : byExtension.get(extension.toLowerCase())
}

/** A `format`: a media type, or a file extension. */
function typeOfFormat(format: unknown): string | undefined {
  if (typeof format !== 'string' || format === '') return undefined
  return format.includes('/') ? format.toLowerCase() : byExtension.get(format.toLowerCase())
}

/** Images of earlier answers, which the model continues to work on. */
export function encodeImages({ images }: AssistantMessage, index: number, scope: EncodeScope): Part[] {
  if (!images?.length) return []
  return images.flatMap((image) => {
    const url = typeof image.image_url === 'string' ? image.image_url : image.image_url.url
    const media = parseDataURI(url)
    if (media) return [signPart({ inlineData: { mimeType: media.type, data: media.data } }, signatureOf(image))]
    scope.report.repaired(index, `messages[${index}]: an image was left out, as it is not a data URI.`)
    return []
  })
}

/** An image of an answer with its signature, for `message.images`. https://ai.google.dev/gemini-api/docs/image-generation */
export function decodeImage({ inlineData, thoughtSignature }: Part): ImagePart {
  const image: ImagePart & { provider_specific_fields?: Fields } = {
    type: 'image_url',
    image_url: {
      url: `data:${textIn(inlineData, 'mimeType') ?? 'image/png'};base64,${textIn(inlineData, 'data') ?? ''}`,
    },
  }
  if (typeof thoughtSignature === 'string') image.provider_specific_fields = { thought_signature: thoughtSignature }
  return image
}

/**
 * Speech of an answer: 16-bit PCM, with its rate in the media type. Each piece of a stream is base64 of its own; pieces are passed on in
 * multiples of three bytes, so that they can be concatenated as text.
 * https://ai.google.dev/gemini-api/docs/speech-generation
 */
export class AudioReader {
  readonly #id: string
  #rest: Uint8Array = new Uint8Array(0)

  constructor(id: string) {
    this.#id = id
  }

  add({ inlineData }: Part): Delta {
    const bytes = concat([this.#rest, fromBase64(textIn(inlineData, 'data') ?? '')])
    const length = bytes.length - (bytes.length % 3)
    this.#rest = bytes.subarray(length)
    return {
      audio: { id: this.#id, data: base64(bytes.subarray(0, length)) },
      provider_specific_fields: { audio_mime_type: inlineData?.mimeType },
    }
  }

  end(): Delta | undefined {
    if (this.#rest.length === 0) return undefined
    const data = base64(this.#rest)
    this.#rest = new Uint8Array(0)
    return { audio: { id: this.#id, data } }
  }
}
