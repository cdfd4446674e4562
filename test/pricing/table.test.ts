import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRow, decodeTable, encodeRow, encodeTable } from '../../pricing/codec.js'
import { costPerToken, modelInfo, pricingInfo } from '../../pricing/index.js'
import type { PriceRow, ProviderTable } from '../../pricing/schema.js'
import { tables } from '../../pricing/table.generated.js'
import { lint } from '../../pricing/update/lint.js'
import { tablesIn } from '../../pricing/update/write.js'

const read = (file: string): string => readFileSync(new URL(`../../pricing/${file}`, import.meta.url), 'utf8')
const all = new Map<string, ProviderTable>(Object.entries(tables).map(([id, text]) => [id, decodeTable(text)]))

describe('the table', () => {
  test('passes the lint', () => {
    const { accepted } = JSON.parse(read('overrides.json')) as { accepted: [] }
    expect(lint(all, accepted)).toEqual([])
  })

  test('stays below 350 kB', () => {
    expect(Buffer.byteLength(read('table.generated.ts'))).toBeLessThan(350_000)
  })

  test('survives decoding and encoding', () => {
    for (const [id, text] of Object.entries(tables)) expect(encodeTable(decodeTable(text)), id).toBe(text)
    expect(tablesIn(read('table.generated.ts'))).toEqual(all)
  })

  test('resolves every id, and ids without a price have no cost', () => {
    let rows = 0
    for (const [provider, { models }] of all) {
      for (const id of Object.keys(models)) {
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

  test('has a price of 0 only for free models', () => {
    const { free } = JSON.parse(read('overrides.json')) as { free: Record<string, string> }
    const zeros = [...all].flatMap(([provider, { models }]) =>
      Object.entries(models)
        .filter(
          ([id, row]) =>
            typeof row === 'object' && row.input === 0 && !row.output && !new RegExp(free[provider] ?? '^$').test(id),
        )
        .map(([id]) => `${provider}/${id}`),
    )
    expect(zeros).toEqual([])
  })

  test.skipIf(Date.now() < Date.parse(pricingInfo().asOf) + 90 * 86_400_000)(
    'is older than 90 days: run npm run pricing:update',
    () => {
      console.warn(`The price table dates from ${pricingInfo().asOf}. Run npm run pricing:update with newer pins.`)
    },
  )
})

describe('an encoded row', () => {
  const rate = fc.oneof(
    fc.constantFrom(0, 0.5, 1e-7, 200_000, 1_048_576, 131_072),
    fc.double({ min: 0, max: 5000, noNaN: true }),
  )
  const tier = fc.record(
    { input: rate, output: rate, cacheRead: rate, priority: fc.constant(2) },
    { requiredKeys: ['input'] },
  )
  const row: fc.Arbitrary<PriceRow> = fc.record(
    {
      input: rate,
      output: rate,
      cacheReadAudio: rate,
      perSearchedAnswer: rate,
      perWebSearch: fc.oneof(rate, fc.tuple(rate, rate, rate)),
      batch: fc.oneof(fc.constant(0.5), fc.tuple(rate, rate), fc.record({ input: rate, output: rate })),
      tiers: fc.array(fc.tuple(fc.integer({ min: 1, max: 3_000_000 }), tier), { minLength: 1, maxLength: 3 }),
      earlier: fc.constant([
        ['2026-01-01T00:00:00Z', { input: 1, tiers: [[1000, { input: 2 }]] }],
      ] as PriceRow['earlier'] & object),
      hours: fc.constant([{ minutes: [[60, 240]], days: [1, 2], multiple: 2 }] as PriceRow['hours'] & object),
      mode: fc.constantFrom('embedding', 'chat'),
      contextWindow: fc.nat(10_000_000),
      inputBits: fc.nat(31),
      deprecationDate: fc.constant('2026-12-31'),
    },
    { requiredKeys: [] },
  )

  test('decodes to the same row', () => {
    fc.assert(
      fc.property(row, (given) => {
        expect(decodeRow(encodeRow(given))).toEqual(given)
      }),
    )
  })
})
