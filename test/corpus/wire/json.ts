/** Reading JSON of unknown shape. Nothing here throws: what is not there is undefined. */

export type Fields = Record<string, unknown>

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const object = (value: unknown): Fields => (isObject(value) ? value : {})
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
export const objects = (value: unknown): Fields[] => list(value).filter(isObject)
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
export const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** A string with something in it. */
export const filled = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export function parse(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}

/** JSON with sorted keys: two values with the same meaning have the same text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
}

/** Where two values differ first, as a path and both sides; undefined where they are the same. */
export function firstDifference(got: unknown, wanted: unknown, path = ''): string | undefined {
  if (Array.isArray(got) && Array.isArray(wanted)) {
    for (let at = 0; at < Math.max(got.length, wanted.length); at++) {
      const found = firstDifference(got[at], wanted[at], `${path}[${at}]`)
      if (found) return found
    }
    return undefined
  }
  if (isObject(got) && isObject(wanted)) {
    for (const key of new Set([...Object.keys(got), ...Object.keys(wanted)])) {
      const found = firstDifference(got[key], wanted[key], path ? `${path}.${key}` : key)
      if (found) return found
    }
    return undefined
  }
  if (Object.is(got, wanted)) return undefined
  return `${path || 'value'}: got ${show(got)}, recorded ${show(wanted)}`
}

export function show(value: unknown): string {
  const json = value === undefined ? 'nothing' : JSON.stringify(value)
  return json.length > 160 ? `${json.slice(0, 150)}… (${json.length} characters)` : json
}
