/** Builds the rows of the table from the sources. */
import { spellings } from '../model-ids.js'
import { cardAt } from '../rates.js'
import { fields, type PriceRow, type ProviderTable, type RateCard, type RowDefaults } from '../schema.js'
import { fromCalculator } from './calculator.js'
import { fromCatalog } from './catalog.js'
import type { Raw } from './fetch.js'
import { fromGenai } from './genai.js'
import type { History } from './history.js'
import { fromLitellm } from './litellm.js'
import { type Comparison, emptyComparison, hasPrice, mergeProvider } from './merge.js'
import { fromModelsDev } from './models-dev.js'
import { type Overrides, override } from './overrides.js'
import { foldAzure, foldBedrock } from './regions.js'
import type { Rows, Source } from './source.js'

export interface Built {
  tables: Map<string, ProviderTable>
  /** The sources compared with one another. Disagreements that an override settles are left out. */
  comparison: Comparison
  /** Overrides that changed nothing. */
  needless: string[]
}

/** @param asOf date of the newest prices; sources are compared as of this date */
export function build(raw: Raw, overrides: Overrides, history: History, asOf: string): Built {
  const sources = readSources(raw, overrides)
  const providers = new Set(sources.flatMap((source) => [...source.providers.keys()]))
  const tables = new Map<string, ProviderTable>()
  const comparison = emptyComparison()
  const needless: string[] = []
  for (const provider of [...providers].sort()) {
    const found = emptyComparison()
    const rows = mergeProvider(provider, sources, Date.parse(asOf), found)
    needless.push(...override(provider, rows, overrides))
    // an override settles a disagreement
    comparison.models += found.models
    comparison.prices += found.prices
    for (const one of found.disagreements) {
      const row = rows.get(one.model.slice(provider.length + 1))
      if (row && cardAt(row, Date.parse(asOf))[one.field] === one.taken) comparison.disagreements.push(one)
    }
    const free = overrides.free[provider]
    for (const [id, row] of [...rows]) {
      const kept = withoutEmptyPrices(row, free !== undefined && new RegExp(free).test(id))
      if (kept && !id.endsWith('-')) rows.set(id, withHistory(kept, history[provider]?.[id]))
      else rows.delete(id)
    }
    if (rows.size > 0) tables.set(provider, toTable(provider, rows, overrides.providers[provider]?.defaults))
  }
  return { tables, comparison, needless }
}

/** All sources in order of trust for prices. */
function readSources(raw: Raw, overrides: Overrides): Source[] {
  const sources = [
    fromGenai(raw.genai),
    fromLitellm(raw.litellm),
    fromModelsDev(raw.modelsDev),
    fromCalculator(raw.calculator),
    fromCatalog(raw.catalog),
  ]
  const uplift = { models: new RegExp(overrides.uplift.models), multiple: overrides.uplift.multiple }
  for (const source of sources) {
    foldBedrock(source, uplift)
    foldAzure(source, overrides.providers.azure?.defaults.residency ?? 1)
  }
  return sources
}

/** A row worth keeping, or undefined. If all prices are 0 the source usually has none, unless the model is known to be free. */
function withoutEmptyPrices(row: PriceRow, free: boolean): PriceRow | undefined {
  const { input, output, ...rest } = row
  const empty = !input && !output && (input !== undefined || output !== undefined)
  const kept = empty && !free ? rest : row
  const { contextWindow, abilityBits, maxOutputTokens } = kept
  if (hasPrice(kept)) return kept
  if (contextWindow !== undefined && (abilityBits !== undefined || maxOutputTokens !== undefined)) return kept
  return Object.keys(kept).filter((name) => !secondary.has(name)).length > 2 ? kept : undefined
}

/** Fields that say nothing without a price. */
const secondary: ReadonlySet<string> = new Set([
  'mode',
  'batch',
  'flex',
  'priority',
  'ultrafast',
  'fast',
  'residency',
  'perWebSearch',
  'perSearchedAnswer',
  'perFileSearch',
  'perMapsSearch',
  'perContainerGigabyte',
  'deprecationDate',
])

function withHistory(row: PriceRow, past: readonly [string, RateCard][] | undefined): PriceRow {
  if (!past || past.length === 0) return row
  const earlier = [...past, ...(row.earlier ?? [])].sort(([one], [other]) => (one < other ? -1 : 1))
  return { ...row, earlier }
}

function toTable(provider: string, merged: Rows, defaults: RowDefaults | undefined): ProviderTable {
  const rows = new Map<string, PriceRow>()
  for (const [id, row] of [...merged].sort(([one], [other]) => (one < other ? -1 : 1)))
    rows.set(id, withoutDefaults(row, defaults))
  const models: Record<string, PriceRow | string> = {}
  const first = new Map<string, string>()
  // of equal rows, the shortest id keeps the row
  for (const [id, row] of [...rows].sort(([one], [other]) => one.length - other.length || (one < other ? -1 : 1))) {
    const text = JSON.stringify(row)
    const target = first.get(text)
    if (target === undefined) first.set(text, id)
    else rows.delete(id)
    models[id] = target ?? row
  }
  for (const [alias, target] of undatedNames(merged)) {
    const row = models[target]
    models[alias] = typeof row === 'string' ? row : target
  }
  for (const id of Object.keys(models)) {
    if (typeof models[id] === 'string' && isReached(provider, id, models)) delete models[id]
  }
  const sorted = Object.fromEntries(Object.entries(models).sort(([one], [other]) => (one < other ? -1 : 1)))
  return defaults ? { defaults, models: sorted } : { models: sorted }
}

/** Whether another spelling of the id leads to the same row, so that it needs no line of its own. */
function isReached(provider: string, id: string, models: Record<string, PriceRow | string>): boolean {
  for (const spelling of spellings(id, provider)) {
    if (spelling.id === id) continue
    const row = models[spelling.id]
    if (row !== undefined) return (typeof row === 'string' ? row : spelling.id) === models[id]
  }
  return false
}

/** The row in the order of the fields, without values that the provider's defaults imply. */
function withoutDefaults(row: PriceRow, defaults: RowDefaults | undefined): PriceRow {
  const made: Record<string, unknown> = {}
  for (const [name] of fields) {
    const value = row[name]
    if (value === undefined || (defaults && row.input !== undefined && isImplied(name, value, defaults))) continue
    made[name] = value
  }
  return made as PriceRow
}

/** Batch rates that are not a multiple come from a source that has mixed up rows. */
const isImplied = (name: keyof PriceRow, value: unknown, defaults: RowDefaults): boolean =>
  defaults[name as keyof RowDefaults] === value ||
  (name === 'batch' && defaults.batch !== undefined && typeof value === 'object' && !Array.isArray(value))

/** Names without a version, such as `claude-opus` for `claude-opus-latest`: they are families and not models. */
const family = /^(?:claude|gemini|gpt|grok|kimi|glm|qwen|deepseek)(?:-[a-z]+)*$/

/** Undated names of dated ids, such as `claude-opus-4-5` for `claude-opus-4-5-20251101`: the newest date, or the latest. */
function undatedNames(rows: Rows): Map<string, string> {
  const names = new Map<string, string>()
  for (const id of [...rows.keys()].sort()) {
    const name = id.replace(/[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, '')
    if (name !== id && name.includes('-') && !rows.has(name) && !family.test(name)) names.set(name, id)
  }
  return names
}
