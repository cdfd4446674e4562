import type { ErrorFacts, ErrorKind, Failure } from '../../contract.js'
import { type Fields, isFields, parseJSON, textIn } from '../../fields.js'

/** https://platform.openai.com/docs/guides/error-codes */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const error = readError(body, text)
  const effective = error.status !== undefined && (status < 400 || status === 400) ? error.status : status
  const kind = kindOf(error, effective)
  return {
    kind,
    message: error.message,
    providerCode: error.code,
    param: error.param,
    status: status < 400 ? error.status : undefined,
    retryAfterMs: kind === 'rate_limit' ? waitIn(error.message) : undefined,
    hint: kind === 'bad_request' && noChat.test(error.message) ? noChatHint : undefined,
  }
}

/** OpenAI's answer (404) for a model that has the Responses API only, and is missing in the table of model rules. */
const noChat = /not a chat model|only supported in v1\/responses|not accessible via the \/chat\/completions/i
const noChatHint = "It has no Chat Completions: put responses/ before the model's name, as in openai/responses/<model>."

/** "Please try again in 1m3.5s" (OpenAI, Groq), "Please retry after 26 seconds" (Azure). */
const waits = /(?:try again in|retry after) (?:(\d{1,3})h)?(?:(\d{1,5})m(?!s))?(?:(\d{1,8}(?:\.\d{1,6})?) ?(ms|s))?/i

function waitIn(message: string): number | undefined {
  const [found, hours, minutes, rest, unit] = waits.exec(message) ?? []
  if (!found || (!hours && !minutes && !rest)) return undefined
  const seconds = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60
  return Math.ceil(seconds * 1000 + Number(rest ?? 0) * (unit?.toLowerCase() === 'ms' ? 1 : 1000))
}

/** The facts of an error body of any shape. */
interface ErrorBody {
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
function readError(body: unknown, text: string): ErrorBody {
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

/** FastAPI's `detail`: a text, or a list of problems with their place. */
function detailOf(detail: unknown): string | undefined {
  if (typeof detail === 'string') return detail
  if (!Array.isArray(detail)) return undefined
  return detail
    .filter(isFields)
    .map((item) => (Array.isArray(item.loc) ? `${item.loc.map(wordOf).join('.')}: ` : '') + (textIn(item, 'msg') ?? ''))
    .join('; ')
}

/** The title of a gateway's error page. */
const titleOf = (html: string) => /<title>([^<]{1,200})<\/title>/i.exec(html)?.[1]?.trim() ?? 'an HTML page'

/** OpenRouter passes on the error of the provider behind it as text. */
function upstreamText(error: Fields): string {
  const raw = isFields(error.metadata) ? error.metadata.raw : undefined
  return typeof raw === 'string' ? raw : isFields(raw) ? JSON.stringify(raw) : ''
}

/** That text, read: the words of its error, and its message. */
function readUpstream(upstream: string): { words: string[]; message: string | undefined } {
  const body = upstream.startsWith('{') ? parseJSON(upstream) : undefined
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

/** Codes and types that name the kind of error, whatever the status is. First match wins. */
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
      'arrearage',
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
      // of a response that failed: https://platform.openai.com/docs/api-reference/responses/object (error.code)
      'invalid_prompt',
      'bio_policy',
      'cyber_policy',
      'image_content_policy_violation',
      'misalignment_policy_violation',
      'safety_violation',
    ],
  ],
  ['image_fetch', ['invalid_image_url', 'image_url_unavailable', 'failed_to_download_image']],
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
  [
    'rate_limit',
    ['rate_limit_exceeded', 'rate_limit_error', 'rate_limit_reached_error', 'rate_limited', 'too_many_requests'],
  ],
  ['permission_denied', ['permission_denied', 'permission_error', 'unsupported_country_region_territory']],
  ['overloaded', ['overloaded_error', 'engine_overloaded_error', 'overloaded', 'service_tier_capacity_exceeded']],
  ['service_unavailable', ['vector_store_timeout']],
  [
    'bad_request',
    [
      'not_supported_error',
      'tool_use_failed',
      'data_residency_mismatch',
      'invalid_image',
      'invalid_image_format',
      'invalid_base64_image',
      'invalid_image_mode',
      'image_too_large',
      'image_too_small',
      'image_parse_error',
      'image_file_too_large',
      'image_file_not_found',
      'unsupported_image_media_type',
      'empty_image_file',
    ],
  ],
]

/** Words of messages, for errors without a code. Each comes from recorded or documented answers, and is limited to their statuses. */
const byMessage: readonly (readonly [ErrorKind, RegExp, (status: number) => boolean])[] = [
  [
    'authentication',
    /incorrect api key|invalid (?:api key|access token)|api key (?:is )?not valid|authentication fails|no auth credentials/i,
    (status) => status < 500,
  ],
  [
    'context_window_exceeded',
    /maximum context length|maximum prompt length|context (?:length|window|size)|prompt is too long|prompt exceeds max(?:imum)? length|too many (?:input )?tokens|longer than the model'?s|exceeds? the (?:available )?context|exceeded model token limit|range of input length|`inputs` (?:tokens|must have less than)/i,
    (status) => status === 400 || status === 413 || status === 422 || status === 500,
  ],
  [
    'content_policy_violation',
    /content management policy|content policy|safety system|usage (?:policy|policies|guidelines)|content violates|flagged (?:by|as|for)|requires moderation|(?:inappropriate|unsafe or sensitive) content/i,
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
    /insufficient (?:credits|balance|funds)|exceeded your current quota|credit balance|out of credits|used all available credits|spending limit|(?:doesn't|does not) have any credits/i,
    (status) => status === 402 || status === 403 || status === 412 || status === 429,
  ],
  [
    'bad_request',
    /input is not supported|requires --jinja|does not support (?:embeddings|reranking)/i,
    (status) => status >= 500,
  ],
  [
    'not_found',
    /model .{0,80}(?:does not exist|not found|is not supported\. supported models)|no such model|unknown model|invalid model name|allowed now, your model|is not a valid model id|is not supported by any provider/i,
    (status) => status === 400,
  ],
  // the model exists, but lacks the ability
  [
    'bad_request',
    /not supported (?:in|with) this model|not a chat model|only supported in v1/i,
    (status) => status === 404,
  ],
]

/** Longest part of a message that patterns search, in characters. */
const longestRead = 8192

/** The kind of an error: by its codes and types, then by its message, then by its status. */
function kindOf(error: ErrorBody, status: number): ErrorKind {
  // no wait makes a request fit that is larger than the whole limit
  if ((status === 429 || status === 413) && isLargerThanLimit(error.message)) return 'context_window_exceeded'
  if (status === 429 && isDailyAllowance(error.message)) return 'quota_exceeded'
  for (const [kind, words] of byWord) {
    if (words.some((word) => error.words.includes(word))) return kind
  }
  // names and ids that are too long have the same code
  if (error.words.includes('string_above_max_length') && /content|input|prompt/.test(error.param ?? 'content')) {
    return 'context_window_exceeded'
  }
  const all = `${error.message}\n${error.upstream}`.slice(0, longestRead)
  // the message of a limit per minute mentions tokens too
  const limited = status === 429 && /per min|rate.?limit|too many requests/i.test(all)
  for (const [kind, pattern, fits] of byMessage) if (!limited && fits(status) && pattern.test(all)) return kind
  return kindOfStatus(status)
}

/** "Request too large for gpt-4.1 … on tokens per min (TPM): Limit 30000, Requested 52000." */
function isLargerThanLimit(message: string): boolean {
  const [, limit, requested] =
    /\blimit:? (\d{1,12}),? .{0,80}?requested:? (\d{1,12})/i.exec(message.slice(0, longestRead)) ?? []
  return limit !== undefined && Number(requested) > Number(limit)
}

/** An allowance that ends with the day, unless the answer names a shorter wait. */
const isDailyAllowance = (message: string): boolean => {
  const text = message.slice(0, longestRead)
  return /per[- ]day|daily (?:limit|quota|allowance)/i.test(text) && !/try again in|retry (?:after|in)/i.test(text)
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
    case 498: // Groq's flex tier is out of capacity: https://console.groq.com/docs/errors
    case 529:
      return 'overloaded'
    default:
      return status >= 400 && status < 500 ? 'bad_request' : 'internal_server'
  }
}
