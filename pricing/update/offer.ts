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

export function shelfOf(source: Source, provider: string): Shelf {
  let shelf = source.shelves.get(provider)
  if (!shelf) source.shelves.set(provider, (shelf = new Map()))
  return shelf
}

export function aliasesOf(source: Source, provider: string): Map<string, string> {
  let aliases = source.aliases.get(provider)
  if (!aliases) source.aliases.set(provider, (aliases = new Map()))
  return aliases
}

/** Twelve significant digits: takes off what the sources' binary fractions add. */
export const tidy = (value: number): number => Number(value.toPrecision(12))

/** Without what is undefined. */
export function compact<Thing extends object>(thing: Thing): Thing {
  for (const [key, value] of Object.entries(thing)) if (value === undefined) delete (thing as Record<string, unknown>)[key]
  return thing
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const num = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
