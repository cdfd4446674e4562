import type { HeaderMap, ResponseHeaders } from '../transport/exchange.js'
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

export const requestId = (headers: HeaderMap): string | undefined => findId((name) => headers[name])

/** The same, without parsing all headers. */
export const receivedId = (headers: ResponseHeaders): string | undefined => findId((name) => headers.get(name))

function findId(get: ResponseHeaders['get']): string | undefined {
  for (const name of requestIdNames) {
    const value = get(name)
    const first = Array.isArray(value) ? value[0] : value
    if (first) return first
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
  const groups = readGroups(headers)
  if (!groups) return limits
  for (let kind = 0; kind < kinds.length; kind++) {
    for (let source = 0; source < sources.length; source++) {
      const found = limitOf(groups[kind * sources.length + source], wallNow)
      if (!found) continue
      limits[(kinds[kind] as (typeof kinds)[number])[0]] = found
      break
    }
  }
  if (!limits.requests) {
    const plain = limitOf(groups[plainGroup], wallNow)
    if (plain) limits.requests = plain
  }
  return limits
}

const kinds = [
  ['requests', 'requests'],
  ['tokens', 'tokens'],
  ['inputTokens', 'input-tokens'],
  ['outputTokens', 'output-tokens'],
] as const

const parts = ['limit', 'remaining', 'reset'] as const

/**
 * Names of a kind's headers, by precedence. Of the windows that a host names, the minute comes first, as it is the one that a call can
 * wait for.
 */
const sources: readonly ((part: string, word: string) => string)[] = [
  (part, word) => `x-ratelimit-${part}-${word}`,
  (part, word) => `anthropic-ratelimit-${word}-${part}`,
  ...['minute', 'second', 'hour', 'day'].map(
    (window) => (part: string, word: string) => `x-ratelimit-${part}-${word}-${window}`,
  ),
]

/** The group of headers without a kind. */
const plainGroup = kinds.length * sources.length

/** Group and part of every known header. Its first call makes it. */
let places: Map<string, readonly [group: number, part: number]> | undefined

function makePlaces(): Map<string, readonly [group: number, part: number]> {
  const made = new Map<string, readonly [number, number]>()
  for (const [position, part] of parts.entries()) {
    made.set(`x-ratelimit-${part}`, [plainGroup, position])
    for (const [kind, [, word]] of kinds.entries()) {
      for (const [source, name] of sources.entries()) {
        made.set(name(part, word), [kind * sources.length + source, position])
      }
    }
  }
  return made
}

/** Texts of one limit: limit, remaining, reset. */
type Group = (string | undefined)[]

/**
 * The limits in the headers, by group. The headers are read once: a Router reads the limits of every call, and a lookup of each of the 75
 * names took longer than the call.
 */
function readGroups(headers: HeaderMap): (Group | undefined)[] | undefined {
  let groups: (Group | undefined)[] | undefined
  for (const name in headers) {
    if (!name.includes('-ratelimit-')) continue
    places ??= makePlaces()
    const place = places.get(name)
    if (!place) continue
    const [group, part] = place
    groups ??= new Array<Group | undefined>(plainGroup + 1).fill(undefined)
    const texts: Group = groups[group] ?? [undefined, undefined, undefined]
    texts[part] = header(headers, name)
    groups[group] = texts
  }
  return groups
}

function limitOf(group: Group | undefined, wallNow: number): RateLimit | undefined {
  if (!group) return undefined
  const most = number(group[0])
  const remaining = number(group[1])
  if (most === undefined && remaining === undefined) return undefined
  const reset = resetMs(group[2], wallNow)
  const limit: RateLimit = {}
  if (most !== undefined) limit.limit = most
  if (remaining !== undefined) limit.remaining = remaining
  if (reset !== undefined) limit.resetMs = reset
  return limit
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
  const single = /^([\d.]+)(ms|[dhms])$/.exec(text)
  if (single) return Math.round(Number(single[1]) * (units[single[2] ?? 's'] ?? 1000))
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
