import { priceTables } from '../src/platform/index.js'
import { decodeRow, parseLines } from './codec.js'
import type { PriceRow, RateCard, RowDefaults } from './schema.js'

/** The rows of one provider. Each is decoded on first use and frozen. */
class ProviderRows {
  readonly id: string
  readonly defaults: RowDefaults | undefined
  /** A string is an encoded row, or `>` and the id of the row that an alias stands for. */
  readonly #rows = new Map<string, string | PriceRow>()
  #lowerCase: Map<string, string> | undefined

  constructor(id: string, text: string) {
    this.id = id
    for (const [name, aliases, row] of parseLines(text)) {
      this.#rows.set(name, row)
      for (const alias of aliases) this.#rows.set(alias, `>${name}`)
    }
    const defaults = this.#rows.get('*')
    this.#rows.delete('*')
    this.defaults = typeof defaults === 'string' ? Object.freeze(decodeRow(defaults)) : undefined
  }

  /** The id in the table's spelling. Case is ignored unless the exact id exists. */
  find(id: string): string | undefined {
    if (this.#rows.has(id)) return id
    this.#lowerCase ??= new Map([...this.#rows.keys()].map((name) => [name.toLowerCase(), name]))
    return this.#lowerCase.get(id.toLowerCase())
  }

  /** The row of an id, or of the id that an alias stands for. */
  get(name: string): PriceRow | undefined {
    const row = this.#rows.get(name)
    if (typeof row !== 'string') return row
    const decoded = row.startsWith('>') ? this.get(row.slice(1)) : freeze(this.#withDefaults(decodeRow(row)))
    if (decoded) this.#rows.set(name, decoded)
    return decoded
  }

  names(): Iterable<string> {
    return this.#rows.keys()
  }

  #withDefaults(row: PriceRow): PriceRow {
    if (!this.defaults || row.input === undefined) return row
    const { perWebSearch, perContainerGigabyte, ...rest } = this.defaults
    const { mode = 'chat' } = row
    if (mode !== 'chat' && mode !== 'responses') return { ...rest, ...row }
    return {
      ...(perWebSearch !== undefined && row.perSearchedAnswer === undefined && { perWebSearch }),
      ...(perContainerGigabyte !== undefined && { perContainerGigabyte }),
      ...rest,
      ...row,
    }
  }
}

const loaded = new Map<string, ProviderRows>()

/** The rows of a provider, or undefined if the table has none. */
export function providerRows(id: string): ProviderRows | undefined {
  const known = loaded.get(id)
  if (known) return known
  const tables = priceTables()
  const text = Object.hasOwn(tables, id) ? tables[id] : undefined
  if (text === undefined) return undefined
  const rows = new ProviderRows(id, text)
  loaded.set(id, rows)
  return rows
}

export const isProvider = (id: string): boolean => Object.hasOwn(priceTables(), id)

/** Provider prefixes of the table. */
export const tableProviders = (): string[] => Object.keys(priceTables())

function freeze<Rates extends RateCard | PriceRow>(row: Rates): Rates {
  for (const value of Object.values(row)) if (typeof value === 'object' && value !== null) freeze(value as RateCard)
  return Object.freeze(row)
}
