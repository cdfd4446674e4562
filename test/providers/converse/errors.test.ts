import { describe, expect, it } from 'vitest'
import { errorFacts } from '../../../providers/dialects/converse/errors.js'
import { converse } from '../../../providers/dialects/converse/index.js'

const facts = (status: number, message: string, type?: string) =>
  errorFacts({
    status,
    body: { message },
    text: JSON.stringify({ message }),
    ...(type && { headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/` } }),
  })

describe('errors', () => {
  // seen in recordings: the kind is the same with and without the header
  it.each([
    [
      403,
      'AccessDeniedException',
      "You don't have access to the model with the specified model ID.",
      'permission_denied',
    ],
    [503, 'ServiceUnavailableException', 'Model is getting throttled. Try your request again.', 'service_unavailable'],
    [403, 'InvalidSignatureException', 'Signature expired: 20250521T030814Z is now earlier than …', 'authentication'],
    [403, 'UnrecognizedClientException', 'The security token included in the request is invalid.', 'authentication'],
    [404, 'ResourceNotFoundException', 'This model version has reached the end of its life.', 'not_found'],
    [400, 'ValidationException', 'The provided model identifier is invalid.', 'not_found'],
    [400, 'ValidationException', 'Malformed input request: #/messages/0', 'bad_request'],
  ])('classify status %i, %s: %s', (status, type, message, kind) => {
    expect(facts(status, message, type)).toMatchObject({ kind, message, providerCode: type })
    expect(facts(status, message)).toMatchObject({ kind, message })
  })

  // https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
  it.each([
    [429, 'ThrottlingException', 'Too many tokens, please wait before trying again.', 'rate_limit'],
    [429, 'ModelNotReadyException', 'Model is not ready for inference.', 'service_unavailable'],
    [
      400,
      'ServiceQuotaExceededException',
      'Your request exceeds the service quota for your account.',
      'quota_exceeded',
    ],
    [408, 'ModelTimeoutException', 'The request took too long to process.', 'timeout'],
    [424, 'ModelErrorException', 'The request failed.', 'internal_server'],
    [500, 'InternalServerException', 'An internal server error occurred.', 'internal_server'],
    [403, 'ExpiredTokenException', 'The security token included in the request is expired', 'authentication'],
    [400, 'ValidationException', 'Input is too long for requested model.', 'context_window_exceeded'],
    [
      403,
      'AccessDeniedException',
      'User: arn:… is not authorized to perform: bedrock:InvokeModel',
      'permission_denied',
    ],
  ])('classify status %i, %s: %s', (status, type, message, kind) => {
    expect(facts(status, message, type).kind).toBe(kind)
  })

  it('classify a daily quota as such', () => {
    const facts = (message: string) =>
      errorFacts({ status: 429, body: { message }, text: '', headers: { 'x-amzn-errortype': 'ThrottlingException' } })
        .kind
    expect(facts('Too many tokens per day, please wait before trying again.')).toBe('quota_exceeded')
    expect(facts('Too many tokens, please wait before trying again.')).toBe('rate_limit')
    expect(facts('Too many requests per minute.')).toBe('rate_limit')
  })

  it('contain hints', () => {
    const text =
      'Invocation of model ID x with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile.'
    expect(facts(400, text)).toMatchObject({ kind: 'bad_request', hint: expect.stringContaining('us., eu.') })
    expect(facts(403, "You don't have access to the model").hint).toContain('bedrock:InvokeModel')
    expect(facts(403, 'Signature expired').hint).toContain('clock')
    expect(facts(400, 'The provided model identifier is invalid.').hint).toContain('region')
  })

  it('read OpenAI-shaped bodies of gateways', () => {
    const body = { error: { message: 'no image', type: 'invalid_request_error', code: 'validation_error' } }
    expect(converse.error({ status: 400, body, text: '' })).toMatchObject({ kind: 'bad_request', message: 'no image' })
    const named = { __type: 'com.amazon.coral.service#ThrottlingException', Message: 'slow down' }
    expect(converse.error({ status: 400, body: named, text: '' })).toMatchObject({
      kind: 'rate_limit',
      message: 'slow down',
    })
  })

  it.each([undefined, null, '', 3, [], {}, { message: 3 }, { error: null }, { __type: '' }])(
    'never fail on %o',
    (body) => {
      for (const status of [200, 302, 400, 418, 500]) {
        expect(converse.error({ status, body, text: '<html>' }).message).toBe('<html>')
      }
      expect(converse.error({ status: 500, body, text: '' }).message).toContain('500')
    },
  )
})
