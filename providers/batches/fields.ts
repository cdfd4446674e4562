import type { BatchStatus } from '../../src/types/batch.js'
import type { Json } from './contract.js'

/** Readers of untyped JSON in answers about files and batches. */

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** A number, also as digits: Google sends 64-bit numbers as texts. */
export function count(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined
}

export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : none

export const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : [])

const none: Json = Object.freeze({})

/** Unix seconds of a number of seconds, or of a text by ISO 8601. */
export function seconds(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000)
}

/** Fields with texts only. */
export function texts(value: unknown): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(object(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** The status by the provider's name for it. An unknown one is a state in the middle. */
export const statusOf = (names: Readonly<Record<string, BatchStatus>>, value: unknown): BatchStatus =>
  (typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : undefined) ?? 'in_progress'
