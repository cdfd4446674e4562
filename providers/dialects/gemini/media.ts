import type { Media } from '../../../src/types/media.js'
import type { ModelFacts } from './models.js'
import type { GeminiQuirks } from './quirks.js'

/** Undefined where the text is no data URI. Text that isn't base64 is made so. */
export function parseDataURI(uri: string): Media | undefined {
  const comma = uri.indexOf(',')
  if (comma < 0 || !/^data:/i.test(uri)) return undefined
  const [type = '', ...parameters] = uri.slice(5, comma).split(';')
  const mimeType = type.trim().toLowerCase()
  const data = uri.slice(comma + 1).trim()
  if (parameters.at(-1)?.trim().toLowerCase() !== 'base64') {
    return { type: mimeType || 'text/plain', data: Buffer.from(decodeURIComponentSafely(data)).toString('base64') }
  }
  return looksLikeBase64(data) ? { type: mimeType, data } : undefined
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Videos are megabytes: the two ends say enough. URL-safe base64 is taken too, and both are fine with the API. */
export function looksLikeBase64(data: string): boolean {
  if (data.length === 0) return false
  return /^[A-Za-z0-9+/=_\s-]+$/.test(data.slice(0, 256)) && /^[A-Za-z0-9+/=_\s-]+$/.test(data.slice(-256))
}

/** https://ai.google.dev/gemini-api/docs/image-understanding, /audio, /video-understanding, /document-processing */
const byExtension: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
  ['gif', 'image/gif'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mp3'],
  ['aiff', 'audio/aiff'],
  ['aac', 'audio/aac'],
  ['ogg', 'audio/ogg'],
  ['flac', 'audio/flac'],
  ['m4a', 'audio/mp4'],
  ['mp4', 'video/mp4'],
  ['mpeg', 'video/mpeg'],
  ['mpg', 'video/mpg'],
  ['mov', 'video/mov'],
  ['avi', 'video/avi'],
  ['flv', 'video/x-flv'],
  ['webm', 'video/webm'],
  ['wmv', 'video/wmv'],
  ['3gp', 'video/3gpp'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['html', 'text/html'],
  ['css', 'text/css'],
  ['csv', 'text/csv'],
  ['xml', 'text/xml'],
  ['rtf', 'text/rtf'],
  ['json', 'application/json'],
])

/** The media type that a file's name or URL tells. */
export function typeOfName(name: string | undefined): string | undefined {
  const extension = name === undefined ? undefined : /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(name)?.[1]
  return extension === undefined ? undefined : byExtension.get(extension.toLowerCase())
}

/** A `format`, which may be a media type or only an extension. */
export function typeOfFormat(format: unknown): string | undefined {
  if (typeof format !== 'string' || format === '') return undefined
  return format.includes('/') ? format.toLowerCase() : byExtension.get(format.toLowerCase())
}

/** How base64 of `%PDF-` begins. */
export const isPDF = (data: string): boolean => data.startsWith('JVBERi')

export const isURL = (text: string): boolean => /^https?:\/\//i.test(text)

/** Types that the API reads by `https:` URL. https://ai.google.dev/gemini-api/docs/file-input-methods#external-urls */
const fetched: ReadonlySet<string> = new Set([
  'text/html',
  'text/css',
  'text/plain',
  'text/xml',
  'text/csv',
  'text/rtf',
  'application/json',
  'application/pdf',
  'image/bmp',
  'image/jpeg',
  'image/png',
  'image/webp',
])

const youTube = /^https?:\/\/(?:(?:www\.|m\.)?youtube\.com\/|youtu\.be\/)/i
const uploaded = /^(?:https?:\/\/[^/]+\/v\w+\/)?files\/[A-Za-z0-9_-]+$/

/**
 * A file by URI, as far as the API reads it there: Google's own storage (Files API, Cloud Storage), YouTube, and with newer
 * models what `https:` reaches. Undefined where the bytes must be sent along.
 */
export function byURI(
  url: string,
  type: string | undefined,
  facts: ModelFacts,
  quirks: GeminiQuirks,
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
  return facts.urls && url.startsWith('https:') && fetched.has(type) ? file(url) : undefined
}
