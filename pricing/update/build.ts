/** From the sources to the rows of the table. */
import { spellings } from '../names.js'
import { cardAt } from '../rates.js'
import type { Card, ProviderTable, Row } from '../schema.js'
import { fromCalculator } from './calculator.js'
import { fromCatalog } from './catalog.js'
import type { Raw } from './fetch.js'
import { fromGenai } from './genai.js'
import { fromLitellm } from './litellm.js'
import { type Disagreement, hasPrice, mergeProvider } from './merge.js'
import type { Shelf } from './offer.js'
import { type Overrides, override } from './overrides.js'
import { foldAzure, foldBedrock } from './places.js'

/** Cards of other times, that the sources no longer have: provider, id, until when. */
export type History = Record<string, Record<string, [string, Card][]>>

export interface Built {
  tables: Map<string, ProviderTable>
  disagreements: Disagreement[]
  needless: string[]
}

/** @param asOf the date to which the prices reach: sources are compared as they stood then */
export function build(raw: Raw, overrides: Overrides, history: History, asOf: string): Built {
  const sources = [
    fromGenai(raw.genai),
    fromCalculator(raw.calculator),
    fromCatalog(raw.catalog),
    fromLitellm(raw.litellm),
  ]
  const uplift = { models: new RegExp(overrides.uplift.models), multiple: overrides.uplift.multiple }
  for (const source of sources) {
    foldBedrock(source, uplift)
    foldAzure(source, overrides.providers.azure?.defaults.u ?? 1)
  }
  const providers = new Set(sources.flatMap((source) => [...source.shelves.keys()]))
  const tables = new Map<string, ProviderTable>()
  const disagreements: Disagreement[] = []
  const needless: string[] = []
  for (const provider of [...providers].sort()) {
    const found: Disagreement[] = []
    const shelf = mergeProvider(provider, sources, Date.parse(asOf), found)
    needless.push(...override(provider, shelf, overrides))
    // where an override has decided, nothing of the sources was taken
    for (const one of found) {
      const row = shelf.get(one.model.slice(provider.length + 1))
      if (row && cardAt(row, Date.parse(asOf))[one.field] === one.taken) disagreements.push(one)
    }
    const free = overrides.free[provider]
    for (const [id, row] of [...shelf]) {
      const kept = worthKeeping(row, free !== undefined && new RegExp(free).test(id))
      if (kept && !id.endsWith('-')) shelf.set(id, withHistory(kept, history[provider]?.[id]))
      else shelf.delete(id)
    }
    if (shelf.size > 0) tables.set(provider, tableOf(provider, shelf, overrides.providers[provider]?.defaults))
  }
  return { tables, disagreements, needless }
}

/** A price of 0 for everything mostly means that a source has none: only where we know better it is one. */
function worthKeeping(row: Row, free: boolean): Row | undefined {
  const { i, o, ...rest } = row
  const nothing = !i && !o && (i !== undefined || o !== undefined)
  const kept = nothing && !free ? rest : row
  const { k, b, f, p, F, u, s, sg, e, ...facts } = kept
  return hasPrice(kept) ||
    (kept.C !== undefined && (kept.x !== undefined || kept.M !== undefined)) ||
    Object.keys(facts).length > 2
    ? kept
    : undefined
}

function withHistory(row: Row, past: readonly [string, Card][] | undefined): Row {
  if (!past || past.length === 0) return row
  const h = [...past, ...(row.h ?? [])].sort(([one], [other]) => (one < other ? -1 : 1))
  return { ...row, h }
}

const order: readonly (keyof Row)[] = [
  ...([
    'i',
    'o',
    'r',
    'w',
    'W',
    'n',
    'a',
    'A',
    'ra',
    'g',
    'G',
    'R',
    'q',
    'I',
    'P',
    'S',
    'T',
    'c',
    's',
    'sg',
    't',
    'z',
  ] as const),
  ...(['b', 'f', 'p', 'F', 'u', 'h', 'C', 'L', 'M', 'd', 'k', 'x', 'im', 'om', 'e'] as const),
]

function tableOf(provider: string, shelf: Shelf, defaults: ProviderTable['d']): ProviderTable {
  const rows = new Map<string, Row>()
  for (const [id, row] of [...shelf].sort(([one], [other]) => (one < other ? -1 : 1)))
    rows.set(id, plain(row, defaults))
  const m: Record<string, Row | string> = {}
  const first = new Map<string, string>()
  // of rows that are the same, the shortest id keeps the row
  for (const [id, row] of [...rows].sort(([one], [other]) => one.length - other.length || (one < other ? -1 : 1))) {
    const text = JSON.stringify(row)
    const target = first.get(text)
    if (target === undefined) first.set(text, id)
    else rows.delete(id)
    m[id] = target ?? row
  }
  for (const [alias, target] of undatedNames(shelf))
    m[alias] = typeof m[target] === 'string' ? (m[target] as string) : target
  for (const id of Object.keys(m)) if (typeof m[id] === 'string' && reached(provider, id, m)) delete m[id]
  const sorted = Object.fromEntries(Object.entries(m).sort(([one], [other]) => (one < other ? -1 : 1)))
  return defaults ? { d: defaults, m: sorted } : { m: sorted }
}

/** Whether another spelling of the id leads to the same row: then it needs no line of its own. */
function reached(provider: string, id: string, m: Record<string, Row | string>): boolean {
  for (const spelling of spellings(id, provider)) {
    if (spelling.id === id) continue
    const row = m[spelling.id]
    if (row !== undefined) return (typeof row === 'string' ? row : spelling.id) === m[id]
  }
  return false
}

function plain(row: Row, defaults: ProviderTable['d']): Row {
  const made: Record<string, unknown> = {}
  for (const key of order) {
    const value = row[key]
    if (value === undefined || (defaults && row.i !== undefined && given(key, value, defaults))) continue
    made[key] = value
  }
  return made as Row
}

/** What the provider's rule says already. Batch rates that are no multiple are a source's mixing of rows. */
const given = (key: keyof Row, value: unknown, defaults: NonNullable<ProviderTable['d']>): boolean =>
  defaults[key as 'b'] === value ||
  (key === 'b' && defaults.b !== undefined && typeof value === 'object' && !Array.isArray(value))

/** `claude-opus-4-5` where the sources only have `claude-opus-4-5-20251101`: the newest that is dated, or the latest. */
function undatedNames(shelf: Shelf): Map<string, string> {
  const names = new Map<string, string>()
  for (const id of [...shelf.keys()].sort()) {
    const name = id.replace(/[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, '')
    if (name !== id && name.includes('-') && !shelf.has(name)) names.set(name, id)
  }
  return names
}
