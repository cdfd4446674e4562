import type { ErrorFacts, ErrorKind, Failure } from '../contract.js'
import { isFields } from '../fields.js'
import { kindOfStatus, plainMessage } from '../shared/status.js'

const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  [/input is too long|exceeds? .{0,40}context|maximum context|too many (?:input )?tokens/i, 'context_window_exceeded'],
  [/flagged as sensitive|nsfw|\bE005\b/i, 'content_policy_violation'],
  [/request was throttled/i, 'rate_limit'],
]

/** `{ title, detail, status }` of the API, and failed predictions. https://replicate.com/docs/reference/http#errors */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const fields = isFields(body) ? body : {}
  const { detail, title, error } = fields
  const prediction = typeof fields.status === 'string' ? fields.status : undefined
  const message =
    [error, detail, title].find((one): one is string => typeof one === 'string' && one !== '') ??
    (prediction ? `the prediction was ${prediction}` : plainMessage({ status, text }))
  const matched = byText.find(([pattern]) => pattern.test(message))?.[1]
  // a prediction that was cancelled must not be retried
  const stopped = prediction === 'canceled' || prediction === 'aborted' ? 'bad_request' : undefined
  const kind = matched ?? stopped ?? kindOfStatus(status)
  return {
    kind,
    message,
    hint:
      kind === 'not_found' ? "Community models are run by version: use 'replicate/owner/name:<version>'." : undefined,
  }
}
