import { isRecord, type Json } from '../json.js'

/**
 * The fields of an API's objects, by object name. An empty string is a value that is not checked, `map:` an
 * object with arbitrary keys.
 */
export type KnownFields = Readonly<Record<string, Readonly<Record<string, string>>>>

export interface UnknownField {
  readonly name: string
  /** Fields and indices of the path. */
  readonly path: readonly (string | number)[]
}

/** Finds the first unknown field of a value. `known` returns the object type of a field, or undefined. */
export function unknownField(
  value: unknown,
  object: string,
  known: (object: string, name: string) => string | undefined,
  path: UnknownField['path'] = [],
): UnknownField | undefined {
  if (object === '') return undefined
  for (const [key, item] of entries(value)) {
    const step = [...path, key]
    if (typeof key === 'number' || object.startsWith('map:')) {
      const found = unknownField(item, object.replace(/^map:/, ''), known, step)
      if (found) return found
      continue
    }
    const inner = known(object, key)
    if (inner === undefined) return { name: key, path }
    const found = unknownField(item, inner, known, step)
    if (found) return found
  }
  return undefined
}

function entries(value: unknown): Iterable<[string | number, unknown]> {
  if (Array.isArray(value)) return value.entries()
  return isRecord(value) ? Object.entries(value as Json) : []
}
