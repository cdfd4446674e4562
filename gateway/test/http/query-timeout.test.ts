import { expect, it } from 'vitest'
import { errorResponse } from '../../src/http/errors.js'

it('says in words that a query of the database took too long', () => {
  const error = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' })
  const { status, body } = errorResponse(error, 'openai')
  expect(status).toBe(503)
  expect(JSON.parse(body).error.message).toBe(
    'The database took too long. Choose a shorter range of time, or fewer names.',
  )
  expect(errorResponse(new Error('secret words'), 'openai').body).not.toContain('secret')
})
