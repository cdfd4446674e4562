/** Small readers of what came from outside. They never throw. */

export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textIn = (fields: Fields, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === 'string' ? value : undefined
}

export const countIn = (fields: Fields | undefined, name: string): number | undefined => {
  const value = fields?.[name]
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

/** The fields that are not in `known` and say something, or undefined. */
export function extrasOf(fields: Fields, known: ReadonlySet<string>): Fields | undefined {
  let extras: Fields | undefined
  for (const name in fields) {
    if (known.has(name)) continue
    const value = fields[name]
    if (value === null || value === undefined) continue
    extras ??= {}
    extras[name] = value
  }
  return extras
}
