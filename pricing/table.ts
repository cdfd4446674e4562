import type { Card, ProviderTable, Row } from './schema.js'
import { tables } from './table.generated.js'

/** Every row of one provider, by id, aliases followed; ids in lower case lead to the written ones. */
export interface Provider {
  readonly id: string
  readonly rows: ReadonlyMap<string, Row>
  readonly written: ReadonlyMap<string, string>
  /** What a row has where it doesn't say. */
  readonly defaults: ProviderTable['d']
}

const parsed = new Map<string, Provider>()

/** The provider's table, parsed at its first use. Undefined where there is none. */
export function providerTable(id: string): Provider | undefined {
  const known = parsed.get(id)
  if (known) return known
  const text = Object.hasOwn(tables, id) ? tables[id] : undefined
  if (text === undefined) return undefined
  const provider = read(id, JSON.parse(text) as ProviderTable)
  parsed.set(id, provider)
  return provider
}

/** Whether the table knows the prefix. */
export const isProvider = (id: string): boolean => Object.hasOwn(tables, id)

/** The prefixes that the table knows. */
export const tableProviders = (): string[] => Object.keys(tables)

function read(id: string, { d, m }: ProviderTable): Provider {
  const rows = new Map<string, Row>()
  const written = new Map<string, string>()
  const aliases: [string, string][] = []
  for (const [name, row] of Object.entries(m)) {
    if (typeof row === 'string') aliases.push([name, row])
    else rows.set(name, freeze(d && sellsTokens(row) ? { ...d, ...row } : row))
  }
  for (const [name, target] of aliases) {
    const row = rows.get(target)
    if (row) rows.set(name, row)
  }
  for (const name of rows.keys()) {
    const lower = name.toLowerCase()
    if (lower !== name) written.set(lower, name)
  }
  return { id, rows, written, defaults: d && Object.freeze(d) }
}

const sellsTokens = (row: Row): boolean => row.i !== undefined

function freeze<Rates extends Card | Row>(row: Rates): Rates {
  for (const value of Object.values(row)) if (typeof value === 'object' && value !== null) freeze(value as Card)
  return Object.freeze(row)
}
