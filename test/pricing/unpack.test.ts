import { describe, expect, it } from 'vitest'
import { tables } from '../../pricing/table.generated.js'
import { packBytes, unpackBytes } from '../../pricing/unpack.js'
import { priceTables } from '../../src/platform/web.js'

describe('packed text', () => {
  it('returns bytes of every length and value', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 151 + length * 7) & 0xff)
      expect([...unpackBytes(packBytes(bytes)).subarray(0, length)]).toEqual([...bytes])
    }
  })

  it('has characters only that need no escape in a script', () => {
    const text = packBytes(Uint8Array.from({ length: 5_000 }, (_, index) => (index * 73) & 0xff))
    expect(text).toMatch(/^[#-[\]-~]+$/)
    expect(text.length).toBeLessThanOrEqual(Math.ceil((5_000 * 8) / 13) * 2)
  })

  it('holds the whole price table', () => {
    expect(priceTables()).toEqual(tables)
  })
})
