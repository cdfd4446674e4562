import type { ErrorFacts, ErrorKind, Failure } from '../../contract.js'
import { kindOfStatus, plainMessage, usualStatus } from '../../shared/status.js'
import { type Fields, isFields, textIn } from './wire.js'

/** google.rpc.Code, as `error.status`. https://ai.google.dev/gemini-api/docs/troubleshooting */
const byCode: ReadonlyMap<string, ErrorKind> = new Map<string, ErrorKind>([
  ['INVALID_ARGUMENT', 'bad_request'],
  ['FAILED_PRECONDITION', 'bad_request'],
  ['OUT_OF_RANGE', 'bad_request'],
  ['ALREADY_EXISTS', 'bad_request'],
  ['ABORTED', 'bad_request'],
  ['UNIMPLEMENTED', 'bad_request'],
  ['UNAUTHENTICATED', 'authentication'],
  ['PERMISSION_DENIED', 'permission_denied'],
  ['NOT_FOUND', 'not_found'],
  ['RESOURCE_EXHAUSTED', 'rate_limit'],
  ['UNAVAILABLE', 'service_unavailable'],
  ['DEADLINE_EXCEEDED', 'timeout'],
  ['CANCELLED', 'timeout'],
  ['INTERNAL', 'internal_server'],
  ['UNKNOWN', 'internal_server'],
  ['DATA_LOSS', 'internal_server'],
])

/** google.rpc.ErrorInfo. The API reports an invalid key as an invalid argument. https://docs.cloud.google.com/apis/design/errors */
const byReason: ReadonlyMap<string, ErrorKind> = new Map<string, ErrorKind>([
  ['API_KEY_INVALID', 'authentication'],
  ['API_KEY_EXPIRED', 'authentication'],
  ['CREDENTIALS_MISSING', 'authentication'],
  ['ACCESS_TOKEN_EXPIRED', 'authentication'],
  ['ACCESS_TOKEN_TYPE_UNSUPPORTED', 'authentication'],
  ['BILLING_DISABLED', 'quota_exceeded'],
])

/** Failures that share a code, by their text. */
const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  [/token count .*exceeds the maximum number of tokens|input context is too long/i, 'context_window_exceeded'],
  [/cannot fetch content from the provided url|unable to (?:fetch|download) .*url/i, 'image_fetch'],
  [/api key (?:not valid|expired|not found)|unregistered callers|key was reported as leaked/i, 'authentication'],
  [/user location is not supported/i, 'permission_denied'],
  [/prepay(?:ment)? credits? .*depleted|spend(?:ing)? (?:limit|cap)/i, 'quota_exceeded'],
  [/(?:model|system|service|server) is (?:currently )?overloaded|^overloaded|high demand/i, 'overloaded'],
]

/** Quotas that don't recover within minutes: of a day, or of 0. */
const lastingQuota = /per[_ ]?day|\bdaily\b|\blimit: 0\b/i

const byStatus: ReadonlyMap<number, ErrorKind> = new Map<number, ErrorKind>([...usualStatus, [499, 'timeout']])

/** Classifies a failure of the Gemini API: google.rpc.Status, alone or in a list. Never throws. */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const outer: unknown = Array.isArray(body) ? body.find(isFields) : body
  if (isFields(outer) && Array.isArray(outer.candidates)) return failedAnswer(outer)
  const error = isFields(outer) ? (isFields(outer.error) ? outer.error : outer) : {}
  const message =
    textIn(error, 'message') ??
    (isFields(outer) ? (textIn(outer, 'error') ?? textIn(outer, 'error_description')) : undefined) ??
    plainMessage({ status, text })
  const details = Array.isArray(error.details) ? error.details.filter(isFields) : []
  const code = textIn(error, 'status') ?? textIn(error, 'code')
  const reason = textIn(detail(details, 'ErrorInfo'), 'reason')
  const named = typeof error.code === 'number' && error.code >= 400 ? error.code : undefined
  return {
    kind: kindOf(named ?? status, code, reason, message, details),
    message,
    providerCode: reason ?? code,
    param: fieldIn(details),
    ...(named !== undefined && named !== status && { status: named }),
    retryAfterMs: retryDelay(details, message),
    hint: hintOf(details, message),
  }
}

function kindOf(
  status: number,
  code: string | undefined,
  reason: string | undefined,
  message: string,
  details: readonly Fields[],
): ErrorKind {
  const byInfo = reason === undefined ? undefined : byReason.get(reason)
  if (byInfo) return byInfo
  if (perDay(details)) return 'quota_exceeded'
  // of a server in front of the API: the code in its body is a general one
  if (status === 529) return 'overloaded'
  const coded = code === undefined ? undefined : byCode.get(code)
  const byNumber = kindOfStatus(status, byStatus)
  const kind = coded === undefined || (coded === 'internal_server' && status > 500) ? byNumber : coded
  const vague = kind !== 'not_found' && kind !== 'timeout'
  const refined = (vague ? byText.find(([pattern]) => pattern.test(message))?.[1] : undefined) ?? kind
  return refined === 'rate_limit' && lastingQuota.test(message) ? 'quota_exceeded' : refined
}

function hintOf(details: readonly Fields[], message: string): string | undefined {
  if (perDay(details)) return 'The daily quota is used up. It resets at midnight Pacific time; a paid plan raises it.'
  if (/request payload size exceeds/i.test(message)) return 'Upload large files with the Files API and send their URI.'
  return undefined
}

/** A daily quota lasts until tomorrow; a quota per minute recovers soon. https://ai.google.dev/gemini-api/docs/rate-limits */
function perDay(details: readonly Fields[]): boolean {
  const violations: unknown = detail(details, 'QuotaFailure')?.violations
  return (Array.isArray(violations) ? violations : []).some(
    (violation: unknown) => isFields(violation) && /per_?day/i.test(textIn(violation, 'quotaId') ?? ''),
  )
}

const detail = (details: readonly Fields[], type: string): Fields | undefined =>
  details.find((one) => String(one['@type']).endsWith(`google.rpc.${type}`))

/** `38s` or `38.196s`, in the details or in the text. */
function retryDelay(details: readonly Fields[], message: string): number | undefined {
  const delay = textIn(detail(details, 'RetryInfo'), 'retryDelay') ?? /retry in ([\d.]+s)/i.exec(message)?.[1]
  const seconds = delay === undefined ? Number.NaN : Number.parseFloat(delay)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1000) : undefined
}

function fieldIn(details: readonly Fields[]): string | undefined {
  const violations: unknown = detail(details, 'BadRequest')?.fieldViolations
  const first: unknown = Array.isArray(violations) ? violations[0] : undefined
  return isFields(first) ? textIn(first, 'field') : undefined
}

/** An answer without content. */
function failedAnswer({ candidates }: Fields): ErrorFacts {
  const first: unknown = Array.isArray(candidates) ? candidates[0] : undefined
  const candidate = isFields(first) ? first : {}
  const reason = textIn(candidate, 'finishReason') ?? 'no finish reason'
  const explanation = textIn(candidate, 'finishMessage')
  return {
    kind: reason === 'MISSING_THOUGHT_SIGNATURE' ? 'bad_request' : 'internal_server',
    message: `The model gave no answer: ${reason}${explanation === undefined ? '' : `, ${explanation}`}`,
    providerCode: reason,
    hint:
      reason === 'MISSING_THOUGHT_SIGNATURE'
        ? 'Send assistant messages back unchanged, with their provider_specific_fields.'
        : undefined,
  }
}
