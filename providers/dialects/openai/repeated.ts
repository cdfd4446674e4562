import { type Fields, withField } from './kit.js'

/**
 * Hosts repeat fields of the whole answer on every chunk (`provider`, `citations`): what a chunk says again is left out, and of a
 * list that has grown only what is new, as whoever puts the chunks together appends lists.
 */
export class Repeated {
  readonly #plain = new Map<string, unknown>()
  readonly #written = new Map<string, string>()

  /** What `value` adds to what was said before; undefined where that is nothing. */
  news(name: string, value: unknown): unknown {
    if (typeof value !== 'object' || value === null) {
      if (this.#plain.get(name) === value) return undefined
      this.#plain.set(name, value)
      return value
    }
    if (Array.isArray(value) && value.length === 0) return undefined
    const text = JSON.stringify(value)
    const before = this.#written.get(name)
    if (before === text) return undefined
    this.#written.set(name, text)
    if (!Array.isArray(value) || before === undefined || !text.startsWith(`${before.slice(0, -1)},`)) return value
    return value.slice((JSON.parse(before) as unknown[]).length)
  }

  /** As `news`, for all fields of an object; undefined where none is left. */
  all(fields: Fields): Fields | undefined {
    let left: Fields | undefined
    for (const name in fields) {
      const value = this.news(name, fields[name])
      if (value === undefined) continue
      left = withField(left, name, value)
    }
    return left
  }
}
