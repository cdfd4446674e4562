import { Recent } from './recent.js'

/** Rows as objects: those in use. */
const mostOpen = 1_000
/** Ids without a row. */
const mostAbsent = 10_000

/** All ids, of a {@link Reading}. */
export const everyId = { has: () => true }

/** How the rows of a collection are kept in few bytes. */
export interface RowForm<Row> {
  /** Name of the field with the id of the row. */
  readonly id: keyof Row & string
  /** Usual values of fields. They are not kept. */
  readonly usual: Partial<Row>
  /** Usual beginnings of texts. They are not kept either. */
  readonly beginnings?: Readonly<Record<string, string>>
}

/** A reading of the database that has begun. */
export interface Reading {
  readonly ids: { has(id: string): boolean }
  /** Ids that were changed meanwhile: the answer may be older. */
  readonly changed: Set<string>
}

/**
 * Rows of a collection that may be too large for memory. A row takes about 200 bytes: a text of its unusual values. Rows in use are
 * objects too, and the same object for all uses.
 */
export class RowCache<Row extends object> {
  readonly #form: PackedForm<Row>
  readonly #open = new Recent<Row>(mostOpen)
  readonly #packed: Recent<string>
  readonly #absent = new Recent<true>(mostAbsent / 2)
  readonly #readings = new Set<Reading>()
  #complete = false
  /** Whether a row was dropped since all of them began to be read. */
  #dropped = false

  /** @param most rows that are kept for sure; up to twice as many are in memory */
  constructor(form: RowForm<Row>, most: number) {
    this.#form = new PackedForm(form)
    this.#packed = new Recent<string>(most, () => {
      this.#complete = false
      this.#dropped = true
    })
  }

  /** Whether all rows of the database are in memory. */
  get complete(): boolean {
    return this.#complete
  }

  get size(): number {
    return this.#packed.size
  }

  get(id: string): Row | undefined {
    const open = this.#open.get(id)
    if (open) return open
    const text = this.#packed.get(short(id))
    if (text === undefined) return undefined
    const row = this.#form.open(id, text)
    this.#open.set(id, row)
    return row
  }

  /** Whether the row is in memory, or is known not to exist. */
  knows(id: string): boolean {
    return this.#complete || this.#open.has(id) || this.#packed.has(short(id)) || this.#absent.get(id) === true
  }

  /** Rows in memory: all if they are few, else those in use. */
  *inUse(few: number): Generator<Row> {
    if (this.#packed.size > few) {
      for (const [, row] of this.#open.entries()) yield row
      return
    }
    for (const [name, text] of this.#packed.entries()) {
      const id = long(name)
      yield this.#open.get(id) ?? this.#form.open(id, text)
    }
  }

  /** Whether a changed row belongs into memory. */
  wants(id: string): boolean {
    if (this.knows(id)) return true
    for (const { ids } of this.#readings) if (ids.has(id)) return true
    return false
  }

  /** Takes over a change. */
  change(id: string, row: Row | undefined): void {
    for (const { ids, changed } of this.#readings) if (ids.has(id)) changed.add(id)
    this.#keep(id, row)
  }

  /** Notes that rows are read, so that a change meanwhile is not lost. */
  begin(ids: ReadonlySet<string> | typeof everyId): Reading {
    const reading = { ids, changed: new Set<string>() }
    this.#readings.add(reading)
    if (ids === everyId) this.#dropped = false
    return reading
  }

  end(reading: Reading): void {
    this.#readings.delete(reading)
  }

  /** Takes over an answer of the database. */
  found(id: string, row: Row | undefined, { changed }: Reading): void {
    if (!changed.has(id) && !this.#isKept(id)) this.#keep(id, row)
  }

  /** The same before the row is used. */
  fill(id: string, row: Row, { changed }: Reading): void {
    if (!changed.has(id) && !this.#isKept(id)) this.#packed.set(short(id), this.#form.pack(row))
  }

  /** Notes that all rows of the database were read. */
  completed(): void {
    this.#complete = !this.#dropped
  }

  #isKept(id: string): boolean {
    return this.#open.has(id) || this.#packed.has(short(id))
  }

  #keep(id: string, row: Row | undefined): void {
    if (row === undefined) {
      this.#open.delete(id)
      this.#packed.delete(short(id))
      if (!this.#complete) this.#absent.set(id, true)
      return
    }
    this.#absent.delete(id)
    this.#open.set(id, row)
    this.#packed.set(short(id), this.#form.pack(row))
  }
}

const hash = /^[0-9a-f]{64}$/

/** A hash is half of its length as bytes. Another id of that length is marked, and so is one that looks marked. */
function short(id: string): string {
  if (id.length === 64 && hash.test(id)) return Buffer.from(id, 'hex').toString('latin1')
  return id.length === 32 || (id.length > 32 && id.startsWith('\0')) ? `\0${id}` : id
}

function long(name: string): string {
  if (name.length === 32) return Buffer.from(name, 'latin1').toString('hex')
  return name.length > 32 && name.startsWith('\0') ? name.slice(1) : name
}

/** A row as the JSON of `[place or name, value, …]` of its unusual fields. */
class PackedForm<Row extends object> {
  readonly #id: string
  readonly #usual: Readonly<Record<string, unknown>>
  readonly #names: readonly string[]
  readonly #beginnings: Readonly<Record<string, string>>
  readonly #places = new Map<string, { readonly place: number; readonly text: string }>()

  constructor({ id, usual, beginnings = {} }: RowForm<Row>) {
    this.#beginnings = beginnings
    this.#id = id
    this.#usual = usual as Readonly<Record<string, unknown>>
    this.#names = Object.keys(usual)
    for (const [place, name] of this.#names.entries())
      this.#places.set(name, { place, text: JSON.stringify(this.#usual[name]) })
  }

  pack(row: Row): string {
    const fields = row as Readonly<Record<string, unknown>>
    const found: unknown[] = []
    for (const name in fields) {
      const value = shortTime(name, fields)
      if (value === undefined || name === this.#id) continue
      const known = this.#places.get(name)
      const begins = this.#beginnings[name]
      if (known && begins !== undefined && typeof value === 'string' && value.startsWith(begins))
        found.push(known.place, value.slice(begins.length))
      else if (!known || begins !== undefined) found.push(name, value)
      else if (value !== this.#usual[name] && JSON.stringify(value) !== known.text) found.push(known.place, value)
    }
    // V8 keeps a serialized text as a tree of its parts, which takes twice the memory
    return Buffer.from(JSON.stringify(found)).toString()
  }

  open(id: string, text: string): Row {
    const found = JSON.parse(text) as unknown[]
    const row: Record<string, unknown> = { [this.#id]: id, ...this.#usual }
    for (let at = 0; at < found.length; at += 2) {
      const place = found[at]
      const name = typeof place === 'number' ? (this.#names[place] ?? '') : String(place)
      const begins = typeof place === 'number' ? this.#beginnings[name] : undefined
      row[name] = begins === undefined ? found[at + 1] : `${begins}${found[at + 1]}`
    }
    if (typeof row.created_at === 'number') row.created_at = new Date(row.created_at).toISOString()
    if (typeof row.updated_at === 'number') row.updated_at = new Date(row.updated_at).toISOString()
    row.updated_at ??= row.created_at
    row.updated_by ??= row.created_by
    return row as Row
  }
}

/** A value as it is kept: times are numbers, and the first change of a row is its creation. */
function shortTime(name: string, fields: Readonly<Record<string, unknown>>): unknown {
  const value = fields[name]
  if (name === 'updated_at' && value === fields.created_at) return undefined
  if (name === 'updated_by' && value === fields.created_by) return undefined
  if (name !== 'created_at' && name !== 'updated_at') return value
  const time = Date.parse(String(value))
  return !Number.isNaN(time) && new Date(time).toISOString() === value ? time : value
}
