import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ProviderTable, Row } from '../../pricing/schema.js'
import { build, type History } from '../../pricing/update/build.js'
import { fetchSources, type Pins } from '../../pricing/update/fetch.js'
import { changes, extendHistory } from '../../pricing/update/history.js'
import { multiple } from '../../pricing/update/litellm.js'
import { type Disagreement, mergeProvider } from '../../pricing/update/merge.js'
import { emptySource, type Source, shelfOf } from '../../pricing/update/offer.js'
import { type Overrides, override } from '../../pricing/update/overrides.js'
import { foldBedrock } from '../../pricing/update/places.js'
import { moduleText } from '../../pricing/update/write.js'

const home = resolve('pricing')
const json = <Shape>(file: string): Shape => JSON.parse(readFileSync(join(home, file), 'utf8')) as Shape
const pins = json<Pins>('update/pins.json')
const cache = resolve('node_modules/.cache/llmux-pricing')
const cached = existsSync(join(cache, `${pins.wheel.key}-${pins.wheel.version}-${pins.wheel.sha256.slice(0, 16)}.json`))

const source = (name: string, rows: Record<string, Row>, provider = 'p'): Source => {
  const made = emptySource(name)
  for (const [id, row] of Object.entries(rows)) shelfOf(made, provider).set(id, row)
  return made
}
const at = Date.parse('2026-09-23')
const merge = (...sources: Source[]): [Map<string, Row>, Disagreement[]] => {
  const found: Disagreement[] = []
  return [mergeProvider('p', sources, at, found), found]
}

describe('pricing:update', () => {
  test.skipIf(!cached)(
    'makes the committed table, byte for byte (needs the sources in the cache: npm run pricing:update -- --check)',
    async () => {
      const raw = await fetchSources(pins, cache, true)
      const built = build(raw, json<Overrides>('overrides.json'), json<History>('history.json'), pins.asOf)
      expect(moduleText(built.tables, pins)).toBe(await readFile(join(home, 'table.generated.ts'), 'utf8'))
      expect(built.needless).toEqual([])
    },
  )
})

describe('a merge', () => {
  test('takes prices from the first source, and fills them from one that agrees', () => {
    const [rows] = merge(
      source('genai-prices', { m: { i: 1, o: 2 } }),
      source('pi-catalog', { m: { i: 1, o: 3, r: 0.9 } }),
      source('litellm', { m: { i: 1, o: 2, r: 0.1, t: [[1000, { i: 2 }]] } }),
    )
    expect(rows.get('m')).toEqual({ i: 1, o: 2, r: 0.1, t: [[1000, { i: 2 }]] })
  })

  test('takes limits and abilities from whichever source has them', () => {
    const [rows] = merge(
      source('genai-prices', { m: { i: 1, C: 100 } }),
      source('litellm', { m: { L: 80, M: 20, d: 3, e: '2027-01-01' } }),
    )
    expect(rows.get('m')).toEqual({ i: 1, C: 100, L: 80, M: 20, d: 3, e: '2027-01-01' })
  })

  test('lets an id without its date speak for the dated one only where their price is one', () => {
    const [rows] = merge(
      source('genai-prices', { m: { i: 1, o: 2, t: [[1000, { i: 2 }]] } }),
      source('litellm', { 'm-2025-01-01': { i: 1, o: 2 }, 'm-2024-01-01': { i: 5, o: 9 } }),
    )
    expect(rows.get('m-2025-01-01')?.t).toBeDefined()
    expect(rows.get('m-2024-01-01')).toEqual({ i: 5, o: 9 })
  })

  test('reports where two sources agree against the one that was taken', () => {
    const [, found] = merge(
      source('genai-prices', { m: { i: 2 } }),
      source('pi-catalog', { m: { i: 1 } }),
      source('litellm', { m: { i: 1 } }),
    )
    expect(found).toEqual([
      {
        model: 'p/m',
        field: 'i',
        taken: 2,
        from: 'genai-prices',
        others: { 'pi-catalog': 1, litellm: 1 },
        outvoted: true,
      },
    ])
  })
})

describe('an override', () => {
  const overrides = (rows: Overrides['rows']): Overrides => ({
    providers: {},
    services: [{ provider: ['p'], key: 'p', rate: '5/3', models: ['m'], why: '' }],
    uplift: { models: '^$', multiple: 1, why: '' },
    patterns: [],
    rows,
    drop: [],
    free: {},
  })

  test('wins, holds for the dated ids of the same price, and leaves nothing that hung on the other price', () => {
    const old: Row = { i: 2, o: 6, r: 0.2, h: [['2026-01-01T00:00:00Z', { i: 9 }]] }
    const shelf = new Map<string, Row>([
      ['m', old],
      ['m-20250101', old],
      ['m-20240101', { i: 5 }],
    ])
    override('p', shelf, overrides([{ provider: 'p', models: ['m'], card: { i: 0.5, o: 1.5 }, why: '' }]))
    expect(shelf.get('m')).toEqual({ i: 0.5, o: 1.5, p: 5 / 3 })
    expect(shelf.get('m-20250101')).toMatchObject({ i: 0.5, p: 5 / 3 })
    expect(shelf.get('m-20240101')?.i).toBe(5)
  })

  test('that says what the sources say is reported', () => {
    const shelf = new Map<string, Row>([['x', { i: 1 }]])
    expect(override('p', shelf, overrides([{ provider: 'p', models: ['x'], card: { i: 1 }, why: '' }]))).toEqual([
      'p/x',
    ])
  })

  test('takes a rate away with null', () => {
    const shelf = new Map<string, Row>([['x', { i: 1, w: 0.5 }]])
    override('p', shelf, overrides([{ provider: 'p', models: ['x'], card: { w: null }, why: '' }]))
    expect(shelf.get('x')).toEqual({ i: 1 })
  })
})

describe('Bedrock’s places', () => {
  test('become one row and a multiple, and what differs keeps a row', () => {
    const folded = source(
      'litellm',
      {
        'anthropic.claude-sonnet-4-6': { i: 3, o: 15 },
        'global.anthropic.claude-sonnet-4-6': { i: 3, o: 15 },
        'us.anthropic.claude-sonnet-4-6': { i: 3.3, o: 16.5 },
        'us-gov.anthropic.claude-sonnet-4-6': { i: 3.6, o: 18 },
        'eu-west-1/anthropic.claude-sonnet-4-6': { i: 3.3, o: 16.5 },
        'us.meta.llama': { i: 1, o: 1 },
      },
      'bedrock',
    )
    foldBedrock(folded, { models: /^anthropic\.claude-sonnet-4-[5-9]/, multiple: 1.1 })
    expect(Object.fromEntries(folded.shelves.get('bedrock') ?? [])).toEqual({
      'anthropic.claude-sonnet-4-6': { i: 3, o: 15, u: 1.1 },
      'us-gov.anthropic.claude-sonnet-4-6': { i: 3.6, o: 18 },
      'meta.llama': { i: 1, o: 1 },
    })
  })
})

describe('LiteLLM’s service tiers', () => {
  const entry = (input: number, output: number, read?: number): Record<string, unknown> => ({
    input_cost_per_token: 2e-6,
    output_cost_per_token: 8e-6,
    cache_read_input_token_cost: 5e-7,
    input_cost_per_token_flex: input,
    output_cost_per_token_flex: output,
    ...(read === undefined ? {} : { cache_read_input_token_cost_flex: read }),
  })
  test.each([
    [entry(1e-6, 4e-6), 0.5],
    [entry(1.001e-6, 4e-6), 0.5],
    [entry(1e-6, 4e-6, 2.6e-7), 0.5],
    [entry(1e-6, 4e-6, 5e-7), [0.5, 1]],
    [entry(1e-6, 8e-6), { i: 1, o: 8 }],
    [{}, undefined],
  ])('%j are %j', (given, expected) => {
    expect(multiple(given, '', '_flex')).toEqual(expected)
  })
})

describe('history', () => {
  const table = (row: Row): Map<string, ProviderTable> => new Map([['p', { m: { m: row, other: 'm' } }]])
  test('keeps what a price was, with the day until which it held', () => {
    const changed = changes(table({ i: 1, C: 5 }), table({ i: 2, C: 5 }))
    expect(changed.map(({ model }) => model)).toEqual(['p/m', 'p/other'])
    expect(extendHistory({}, changed, '2026-10-01')).toEqual({
      p: { m: [['2026-10-01T00:00:00Z', { i: 1 }]], other: [['2026-10-01T00:00:00Z', { i: 1 }]] },
    })
  })

  test('stays as it is where no price changed', () => {
    const history: History = {}
    expect(changes(table({ i: 1, C: 5 }), table({ i: 1, C: 6 }))).toEqual([])
    expect(extendHistory(history, [], '2026-10-01')).toBe(history)
  })
})
