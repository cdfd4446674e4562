import type { ErrorKind } from '../../contract.js'
import type { Said } from './error-body.js'

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
      // of a response that failed: https://platform.openai.com/docs/api-reference/responses/object (error.code)
      'invalid_prompt',
      'bio_policy',
      'cyber_policy',
      'image_content_policy_violation',
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
  ['rate_limit', ['rate_limit_exceeded', 'rate_limit_error', 'rate_limit_reached_error', 'rate_limited']],
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

/** Patterns look at this much of a message, in characters. */
const longestRead = 8192

/** What happened: from codes and types first, then from what the message says, then from the status. */
export function kindOf(said: Said, status: number): ErrorKind {
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
