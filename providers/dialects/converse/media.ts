import type { Media } from '../../../src/types/media.js'

export { isPDF, isURL, looksLikeBase64, parseDataURI } from '../anthropic/content.js'

/** What a file is, in Converse's words: the block that takes it and its `format`. */
export interface Format {
  readonly kind: 'image' | 'document' | 'video' | 'audio'
  readonly format: string
}

const of = (kind: Format['kind'], formats: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(formats).flatMap(([format, types]) =>
    types.map((type) => [type, Object.freeze({ kind, format })] as const),
  )

/**
 * By media type.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html, _DocumentBlock, _VideoBlock, _AudioBlock
 */
const byType: ReadonlyMap<string, Format> = new Map([
  ...of('image', { png: ['image/png'], jpeg: ['image/jpeg', 'image/jpg'], gif: ['image/gif'], webp: ['image/webp'] }),
  ...of('document', {
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
  ...of('video', {
    mp4: ['video/mp4'],
    mov: ['video/quicktime', 'video/mov'],
    mkv: ['video/x-matroska'],
    webm: ['video/webm'],
    flv: ['video/x-flv'],
    mpeg: ['video/mpeg'],
    wmv: ['video/x-ms-wmv', 'video/wmv'],
    three_gp: ['video/3gpp'],
  }),
  ...of('audio', {
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
  ...of('audio', {
    mp3: ['mp3'],
    wav: ['wav'],
    ogg: ['ogg'],
    opus: ['opus'],
    flac: ['flac'],
    aac: ['aac'],
    m4a: ['m4a'],
  }),
  ...of('image', { jpeg: ['jpg', 'jpeg'] }),
  ...of('document', { txt: ['txt', 'json', 'xml', 'log'], html: ['html', 'htm'], md: ['md', 'markdown'] }),
  ...of('video', { mpeg: ['mpeg', 'mpg'], three_gp: ['3gp', 'three_gp'] }),
])

/** From a media type (`image/png`), or what callers write for one (`png`). Any other text is a text document. */
export function formatOfType(type: string | undefined): Format | undefined {
  if (!type) return undefined
  const name = type.toLowerCase().split(';')[0]?.trim() ?? ''
  return byType.get(name) ?? byExtension.get(name) ?? (name.startsWith('text/') ? byType.get('text/plain') : undefined)
}

/** From the name of a file, or its URL. */
export function formatOfName(name: string | undefined): Format | undefined {
  const extension = name === undefined ? undefined : /\.([a-z0-9_]+)(?:[?#].*)?$/i.exec(name)?.[1]
  return extension === undefined ? undefined : byExtension.get(extension.toLowerCase())
}

export const isS3 = (text: string): boolean => /^s3:\/\//i.test(text)

/** Where the bytes are. */
export const sourceOf = (media: Media | string): Record<string, unknown> =>
  typeof media === 'string' ? { s3Location: { uri: media } } : { bytes: media.data }
