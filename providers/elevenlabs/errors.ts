import type { ErrorFacts, ErrorKind, Failure } from '../contract.js'
import { fieldsIn, isFields, textIn } from '../fields.js'
import { kindOfStatus, plainMessage } from '../shared/status.js'

/** The status of an error does not decide: a used-up quota is a 401. https://elevenlabs.io/docs/developers/resources/error-messages */
const kinds: Readonly<Record<string, ErrorKind>> = {
  invalid_api_key: 'authentication',
  needs_authorization: 'authentication',
  missing_permissions: 'permission_denied',
  detected_unusual_activity: 'permission_denied',
  quota_exceeded: 'quota_exceeded',
  insufficient_credits: 'quota_exceeded',
  too_many_concurrent_requests: 'rate_limit',
  concurrent_limit_exceeded: 'rate_limit',
  rate_limit_exceeded: 'rate_limit',
  system_busy: 'overloaded',
  voice_not_found: 'not_found',
  model_not_found: 'not_found',
  max_character_limit_exceeded: 'context_window_exceeded',
  text_too_long: 'context_window_exceeded',
  content_against_policy: 'content_policy_violation',
}

/** `detail` is an object with a code, a list of invalid fields, or a text. */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const detail = isFields(body) ? body.detail : undefined
  const fields = isFields(detail) ? detail : {}
  const [invalid] = fieldsIn(detail)
  const code = textIn(fields, 'code') ?? textIn(fields, 'status')
  const param = invalid && Array.isArray(invalid.loc) ? invalid.loc.slice(1).join('.') : textIn(fields, 'param')
  const said = typeof detail === 'string' ? detail : (textIn(fields, 'message') ?? (invalid && textIn(invalid, 'msg')))
  const named = textIn(fields, 'status')
  const kind = kinds[code ?? ''] ?? kinds[named ?? ''] ?? kindOfStatus(status)
  return {
    kind,
    message: said ?? plainMessage({ status, text }),
    providerCode: code,
    ...(param && { param }),
    hint: named === 'voice_not_found' || code === 'voice_not_found' ? "'voice' must be the id of a voice." : undefined,
  }
}
