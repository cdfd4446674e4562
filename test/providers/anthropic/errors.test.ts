import { describe, expect, it } from 'vitest'
import { anthropic } from '../../../providers/dialects/anthropic/index.js'

// Bodies of our own in the shape of https://platform.claude.com/docs/en/api/errors, which recorded errors have too.
const facts = (status: number, type: string, message: string, details?: object) => {
  const body = { type: 'error', error: { type, message, ...(details && { details }) }, request_id: 'req_1' }
  return anthropic.error({ status, body, text: JSON.stringify(body) })
}

describe('an error', () => {
  it.each([
    [401, 'authentication_error', 'invalid x-api-key', 'authentication'],
    [402, 'billing_error', 'Pay first.', 'quota_exceeded'],
    [403, 'permission_error', 'Not yours.', 'permission_denied'],
    [404, 'not_found_error', 'model: claude-x', 'not_found'],
    [409, 'conflict_error', 'Try again.', 'bad_request'],
    [413, 'request_too_large', 'Request exceeds the maximum size', 'bad_request'],
    [413, 'request_too_large', 'Too many tokens in the request', 'context_window_exceeded'],
    [429, 'rate_limit_error', 'This request would exceed your rate limit of 50 requests per minute', 'rate_limit'],
    [429, 'rate_limit_error', 'You have reached the monthly spend limit of your tier', 'quota_exceeded'],
    [500, 'api_error', 'Internal server error', 'internal_server'],
    [504, 'timeout_error', 'Request timed out', 'timeout'],
    [529, 'overloaded_error', 'Overloaded', 'overloaded'],
    [200, 'overloaded_error', 'Overloaded', 'overloaded'],
    [200, 'invalid_request_error', 'no', 'bad_request'],
    [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum', 'context_window_exceeded'],
    [
      400,
      'invalid_request_error',
      'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
      'context_window_exceeded',
    ],
    [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.', 'quota_exceeded'],
    [
      400,
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2026-12-01',
      'quota_exceeded',
    ],
    [400, 'invalid_request_error', 'Output blocked by content filtering policy', 'content_policy_violation'],
    [400, 'invalid_request_error', 'Unable to download the file. Please verify the URL and try again.', 'image_fetch'],
    [400, 'invalid_request_error', 'max_tokens: Field required', 'bad_request'],
    [400, 'something_new', 'no', 'bad_request'],
  ])('%i %s "%s" is %s', (status, type, message, kind) => {
    expect(facts(status, type, message)).toMatchObject({ kind, message, providerCode: type })
  })

  it('names the field that it is about', () => {
    expect(facts(400, 'invalid_request_error', 'messages.0.content.1: Input should be valid').param).toBe(
      'messages.0.content.1',
    )
    expect(facts(404, 'not_found_error', 'model: claude-x').param).toBe('model')
    expect(facts(400, 'invalid_request_error', 'warning: messages').param).toBeUndefined()
  })

  it('is classified by its error code if there is one', () => {
    expect(facts(429, 'rate_limit_error', 'No.', { error_code: 'enforced_spend_limit_reached' })).toMatchObject({
      kind: 'quota_exceeded',
      providerCode: 'enforced_spend_limit_reached',
    })
  })

  it('without a body is read from its status', () => {
    const kinds = [400, 401, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504, 529].map(
      (status) => anthropic.error({ status, body: undefined, text: '' }).kind,
    )
    expect(kinds).toEqual([
      'bad_request',
      'authentication',
      'permission_denied',
      'not_found',
      'timeout',
      'bad_request',
      'bad_request',
      'unprocessable_entity',
      'rate_limit',
      'internal_server',
      'service_unavailable',
      'service_unavailable',
      'timeout',
      'overloaded',
    ])
  })

  it.each([
    [null],
    [[]],
    ['x'],
    [5],
    [{}],
    [{ error: null }],
    [{ error: [] }],
    [{ error: { type: 5, message: {} } }],
    [{ error: 'x' }],
    [undefined],
  ])('of any form is an error: %j', (body) => {
    const { kind, message } = anthropic.error({ status: 500, body, text: '<html>Bad gateway</html>' })
    expect(kind).toBe('internal_server')
    expect(message).not.toBe('')
  })
})
