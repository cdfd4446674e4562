import type { ErrorFacts, ErrorKind, Failure } from '../../contract.js'
import { kindOfStatus, plainMessage, usualStatus } from '../../shared/status.js'
import { isFields, textIn } from './wire.js'

/** `error_type` of newer errors. */
const byType: ReadonlyMap<string, ErrorKind> = new Map<string, ErrorKind>([
  ['TOO_MANY_TOKENS', 'context_window_exceeded'],
  ['INVALID_TOOL_GENERATION', 'bad_request'],
])

/** Errors are a sentence and a status; the sentence is more specific. https://docs.cohere.com/reference/errors */
const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  [/^too many tokens: (?:max tokens|max_tokens)/i, 'bad_request'],
  [/too many tokens|size limit exceeded|prompt is too long/i, 'context_window_exceeded'],
  [/api calls? \/ month|monthly (?:limit|call)|billing|payment|out of credits?|maximum spend/i, 'quota_exceeded'],
  [/invalid api (?:token|key)|incorrect api key|no api key supplied/i, 'authentication'],
  [/blocked (?:input|output)|deny-?listed|toxic/i, 'content_policy_violation'],
  [/(?:could not|failed to|unable to) (?:download|fetch|load)[^.]{0,40}(?:image|url)/i, 'image_fetch'],
]

const byStatus: ReadonlyMap<number, ErrorKind> = new Map<number, ErrorKind>([
  ...usualStatus,
  [498, 'content_policy_violation'],
  [499, 'timeout'],
  [501, 'bad_request'],
])

/** Reads an error of Cohere's API, `{ id, message, error_type }`, or of a proxy in front of it. Never throws. */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const outer = isFields(body) ? body : {}
  // gateways send `{ error: { message } }` or `{ error: text }`
  const error = isFields(outer.error) ? outer.error : outer
  const message =
    textIn(error, 'message') ?? textIn(outer, 'error') ?? textIn(outer, 'detail') ?? plainMessage({ status, text })
  const type = textIn(outer, 'error_type') ?? textIn(error, 'type')
  return { kind: kindOf(status, type, message), message, providerCode: type }
}

function kindOf(status: number, type: string | undefined, message: string): ErrorKind {
  const typed = type === undefined ? undefined : byType.get(type)
  if (typed) return typed
  const limited = status === 429 && /per minute|\/ ?min/i.test(message)
  const found = limited ? undefined : byText.find(([pattern]) => pattern.test(message))
  if (found && status < 500) return found[1]
  return kindOfStatus(status, byStatus)
}
