import type { Row } from '../schema.js'

/** What one source says of one provider's models, by id. */
export type Shelf = Map<string, Row>

/** One source in our own form. */
export interface Source {
  name: string
  /** By canonical prefix. */
  shelves: Map<string, Shelf>
  /** Other ids for a model, where the source says so: alias, then id. */
  aliases: Map<string, Map<string, string>>
}

export const emptySource = (name: string): Source => ({ name, shelves: new Map(), aliases: new Map() })

export const shelfOf = (source: Source, provider: string): Shelf => made(source.shelves, provider)

export const aliasesOf = (source: Source, provider: string): Map<string, string> => made(source.aliases, provider)

function made<Inner extends Map<string, unknown>>(outer: Map<string, Inner>, key: string): Inner {
  const known = outer.get(key)
  if (known) return known
  const inner = new Map() as Inner
  outer.set(key, inner)
  return inner
}

/** Twelve significant digits: takes off what the sources' binary fractions add. */
export const tidy = (value: number): number => Number(value.toPrecision(12))

/** Without what is undefined. */
export function compact<Thing extends object>(thing: Thing): { [Key in keyof Thing]?: Exclude<Thing[Key], undefined> } {
  const made: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(thing)) if (value !== undefined) made[key] = value
  return made as { [Key in keyof Thing]?: Exclude<Thing[Key], undefined> }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const num = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
