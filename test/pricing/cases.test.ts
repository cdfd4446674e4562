import { describe, expect, test } from 'vitest'
import { costPerToken } from '../../pricing/index.js'
import { cases } from './cases.js'

describe('costPerToken()', () => {
  test.each(cases())('prices $title', ({ request, expected }) => {
    const cost = costPerToken(request)
    if (typeof expected === 'string') {
      expect(cost).toMatchObject({ total: undefined, reason: expected })
      return
    }
    expect(cost.reason).toBeUndefined()
    expect(Math.abs((cost.total ?? Number.NaN) - expected)).toBeLessThanOrEqual(Math.max(1e-12, 1e-9 * expected))
  })
})
