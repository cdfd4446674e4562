import { fromBase64, utf8 } from '../../../src/platform/index.js'
import type { CacheControl, FilePart, ImagePart } from '../../../src/types/messages.js'
import type { EncodeScope } from './scope.js'
import { betas } from './tools.js'
import { type Block, type Fields, isBlock, isFields } from './wire.js'

/**
 * Encodes the parts of a user message or a tool result as blocks. Empty text parts are dropped because the API rejects
 * them.
 * https://platform.claude.com/docs/en/build-with-claude/working-with-messages
 */
export function partsToBlocks(content: unknown, where: string, scope: EncodeScope): Block[] {
  if (content === null || content === undefined) return []
  if (typeof content === 'string') return textBlock(content)
  if (!Array.isArray(content))
    throw scope.report.invalid(`${where}.content`, 'must be a string or an array of parts', content)
  return content.flatMap((part: unknown, index) => partToBlocks(part, `${where}.content[${index}]`, scope))
}

export function textBlock(text: string, cacheControl?: CacheControl | null): Block[] {
  if (text.trim() === '') return []
  return [cacheControl ? { type: 'text', text, cache_control: cacheControl } : { type: 'text', text }]
}

/** Sets a message's `cache_control` on its last block that accepts one. */
export function setCacheControl(blocks: Block[], cacheControl: CacheControl | null | undefined): void {
  if (!cacheControl) return
  const index = blocks.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking')
  const block = blocks[index]
  if (block && block.cache_control === undefined) blocks[index] = { ...block, cache_control: cacheControl }
}

function partToBlocks(part: unknown, where: string, scope: EncodeScope): Block[] {
  if (typeof part === 'string') return textBlock(part)
  if (!isBlock(part)) throw scope.report.invalid(where, "must be a content part with a 'type'", part)
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw scope.report.invalid(where, "must have a string 'text'", part.text)
      return part.text.trim() === '' ? [] : [withoutNulls(part)]
    case 'refusal':
      return textBlock(typeof part.refusal === 'string' ? part.refusal : '')
    case 'image_url':
      return [withCacheControl(imageBlock(part as unknown as ImagePart, where, scope), part)]
    case 'file':
      return [withCacheControl(fileBlock(part as unknown as FilePart, where, scope), part)]
    case 'input_audio':
      scope.report.unsupported(where, 'Claude does not accept audio: transcribe it first')
      return []
    case 'video_url':
      scope.report.unsupported(where, 'Claude does not accept video')
      return []
    default:
      // a native Anthropic block (document, image, search_result, container_upload, …)
      if (hasFileSource(part)) scope.betas.add(betas.files)
      return [withoutNulls(part)]
  }
}

function imageBlock(part: ImagePart, where: string, scope: EncodeScope): Block {
  const given = part.image_url
  const url = typeof given === 'string' ? given : given?.url
  if (typeof given === 'object' && given?.detail && given.detail !== 'auto') {
    scope.report.dropped(`${where}.image_url.detail`, 'Claude reads every image in full detail.')
  }
  if (typeof url !== 'string' || url === '')
    throw scope.report.invalid(where, "must have 'image_url.url', a non-empty string", url)
  if (isFileId(url)) return fromFileId(url, 'image', scope)
  if (isURL(url)) return fromURL(url, 'image', where, scope)
  if (!/^data:/i.test(url)) {
    throw scope.report.invalid(where, 'must be an https: URL or a data URI', url)
  }
  const media = parseDataURI(url)
  if (!media) throw scope.report.invalid(where, 'must be a data URI of the form data:<media type>;base64,<data>', url)
  if (media.type === 'application/pdf') return base64Block('document', media.type, media.data)
  const type = imageType(media.type)
  if (!type) {
    throw scope.report.invalid(
      where,
      'must be an image of type image/jpeg, image/png, image/gif or image/webp',
      media.type,
    )
  }
  return base64Block('image', type, media.data)
}

function fileBlock({ file, citations }: FilePart, where: string, scope: EncodeScope): Block {
  const { file_data: data, file_id: id, filename, format } = file ?? {}
  if (id) {
    const type = format ?? typeOfName(filename) ?? (isURL(id) ? typeOfName(id) : undefined)
    const kind = type?.startsWith('image/') ? 'image' : 'document'
    if (isURL(id)) return titled(fromURL(id, kind, where, scope), filename, citations)
    if (!isFileId(id)) {
      throw scope.report.invalid(where, "must be an id of Anthropic's Files API (file_…) or an https: URL", id)
    }
    return titled(fromFileId(id, kind, scope), filename, citations)
  }
  if (typeof data !== 'string' || data === '') throw scope.report.invalid(where, "must have 'file_data' or 'file_id'")
  if (isURL(data)) return titled(fromURL(data, 'document', where, scope), filename, citations)
  const media = /^data:/i.test(data) ? parseDataURI(data) : { type: '', data }
  if (!media || !looksLikeBase64(media.data)) {
    throw scope.report.invalid(
      where,
      "must have 'file_data' as base64 or a data URI of the form data:<media type>;base64,<data>",
      data,
    )
  }
  const type = isPDF(media.data) ? 'application/pdf' : media.type || format || typeOfName(filename) || ''
  if (type === 'application/pdf') return titled(base64Block('document', type, media.data), filename, citations)
  const image = imageType(type)
  if (image) return base64Block('image', image, media.data)
  if (isText(type)) {
    const text = utf8(fromBase64(media.data))
    return titled(
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text } },
      filename,
      citations,
    )
  }
  throw scope.report.invalid(
    where,
    `must be a PDF, a text or an image; got ${type ? `'${type}'` : "an unknown type: set 'file.format'"}.`.trim(),
  )
}

const base64Block = (type: 'image' | 'document', mediaType: string, data: string): Block => ({
  type,
  source: { type: 'base64', media_type: mediaType, data },
})

function fromURL(url: string, type: 'image' | 'document', where: string, scope: EncodeScope): Block {
  if (scope.quirks.urlSources === false) {
    throw scope.report.invalid(where, 'must be sent inline, because this host fetches no URLs: use a data URI', url)
  }
  return { type, source: { type: 'url', url } }
}

function fromFileId(id: string, type: 'image' | 'document', scope: EncodeScope): Block {
  scope.betas.add(betas.files)
  return { type, source: { type: 'file', file_id: id } }
}

function titled(block: Block, filename: string | undefined, citations: FilePart['citations']): Block {
  if (block.type !== 'document') return block
  return { ...block, ...(filename && { title: filename }), ...(citations && { citations }) }
}

function withCacheControl(block: Block, part: Block): Block {
  const cacheControl = cacheControlOf(part)
  return cacheControl ? { ...block, cache_control: cacheControl } : block
}

/** The part's `cache_control`, or OpenAI's `prompt_cache_breakpoint`, whose longer lifetimes become Claude's longest. */
function cacheControlOf({ cache_control: own, prompt_cache_breakpoint: breakpoint }: Block): unknown {
  if (own || !isFields(breakpoint)) return own
  const { ttl } = breakpoint
  return { type: 'ephemeral', ...(typeof ttl === 'string' && !/^(?:5|10|15|30)m$/.test(ttl) && { ttl: '1h' }) }
}

function hasFileSource(block: Block): boolean {
  const source = block.source as Fields | undefined
  return source?.type === 'file' || block.type === 'container_upload'
}

/** The API accepts some nulls and rejects others, so all of them are removed, as is OpenAI's cache breakpoint. */
function withoutNulls(part: Block): Block {
  if (!('prompt_cache_breakpoint' in part) && !Object.values(part).includes(null)) return part
  const { prompt_cache_breakpoint: _, ...rest } = part
  return withCacheControl(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)) as Block, part)
}

/** Data URIs and bare base64. Only the two ends are validated; the API rejects anything broken in the middle. */
export interface Media {
  /** Lower case, without parameters. */
  readonly type: string
  readonly data: string
}

/** Returns undefined if the text is not a base64 data URI. */
export function parseDataURI(uri: string): Media | undefined {
  const comma = uri.indexOf(',')
  if (comma < 0 || !/^data:/i.test(uri)) return undefined
  const [type = '', ...parameters] = uri.slice(5, comma).split(';')
  if (parameters.at(-1)?.trim().toLowerCase() !== 'base64') return undefined
  const data = uri.slice(comma + 1).trim()
  return looksLikeBase64(data) ? { type: type.trim().toLowerCase(), data } : undefined
}

/** Checks both ends only: images and PDFs are megabytes. */
export function looksLikeBase64(data: string): boolean {
  if (data.length === 0) return false
  return /^[A-Za-z0-9+/=\s]+$/.test(data.slice(0, 256)) && /^[A-Za-z0-9+/=\s]+$/.test(data.slice(-256))
}

const imageTypes: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/**
 * The media type in Anthropic's spelling; undefined if Claude doesn't accept it.
 * https://platform.claude.com/docs/en/build-with-claude/vision
 */
function imageType(type: string): string | undefined {
  const written = type === 'image/jpg' ? 'image/jpeg' : type
  return imageTypes.has(written) ? written : undefined
}

const byExtension: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['json', 'application/json'],
  ['xml', 'application/xml'],
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
])

export function typeOfName(name: string | undefined): string | undefined {
  const extension = name === undefined ? undefined : /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(name)?.[1]
  return extension === undefined ? undefined : byExtension.get(extension.toLowerCase())
}

/** Media types that are sent as plain text. */
export const isText = (type: string): boolean =>
  type.startsWith('text/') || type === 'application/json' || type === 'application/xml'

/** The base64 form of `%PDF-`. */
export const isPDF = (data: string): boolean => data.startsWith('JVBERi')

export const isURL = (text: string): boolean => /^https?:\/\//i.test(text)

/** Ids of Anthropic's Files API. https://platform.claude.com/docs/en/build-with-claude/files */
const isFileId = (text: string): boolean => /^file_[A-Za-z0-9_-]+$/.test(text)
