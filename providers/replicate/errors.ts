import type { ErrorFacts, ErrorKind, Failure } from '../contract.js'
import { isFields } from '../fields.js'
import { kindOfStatus, plainMessage } from '../shared/status.js'

const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  [/input is too long|exceeds? .{0,40}context|maximum context|too many (?:input )?tokens/i, 'context_window_exceeded'],
  [/flagged as sensitive|nsfw|\bE005\b/i, 'content_policy_violation'],
  [/request was throttled/i, 'rate_limit'],
]

/** `{ title, detail, status }` of the API, and predictions that failed. https://replicate.com/docs/reference/http#errors */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const fields = isFields(body) ? body : {}
  const { detail, title, error } = fields
  const prediction = typeof fields.status === 'string' ? fields.status : undefined
  const message =
    [error, detail, title].find((one): one is string => typeof one === 'string' && one !== '') ??
    (prediction ? `the prediction was ${prediction}` : plainMessage({ status, text }))
  const told = byText.find(([pattern]) => pattern.test(message))?.[1]
  // nobody is helped by what was stopped being begun again
  const stopped = prediction === 'canceled' || prediction === 'aborted' ? 'bad_request' : undefined
  const kind = told ?? stopped ?? kindOfStatus(status)
  return {
    kind,
    message,
    hint:
      kind === 'not_found'
        ? "Models that are not official run by version: write 'replicate/owner/name:<version>'."
        : undefined,
  }
}
