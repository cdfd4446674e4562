import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRow, decodeTable, encodeRow, encodeTable } from '../../pricing/codec.js'
import { costPerToken, modelInfo, pricingInfo } from '../../pricing/index.js'
import type { ProviderTable, Row } from '../../pricing/schema.js'
import { tables } from '../../pricing/table.generated.js'
import { lint } from '../../pricing/update/lint.js'
import { tablesIn } from '../../pricing/update/write.js'

const read = (file: string): string => readFileSync(new URL(`../../pricing/${file}`, import.meta.url), 'utf8')
const all = new Map<string, ProviderTable>(Object.entries(tables).map(([id, text]) => [id, decodeTable(text)]))

describe('the table', () => {
  test('passes its own lint', () => {
    const { accepted } = JSON.parse(read('overrides.json')) as { accepted: [] }
    expect(lint(all, accepted)).toEqual([])
  })

  test('is below 250 kB', () => {
    expect(Buffer.byteLength(read('table.generated.ts'))).toBeLessThan(250_000)
  })

  test('reads as it was written', () => {
    for (const [id, text] of Object.entries(tables)) expect(encodeTable(decodeTable(text)), id).toBe(text)
    expect(tablesIn(read('table.generated.ts'))).toEqual(all)
  })

  test('finds every one of its ids, and none without a price costs 0', () => {
    let rows = 0
    for (const [provider, { m }] of all) {
      for (const id of Object.keys(m)) {
        rows++
        const info = modelInfo(`${provider}/${id}`)
        expect(info?.id, `${provider}/${id}`).toBe(`${provider}/${id}`)
        const { input, output, ...other } = info?.prices ?? {}
        const { total } = costPerToken({
          model: `${provider}/${id}`,
          usage: { prompt_tokens: 1000, completion_tokens: 0 },
        })
        if (input === undefined && Object.keys(other).length === 0) expect(total, `${provider}/${id}`).toBeUndefined()
      }
    }
    expect(rows).toBe(pricingInfo().rows)
  })

  test('has no price of 0 but where that is one', () => {
    const { free } = JSON.parse(read('overrides.json')) as { free: Record<string, string> }
    const zeros = [...all].flatMap(([provider, { m }]) =>
      Object.entries(m)
        .filter(
          ([id, row]) =>
            typeof row === 'object' && row.i === 0 && !row.o && !new RegExp(free[provider] ?? '^$').test(id),
        )
        .map(([id]) => `${provider}/${id}`),
    )
    expect(zeros).toEqual([])
  })

  test.skipIf(Date.now() < Date.parse(pricingInfo().asOf) + 90 * 86_400_000)(
    'is younger than 90 days: run npm run pricing:update',
    () => {
      console.warn(`The price table is of ${pricingInfo().asOf}: run npm run pricing:update with newer pins.`)
    },
  )
})

describe('a row', () => {
  const rate = fc.oneof(
    fc.constantFrom(0, 0.5, 1e-7, 200_000, 1_048_576, 131_072),
    fc.double({ min: 0, max: 5000, noNaN: true }),
  )
  const tier = fc.record({ i: rate, o: rate, r: rate, p: fc.constant(2) }, { requiredKeys: ['i'] })
  const row: fc.Arbitrary<Row> = fc.record(
    {
      i: rate,
      o: rate,
      ra: rate,
      sg: rate,
      s: fc.oneof(rate, fc.tuple(rate, rate, rate)),
      b: fc.oneof(fc.constant(0.5), fc.tuple(rate, rate), fc.record({ i: rate, o: rate })),
      t: fc.array(fc.tuple(fc.integer({ min: 1, max: 3_000_000 }), tier), { minLength: 1, maxLength: 3 }),
      h: fc.constant([['2026-01-01T00:00:00Z', { i: 1, t: [[1000, { i: 2 }]] }]] as Row['h'] & object),
      C: fc.nat(10_000_000),
      im: fc.nat(31),
      e: fc.constant('2026-12-31'),
    },
    { requiredKeys: [] },
  )

  test('is read back as it was', () => {
    fc.assert(
      fc.property(row, (given) => {
        expect(decodeRow(encodeRow(given))).toEqual(given)
      }),
    )
  })
})
