import { isBoxedPrimitive, digest as platformDigest } from '../platform/index.js'

type Fields = Readonly<Record<string, unknown>>

/**
 * Writes a value as canonical text for cache keys: two values give the same text exactly if they serialise to equivalent JSON. Field
 * order and undefined fields don't matter, except that the `properties` of a schema keep their order, which models follow in
 * their answers. Strings are length-prefixed instead of escaped, since the text is never parsed.
 * @throws {RangeError} if the value is circular
 * @throws {TypeError} if the value is an instance of a class with data outside of its own fields
 */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      // as in JSON: -0 is 0, NaN and Infinity are null
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

/** @param without names of omitted fields */
export function fields(value: Fields, without?: ReadonlySet<string>): string {
  const names = Object.keys(value)
  if (names.length > 1) sort(names)
  return inOrder(value, names, without)
}

function inOrder(value: Fields, names: readonly string[], without: ReadonlySet<string> | undefined): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null && hasInheritedData(value)) {
    throw new TypeError('An instance of this class has data outside of its own fields.')
  }
  let text = '{'
  for (const name of names) {
    const field = value[name]
    if (field === undefined || typeof field === 'function' || typeof field === 'symbol' || without?.has(name)) continue
    text += `${quoted(name)}=${name === 'properties' && isPlain(field) ? inOrder(field, Object.keys(field), undefined) : canonical(field)},`
  }
  return `${text}}`
}

/** True for objects with inherited data: getters, inherited fields, or a boxed primitive. */
function hasInheritedData(value: object): boolean {
  if (isBoxedPrimitive(value)) return true
  for (let one: object | null = Object.getPrototypeOf(value); one !== null; one = Object.getPrototypeOf(one)) {
    const all = Object.entries(Object.getOwnPropertyDescriptors(one))
    if (all.some(([name, given]) => name !== '__proto__' && typeof given.value !== 'function')) return true
  }
  return false
}

/** Insertion sort for short lists: most objects have two or three fields, and it is several times faster there. */
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

/** SHA-256 in base64url. UTF-8 would merge all lone surrogates, so text that contains one is escaped first. */
export const digest = (text: string): string =>
  platformDigest('sha256', text.isWellFormed() ? text : `\\${JSON.stringify(text)}`, 'base64url')
