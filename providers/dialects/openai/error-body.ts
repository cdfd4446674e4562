import { type Fields, isFields, textIn } from './kit.js'

/** What is known of an error body, whatever its shape. */
export interface Said {
  message: string
  /** `code` and `type` words, lower case. */
  words: string[]
  code: string | undefined
  param: string | undefined
  /** A status inside the body, of hosts that answer 200 or pass on another one's. */
  status: number | undefined
  /** Text of the provider behind a gateway. */
  upstream: string
}

/** Reads `{ error: { message, type, code, param } }`, `{ error: text }`, `{ message }`, `{ detail }` and their mixtures. */
export function readError(body: unknown, text: string): Said {
  const outer: Fields = isFields(body) ? body : Array.isArray(body) && isFields(body[0]) ? body[0] : {}
  const error: Fields = isFields(outer.error) ? outer.error : outer
  const inner = isFields(error.innererror) ? error.innererror : {}
  const words = [error.code, error.type, error.status, outer.error_type, outer.code, inner.code]
    .filter((word): word is string => typeof word === 'string')
    .map((word) => word.toLowerCase())
  const code = wordOf(error.code) ?? wordOf(error.type) ?? wordOf(outer.code)
  const upstream = upstreamText(error)
  const behind = readUpstream(upstream)
  return {
    message: messageOf(outer, error, behind.message ?? upstream.slice(0, 500), text),
    words: [...words, ...behind.words],
    code,
    param: textIn(error, 'param') || undefined,
    status: statusIn(error.status_code) ?? statusIn(error.code) ?? statusIn(outer.status) ?? statusIn(error.status),
    upstream,
  }
}

function messageOf(outer: Fields, error: Fields, upstream: string, text: string): string {
  const found =
    textIn(error, 'message') ??
    textIn(outer, 'error') ??
    textIn(outer, 'message') ??
    detailOf(outer.detail) ??
    textIn(error, 'msg')
  if (found) return upstream && found === 'Provider returned error' ? `${found}: ${upstream}` : found
  return /^\s*</.test(text) ? titleOf(text) : text.trim().slice(0, 500)
}

/** FastAPI's `detail`: a text, or a list of what is wrong where. */
function detailOf(detail: unknown): string | undefined {
  if (typeof detail === 'string') return detail
  if (!Array.isArray(detail)) return undefined
  return detail
    .filter(isFields)
    .map((item) => (Array.isArray(item.loc) ? `${item.loc.map(wordOf).join('.')}: ` : '') + (textIn(item, 'msg') ?? ''))
    .join('; ')
}

/** What a gateway's error page calls itself. */
const titleOf = (html: string) => /<title>([^<]{1,200})<\/title>/i.exec(html)?.[1]?.trim() ?? 'an HTML page'

/** OpenRouter passes the error of the provider behind it on as text. */
function upstreamText(error: Fields): string {
  const raw = isFields(error.metadata) ? error.metadata.raw : undefined
  return typeof raw === 'string' ? raw : isFields(raw) ? JSON.stringify(raw) : ''
}

/** That text, read: the words of its error, and its message. */
function readUpstream(upstream: string): { words: string[]; message: string | undefined } {
  let body: unknown
  try {
    body = upstream.startsWith('{') ? JSON.parse(upstream) : undefined
  } catch {
    body = undefined
  }
  const outer = isFields(body) ? body : {}
  const error = isFields(outer.error) ? outer.error : outer
  const words = [error.code, error.type, error.status].filter((word): word is string => typeof word === 'string')
  return {
    words: words.map((word) => word.toLowerCase()),
    message: textIn(error, 'message') || textIn(outer, 'error') || undefined,
  }
}

const wordOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

function statusIn(value: unknown): number | undefined {
  const status =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^[45]\d\d$/.test(value)
        ? Number(value)
        : undefined
  return status !== undefined && status >= 400 && status < 600 ? status : undefined
}
