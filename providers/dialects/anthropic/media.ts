/** Data URIs and bare base64, checked as far as it is cheap: the API refuses what is broken further in. */
export interface Media {
  /** Lower case, without parameters. */
  readonly type: string
  readonly data: string
}

/** Undefined where the text is no base64 data URI. */
export function parseDataURI(uri: string): Media | undefined {
  const comma = uri.indexOf(',')
  if (comma < 0 || !/^data:/i.test(uri)) return undefined
  const [type = '', ...parameters] = uri.slice(5, comma).split(';')
  if (parameters.at(-1)?.trim().toLowerCase() !== 'base64') return undefined
  const data = uri.slice(comma + 1).trim()
  return looksLikeBase64(data) ? { type: type.trim().toLowerCase(), data } : undefined
}

/** Images and PDFs are megabytes: the two ends say enough. */
export function looksLikeBase64(data: string): boolean {
  if (data.length === 0) return false
  return /^[A-Za-z0-9+/=\s]+$/.test(data.slice(0, 256)) && /^[A-Za-z0-9+/=\s]+$/.test(data.slice(-256))
}

const imageTypes: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** The type as Anthropic writes it; undefined where Claude doesn't take it. https://platform.claude.com/docs/en/build-with-claude/vision */
export function imageType(type: string): string | undefined {
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

/** Types that are text, and travel as text. */
export const isText = (type: string): boolean =>
  type.startsWith('text/') || type === 'application/json' || type === 'application/xml'

/** How base64 of `%PDF-` begins. */
export const isPDF = (data: string): boolean => data.startsWith('JVBERi')

export const isURL = (text: string): boolean => /^https?:\/\//i.test(text)

/** Ids of Anthropic's Files API. https://platform.claude.com/docs/en/build-with-claude/files */
export const isFileId = (text: string): boolean => /^file_[A-Za-z0-9_-]+$/.test(text)
