import { ProviderFault } from './contract.js'

/** Small readers for JSON from outside, shared by all dialects. */

export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textIn = (fields: Fields, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === 'string' ? value : undefined
}

/** Returns undefined if the text is not JSON. */
export function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns an empty object if the text is not a JSON object. */
export function parseFields(text: string): Fields {
  const body = parseJSON(text)
  return isFields(body) ? body : {}
}

/** @throws {ProviderFault} if the data is not a JSON object */
export function parseEvent(data: string): Fields {
  let body: unknown
  try {
    body = JSON.parse(data)
  } catch {
    throw new ProviderFault('its stream has an event that is not JSON')
  }
  if (!isFields(body)) throw new ProviderFault('its stream has an event that is not an object')
  return body
}

/**
 * Some hosts send an error under its event name only, as plain text or without the fields of the dialect's errors.
 * @throws {ProviderFault} if the event is named an error
 */
export function rejectErrorEvent(name: string | undefined, data: string): void {
  if (name !== 'error') return
  const body = parseJSON(data)
  throw new ProviderFault('its stream has an error', isFields(body) ? body : { error: { message: data.trim() } })
}

/** The objects of a list; empty if it is no list. */
export const fieldsIn = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])

/** A count of 0 or more; undefined for anything else. */
export const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined

/** A field that is such a count. */
export const countIn = (fields: Fields | undefined, name: string): number | undefined => countOf(fields?.[name])

/** Upper bound for lists that are filled by an index from the wire: more choices or tool calls than any answer has. */
const mostPlaces = 1024

/** An index from the wire that is safe to use for a list; undefined if it is missing or not one. */
export const placeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < mostPlaces ? value : undefined

/** Sets a field of any name on an object, which is created if there is none. */
export function withField(fields: Fields | undefined, name: string, value: unknown): Fields {
  const all = fields ?? {}
  // assigning to this name would set the prototype
  if (name !== '__proto__') all[name] = value
  return all
}

/** The fields outside of `known` that hold a value, or undefined. */
export function extrasOf(fields: Fields, known: ReadonlySet<string>): Fields | undefined {
  let extras: Fields | undefined
  for (const name in fields) {
    if (known.has(name)) continue
    const value = fields[name]
    if (value !== null && value !== undefined) extras = withField(extras, name, value)
  }
  return extras
}
