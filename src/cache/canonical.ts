import { hash } from 'node:crypto'

type Fields = Readonly<Record<string, unknown>>

/**
 * A value as text, such that values which reach the model as the same JSON give the same text, and others don't: the order of
 * fields doesn't matter, nor do fields that are undefined. Only in the `properties` of a schema the order does matter, since
 * models answer in it.
 * @throws {RangeError} where it goes round in a circle
 */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      // JSON has no -0, and null for what is no number
      return Number.isFinite(value) ? `${value}` : 'null'
    case 'boolean':
      return value ? 'true' : 'false'
    case 'bigint':
      return `${value}n`
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? list(value) : object(value as Fields)
    default:
      return 'null'
  }
}

function list(items: readonly unknown[]): string {
  let text = '['
  for (let at = 0; at < items.length; at++) text += at === 0 ? canonical(items[at]) : `,${canonical(items[at])}`
  return `${text}]`
}

function object(value: Fields): string {
  if (typeof value.toJSON !== 'function') return fields(value, true)
  const json: unknown = value.toJSON('')
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? fields(json as Fields, true)
    : canonical(json)
}

function fields(value: Fields, sorted: boolean): string {
  const names = Object.keys(value)
  if (sorted && names.length > 1) names.sort()
  let text = '{'
  for (const name of names) {
    const field = value[name]
    if (field === undefined || typeof field === 'function' || typeof field === 'symbol') continue
    if (text.length > 1) text += ','
    text += `${JSON.stringify(name)}:${name === 'properties' && isPlain(field) ? fields(field, false) : canonical(field)}`
  }
  return `${text}}`
}

const isPlain = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('toJSON' in value)

/** 256 bits, in 43 letters. */
export const digest = (text: string): string => hash('sha256', text, 'base64url')
