import type { Fields } from '../fields.js'

/**
 * Agents send the same tools with every call, and their schemas are most of a body. So the forms and the JSON of a schema are kept with
 * the caller's list of tools, and used again while nobody has changed it: a comparison with every value of the list costs a fifth of
 * writing it.
 */

/** Ends the fields of an object in a copy of values. */
const end = Symbol('end')
/** Longer lists of values are not kept, nor deeper ones, such as cycles. */
const mostValues = 100_000
const mostLevels = 64
/** A list that changes more often is not kept any more. */
const mostChanges = 8

/** Notes every value of plain JSON in turn. Returns false for anything else, which may change unseen. */
function note(value: unknown, noted: unknown[], level: number): boolean {
  noted.push(value)
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  if (level > mostLevels || noted.length > mostValues) return false
  if ('toJSON' in value) return false
  if (Array.isArray(value)) {
    noted.push(value.length)
    for (let at = 0; at < value.length; at++) if (!note(value[at], noted, level + 1)) return false
    return true
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const name in value) {
    noted.push(name)
    if (!note((value as Fields)[name], noted, level + 1)) return false
  }
  noted.push(end)
  return true
}

/**
 * Compares a value with a note from a place on: the same objects with the same fields in the same order.
 * @returns the place behind it, or -1 if something has changed
 */
function compare(value: unknown, noted: readonly unknown[], from: number): number {
  let at = from
  if (value !== noted[at++]) return -1
  if (typeof value !== 'object' || value === null) return at
  if (Array.isArray(value)) {
    const { length } = value
    if (length !== noted[at++]) return -1
    for (let index = 0; index < length; index++) {
      at = compare(value[index], noted, at)
      if (at < 0) return -1
    }
    return at
  }
  for (const name in value) {
    if (name !== noted[at++]) return -1
    const field = (value as Fields)[name]
    if (typeof field !== 'object' || field === null) {
      if (field !== noted[at++]) return -1
      continue
    }
    at = compare(field, noted, at)
    if (at < 0) return -1
  }
  return noted[at++] === end ? at : -1
}

/** What is kept of a list of tools. */
export class KeptSchemas {
  readonly #noted: readonly unknown[]
  readonly #results = new Map<string, WeakMap<Fields, unknown>>()

  private constructor(noted: readonly unknown[]) {
    this.#noted = noted
  }

  static of(tools: readonly unknown[]): KeptSchemas | undefined {
    const noted: unknown[] = []
    return note(tools, noted, 0) ? new KeptSchemas(noted) : undefined
  }

  isOf(tools: readonly unknown[]): boolean {
    return compare(tools, this.#noted, 0) === this.#noted.length
  }

  /** The result of a pure function of a schema of the tools, or of an earlier result. */
  once<Result>(name: string, schema: Fields, make: (schema: Fields) => Result): Result {
    let results = this.#results.get(name)
    if (!results) {
      results = new WeakMap()
      this.#results.set(name, results)
    }
    if (!results.has(schema)) results.set(schema, make(schema))
    return results.get(schema) as Result
  }
}

interface List {
  /** Undefined before the second call with the list: many are used once. */
  kept: KeptSchemas | undefined
  changes: number
}

interface ToolLists {
  readonly tools?: unknown
  readonly functions?: unknown
}

const lists = new WeakMap<readonly unknown[], List>()

/** What is kept of a caller's list of tools, from the second call with it on. Nothing beside `functions`, which are not compared. */
export function keptSchemas({ tools, functions }: ToolLists): KeptSchemas | undefined {
  if (!Array.isArray(tools) || functions) return undefined
  const list = lists.get(tools)
  if (!list) {
    lists.set(tools, { kept: undefined, changes: 0 })
    return undefined
  }
  if (list.kept?.isOf(tools)) return list.kept
  if (list.changes > mostChanges) return undefined
  list.changes++
  list.kept = KeptSchemas.of(tools)
  return list.kept
}

/** The result of a pure function of a schema, kept if the tools are. */
export const once = <Result>(
  kept: KeptSchemas | undefined,
  name: string,
  schema: Fields,
  make: (schema: Fields) => Result,
): Result => (kept ? kept.once(name, schema, make) : make(schema))

/** A schema for the body: its JSON, if the tools are kept. */
export const written = (kept: KeptSchemas | undefined, schema: Fields): Fields =>
  kept ? kept.once('json', schema, keepJSON) : schema

const keepJSON = (schema: Fields): Fields => new KeptJSON(schema) as unknown as Fields

/** The texts of the body that is being written. */
let texts: string[] | undefined
const mark = 'llmux: kept JSON'
const quotedMark = JSON.stringify(mark)

/** A part of a body that was written before. For {@link writeJSON}; `JSON.stringify()` writes its value. */
class KeptJSON {
  readonly #value: Fields
  #text: string | undefined

  constructor(value: Fields) {
    this.#value = value
  }

  toJSON(): unknown {
    if (!texts) return this.#value
    this.#text ??= JSON.stringify(this.#value)
    return sendText(this.#text)
  }
}

/** Puts JSON into the body that is being written, in the place of the returned mark. Undefined if none is. */
export function sendText(json: string): string | undefined {
  texts?.push(json)
  return texts && mark
}

/**
 * `JSON.stringify()` of a body with kept parts: marks are written in their places, and replaced. A text of the caller's that is the mark
 * itself makes one too many, so the body is written without kept parts.
 */
export function writeJSON(body: object): string {
  // a getter or toJSON() of the caller's may start another call
  const outer = texts
  const kept: string[] = []
  texts = kept
  let json: string
  try {
    json = JSON.stringify(body)
  } finally {
    texts = outer
  }
  if (kept.length === 0) return json
  const parts = json.split(quotedMark)
  if (parts.length !== kept.length + 1) return JSON.stringify(body)
  const pieces: string[] = []
  for (const [index, part] of parts.entries()) pieces.push(part, kept[index] ?? '')
  return pieces.join('')
}
