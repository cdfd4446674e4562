import type { ErrorFacts, ErrorKind, Failure } from '../../contract.js'
import { kindOfStatus, plainMessage, usualStatus } from '../../shared/status.js'
import { isFields } from './wire.js'

/** An exception: its kind, and its HTTP status outside of streams. */
interface Exception {
  readonly kind: ErrorKind
  readonly status: number
}

const known = (kind: ErrorKind, status: number): Exception => Object.freeze({ kind, status })

/**
 * By name, in lower case and without `Exception`.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html (errors)
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
 */
const byName: ReadonlyMap<string, Exception> = new Map([
  ['accessdenied', known('permission_denied', 403)],
  ['notauthorized', known('permission_denied', 403)],
  ['optinrequired', known('permission_denied', 403)],
  ['expiredtoken', known('authentication', 403)],
  ['unrecognizedclient', known('authentication', 403)],
  ['invalidsignature', known('authentication', 403)],
  ['signaturedoesnotmatch', known('authentication', 403)],
  ['incompletesignature', known('authentication', 403)],
  ['missingauthenticationtoken', known('authentication', 403)],
  ['invalidclienttokenid', known('authentication', 403)],
  ['requestexpired', known('authentication', 403)],
  ['resourcenotfound', known('not_found', 404)],
  ['unknownoperation', known('not_found', 404)],
  ['validation', known('bad_request', 400)],
  ['serialization', known('bad_request', 400)],
  ['conflict', known('bad_request', 409)],
  ['throttling', known('rate_limit', 429)],
  ['toomanyrequests', known('rate_limit', 429)],
  ['servicequotaexceeded', known('quota_exceeded', 400)],
  ['modeltimeout', known('timeout', 408)],
  ['modelnotready', known('service_unavailable', 429)],
  ['modelerror', known('internal_server', 424)],
  ['modelstreamerror', known('internal_server', 424)],
  ['internalserver', known('internal_server', 500)],
  ['internalfailure', known('internal_server', 500)],
  ['internalerror', known('internal_server', 500)],
  ['serviceunavailable', known('service_unavailable', 503)],
])

interface TextRule {
  readonly pattern: RegExp
  readonly kind: ErrorKind
  readonly hint?: string
}

const signing =
  'Check accessKeyId, secretAccessKey and sessionToken (or the AWS_… variables and the profile behind them), and the clock of this machine.'

/** By text: a `ValidationException` covers many failures, and the name of the exception may be missing. */
const byText: readonly TextRule[] = [
  {
    pattern:
      /input is too long|too many input tokens|prompt is too long|context (?:length|window)|maximum (?:input )?tokens|exceeds? the (?:model'?s? )?(?:maximum|limit).*tokens|input tokens? exceed/i,
    kind: 'context_window_exceeded',
  },
  {
    pattern: /on-demand throughput isn.t supported/i,
    kind: 'bad_request',
    hint: "Use an inference profile: the model with the region's prefix (us., eu., apac., global.), or a profile's ARN.",
  },
  {
    pattern: /model identifier is invalid|(?:model|inference profile) .*(?:not found|doesn.t exist|does not exist)/i,
    kind: 'not_found',
    hint: 'Check the model id and the region. `aws bedrock list-foundation-models` and `list-inference-profiles` list the ids.',
  },
  {
    pattern: /end of its life|legacy model|no longer (?:available|supported)/i,
    kind: 'not_found',
    hint: 'Choose a newer model.',
  },
  {
    pattern:
      /security token .*(?:invalid|expired)|signature (?:expired|not yet current|we calculated)|missing authentication/i,
    kind: 'authentication',
    hint: signing,
  },
  {
    pattern: /api key|bearer token|authorization header/i,
    kind: 'authentication',
    hint: 'Check apiKey, or AWS_BEARER_TOKEN_BEDROCK.',
  },
  {
    pattern: /access to the model|not authorized to perform|explicit deny|marketplace/i,
    kind: 'permission_denied',
    hint: "Request access to the model in Bedrock's console, in this region, and allow bedrock:InvokeModel (and InvokeModelWithResponseStream) in IAM.",
  },
  { pattern: /content filter(?:ing)? policy|blocked by (?:our )?content/i, kind: 'content_policy_violation' },
  { pattern: /not ready for inference|model is not ready/i, kind: 'service_unavailable' },
  { pattern: /too many (?:requests|tokens)|throttl|rate exceeded/i, kind: 'rate_limit' },
]

const byStatus: ReadonlyMap<number, ErrorKind> = new Map<number, ErrorKind>([
  ...usualStatus,
  [400, 'bad_request'],
  [413, 'bad_request'],
  [424, 'internal_server'],
])

/** Kinds that the text may refine. */
const vague: ReadonlySet<ErrorKind> = new Set([
  'bad_request',
  'permission_denied',
  'not_found',
  'authentication',
  'rate_limit',
])

/** Classifies a failure of Bedrock. The exception is in a header, in the body or in the headers of an event. Never throws. */
export function errorFacts(failure: Failure & { readonly headers?: Readonly<Record<string, unknown>> }): ErrorFacts {
  const { status, body, text, headers } = failure
  const outer = isFields(body) ? body : {}
  // the OpenAI-shaped paths of Bedrock, and proxies
  const error = isFields(outer.error) ? outer.error : outer
  if (isFields(outer.output) || typeof outer.stopReason === 'string') return failedAnswer(outer)
  const name = nameOf(headers?.['x-amzn-errortype']) ?? nameOf(outer.__type) ?? nameOf(error.code) ?? nameOf(error.type)
  const message =
    textOf(error.message) ??
    textOf(error.Message) ??
    textOf(outer.originalMessage) ??
    textOf(outer.error) ??
    plainMessage({ status, text })
  const exception = name === undefined ? undefined : byName.get(name.replace(/exception$/i, '').toLowerCase())
  const general = exception?.kind ?? kindOfStatus(status, byStatus)
  const rule = vague.has(general) ? byText.find(({ pattern }) => pattern.test(message)) : undefined
  const refined = rule && agrees(rule.kind, exception?.kind) ? rule.kind : general
  // a quota of a day lasts, whereas one of a minute passes
  const kind = refined === 'rate_limit' && /\bper day\b|\bdaily\b/i.test(message) ? 'quota_exceeded' : refined
  return {
    kind,
    message,
    providerCode: name,
    status: status < 400 ? exception?.status : undefined,
    hint: rule?.kind === kind ? rule.hint : kind === 'authentication' ? signing : undefined,
  }
}

/** An answer without content. */
function failedAnswer({ stopReason }: Record<string, unknown>): ErrorFacts {
  const reason = textOf(stopReason) ?? 'no stop reason'
  return { kind: 'internal_server', message: `The model gave no answer: ${reason}.`, providerCode: reason }
}

/** A specific exception outranks the text; `ValidationException` is not specific. */
const agrees = (byText: ErrorKind, named: ErrorKind | undefined) =>
  named === undefined || named === 'bad_request' || named === byText

/** `ValidationException:http://internal.amazon.com/…`, `com.amazon.coral#ValidationException` and, in streams, `validationException`. */
function nameOf(value: unknown): string | undefined {
  const text = textOf(value)?.split(':')[0]?.split('#').at(-1)?.trim()
  return text?.endsWith('Exception') ? text.charAt(0).toUpperCase() + text.slice(1) : text || undefined
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
