import type { Kit } from './kit.js'
import { byURI, isPDF, isURL, looksLikeBase64, parseDataURI, typeOfFormat, typeOfName } from './media.js'
import { type Fields, isFields, type Part, textIn, toCamel } from './wire.js'

/**
 * The parts of a user message, an instruction or a tool result. Parts without text are left out.
 * https://ai.google.dev/api/caching#Part
 */
export function partsOf(content: unknown, where: string, kit: Kit): Part[] {
  if (content === null || content === undefined) return []
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }]
  if (!Array.isArray(content)) throw kit.report.invalid(`${where}.content`, 'is text or a list of parts.')
  return content.flatMap((part: unknown, index) => partOf(part, `${where}.content[${index}]`, kit))
}

function partOf(part: unknown, where: string, kit: Kit): Part[] {
  if (typeof part === 'string') return part === '' ? [] : [{ text: part }]
  if (!isFields(part)) throw kit.report.invalid(where, 'is not a content part.')
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw kit.report.invalid(where, "is a text part without 'text'.")
      return part.text === '' ? [] : [{ text: part.text }]
    case 'refusal':
      return textPart(part.refusal)
    case 'image_url':
    case 'video_url':
      return [fromURL(part, part.type, where, kit)]
    case 'input_audio':
      return [audioPart(part, where, kit)]
    case 'file':
      return [filePart(part, where, kit)]
    case 'image':
    case 'document':
      return fromSource(part, where, kit)
    case undefined:
      return [ownPart(part, where, kit)]
    default:
      throw kit.report.invalid(
        where,
        `has the type '${String(part.type)}': Gemini takes text, image_url, video_url, input_audio and file.`,
      )
  }
}

const textPart = (text: unknown): Part[] => (typeof text === 'string' && text !== '' ? [{ text }] : [])

const known: ReadonlySet<string> = new Set([
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

/** A part in Gemini's own terms: passed as it is. */
function ownPart(part: Fields, where: string, kit: Kit): Part {
  const own: Part = {}
  for (const [name, value] of Object.entries(part)) own[toCamel(name)] = value
  if (!Object.keys(own).some((name) => known.has(name))) {
    throw kit.report.invalid(where, "is not a content part: it has no 'type'.")
  }
  return own
}

function fromURL(part: Fields, kind: 'image_url' | 'video_url', where: string, kit: Kit): Part {
  const given = part[kind]
  const settings = isFields(given) ? given : {}
  const url = typeof given === 'string' ? given : settings.url
  if (typeof url !== 'string' || url === '') throw kit.report.invalid(where, `has no '${kind}.url'.`)
  const { detail, format } = settings
  if (typeof detail === 'string' && detail !== 'auto') {
    kit.report.dropped(`${where}.${kind}.detail`, "Gemini has it for the whole request: use 'media_resolution'.")
  }
  const media = settings.video_metadata ?? part.video_metadata
  return withVideo(mediaPart(url, typeOfFormat(format) ?? typeOfName(url), where, kit, `${kind}.format`), media)
}

/** A file by data URI or URL. */
function mediaPart(url: string, type: string | undefined, where: string, kit: Kit, hint: string): Part {
  if (/^data:/i.test(url)) {
    const media = parseDataURI(url)
    if (!media) throw kit.report.invalid(where, 'has a bad data URI: it must be data:<media type>;base64,<data>.')
    return inline(media.type || type, media.data, where, kit, hint)
  }
  const file = byURI(url, type, kit.facts, kit.quirks)
  if (file) return { fileData: file }
  const media = kit.media.get(url)
  if (media) return inline(isVague(media.type) ? (type ?? media.type) : media.type, media.data, where, kit, hint)
  if (!isURL(url)) {
    throw kit.report.invalid(where, `has a URL that Gemini can't read (${url.slice(0, 60)}): use https:, gs: or data:.`)
  }
  throw kit.report.invalid(
    where,
    type === undefined
      ? `is a URL whose media type is unknown: say it in '${hint}', or send the data itself, as a data: URI.`
      : 'is a URL that this model does not read: send the data itself, as a data: URI.',
  )
}

/** What servers say of files that they know nothing of. */
const isVague = (type: string): boolean => type === '' || type === 'application/octet-stream'

function inline(type: string | undefined, data: string, where: string, kit: Kit, hint: string): Part {
  const mimeType = isPDF(data) ? 'application/pdf' : type === 'image/jpg' ? 'image/jpeg' : type
  if (!mimeType) throw kit.report.invalid(where, `has no media type: say it in '${hint}'.`)
  return { inlineData: { mimeType, data } }
}

function audioPart(part: Fields, where: string, kit: Kit): Part {
  const { data, format } = isFields(part.input_audio) ? part.input_audio : ({} as Fields)
  if (typeof data !== 'string' || data === '') throw kit.report.invalid(where, "is audio without 'input_audio.data'.")
  const type = typeOfFormat(format) ?? (typeof format === 'string' ? `audio/${format}` : undefined)
  if (/^(?:data:|https?:|gs:)/i.test(data)) return mediaPart(data, type, where, kit, 'input_audio.format')
  return inline(type, data, where, kit, 'input_audio.format')
}

function filePart(part: Fields, where: string, kit: Kit): Part {
  const file = isFields(part.file) ? part.file : {}
  const id = textIn(file, 'file_id')
  const data = textIn(file, 'file_data')
  const type = typeOfFormat(file.format) ?? typeOfName(textIn(file, 'filename')) ?? typeOfName(id)
  const reference = id ?? (data !== undefined && /^(?:data:|https?:|gs:)/i.test(data) ? data : undefined)
  if (reference !== undefined) {
    return withVideo(mediaPart(reference, type, where, kit, 'file.format'), file.video_metadata)
  }
  if (data === undefined) throw kit.report.invalid(where, "is a file without 'file_data' and 'file_id'.")
  if (!looksLikeBase64(data)) {
    throw kit.report.invalid(where, 'has bad file_data: it must be data:<media type>;base64,<data>, or bare base64.')
  }
  return withVideo(inline(type, data, where, kit, 'file.format'), file.video_metadata)
}

/** Anthropic's blocks. */
function fromSource(part: Fields, where: string, kit: Kit): Part[] {
  const source = isFields(part.source) ? part.source : {}
  const type = textIn(source, 'media_type')
  switch (source.type) {
    case 'text':
      return textPart(source.data)
    case 'content':
      return partsOf(source.content, `${where}.source`, kit)
    case 'base64':
      return [inline(type, String(source.data), where, kit, 'source.media_type')]
    case 'url': {
      const url = String(source.url)
      const guess = part.type === 'document' ? 'application/pdf' : undefined
      return [mediaPart(url, type ?? typeOfName(url) ?? guess, where, kit, 'source.media_type')]
    }
    default:
      throw kit.report.invalid(where, `has a source of type '${String(source.type)}', which is not Gemini's.`)
  }
}

/** Frames a second, start and end. https://ai.google.dev/gemini-api/docs/video-understanding#customize-video-processing */
function withVideo(part: Part, metadata: unknown): Part {
  if (!isFields(metadata)) return part
  const videoMetadata: Fields = {}
  for (const [name, value] of Object.entries(metadata)) videoMetadata[toCamel(name)] = value
  return { ...part, videoMetadata }
}
