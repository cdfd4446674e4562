import type { ErrorFacts, ErrorKind, Failure } from '../../contract.js'
import { kindOfStatus, plainMessage, usualStatus } from '../../shared/status.js'
import { isFields } from './wire.js'

/** https://platform.claude.com/docs/en/api/errors */
const byType: ReadonlyMap<string, ErrorKind> = new Map<string, ErrorKind>([
  ['authentication_error', 'authentication'],
  ['billing_error', 'quota_exceeded'],
  ['permission_error', 'permission_denied'],
  ['not_found_error', 'not_found'],
  ['conflict_error', 'bad_request'],
  ['rate_limit_error', 'rate_limit'],
  // llama.cpp, which serves this API as well
  ['exceed_context_size_error', 'context_window_exceeded'],
  ['timeout_error', 'timeout'],
  ['api_error', 'internal_server'],
  ['overloaded_error', 'overloaded'],
])

/** `error.details.error_code` of newer errors. */
const byCode: ReadonlyMap<string, ErrorKind> = new Map<string, ErrorKind>([
  ['enforced_spend_limit_reached', 'quota_exceeded'],
  ['contract_spend_limit_reached', 'quota_exceeded'],
  ['linked_organization_spend_limit_reached', 'quota_exceeded'],
  ['linked_organization_billing_unavailable', 'quota_exceeded'],
  ['organization_on_hold', 'permission_denied'],
])

const outOfCredit = /credit balance is too low|usage limits?\b.*\bregain|spend(?:ing)? (?:limit|cap)/i

/** `invalid_request_error` covers many failures; only the text distinguishes them. */
const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  [/prompt is too long|exceeds? (?:the )?context (?:limit|window)|input is too long/i, 'context_window_exceeded'],
  [outOfCredit, 'quota_exceeded'],
  [/blocked by content filtering policy|violates? our usage policy/i, 'content_policy_violation'],
  [/unable to download the file|url sources? .*(?:could not|cannot|can't) be (?:fetched|downloaded)/i, 'image_fetch'],
]

const byStatus: ReadonlyMap<number, ErrorKind> = new Map<number, ErrorKind>([
  ...usualStatus,
  [400, 'bad_request'],
  [409, 'bad_request'],
  [413, 'bad_request'],
  [529, 'overloaded'],
])

/** Reads a failure of the Messages API. Never throws. */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const outer = isFields(body) ? body : undefined
  // proxies and Bedrock give `{ message }` or `{ error: '…' }`
  const error = isFields(outer?.error) ? outer.error : outer
  const type = textOf(error?.type)
  const message = textOf(error?.message) ?? textOf(outer?.error) ?? plainMessage({ status, text })
  const code = isFields(error?.details) ? textOf(error.details.error_code) : undefined
  const kind = kindOf(status, type, code, message)
  return {
    kind,
    message,
    providerCode: code ?? (type === 'error' ? undefined : type),
    param: paramOf(message),
    hint: hintOf(kind, status, message),
  }
}

function kindOf(status: number, type: string | undefined, code: string | undefined, message: string): ErrorKind {
  const coded = code === undefined ? undefined : byCode.get(code)
  if (coded) return coded
  if (type === 'invalid_request_error' || type === 'request_too_large') {
    // request_too_large is a byte limit unless the message mentions tokens
    if (type === 'request_too_large') return /token/i.test(message) ? 'context_window_exceeded' : 'bad_request'
    const found = byText.find(([pattern]) => pattern.test(message))
    if (found) return found[1]
    const specific = byStatus.get(status)
    return specific && status !== 200 ? specific : 'bad_request'
  }
  // an exhausted spending limit arrives as a rate limit, but retrying never helps
  if (type === 'rate_limit_error' && outOfCredit.test(message)) return 'quota_exceeded'
  const typed = type === undefined ? undefined : byType.get(type)
  if (typed) return typed
  const known = byStatus.get(status)
  if (known === 'bad_request') return byText.find(([pattern]) => pattern.test(message))?.[1] ?? known
  return kindOfStatus(status, byStatus)
}

const path =
  /^((?:messages|model|max_tokens|tools|tool_choice|system|thinking|temperature|top_p|top_k|stop_sequences|metadata|output_config|output_format|service_tier|container|mcp_servers|context_management|cache_control|stream)(?:\.[A-Za-z0-9_]+)*):/

/** Validation messages begin with a path: `messages.0.content.1.image.source: …`. */
const paramOf = (message: string): string | undefined => path.exec(message)?.[1]

function hintOf(kind: ErrorKind, status: number, message: string): string | undefined {
  if (status === 413)
    return 'The request has too many bytes (the limit is 32 MB): send large files through the Files API.'
  if (
    kind === 'bad_request' &&
    /`?thinking`? .*blocks? .*cannot be modified|Invalid `signature` in `thinking`/i.test(message)
  ) {
    return 'Send assistant messages back as they came, with their thinking_blocks, and leave earlier messages unchanged.'
  }
  return undefined
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
