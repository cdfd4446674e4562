import { expect, it } from 'vitest'
import { late } from '../../src/call/late.js'

it('loads code once for all that wait for it', async () => {
  let loads = 0
  const code = late(async () => ({ number: ++loads }))
  expect(code.loaded).toBeUndefined()
  const [one, other] = await Promise.all([code.load(), code.load()])
  expect(one).toBe(other)
  expect(code.loaded).toBe(one)
})

it('tries again after a load that failed', async () => {
  let loads = 0
  const code = late(async () => {
    loads++
    if (loads === 1) throw new Error('too many open files')
    return { loads }
  })
  await expect(Promise.all([code.load(), code.load()])).rejects.toThrow('too many open files')
  expect(await code.load()).toEqual({ loads: 2 })
})
