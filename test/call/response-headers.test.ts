import { describe, expect, it } from 'vitest'
import { rateLimits, requestId, retryAfter, shouldRetry, visibleHeaders } from '../../src/call/response-headers.js'

const now = Date.UTC(2026, 0, 1, 12, 0, 0)

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after-ms': '20', 'retry-after': '9' }, 20],
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Thu, 01 Jan 2026 12:00:07 GMT' }, 7000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after-ms': '' }, undefined],
    [{}, undefined],
  ])('%j is %s ms', (headers, ms) => {
    expect(retryAfter(headers, now)).toBe(ms)
  })
})

describe('rate limits', () => {
  it("reads OpenAI's", () => {
    const headers = {
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '499',
      'x-ratelimit-reset-requests': '120ms',
      'x-ratelimit-limit-tokens': '30000',
      'x-ratelimit-remaining-tokens': '29000',
      'x-ratelimit-reset-tokens': '6m0s',
    }
    expect(rateLimits(headers, now)).toEqual({
      requests: { limit: 500, remaining: 499, resetMs: 120 },
      tokens: { limit: 30000, remaining: 29000, resetMs: 360_000 },
    })
  })

  it('reads limits whose headers name their window', () => {
    const headers = {
      'x-ratelimit-limit-requests-day': '14400',
      'x-ratelimit-remaining-requests-day': '14399',
      'x-ratelimit-limit-tokens-minute': '60000',
      'x-ratelimit-remaining-tokens-minute': '41000',
      'x-ratelimit-reset-tokens-minute': '12.5',
      'x-ratelimit-remaining-tokens-day': '900000',
    }
    expect(rateLimits(headers, now)).toEqual({
      requests: { limit: 14_400, remaining: 14_399 },
      tokens: { limit: 60_000, remaining: 41_000, resetMs: 12_500 },
    })
  })

  it("reads Anthropic's", () => {
    const headers = {
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': '2026-01-01T12:00:01Z',
      'anthropic-ratelimit-input-tokens-limit': '1000',
      'anthropic-ratelimit-input-tokens-remaining': '10',
    }
    expect(rateLimits(headers, now)).toEqual({
      requests: { limit: 50, remaining: 49, resetMs: 1000 },
      inputTokens: { limit: 1000, remaining: 10 },
    })
  })

  it('returns undefined without a header', () => {
    expect(rateLimits({}, now)).toEqual({})
  })
})

it('finds the request id, and keeps cookies back', () => {
  expect(requestId({ 'x-request-id': 'a' })).toBe('a')
  expect(requestId({ 'request-id': 'b' })).toBe('b')
  expect(requestId({})).toBeUndefined()
  expect(visibleHeaders({ 'set-cookie': ['s=1'], via: ['a', 'b'], x: 'y' })).toEqual({ via: 'a, b', x: 'y' })
  expect([
    shouldRetry({ 'x-should-retry': 'true' }),
    shouldRetry({ 'x-should-retry': 'false' }),
    shouldRetry({}),
  ]).toEqual([true, false, undefined])
})
