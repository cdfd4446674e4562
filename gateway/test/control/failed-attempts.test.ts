import { describe, expect, it } from 'vitest'
import { FailedAttempts } from '../../src/keys/failed-attempts.js'
import { forbidden, refusalOf, unauthorized } from '../../src/refusal.js'
import type { Principal } from '../../src/types.js'

const principal = { role: 'proxy_admin' } as unknown as Principal

/** The status of an attempt; 200 for a key that is accepted. */
function statusOf(attempts: FailedAttempts, ip: string | undefined, check: () => Principal): number {
  try {
    attempts.check(ip, check)
    return 200
  } catch (error) {
    return refusalOf(error)?.status ?? 0
  }
}

const wrong = () => {
  throw unauthorized('The key is unknown.')
}

describe('FailedAttempts', () => {
  it('answers 429 after 300 failed attempts of an address within a minute', () => {
    let now = 1000
    const attempts = new FailedAttempts(() => now)
    for (let i = 0; i < 300; i++) expect(statusOf(attempts, '10.0.0.1', wrong)).toBe(401)
    expect(statusOf(attempts, '10.0.0.1', wrong)).toBe(429)
    now += 59_999
    expect(statusOf(attempts, '10.0.0.1', wrong)).toBe(429)
    now += 1
    expect(statusOf(attempts, '10.0.0.1', wrong)).toBe(401)
  })

  it('gives the time until the next attempt', () => {
    const attempts = new FailedAttempts(() => 0)
    for (let i = 0; i < 300; i++) statusOf(attempts, 'a', wrong)
    try {
      attempts.check('a', wrong)
    } catch (error) {
      expect(refusalOf(error)?.retryAfterMs).toBe(60_000)
    }
    expect.assertions(1)
  })

  it('accepts a valid key of such an address, and other addresses', () => {
    const attempts = new FailedAttempts(() => 0)
    for (let i = 0; i < 400; i++) statusOf(attempts, 'a', wrong)
    expect(statusOf(attempts, 'a', () => principal)).toBe(200)
    expect(statusOf(attempts, 'b', wrong)).toBe(401)
  })

  it('counts only 401, and only with an address', () => {
    const attempts = new FailedAttempts(() => 0)
    const noRight = () => {
      throw forbidden('No.')
    }
    for (let i = 0; i < 400; i++) statusOf(attempts, 'a', noRight)
    for (let i = 0; i < 400; i++) expect(statusOf(attempts, undefined, wrong)).toBe(401)
    expect(statusOf(attempts, 'a', wrong)).toBe(401)
  })

  it('keeps at most 10,000 addresses', () => {
    const attempts = new FailedAttempts(() => 0)
    for (let i = 0; i < 300; i++) statusOf(attempts, 'first', wrong)
    for (let i = 0; i < 10_000; i++) statusOf(attempts, `ip-${i}`, wrong)
    expect(statusOf(attempts, 'first', wrong)).toBe(401)
  })
})
