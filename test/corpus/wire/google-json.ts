import { type Fields, isObject, objects } from './json.js'

/** The caller's own data, whose names are not Google's. */
const opaque = new Set([
  'args',
  'response',
  'parameters',
  'parametersJsonSchema',
  'responseSchema',
  'responseJsonSchema',
  'labels',
])

/** Google takes snake_case as well, and null for what is not said. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased)
  if (!isObject(value)) return value
  const out: Fields = {}
  for (const [key, inner] of Object.entries(value)) {
    const name = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    if (inner !== null) out[name] = opaque.has(name) ? inner : camelCased(inner)
  }
  return out
}

export const snakeCased = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** One, or a list: Google takes both. */
export const many = (value: unknown): Fields[] => (isObject(value) ? [value] : objects(value))

/** JSON Schema as a caller would write it, out of Google's own, whose types are in capitals. */
export function plainSchema(schema: unknown): unknown {
  const json = JSON.stringify(schema, (key, value: unknown) => {
    if (key === 'type' && typeof value === 'string') return value.toLowerCase()
    if (key === 'type' && Array.isArray(value)) return value.map((one) => String(one).toLowerCase())
    return value
  })
  return JSON.parse(json)
}
