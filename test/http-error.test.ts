import { describe, expect, it } from 'vitest'
import * as errors from '../src/errors.js'
import { type HttpErrorDialect, toHttpError } from '../src/http-error.js'

const provider = { provider: 'openai', model: 'gpt-4o' }

describe('toHttpError', () => {
  it('answers in the form of OpenAI by default', () => {
    const error = new errors.ContextWindowExceededError('openai/gpt-4o: too long.', { ...provider, param: 'messages' })
    expect(toHttpError(error)).toEqual({
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: {
        error: {
          message: 'openai/gpt-4o: too long.',
          type: 'invalid_request_error',
          param: 'messages',
          code: 'context_length_exceeded',
        },
      },
    })
  })

  it('does not show the address of a model server', () => {
    const error = new errors.RateLimitError('The server at http://10.0.0.7:8000 answered 429: Slow down.', provider)
    expect(toHttpError(error).body.error.message).toBe('The model server answered 429: Slow down.')
  })

  it('answers in the form of Anthropic', () => {
    const error = new errors.RateLimitError('Slow down.', { ...provider, retryAfterMs: 1_500 })
    expect(toHttpError(error, 'anthropic')).toEqual({
      status: 429,
      headers: { 'content-type': 'application/json', 'retry-after': '2' },
      body: { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down.' } },
    })
  })

  it('answers in the form of Gemini, with the delay in the body', () => {
    const error = new errors.RateLimitError('Slow down.', { ...provider, retryAfterMs: 12_000 })
    const { headers, body } = toHttpError(error, 'gemini')
    expect(headers['retry-after']).toBe('12')
    expect(body.error).toEqual({
      code: 429,
      message: 'Slow down.',
      status: 'RESOURCE_EXHAUSTED',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '12s' }],
    })
  })

  it('uses 529 for clients of Anthropic only', () => {
    const error = new errors.OverloadedError('Busy.', { ...provider, status: 529 })
    const statuses = (['openai', 'anthropic', 'gemini'] as const).map((dialect) => toHttpError(error, dialect).status)
    expect(statuses).toEqual([503, 529, 503])
  })

  it('hides failures of the server behind a general message', () => {
    const secret = 'sk-proj-abcdef'
    for (const dialect of ['openai', 'anthropic', 'gemini'] as const) {
      for (const error of [
        new errors.AuthenticationError(`openai: wrong key ${secret}.`, { ...provider, status: 401 }),
        new errors.PermissionDeniedError(`openai: no access for ${secret}.`, { ...provider, status: 403 }),
        new errors.InternalServerError(`openai: ${secret}`, { ...provider, body: { key: secret } }),
        new Error(secret),
        secret,
        undefined,
      ]) {
        const answer = toHttpError(error, dialect)
        expect(answer.status).toBeGreaterThanOrEqual(500)
        expect(JSON.stringify(answer)).not.toContain(secret)
      }
    }
  })

  it('keeps 401 and 403 of the server itself', () => {
    expect(toHttpError(new errors.AuthenticationError('Unknown key.'))).toMatchObject({
      status: 401,
      body: { error: { message: 'Unknown key.', code: 'invalid_api_key' } },
    })
    expect(toHttpError(new errors.PermissionDeniedError('Not your model.'), 'gemini').body.error).toEqual({
      code: 403,
      message: 'Not your model.',
      status: 'PERMISSION_DENIED',
    })
  })

  it('keeps SDKs from retrying an error that a retry can not help', () => {
    const spent = toHttpError(new errors.BudgetExceededError('The budget is spent.', { retryAfterMs: 3_600_000 }))
    expect(spent).toMatchObject({ status: 429, headers: { 'x-should-retry': 'false', 'retry-after': '3600' } })
    expect(toHttpError(new errors.RateLimitError('Slow down.')).headers).not.toHaveProperty('x-should-retry')
    expect(toHttpError(new errors.BadRequestError('Wrong.')).headers).not.toHaveProperty('x-should-retry')
  })

  it.each([
    ['not_found', new errors.NotFoundError("Unknown model 'x'."), 404, 'not_found_error', 'NOT_FOUND'],
    [
      'unprocessable_entity',
      new errors.UnprocessableEntityError('No.'),
      422,
      'invalid_request_error',
      'INVALID_ARGUMENT',
    ],
    [
      'no_deployments_available',
      new errors.NoDeploymentsAvailableError('None.'),
      503,
      'overloaded_error',
      'UNAVAILABLE',
    ],
    ['timeout', new errors.TimeoutError('Late.', { phase: 'total' }), 504, 'timeout_error', 'DEADLINE_EXCEEDED'],
    ['aborted', new errors.AbortError('Gone.'), 499, 'invalid_request_error', 'CANCELLED'],
    ['stream_interrupted', new errors.StreamInterruptedError('Cut.'), 502, 'api_error', 'INTERNAL'],
  ])('maps %s', (code, error, status, anthropic, gemini) => {
    expect(error.code).toBe(code)
    expect(toHttpError(error).status).toBe(status)
    expect(toHttpError(error, 'anthropic').body.error.type).toBe(anthropic)
    expect(toHttpError(error, 'gemini').body.error.status).toBe(gemini)
  })

  it('gives every class of error a status and a body in every dialect', () => {
    for (const Class of Object.values(errors)) {
      if (typeof Class !== 'function' || !(Class.prototype instanceof errors.LLMError)) continue
      const error = new (Class as unknown as new (message: string, details: object) => errors.LLMError)('x', {})
      for (const dialect of ['openai', 'anthropic', 'gemini'] satisfies HttpErrorDialect[]) {
        const { status, body } = toHttpError(error, dialect)
        expect(status, error.name).toBeGreaterThanOrEqual(400)
        expect(status, error.name).toBeLessThan(600)
        expect(JSON.stringify(body), error.name).toContain('"message"')
      }
    }
  })
})
