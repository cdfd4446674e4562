import type { ErrorFacts, ErrorKind, Failure } from '../../contract.js'
import { type Fields, isFields, textIn } from './kit.js'

/** What is known of an error body, whatever its shape. */
interface Said {
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

/** Codes and types that say what happened, whatever the status is. First match wins. */
const byWord: readonly (readonly [ErrorKind, readonly string[]])[] = [
  [
    'quota_exceeded',
    [
      'insufficient_quota',
      'billing_hard_limit_reached',
      'billing_not_active',
      'insufficient_balance',
      'payment_required',
      'exceeded_current_quota_error',
    ],
  ],
  [
    'context_window_exceeded',
    ['context_length_exceeded', 'exceed_context_size_error', 'context_window_exceeded', 'too_many_prompt_tokens'],
  ],
  [
    'content_policy_violation',
    [
      'content_policy_violation',
      'content_filter',
      'responsibleaipolicyviolation',
      'moderation_blocked',
      'data_inspection_failed',
    ],
  ],
  ['image_fetch', ['invalid_image_url', 'image_url_unavailable']],
  [
    'not_found',
    [
      'model_not_found',
      'model_decommissioned',
      'deploymentnotfound',
      'not_found_error',
      'model_not_available',
      'invalid_model',
    ],
  ],
  ['authentication', ['invalid_api_key', 'authentication_error', 'invalid_authentication', 'unauthorized']],
  ['rate_limit', ['rate_limit_exceeded', 'rate_limit_error', 'rate_limit_reached_error', 'rate_limited']],
  ['permission_denied', ['permission_denied', 'permission_error', 'unsupported_country_region_territory']],
  ['overloaded', ['overloaded_error', 'engine_overloaded_error', 'overloaded', 'service_tier_capacity_exceeded']],
  ['bad_request', ['not_supported_error', 'tool_use_failed']],
]

/**
 * Words of messages, where an API has no code for it. Each stands for recorded or documented answers; the status must be one that
 * goes with it.
 */
const byMessage: readonly (readonly [ErrorKind, RegExp, (status: number) => boolean])[] = [
  [
    'authentication',
    /incorrect api key|invalid api key|api key (?:is )?not valid|authentication fails|no auth credentials/i,
    (status) => status < 500,
  ],
  [
    'context_window_exceeded',
    /maximum context length|context (?:length|window|size)|prompt is too long|too many (?:input )?tokens|longer than the model'?s|exceeds? the (?:available )?context|`inputs` (?:tokens|must have less than)/i,
    (status) => status === 400 || status === 413 || status === 422 || status === 500,
  ],
  [
    'content_policy_violation',
    /content management policy|content policy|safety system|usage (?:policy|policies|guidelines)|content violates|flagged (?:by|as|for)|requires moderation/i,
    (status) => status === 400 || status === 403,
  ],
  [
    'image_fetch',
    /error while downloading|(?:image|file) url.{0,20}(?:not|can ?not|can't) (?:be )?access|cannot make GET request|(?:download|fetch)(?:ing)? (?:the )?(?:image|file|url)/i,
    () => true,
  ],
  [
    'overloaded',
    /overloaded|at capacity|over capacity|no healthy upstream/i,
    (status) => status === 429 || status >= 500,
  ],
  [
    'quota_exceeded',
    /insufficient (?:credits|balance|funds)|exceeded your current quota|credit balance|out of credits|used all available credits|spending limit/i,
    (status) => status === 402 || status === 403 || status === 429,
  ],
  [
    'bad_request',
    /input is not supported|requires --jinja|does not support (?:embeddings|reranking)/i,
    (status) => status >= 500,
  ],
  [
    'not_found',
    /model .{0,80}(?:does not exist|not found|is not supported\. supported models)|no such model|unknown model|allowed now, your model/i,
    (status) => status === 400,
  ],
  // the model is there, and can't do what is asked of it
  [
    'bad_request',
    /not supported (?:in|with) this model|not a chat model|only supported in v1/i,
    (status) => status === 404,
  ],
]

/** https://platform.openai.com/docs/guides/error-codes */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const said = read(body, text)
  const effective = said.status !== undefined && (status < 400 || status === 400) ? said.status : status
  const kind = kindOf(said, effective)
  return {
    kind,
    message: said.message,
    providerCode: said.code,
    param: said.param,
    status: status < 400 ? said.status : undefined,
    retryAfterMs: kind === 'rate_limit' ? waitIn(said.message) : undefined,
    hint: kind === 'bad_request' && noChat.test(said.message) ? noChatHint : undefined,
  }
}

/** OpenAI's answer (404) about models which have the Responses API only. */
const noChat = /not a chat model|only supported in v1\/responses/i
const noChatHint = 'It has no Chat Completions, which is what llmux speaks: choose a model that has.'

/** Patterns look at this much of a message, in characters. */
const longestRead = 8192

/** "Please try again in 1m3.5s" (OpenAI, Groq), "Please retry after 26 seconds" (Azure). */
const waits = /(?:try again in|retry after) (?:(\d{1,3})h)?(?:(\d{1,5})m(?!s))?(?:(\d{1,8}(?:\.\d{1,6})?) ?(ms|s))?/i

function waitIn(message: string): number | undefined {
  const [found, hours, minutes, rest, unit] = waits.exec(message) ?? []
  if (!found || (!hours && !minutes && !rest)) return undefined
  const seconds = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60
  return Math.ceil(seconds * 1000 + Number(rest ?? 0) * (unit?.toLowerCase() === 'ms' ? 1 : 1000))
}

function kindOf(said: Said, status: number): ErrorKind {
  for (const [kind, words] of byWord) {
    if (words.some((word) => said.words.includes(word))) return kind
  }
  // the same code tells of names and ids that are too long
  if (said.words.includes('string_above_max_length') && /content|input|prompt/.test(said.param ?? 'content')) {
    return 'context_window_exceeded'
  }
  const all = `${said.message}\n${said.upstream}`.slice(0, longestRead)
  // a limit per minute speaks of tokens too
  const limited = status === 429 && /per min|rate.?limit|too many requests/i.test(all)
  for (const [kind, pattern, fits] of byMessage) if (!limited && fits(status) && pattern.test(all)) return kind
  return kindOfStatus(status)
}

function kindOfStatus(status: number): ErrorKind {
  switch (status) {
    case 401:
      return 'authentication'
    case 402:
      return 'quota_exceeded'
    case 403:
      return 'permission_denied'
    case 404:
      return 'not_found'
    case 408:
    case 504:
    case 524:
      return 'timeout'
    case 422:
      return 'unprocessable_entity'
    case 429:
      return 'rate_limit'
    case 501:
      return 'bad_request'
    case 502:
    case 503:
      return 'service_unavailable'
    case 498: // Groq's flex tier has no room: https://console.groq.com/docs/errors
    case 529:
      return 'overloaded'
    default:
      return status >= 400 && status < 500 ? 'bad_request' : 'internal_server'
  }
}

/** Reads `{ error: { message, type, code, param } }`, `{ error: text }`, `{ message }`, `{ detail }` and their mixtures. */
function read(body: unknown, text: string): Said {
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
