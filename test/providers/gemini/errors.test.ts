import { describe, expect, it } from 'vitest'
import { gemini } from '../../../providers/dialects/gemini/index.js'
import type { Body } from './helpers.js'

const facts = (status: number, error: Body, list = false) => {
  const body = list ? [{ error }] : { error }
  return gemini.error({ status, body, text: JSON.stringify(body) })
}
const type = (name: string, fields: Body) => ({ '@type': `type.googleapis.com/google.rpc.${name}`, ...fields })

describe('errors', () => {
  // seen in recordings, but for those marked
  it.each([
    [400, 'INVALID_ARGUMENT', 'JSON mode is not enabled for models/gemini-2.5-flash-image', 'bad_request'],
    [
      400,
      'INVALID_ARGUMENT',
      'The input token count (1250060) exceeds the maximum number of tokens allowed (1048575).',
      'context_window_exceeded',
    ],
    [
      400,
      'INVALID_ARGUMENT',
      'Cannot fetch content from the provided URL. Please ensure the URL is valid',
      'image_fetch',
    ],
    [401, 'UNAUTHENTICATED', 'API keys are not supported by this API.', 'authentication'],
    [
      403,
      'PERMISSION_DENIED',
      "Method doesn't allow unregistered callers (callers without identity).",
      'authentication',
    ],
    [
      403,
      'PERMISSION_DENIED',
      'Vertex AI has not been used in project x before or it is disabled.',
      'permission_denied',
    ],
    [404, 'NOT_FOUND', 'models/x is not found for API version v1beta', 'not_found'],
    [429, 'RESOURCE_EXHAUSTED', 'Resource exhausted. Please try again later.', 'rate_limit'],
    // https://ai.google.dev/gemini-api/docs/troubleshooting
    [400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', 'permission_denied'],
    [403, 'PERMISSION_DENIED', 'Your API key was reported as leaked. Please use another API key.', 'authentication'],
    [429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.', 'quota_exceeded'],
    [499, 'CANCELLED', 'The operation was cancelled.', 'timeout'],
    [500, 'INTERNAL', 'An internal error has occurred.', 'internal_server'],
    [501, 'UNIMPLEMENTED', 'No.', 'bad_request'],
    [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.', 'overloaded'],
    [503, 'UNAVAILABLE', 'The service is currently unavailable.', 'service_unavailable'],
    // of servers in front of the API
    [503, 'INTERNAL', 'Try again later.', 'service_unavailable'],
    [529, 'INTERNAL', 'Try again later.', 'overloaded'],
    [503, 'UNAVAILABLE', 'Overloaded', 'overloaded'],
    [500, 'INTERNAL', 'Overloaded', 'overloaded'],
    [504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.', 'timeout'],
    [200, 'UNAVAILABLE', 'The model is overloaded.', 'overloaded'],
  ])('classifies %i %s "%s" as %s', (status, code, message, kind) => {
    expect(facts(status, { code: status, status: code, message })).toMatchObject({ kind, message, providerCode: code })
    expect(facts(status, { code: status, status: code, message }, true)).toMatchObject({ kind, message })
  })

  it('prefers the reason of ErrorInfo', () => {
    const details = [type('ErrorInfo', { reason: 'API_KEY_INVALID', domain: 'googleapis.com' })]
    expect(facts(400, { code: 400, status: 'INVALID_ARGUMENT', message: 'API key not valid.', details })).toMatchObject(
      {
        kind: 'authentication',
        providerCode: 'API_KEY_INVALID',
      },
    )
  })

  // https://ai.google.dev/gemini-api/docs/rate-limits; shapes of public reports
  it.each([
    ['GenerateRequestsPerMinutePerProjectPerModel-FreeTier', 'rate_limit'],
    ['GenerateContentInputTokensPerModelPerMinute-FreeTier', 'rate_limit'],
    ['GenerateRequestsPerDayPerProjectPerModel-FreeTier', 'quota_exceeded'],
  ])('classifies the quota %s as %s', (quotaId, kind) => {
    const details = [
      type('QuotaFailure', { violations: [{ quotaMetric: 'm', quotaId, quotaValue: '10' }] }),
      type('Help', { links: [] }),
      type('RetryInfo', { retryDelay: '38.196s' }),
    ]
    const message = 'You exceeded your current quota, please check your plan and billing details.'
    expect(facts(429, { code: 429, status: 'RESOURCE_EXHAUSTED', message, details })).toMatchObject({
      kind,
      retryAfterMs: 38_196,
      hint: kind === 'quota_exceeded' ? expect.stringContaining('midnight') : undefined,
    })
  })

  it.each([
    ['Quota exceeded for requests_per_day_per_project.', 'quota_exceeded'],
    ['Quota exceeded for metric: free_tier_requests, limit: 0', 'quota_exceeded'],
    ['Quota exceeded for requests_per_minute_per_project, limit: 10', 'rate_limit'],
    ['Resource has been exhausted.', 'rate_limit'],
  ])('classifies a quota by its text: %s', (message, kind) => {
    expect(
      gemini.error({ status: 429, body: { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message } }, text: '' })
        .kind,
    ).toBe(kind)
  })

  it('reads the retry delay from details and text', () => {
    const message = 'Quota exceeded. Please retry in 12.5s.'
    expect(facts(429, { status: 'RESOURCE_EXHAUSTED', message }).retryAfterMs).toBe(12_500)
    expect(facts(429, { status: 'RESOURCE_EXHAUSTED', message: 'No.' }).retryAfterMs).toBeUndefined()
  })

  it('reads the field of a violation', () => {
    const details = [type('BadRequest', { fieldViolations: [{ field: 'contents[0].parts', description: 'no' }] })]
    expect(facts(400, { status: 'INVALID_ARGUMENT', message: 'no', details }).param).toBe('contents[0].parts')
  })

  it('takes the status of an error inside a 200', () => {
    expect(facts(200, { code: 503, status: 'UNAVAILABLE', message: 'x' }).status).toBe(503)
    expect(facts(503, { code: 503, status: 'UNAVAILABLE', message: 'x' })).not.toHaveProperty('status')
  })

  it('reads OAuth errors of the same host', () => {
    expect(facts(400, { message: 'no such field', code: 'invalid_request' })).toMatchObject({
      kind: 'bad_request',
      providerCode: 'invalid_request',
    })
  })

  it('classifies an answer without content as a failure of the model', () => {
    const failed = (finishReason: string, more: Body = {}) => {
      const body = { candidates: [{ finishReason, ...more }] }
      return gemini.error({ status: 200, body, text: JSON.stringify(body) })
    }
    expect(failed('MALFORMED_FUNCTION_CALL', { finishMessage: 'print(' })).toMatchObject({
      kind: 'internal_server',
      message: 'The model gave no answer: MALFORMED_FUNCTION_CALL, print(',
      providerCode: 'MALFORMED_FUNCTION_CALL',
    })
    expect(failed('MISSING_THOUGHT_SIGNATURE')).toMatchObject({ kind: 'bad_request', hint: expect.any(String) })
  })

  it('falls back to the HTTP status', () => {
    const kinds = [400, 401, 402, 403, 404, 408, 418, 422, 429, 500, 502, 503, 504].map(
      (status) => gemini.error({ status, body: undefined, text: '' }).kind,
    )
    expect(kinds).toEqual([
      'bad_request',
      'authentication',
      'quota_exceeded',
      'permission_denied',
      'not_found',
      'timeout',
      'bad_request',
      'unprocessable_entity',
      'rate_limit',
      'internal_server',
      'service_unavailable',
      'service_unavailable',
      'timeout',
    ])
  })

  it.each([
    [null],
    [[]],
    [[5]],
    ['x'],
    [5],
    [{}],
    [{ error: null }],
    [{ error: [] }],
    [{ error: { status: 5, message: {}, details: [null, 5, {}] } }],
    [{ error: 'x' }],
    [{ candidates: [] }],
    [{ candidates: [null] }],
    [undefined],
  ])('never throws on %j', (body) => {
    const { kind, message } = gemini.error({ status: 500, body, text: '<html>Bad gateway</html>' })
    expect(kind).toBe('internal_server')
    expect(message).not.toBe('')
  })
})
