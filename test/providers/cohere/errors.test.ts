import { describe, expect, it } from 'vitest'
import { cohere } from '../../../providers/dialects/cohere/index.js'

// Bodies of our own in the shape of recorded ones, `{ id, message, error_type }`, and messages of https://docs.cohere.com/reference/errors
const facts = (status: number, message: string, more: object = {}) => {
  const body = { id: 'e-1', message, ...more }
  return cohere.error({ status, body, text: JSON.stringify(body) })
}

describe('an error', () => {
  it.each([
    [400, 'invalid request: list of documents must not be empty', 'bad_request'],
    [400, 'too many tokens: size limit exceeded by 11326 tokens.', 'context_window_exceeded'],
    [400, 'too many tokens: max tokens must be less than or equal to 4096, the maximum output', 'bad_request'],
    [401, 'invalid api token', 'authentication'],
    [401, 'Incorrect API key provided: ***.', 'authentication'],
    [402, 'Please add or update your payment method', 'quota_exceeded'],
    [403, 'Not yours.', 'permission_denied'],
    [404, "model 'x' not found, make sure the correct model ID was used", 'not_found'],
    [422, 'Unprocessable.', 'unprocessable_entity'],
    [429, 'You are using a Trial key, which is limited to 40 API calls / minute.', 'rate_limit'],
    [429, 'You are using a Trial key, which is limited to 1000 API calls / month.', 'quota_exceeded'],
    [429, 'trial token rate limit exceeded, limit is 100000 tokens per minute', 'rate_limit'],
    [498, 'blocked output: please try again', 'content_policy_violation'],
    [499, 'request cancelled', 'timeout'],
    [500, 'internal server error, this has been reported', 'internal_server'],
    [501, 'not implemented', 'bad_request'],
    [503, 'unavailable', 'service_unavailable'],
    [504, 'gateway timeout', 'timeout'],
    [418, 'teapot', 'bad_request'],
    [200, 'something', 'internal_server'],
  ])('%i "%s" is %s', (status, message, kind) => {
    expect(facts(status, message)).toMatchObject({ kind, message })
  })

  it('is classified by its type if there is one', () => {
    expect(facts(400, 'Too long.', { error_type: 'TOO_MANY_TOKENS' })).toMatchObject({
      kind: 'context_window_exceeded',
      providerCode: 'TOO_MANY_TOKENS',
    })
  })

  it.each([
    [502, undefined, '<html>Bad Gateway</html>', 'service_unavailable', '<html>Bad Gateway</html>'],
    [500, undefined, '', 'internal_server', 'HTTP status 500, without a body'],
    [400, { error: { message: 'No.' } }, '{}', 'bad_request', 'No.'],
    [400, { error: 'No.' }, '{}', 'bad_request', 'No.'],
    [400, [1], '[1]', 'bad_request', '[1]'],
    [400, null, 'null', 'bad_request', 'null'],
    [400, { message: { deep: 1 } }, '{"message":{"deep":1}}', 'bad_request', '{"message":{"deep":1}}'],
  ])('of any shape is one: %i %j', (status, body, text, kind, message) => {
    expect(cohere.error({ status, body, text })).toMatchObject({ kind, message })
  })
})
