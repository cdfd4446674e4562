/** The form of the tables of configuration keys. */

export type Kind = 'text' | 'number' | 'whole' | 'flag' | 'texts' | 'map' | 'list' | 'any'

/**
 * - `honoured`: has its effect.
 * - `ignored`: has no effect, which `check` reports with the reason.
 * - `refused`: the gateway doesn't start with it, because it would be less safe, or answer wrongly, without it.
 * - `dangerous`: has its effect, which `check` and the log warn of.
 */
export type Treatment = 'honoured' | 'ignored' | 'refused' | 'dangerous'

export interface KeyRule {
  readonly treatment: Treatment
  readonly kind: Kind
  /** Effect, or reason. */
  readonly note: string
}

export type KeyTable = Readonly<Record<string, KeyRule>>

export const yes = (kind: Kind, note: string): KeyRule => ({ treatment: 'honoured', kind, note })
export const no = (note: string, kind: Kind = 'any'): KeyRule => ({ treatment: 'ignored', kind, note })
export const never = (note: string): KeyRule => ({ treatment: 'refused', kind: 'any', note })
export const risky = (kind: Kind, note: string): KeyRule => ({ treatment: 'dangerous', kind, note })

/** One rule for several keys. */
export const each = (names: string, rule: KeyRule): KeyTable =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, rule] as const))
