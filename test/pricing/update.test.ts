import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PriceRow, ProviderTable } from '../../pricing/schema.js'
import { build } from '../../pricing/update/build.js'
import { fetchSources, type Pins, wheelFile } from '../../pricing/update/fetch.js'
import { extendHistory, findChanges, type History } from '../../pricing/update/history.js'
import { multipleOf } from '../../pricing/update/litellm.js'
import { type Disagreement, emptyComparison, mergeProvider } from '../../pricing/update/merge.js'
import { type Overrides, override } from '../../pricing/update/overrides.js'
import { foldBedrock } from '../../pricing/update/regions.js'
import { emptySource, rowsOf, type Source } from '../../pricing/update/source.js'
import { moduleText } from '../../pricing/update/write.js'

const home = resolve('pricing')
const json = <Shape>(file: string): Shape => JSON.parse(readFileSync(join(home, file), 'utf8')) as Shape
const pins = json<Pins>('update/pins.json')
const cache = resolve('node_modules/.cache/llmux-pricing')
const cached = pins.wheels.every((pin) => existsSync(join(cache, wheelFile(pin))))

const source = (name: string, rows: Record<string, PriceRow>, provider = 'p'): Source => {
  const made = emptySource(name)
  for (const [id, row] of Object.entries(rows)) rowsOf(made, provider).set(id, row)
  return made
}
const at = Date.parse('2026-09-23')
const merge = (...sources: Source[]): [Map<string, PriceRow>, Disagreement[]] => {
  const found = emptyComparison()
  return [mergeProvider('p', sources, at, found), found.disagreements]
}

describe('npm run pricing:update', () => {
  test.skipIf(!cached)(
    'reproduces the committed table byte for byte (needs the sources in the cache: npm run pricing:update -- --check)',
    async () => {
      const raw = await fetchSources(pins, cache, true)
      const built = build(raw, json<Overrides>('overrides.json'), json<History>('history.json'), pins.asOf)
      expect(moduleText(built.tables, pins)).toBe(await readFile(join(home, 'table.generated.ts'), 'utf8'))
      expect(built.needless).toEqual([])
    },
  )
})

describe('mergeProvider()', () => {
  test('takes prices from the first source and adds others from a source that agrees', () => {
    const [rows] = merge(
      source('genai-prices', { m: { input: 1, output: 2 } }),
      source('pi-catalog', { m: { input: 1, output: 3, cacheRead: 0.9 } }),
      source('litellm', { m: { input: 1, output: 2, cacheRead: 0.1, tiers: [[1000, { input: 2 }]] } }),
    )
    expect(rows.get('m')).toEqual({ input: 1, output: 2, cacheRead: 0.1, tiers: [[1000, { input: 2 }]] })
  })

  test('adds rates to the card that applies, not to one of the future', () => {
    const [rows] = merge(
      source('genai-prices', {
        m: { input: 2, output: 4, earlier: [['2027-01-01T00:00:00Z', { input: 1, output: 2 }]] },
      }),
      source('litellm', { m: { input: 1, output: 2, reasoning: 3, perWebSearch: 0.01 } }),
    )
    expect(rows.get('m')).toEqual({
      input: 2,
      output: 4,
      perWebSearch: 0.01,
      earlier: [['2027-01-01T00:00:00Z', { input: 1, output: 2, reasoning: 3, perWebSearch: 0.01 }]],
    })
  })

  test('takes limits and abilities from every source', () => {
    const [rows] = merge(
      source('genai-prices', { m: { input: 1, contextWindow: 100 } }),
      source('litellm', {
        m: { maxInputTokens: 80, maxOutputTokens: 20, dimensions: 3, deprecationDate: '2027-01-01' },
      }),
    )
    expect(rows.get('m')).toEqual({
      input: 1,
      contextWindow: 100,
      maxInputTokens: 80,
      maxOutputTokens: 20,
      dimensions: 3,
      deprecationDate: '2027-01-01',
    })
  })

  test('uses an undated id for a dated one only if their prices are equal', () => {
    const [rows] = merge(
      source('genai-prices', { m: { input: 1, output: 2, tiers: [[1000, { input: 2 }]] } }),
      source('litellm', { 'm-2025-01-01': { input: 1, output: 2 }, 'm-2024-01-01': { input: 5, output: 9 } }),
    )
    expect(rows.get('m-2025-01-01')?.tiers).toBeDefined()
    expect(rows.get('m-2024-01-01')).toEqual({ input: 5, output: 9 })
  })

  test('reports two sources that agree against the one that was taken', () => {
    const [, found] = merge(
      source('genai-prices', { m: { input: 2 } }),
      source('pi-catalog', { m: { input: 1 } }),
      source('litellm', { m: { input: 1 } }),
    )
    expect(found).toEqual([
      {
        model: 'p/m',
        field: 'input',
        taken: 2,
        from: 'genai-prices',
        others: { 'pi-catalog': 1, litellm: 1 },
        outvoted: true,
      },
    ])
  })

  test('counts sources of the same origin once', () => {
    const [, found] = merge(
      source('genai-prices', { m: { input: 2 } }),
      source('model-prices', { m: { input: 1 } }),
      source('pi-catalog', { m: { input: 1 } }),
    )
    expect(found).toMatchObject([{ model: 'p/m', outvoted: false }])
  })
})

describe('override()', () => {
  const overrides = (rows: Overrides['rows']): Overrides => ({
    providers: {},
    services: [{ provider: ['p'], tier: 'priority', rate: '5/3', models: ['m'], why: '' }],
    uplift: { models: '^$', multiple: 1, why: '' },
    patterns: [],
    rows,
    drop: [],
    free: {},
    kept: [],
  })

  test('replaces the price of the model and of its dated ids, and drops rates that depended on the old price', () => {
    const old: PriceRow = { input: 2, output: 6, cacheRead: 0.2, earlier: [['2026-01-01T00:00:00Z', { input: 9 }]] }
    const rows = new Map<string, PriceRow>([
      ['m', old],
      ['m-20250101', old],
      ['m-20240101', { input: 5 }],
    ])
    override('p', rows, overrides([{ provider: 'p', models: ['m'], card: { input: 0.5, output: 1.5 }, why: '' }]))
    expect(rows.get('m')).toEqual({ input: 0.5, output: 1.5, priority: 5 / 3 })
    expect(rows.get('m-20250101')).toMatchObject({ input: 0.5, priority: 5 / 3 })
    expect(rows.get('m-20240101')?.input).toBe(5)
  })

  test('reports an override that equals the sources', () => {
    const rows = new Map<string, PriceRow>([['x', { input: 1 }]])
    expect(override('p', rows, overrides([{ provider: 'p', models: ['x'], card: { input: 1 }, why: '' }]))).toEqual([
      'p/x',
    ])
  })

  test('removes a rate with null', () => {
    const rows = new Map<string, PriceRow>([['x', { input: 1, cacheWrite: 0.5 }]])
    override('p', rows, overrides([{ provider: 'p', models: ['x'], card: { cacheWrite: null }, why: '' }]))
    expect(rows.get('x')).toEqual({ input: 1 })
  })
})

describe('foldBedrock()', () => {
  test('folds geographies into one row with a multiple and keeps a row for each exception', () => {
    const folded = source(
      'litellm',
      {
        'anthropic.claude-sonnet-4-6': { input: 3, output: 15 },
        'global.anthropic.claude-sonnet-4-6': { input: 3, output: 15 },
        'us.anthropic.claude-sonnet-4-6': { input: 3.3, output: 16.5 },
        'us-gov.anthropic.claude-sonnet-4-6': { input: 3.6, output: 18 },
        'eu-west-1/anthropic.claude-sonnet-4-6': { input: 3.3, output: 16.5 },
        'us.meta.llama': { input: 1, output: 1 },
      },
      'bedrock',
    )
    foldBedrock(folded, { models: /^anthropic\.claude-sonnet-4-[5-9]/, multiple: 1.1 })
    expect(Object.fromEntries(folded.providers.get('bedrock') ?? [])).toEqual({
      'anthropic.claude-sonnet-4-6': { input: 3, output: 15, residency: 1.1 },
      'us-gov.anthropic.claude-sonnet-4-6': { input: 3.6, output: 18 },
      'meta.llama': { input: 1, output: 1 },
    })
  })
})

describe('multipleOf()', () => {
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
    [entry(1e-6, 8e-6), { input: 1, output: 8 }],
    [{}, undefined],
  ])('reads the flex tier of %j as %j', (given, expected) => {
    expect(multipleOf(given, '', '_flex')).toEqual(expected)
  })
})

describe('the price history', () => {
  const table = (row: PriceRow): Map<string, ProviderTable> => new Map([['p', { models: { m: row, other: 'm' } }]])
  test('records the old price with the day until which it applied', () => {
    const changed = findChanges(table({ input: 1, contextWindow: 5 }), table({ input: 2, contextWindow: 5 }))
    expect(changed.map(({ model }) => model)).toEqual(['p/m', 'p/other'])
    expect(extendHistory({}, changed, '2026-10-01')).toEqual({
      p: { m: [['2026-10-01T00:00:00Z', { input: 1 }]], other: [['2026-10-01T00:00:00Z', { input: 1 }]] },
    })
  })

  test('returns the same history if no price changed', () => {
    const history: History = {}
    expect(findChanges(table({ input: 1, contextWindow: 5 }), table({ input: 1, contextWindow: 6 }))).toEqual([])
    expect(extendHistory(history, [], '2026-10-01')).toBe(history)
  })
})
