import type { PriceRow } from '../schema.js'

/** Rows of one provider, by model id. */
export type Rows = Map<string, PriceRow>

/** The prices of one source, in the form of the table. */
export interface Source {
  name: string
  /** By canonical provider prefix. */
  providers: Map<string, Rows>
  /** Aliases that the source defines, by provider: alias, then id. */
  aliases: Map<string, Map<string, string>>
}

export const emptySource = (name: string): Source => ({ name, providers: new Map(), aliases: new Map() })

export const rowsOf = (source: Source, provider: string): Rows => getOrCreate(source.providers, provider)

export const aliasesOf = (source: Source, provider: string): Map<string, string> =>
  getOrCreate(source.aliases, provider)

function getOrCreate<Inner extends Map<string, unknown>>(outer: Map<string, Inner>, key: string): Inner {
  const known = outer.get(key)
  if (known) return known
  const inner = new Map() as Inner
  outer.set(key, inner)
  return inner
}

/** Rounds to twelve significant digits, which removes the noise of the sources' binary fractions. */
export const roundOff = (value: number): number => Number(value.toPrecision(12))

/** A copy without undefined values. */
export function compact<Thing extends object>(thing: Thing): { [Key in keyof Thing]?: Exclude<Thing[Key], undefined> } {
  const made: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(thing)) if (value !== undefined) made[key] = value
  return made as { [Key in keyof Thing]?: Exclude<Thing[Key], undefined> }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value if it is a finite number of 0 or more. */
export const toAmount = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
