import { decodeRow, linesOf } from './codec.js'
import { type Card, modes, type ProviderTable, type Row } from './schema.js'
import { tables } from './table.generated.js'

/** The rows of one provider. Each is read when it is first asked for, and frozen. */
export class Provider {
  readonly id: string
  /** What a row has where it doesn't say. */
  readonly defaults: ProviderTable['d']
  readonly #rows = new Map<string, string | Row>()
  #written: Map<string, string> | undefined

  constructor(id: string, text: string) {
    this.id = id
    for (const [name, aliases, row] of linesOf(text)) {
      this.#rows.set(name, row)
      for (const alias of aliases) this.#rows.set(alias, `>${name}`)
    }
    const defaults = this.#rows.get('*')
    this.#rows.delete('*')
    this.defaults = typeof defaults === 'string' ? Object.freeze(decodeRow(defaults)) : undefined
  }

  /** The id as the table writes it; upper and lower case are the same where no other id is meant. */
  nameOf(id: string): string | undefined {
    if (this.#rows.has(id)) return id
    this.#written ??= new Map([...this.#rows.keys()].map((name) => [name.toLowerCase(), name]))
    return this.#written.get(id.toLowerCase())
  }

  /** The row of an id, aliases followed. */
  row(name: string): Row | undefined {
    const row = this.#rows.get(name)
    if (typeof row !== 'string') return row
    const read = row.startsWith('>') ? this.row(row.slice(1)) : freeze(this.#complete(decodeRow(row)))
    if (read) this.#rows.set(name, read)
    return read
  }

  names(): Iterable<string> {
    return this.#rows.keys()
  }

  #complete(row: Row): Row {
    if (!this.defaults || row.i === undefined) return row
    const { s, ...rest } = this.defaults
    return s !== undefined && talks.has(row.k ?? 0) ? { s, ...rest, ...row } : { ...rest, ...row }
  }
}

/** Modes that may search the web. */
const talks = new Set([modes.indexOf('chat'), modes.indexOf('responses')])

const known = new Map<string, Provider>()

/** The provider's table, found at its first use. Undefined where there is none. */
export function providerTable(id: string): Provider | undefined {
  const provider = known.get(id)
  if (provider) return provider
  const text = Object.hasOwn(tables, id) ? tables[id] : undefined
  if (text === undefined) return undefined
  const made = new Provider(id, text)
  known.set(id, made)
  return made
}

/** Whether the table knows the prefix. */
export const isProvider = (id: string): boolean => Object.hasOwn(tables, id)

/** The prefixes that the table knows. */
export const tableProviders = (): string[] => Object.keys(tables)

function freeze<Rates extends Card | Row>(row: Rates): Rates {
  for (const value of Object.values(row)) if (typeof value === 'object' && value !== null) freeze(value as Card)
  return Object.freeze(row)
}
