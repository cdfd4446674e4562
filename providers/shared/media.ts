import { base64 } from '../../src/platform/index.js'
import type { Media } from '../../src/types/media.js'

/** Undefined for any other text. Data that is not base64 is converted. */
export function parseDataURI(uri: string): Media | undefined {
  const comma = uri.indexOf(',')
  if (comma < 0 || !/^data:/i.test(uri)) return undefined
  const [type = '', ...parameters] = uri.slice(5, comma).split(';')
  const mimeType = type.trim().toLowerCase()
  const data = uri.slice(comma + 1).trim()
  if (parameters.at(-1)?.trim().toLowerCase() !== 'base64') {
    return { type: mimeType || 'text/plain', data: base64(decodePercent(data)) }
  }
  return looksLikeBase64(data) ? { type: mimeType, data } : undefined
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Videos are megabytes, so only the two ends are checked. URL-safe base64 is accepted too. */
export function looksLikeBase64(data: string): boolean {
  if (data.length === 0) return false
  return /^[A-Za-z0-9+/=_\s-]+$/.test(data.slice(0, 256)) && /^[A-Za-z0-9+/=_\s-]+$/.test(data.slice(-256))
}

/** Compares with the base64 of `%PDF-`. */
export const isPDF = (data: string): boolean => data.startsWith('JVBERi')

export const isURL = (text: string): boolean => /^https?:\/\//i.test(text)
