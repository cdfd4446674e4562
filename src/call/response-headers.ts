import type { HeaderMap } from '../transport/exchange.js'
import type { RateLimit, RateLimits } from '../types/meta.js'

/** Readers of providers' response headers. */

export function header(headers: HeaderMap, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

const requestIdNames = [
  'x-request-id',
  'request-id',
  'x-amzn-requestid',
  'apim-request-id',
  'x-generation-id',
  'cf-ray',
]

export function requestId(headers: HeaderMap): string | undefined {
  for (const name of requestIdNames) {
    const value = header(headers, name)
    if (value) return value
  }
  return undefined
}

/**
 * Delay that the provider requests before a retry, in milliseconds: `retry-after-ms`, else `retry-after` as seconds or as a date
 * (RFC 9110, 10.2.3).
 * @param wallNow milliseconds since 1970
 */
export function retryAfter(headers: HeaderMap, wallNow: number): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const ms = number(header(headers, name))
    if (ms !== undefined && ms >= 0) return ms
  }
  const text = header(headers, 'retry-after')
  if (!text) return undefined
  const seconds = number(text)
  if (seconds !== undefined) return seconds >= 0 ? Math.round(seconds * 1000) : undefined
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallNow)
}

/** OpenAI's `x-should-retry`, if present. */
export function shouldRetry(headers: HeaderMap): boolean | undefined {
  const value = header(headers, 'x-should-retry')
  return value === 'true' ? true : value === 'false' ? false : undefined
}

/** Headers without credentials and cookies. */
export function visibleHeaders(headers: HeaderMap): Record<string, string> {
  const visible: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'set-cookie' || name === 'authorization' || name === 'x-api-key') continue
    visible[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return visible
}

/**
 * `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` (OpenAI and most hosts) and
 * `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`. Cerebras, Mistral and others append
 * the window: `x-ratelimit-remaining-tokens-minute`.
 */
export function rateLimits(headers: HeaderMap, wallNow: number): RateLimits {
  const limits: RateLimits = {}
  const kinds = [
    ['requests', 'requests'],
    ['tokens', 'tokens'],
    ['inputTokens', 'input-tokens'],
    ['outputTokens', 'output-tokens'],
  ] as const
  for (const [key, word] of kinds) {
    const found =
      limit(headers, wallNow, (part) => `x-ratelimit-${part}-${word}`) ??
      limit(headers, wallNow, (part) => `anthropic-ratelimit-${word}-${part}`) ??
      windowLimit(headers, wallNow, word)
    if (found) limits[key] = found
  }
  if (!limits.requests) {
    const plain = limit(headers, wallNow, (part) => `x-ratelimit-${part}`)
    if (plain) limits.requests = plain
  }
  return limits
}

const windows = ['minute', 'second', 'hour', 'day'] as const

/** The limit of the first window that a header names. The minute comes first, as it is the one that a call can wait for. */
function windowLimit(headers: HeaderMap, wallNow: number, word: string): RateLimit | undefined {
  for (const window of windows) {
    const found = limit(headers, wallNow, (part) => `x-ratelimit-${part}-${word}-${window}`)
    if (found) return found
  }
  return undefined
}

function limit(headers: HeaderMap, wallNow: number, name: (part: string) => string): RateLimit | undefined {
  const most = number(header(headers, name('limit')))
  const remaining = number(header(headers, name('remaining')))
  const reset = resetMs(header(headers, name('reset')), wallNow)
  if (most === undefined && remaining === undefined) return undefined
  return {
    ...(most !== undefined && { limit: most }),
    ...(remaining !== undefined && { remaining }),
    ...(reset !== undefined && { resetMs: reset }),
  }
}

const units: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** `6m0s`, `1.5s`, `20ms`, plain seconds, a Unix time in seconds or milliseconds, or an RFC 3339 date. */
function resetMs(text: string | undefined, wallNow: number): number | undefined {
  if (!text) return undefined
  const plain = number(text)
  if (plain !== undefined) {
    if (plain > 1e12) return Math.max(0, plain - wallNow)
    if (plain > 1e9) return Math.max(0, plain * 1000 - wallNow)
    return Math.round(plain * 1000)
  }
  if (/^(?:[\d.]+(?:ms|[dhms]))+$/.test(text)) {
    let sum = 0
    for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|[dhms])/g))
      sum += Number(amount) * (units[unit ?? 's'] ?? 1000)
    return Math.round(sum)
  }
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallNow)
}

function number(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}
