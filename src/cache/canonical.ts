import { hash } from 'node:crypto'
import { types } from 'node:util'

type Fields = Readonly<Record<string, unknown>>

/**
 * A value as text, such that values which reach the model as the same JSON give the same text, and others don't: the order of
 * fields doesn't matter, nor do fields that are undefined. Only in the `properties` of a schema the order does matter, since
 * models answer in it. It is for keys, and never read again: texts stand in it as they are, behind their lengths.
 * @throws {RangeError} where it goes round in a circle
 * @throws {TypeError} where it says more than its own fields do
 */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      // JSON has no -0, and null for what is no number
      return Number.isFinite(value) ? `${value}` : 'null'
    case 'boolean':
      return value ? 'true' : 'false'
    case 'bigint':
      return `${value}n`
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? list(value) : object(value as Fields)
    default:
      return 'null'
  }
}

export const quoted = (text: string): string => `"${text.length}:${text}`

function list(items: readonly unknown[]): string {
  let text = '['
  for (let at = 0; at < items.length; at++) text += `${canonical(items[at])},`
  return `${text}]`
}

function object(value: Fields): string {
  if (typeof value.toJSON !== 'function') return fields(value)
  const json: unknown = value.toJSON('')
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? fields(json as Fields) : canonical(json)
}

/** @param without names that are left out */
export function fields(value: Fields, without?: ReadonlySet<string>): string {
  const names = Object.keys(value)
  if (names.length > 1) sort(names)
  return inOrder(value, names, without)
}

function inOrder(value: Fields, names: readonly string[], without: ReadonlySet<string> | undefined): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null && saysMore(value)) {
    throw new TypeError('What an object of this class says is not in its own fields.')
  }
  let text = '{'
  for (const name of names) {
    const field = value[name]
    if (field === undefined || typeof field === 'function' || typeof field === 'symbol' || without?.has(name)) continue
    text += `${quoted(name)}=${name === 'properties' && isPlain(field) ? inOrder(field, Object.keys(field), undefined) : canonical(field)},`
  }
  return `${text}}`
}

/** Whether something can be read of it that is among none of its fields: getters of a class, what it inherits, or a boxed number. */
function saysMore(value: object): boolean {
  if (types.isBoxedPrimitive(value)) return true
  for (let one: object | null = Object.getPrototypeOf(value); one !== null; one = Object.getPrototypeOf(one)) {
    const all = Object.entries(Object.getOwnPropertyDescriptors(one))
    if (all.some(([name, given]) => name !== '__proto__' && typeof given.value !== 'function')) return true
  }
  return false
}

/** Most objects have two or three fields: sorting those by hand is several times as fast. */
function sort(names: string[]): void {
  if (names.length > 8) {
    names.sort()
    return
  }
  for (let end = 1; end < names.length; end++) {
    const name = names[end] as string
    let at = end
    for (; at > 0 && (names[at - 1] as string) > name; at--) names[at] = names[at - 1] as string
    names[at] = name
  }
}

const isPlain = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('toJSON' in value)

/** 256 bits, in 43 letters. Halves of letters would all be one to it, for it takes UTF-8: then they are written out. */
export const digest = (text: string): string =>
  hash('sha256', text.isWellFormed() ? text : `\\${JSON.stringify(text)}`, 'base64url')
