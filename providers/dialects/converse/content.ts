import type { ChatParams } from '../../../src/types/chat.js'
import type { Media } from '../../../src/types/media.js'
import type { CacheControl, ImagePart } from '../../../src/types/messages.js'
import { isPDF, isURL, looksLikeBase64, parseDataURI } from '../../shared/media.js'
import type { EncodeScope } from './scope.js'
import { type Block, type Fields, inner, isFields, textIn } from './wire.js'

/**
 * The blocks of a message or a tool result. Empty texts are left out, as the API refuses them.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
 */
export function encodeParts(content: unknown, where: string, scope: EncodeScope): Block[] {
  if (content === null || content === undefined) return []
  if (typeof content === 'string') return textBlock(content)
  if (!Array.isArray(content)) throw scope.report.invalid(`${where}.content`, 'must be a string or an array of parts.')
  const blocks: Block[] = []
  for (const [index, part] of content.entries()) {
    const made = encodePart(part, `${where}.content[${index}]`, scope)
    blocks.push(...made)
    const mark: unknown = isFields(part) ? part.cache_control : undefined
    if (mark && made.length > 0) addCachePoint(blocks, mark as CacheControl, `${where}.content[${index}]`, scope)
  }
  return blocks
}

export const textBlock = (text: string): Block[] => (text.trim() === '' ? [] : [{ text }])

/** Converse's own blocks, which pass unchanged. */
const ownBlocks: readonly string[] = [
  'text',
  'image',
  'document',
  'video',
  'audio',
  'guardContent',
  'cachePoint',
  'citationsContent',
  'searchResult',
  'json',
  'toolAddition',
  'toolRemoval',
]

function encodePart(part: unknown, where: string, scope: EncodeScope): Block[] {
  if (typeof part === 'string') return textBlock(part)
  if (!isFields(part)) throw scope.report.invalid(where, 'must be a content part.')
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw scope.report.invalid(where, "must be a text part with a 'text'.")
      return textBlock(part.text)
    case 'refusal':
      return textBlock(textIn(part, 'refusal') ?? '')
    case 'guarded_text': {
      const text = textIn(part, 'text') ?? ''
      const qualifiers = Array.isArray(part.qualifiers) ? { qualifiers: part.qualifiers } : {}
      return text.trim() === '' ? [] : [{ guardContent: { text: { text, ...qualifiers } } }]
    }
    case 'image_url':
    case 'image':
    case 'file':
    case 'document':
    case 'input_audio':
    case 'video_url':
      return [encodeMedia(part, where, scope)]
    case undefined: {
      const { cache_control: _, ...block } = part
      if (ownBlocks.some((kind) => kind in part)) return [block]
      throw scope.report.invalid(where, "must be a content part with a 'type'.")
    }
    default:
      throw scope.report.invalid(
        where,
        `must be a part of the type text, image_url, video_url, input_audio or file; got '${String(part.type)}'.`,
      )
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html */
export function addCachePoint(blocks: Block[], mark: CacheControl, where: string, scope: EncodeScope): void {
  const point = createCachePoint(mark, where, 'messages', scope)
  const last = blocks.at(-1)
  if (!point || !last || 'cachePoint' in last || 'reasoningContent' in last) return
  // the API refuses a cache point right after a document; recorded requests put a line break between
  if (inner(last, 'document') || inner(last, 'video')) blocks.push({ text: '\n' })
  blocks.push(point)
}

/** A cache mark as a block; undefined if the model has no cache there. */
export function createCachePoint(
  mark: CacheControl,
  where: string,
  place: 'messages' | 'tools',
  { facts: { cache, who }, report }: EncodeScope,
): Block | undefined {
  if (cache === 'nowhere' || (cache === 'messages' && place === 'tools')) {
    const reason = cache === 'nowhere' ? 'has no prompt cache' : 'caches no tools'
    report.dropped(`${where}.cache_control`, `Left out: ${who} ${reason} on Bedrock.`)
    return undefined
  }
  const ttl = mark.ttl && mark.ttl !== '5m' ? { ttl: mark.ttl } : {}
  return { cachePoint: { type: 'default', ...ttl } }
}

/**
 * Names of documents: letters, digits, single spaces, hyphens, parentheses and square brackets (and underscores, as recorded requests
 * show), at most 200 characters, unique within a request.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
export class DocumentNames {
  readonly #taken = new Set<string>()

  /** @param given a title or file name; its extension is left out, as Converse has a field for the format */
  take(given: string | null | undefined): string {
    const clean = (given ?? '')
      .replace(/\.[a-z0-9]{1,5}$/i, '')
      .replace(/[^a-zA-Z0-9_\s\-()[\]]+/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 190)
      .trim()
    const base = clean || 'Document'
    let name = base
    for (let turn = 2; this.#taken.has(name); turn++) name = `${base} (${turn})`
    this.#taken.add(name)
    return name
  }
}

/** The kind of block for a file, and its `format`. */
interface Format {
  readonly kind: 'image' | 'document' | 'video' | 'audio'
  readonly format: string
}

const image: Format = { kind: 'image', format: 'png' }
const text: Format = { kind: 'document', format: 'txt' }
const pdf: Format = { kind: 'document', format: 'pdf' }
const video: Format = { kind: 'video', format: 'mp4' }

/** A file of a message. */
interface FileLink {
  /** A data URI, a URL or bare base64. */
  readonly link: string
  readonly type?: string | undefined
  readonly name?: string | undefined
  /** The format that the part's type suggests, if nothing else determines it. */
  readonly guess?: Format | undefined
}

/** The file of a part; undefined for parts without one. */
function linkIn(part: Fields): FileLink | undefined {
  const kind = String(part.type)
  const given = isFields(part[kind]) ? (part[kind] as Fields) : {}
  const linked = (link: unknown, rest: Omit<FileLink, 'link'> = {}): FileLink | undefined =>
    typeof link === 'string' && link !== '' ? { link, ...rest } : undefined
  switch (kind) {
    case 'image_url':
    case 'video_url':
      return linked(typeof part[kind] === 'string' ? part[kind] : given.url, {
        type: textIn(given, 'format'),
        guess: kind === 'image_url' ? image : video,
      })
    case 'input_audio':
      return linked(given.data, { type: textIn(given, 'format') })
    case 'file':
      return linked(given.file_id ?? given.file_data, {
        type: textIn(given, 'format'),
        name: textIn(given, 'filename'),
      })
    case 'image':
    case 'document': {
      const source = isFields(part.source) ? part.source : {}
      const link = source.type === 'url' ? source.url : source.data
      const guess = kind === 'image' ? image : source.type === 'text' ? text : pdf
      return linked(link, { type: textIn(source, 'media_type'), name: textIn(part, 'title'), guess })
    }
    default:
      return undefined
  }
}

/** The `http(s):` URLs in the messages. Converse takes bytes and S3 locations only, so their content is sent inline. */
export function remoteMedia({ messages }: ChatParams): readonly string[] {
  const urls = new Set<string>()
  for (const message of Array.isArray(messages) ? (messages as unknown[]) : []) {
    const content: unknown = isFields(message) ? message.content : undefined
    for (const part of Array.isArray(content) ? (content as unknown[]) : []) {
      const link = isFields(part) ? linkIn(part)?.link : undefined
      if (link !== undefined && isURL(link)) urls.add(link)
    }
  }
  return [...urls]
}

function encodeMedia(part: Fields, where: string, scope: EncodeScope): Block {
  const settings = documentSettings(part)
  const plain = part.type === 'document' ? encodeTextDocument(part, where, scope) : undefined
  if (plain) return { document: { ...plain, ...settings } }
  const linked = linkIn(part)
  if (!linked) throw scope.report.invalid(where, `must be a part '${String(part.type)}' with a file or URL.`)
  if (part.type === 'image_url') dropDetail(part, where, scope)
  const { media, type } = locateFile(linked, where, scope)
  const format = formatOf(linked, media, type)
  if (!format) {
    const given = type ?? linked.type
    const hint = given ? '' : " Set 'format' or 'filename'."
    throw scope.report.invalid(
      where,
      'must be a PNG, JPEG, GIF or WebP image, a PDF, CSV, Word, Excel, HTML, text or Markdown document, or a video; ' +
        `got ${given === undefined ? 'an unknown media type' : `'${given}'`}.${hint}`,
    )
  }
  const source = typeof media === 'string' ? { s3Location: { uri: media } } : { bytes: media.data }
  if (format.kind !== 'document') return { [format.kind]: { format: format.format, source } }
  const named = linked.name ?? (isURL(linked.link) || isS3(linked.link) ? baseName(linked.link) : undefined)
  return { document: { format: format.format, name: scope.documents.take(named), source, ...settings } }
}

const isS3 = (link: string): boolean => /^s3:\/\//i.test(link)
const baseName = (address: string) => address.replace(/[?#].*$/, '').replace(/^.*\//, '')

/** The bytes of a file, or its location in S3. */
function locateFile(
  { link }: FileLink,
  where: string,
  scope: EncodeScope,
): { media: Media | string; type: string | undefined } {
  if (isS3(link)) return { media: link, type: undefined }
  if (isURL(link)) {
    const media = scope.media.get(link)
    if (!media) throw scope.report.invalid(where, 'has a URL that was not downloaded. Send the data as a data: URI.')
    return { media, type: media.type }
  }
  const media = /^data:/i.test(link) ? parseDataURI(link) : looksLikeBase64(link) ? { type: '', data: link } : undefined
  if (!media) {
    throw scope.report.invalid(
      where,
      `must have a file of the form data:<media type>;base64,<data>, https: or s3:; got '${link.slice(0, 60)}'.`,
    )
  }
  return { media, type: media.type || undefined }
}

function formatOf(linked: FileLink, media: Media | string, type: string | undefined): Format | undefined {
  if (typeof media !== 'string' && isPDF(media.data)) return pdf
  const given = formatOfType(linked.type)
  const found = given ?? formatOfType(type) ?? formatOfName(linked.name) ?? formatOfName(linked.link.slice(-200))
  // an explicit type that Bedrock doesn't have is not replaced by a guess
  return found ?? (type || linked.type ? undefined : linked.guess)
}

/** Anthropic's text documents. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentSource.html */
function encodeTextDocument(part: Fields, where: string, scope: EncodeScope): Fields | undefined {
  const source = isFields(part.source) ? part.source : {}
  const name = () => scope.documents.take(textIn(part, 'title'))
  if (source.type === 'text' && typeof source.data === 'string') {
    return { format: 'txt', name: name(), source: { text: source.data } }
  }
  if (source.type !== 'content') return undefined
  if (typeof source.content === 'string') return { format: 'txt', name: name(), source: { text: source.content } }
  if (!Array.isArray(source.content)) throw scope.report.invalid(where, "must be a document with a 'source.content'.")
  const content = source.content.filter(isFields).map((block) => ({ text: textIn(block, 'text') ?? '' }))
  return { format: 'txt', name: name(), source: { content } }
}

function documentSettings({ context, citations }: Fields): Fields {
  return {
    ...(typeof context === 'string' && context !== '' && { context }),
    ...(isFields(citations) && { citations: { enabled: citations.enabled !== false } }),
  }
}

function dropDetail(part: Fields, where: string, scope: EncodeScope): void {
  const detail = isFields(part.image_url) ? part.image_url.detail : undefined
  if (detail && detail !== 'auto') {
    scope.report.dropped(`${where}.image_url.detail`, 'Left out: Bedrock has no such setting.')
  }
}

const formatsOf = (kind: Format['kind'], formats: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(formats).flatMap(([format, types]) =>
    types.map((type) => [type, Object.freeze({ kind, format })] as const),
  )

/**
 * By media type.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html, _DocumentBlock, _VideoBlock, _AudioBlock
 */
const byType: ReadonlyMap<string, Format> = new Map([
  ...formatsOf('image', {
    png: ['image/png'],
    jpeg: ['image/jpeg', 'image/jpg'],
    gif: ['image/gif'],
    webp: ['image/webp'],
  }),
  ...formatsOf('document', {
    pdf: ['application/pdf'],
    csv: ['text/csv', 'application/csv'],
    doc: ['application/msword'],
    docx: ['application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    xls: ['application/vnd.ms-excel'],
    xlsx: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    html: ['text/html', 'application/xhtml+xml'],
    md: ['text/markdown', 'text/x-markdown'],
    txt: ['text/plain', 'application/json', 'application/xml', 'text/xml'],
  }),
  ...formatsOf('video', {
    mp4: ['video/mp4'],
    mov: ['video/quicktime', 'video/mov'],
    mkv: ['video/x-matroska'],
    webm: ['video/webm'],
    flv: ['video/x-flv'],
    mpeg: ['video/mpeg'],
    wmv: ['video/x-ms-wmv', 'video/wmv'],
    three_gp: ['video/3gpp'],
  }),
  ...formatsOf('audio', {
    mp3: ['audio/mp3', 'audio/mpeg'],
    wav: ['audio/wav', 'audio/x-wav', 'audio/wave'],
    ogg: ['audio/ogg'],
    opus: ['audio/opus'],
    flac: ['audio/flac'],
    aac: ['audio/aac'],
    m4a: ['audio/mp4', 'audio/m4a', 'audio/x-m4a'],
    webm: ['audio/webm'],
  }),
])

const byExtension: ReadonlyMap<string, Format> = new Map([
  ...[...byType.values()].filter(({ kind }) => kind !== 'audio').map((format) => [format.format, format] as const),
  ...formatsOf('audio', {
    mp3: ['mp3'],
    wav: ['wav'],
    ogg: ['ogg'],
    opus: ['opus'],
    flac: ['flac'],
    aac: ['aac'],
    m4a: ['m4a'],
  }),
  ...formatsOf('image', { jpeg: ['jpg', 'jpeg'] }),
  ...formatsOf('document', { txt: ['txt', 'json', 'xml', 'log'], html: ['html', 'htm'], md: ['md', 'markdown'] }),
  ...formatsOf('video', { mpeg: ['mpeg', 'mpg'], three_gp: ['3gp', 'three_gp'] }),
])

/** Reads a media type (`image/png`) or an extension (`png`). Unknown text types are text documents. */
function formatOfType(type: string | undefined): Format | undefined {
  if (!type) return undefined
  const name = type.toLowerCase().split(';')[0]?.trim() ?? ''
  return byType.get(name) ?? byExtension.get(name) ?? (name.startsWith('text/') ? byType.get('text/plain') : undefined)
}

/** Reads a file name or URL. */
function formatOfName(name: string | undefined): Format | undefined {
  const extension = name === undefined ? undefined : /\.([a-z0-9_]+)(?:[?#].*)?$/i.exec(name)?.[1]
  return extension === undefined ? undefined : byExtension.get(extension.toLowerCase())
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html */
export function decodeImage(block: Block): ImagePart | undefined {
  const given = inner(block, 'image')
  const bytes = given && textIn(inner(given, 'source') ?? {}, 'bytes')
  if (!bytes) return undefined
  return { type: 'image_url', image_url: { url: `data:image/${textIn(given, 'format') ?? 'png'};base64,${bytes}` } }
}
