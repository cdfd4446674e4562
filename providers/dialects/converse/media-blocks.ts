import type { Kit } from './kit.js'
import {
  type Format,
  formatOfName,
  formatOfType,
  isPDF,
  isS3,
  isURL,
  looksLikeBase64,
  parseDataURI,
  sourceOf,
} from './media.js'
import { type Block, type Fields, isFields, textIn } from './wire.js'

/** A file in a message, before it is known how it travels. */
export interface Linked {
  /** A data URI, an address, or bare base64. */
  readonly link: string
  readonly type?: string | undefined
  readonly name?: string | undefined
  /** What the part calls itself, where nothing else tells. */
  readonly guess?: Format | undefined
}

const image: Format = { kind: 'image', format: 'png' }
const text: Format = { kind: 'document', format: 'txt' }
const pdf: Format = { kind: 'document', format: 'pdf' }
const video: Format = { kind: 'video', format: 'mp4' }

/** The file that a part holds or points at; undefined where it does neither. */
export function linkedIn(part: Fields): Linked | undefined {
  const kind = String(part.type)
  const given = isFields(part[kind]) ? (part[kind] as Fields) : {}
  const linked = (link: unknown, rest: Omit<Linked, 'link'> = {}): Linked | undefined =>
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

/** A part with a file as a block; undefined where the report has noted that it can't be had. */
export function mediaBlock(part: Fields, where: string, kit: Kit): Block | undefined {
  const settings = documentSettings(part)
  const plain = part.type === 'document' ? textSource(part, where, kit) : undefined
  if (plain) return { document: { ...plain, ...settings } }
  const linked = linkedIn(part)
  if (!linked) throw kit.report.invalid(where, `is a part '${String(part.type)}' without its file or address.`)
  if (part.type === 'image_url') noteDetail(part, where, kit)
  const { media, type } = located(linked, where, kit)
  const format = formatOf(linked, media, type)
  if (!format) {
    throw kit.report.invalid(
      where,
      `has the media type '${type ?? linked.type ?? 'unknown'}': Bedrock takes PNG, JPEG, GIF and WebP images; PDF, CSV, Word, Excel, HTML, ` +
        `text and Markdown documents; and videos.${type || linked.type ? '' : " Say what it is in 'format' or 'filename'."}`,
    )
  }
  const source = sourceOf(media)
  if (format.kind !== 'document') return { [format.kind]: { format: format.format, source } }
  const named = linked.name ?? (isURL(linked.link) || isS3(linked.link) ? baseName(linked.link) : undefined)
  return { document: { format: format.format, name: kit.documents.take(named), source, ...settings } }
}

/** The bytes, or the address in S3. */
function located(
  { link }: Linked,
  where: string,
  kit: Kit,
): { media: { type: string; data: string } | string; type: string | undefined } {
  if (isS3(link)) return { media: link, type: undefined }
  if (isURL(link)) {
    const media = kit.media.get(link)
    if (!media)
      throw kit.report.invalid(where, 'is a URL whose content was not fetched: send the data itself, as a data: URI.')
    return { media, type: media.type }
  }
  const media = /^data:/i.test(link) ? parseDataURI(link) : looksLikeBase64(link) ? { type: '', data: link } : undefined
  if (!media) {
    throw kit.report.invalid(
      where,
      `has no file that Bedrock can take (${link.slice(0, 60)}): use data:<media type>;base64,<data>, https: or s3:.`,
    )
  }
  return { media, type: media.type || undefined }
}

function formatOf(linked: Linked, media: { data: string } | string, type: string | undefined): Format | undefined {
  if (typeof media !== 'string' && isPDF(media.data)) return pdf
  const said = formatOfType(linked.type)
  const found = said ?? formatOfType(type) ?? formatOfName(linked.name) ?? formatOfName(linked.link.slice(-200))
  // a type that is said, and that Bedrock doesn't have, is no guess
  return found ?? (type || linked.type ? undefined : linked.guess)
}

/** Anthropic's documents that are text. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentSource.html */
function textSource(part: Fields, where: string, kit: Kit): Fields | undefined {
  const source = isFields(part.source) ? part.source : {}
  const name = () => kit.documents.take(textIn(part, 'title'))
  if (source.type === 'text' && typeof source.data === 'string') {
    return { format: 'txt', name: name(), source: { text: source.data } }
  }
  if (source.type !== 'content') return undefined
  if (typeof source.content === 'string') return { format: 'txt', name: name(), source: { text: source.content } }
  if (!Array.isArray(source.content)) throw kit.report.invalid(where, "is a document without 'source.content'.")
  const content = source.content.filter(isFields).map((block) => ({ text: textIn(block, 'text') ?? '' }))
  return { format: 'txt', name: name(), source: { content } }
}

function documentSettings({ context, citations }: Fields): Fields {
  return {
    ...(typeof context === 'string' && context !== '' && { context }),
    ...(isFields(citations) && { citations: { enabled: citations.enabled !== false } }),
  }
}

function noteDetail(part: Fields, where: string, kit: Kit): void {
  const detail = isFields(part.image_url) ? part.image_url.detail : undefined
  if (detail && detail !== 'auto') {
    kit.report.dropped(`${where}.image_url.detail`, 'Left out: Bedrock has no such setting.')
  }
}

const baseName = (address: string) => address.replace(/[?#].*$/, '').replace(/^.*\//, '')
