/** Small readers of what came from outside. They never throw. */

import { type Fields, isFields, textIn } from '../../fields.js'

export { type Fields, isFields, textIn }

export const countIn = (fields: Fields | undefined, name: string): number | undefined => {
  const value = fields?.[name]
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

/** More choices or tool calls than any answer has. Lists that are filled by index don't grow beyond. */
const mostPlaces = 1024

/** The number that a host gives a choice or a tool call; undefined where it gives none, or nonsense. */
export const placeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < mostPlaces ? value : undefined

/** Puts a field of any name on an object, which is made where there is none. */
export function withField(fields: Fields | undefined, name: string, value: unknown): Fields {
  const all = fields ?? {}
  // this one would not become a field, but what the object inherits from
  if (name !== '__proto__') all[name] = value
  return all
}

/** The fields that are not in `known` and say something, or undefined. */
export function extrasOf(fields: Fields, known: ReadonlySet<string>): Fields | undefined {
  let extras: Fields | undefined
  for (const name in fields) {
    if (known.has(name)) continue
    const value = fields[name]
    if (value !== null && value !== undefined) extras = withField(extras, name, value)
  }
  return extras
}
