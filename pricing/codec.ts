/**
 * How the table is written: a line per id, a letter per field and its number behind it.
 *
 * ```
 * * b.5s.01                                     what rows have where they don't say
 * gpt-5.4 i2.5o15r.25C105e4M128e3@272e3i5o22.5r.5  a row; `@` begins what holds above so many prompt tokens
 * gpt-5.6-sol|gpt-5.6 i4o20C1024K               a row with another id; K is 1024
 * ```
 *
 * What is no number (history, hours, tiers of three) follows as JSON behind a space. A row is read when it is first asked for:
 * a provider's first lookup costs little more than finding its lines.
 */
import type { ProviderTable, Row, Tier } from './schema.js'

/** Fields and their letters, in the order in which they are written. `e` would be an exponent. */
const fields: readonly (readonly [keyof Row, string])[] = [
  ...(['i', 'o', 'r', 'w', 'W', 'n', 'a', 'A'] as const).map((key) => [key, key] as const),
  ['ra', 'j'],
  ...(['g', 'G', 'R', 'q', 'I', 'P', 'S', 'T', 'c', 's'] as const).map((key) => [key, key] as const),
  ['sg', 'J'],
  ...(['b', 'f', 'p', 'F', 'u', 'C', 'L', 'M', 'd', 'k', 'x'] as const).map((key) => [key, key] as const),
  ['im', 'v'],
  ['om', 'V'],
  ['e', 'D'],
]

const letters = new Map(fields.map(([key, letter]) => [letter, key]))

/** The number behind a `@`. */
const threshold = /^([\d.]+(?:e-?\d+)?)(K?)/

const numberOf = (number: string | undefined, kilo: string | undefined): number => Number(number) * (kilo ? 1024 : 1)

const numbers = /([a-zA-DF-Z])([\d.]+(?:e-?\d+)?)(K?)/g

export function encodeRow(row: Row): string {
  const { t, h, z, ...rest } = row
  const tail: Record<string, unknown> = {}
  if (h) tail.h = h
  if (z) tail.z = z
  let text = write(rest, tail)
  for (const [above, tier] of t ?? []) text += `@${short(above)}${write(tier, undefined)}`
  return Object.keys(tail).length > 0 ? `${text} ${JSON.stringify(tail)}` : text
}

export function decodeRow(text: string): Row {
  const space = text.indexOf(' ')
  const [own = '', ...tiers] = (space < 0 ? text : text.slice(0, space)).split('@')
  const row = read(own)
  if (tiers.length > 0) {
    row.t = tiers.map((tier) => {
      const [above = '', number, kilo] = threshold.exec(tier) ?? []
      return [numberOf(number, kilo), read(tier.slice(above.length)) as Tier] as const
    })
  }
  return space < 0 ? row : Object.assign(row, JSON.parse(text.slice(space + 1)) as Row)
}

export function encodeTable({ d, m }: ProviderTable): string {
  const names = new Map<string, string[]>()
  for (const [id, row] of Object.entries(m)) if (typeof row !== 'string') names.set(id, [id])
  for (const [id, row] of Object.entries(m)) if (typeof row === 'string') names.get(row)?.push(id)
  const lines = [...names].map(([id, all]) => `${all.join('|')} ${encodeRow(m[id] as Row)}`)
  return (d ? [`* ${encodeRow(d)}`, ...lines] : lines).join('\n')
}

export function decodeTable(text: string): ProviderTable {
  const m: Record<string, Row | string> = {}
  let d: ProviderTable['d']
  for (const [id, aliases, row] of linesOf(text)) {
    if (id === '*') d = decodeRow(row)
    else m[id] = decodeRow(row)
    for (const alias of aliases) m[alias] = id
  }
  return d ? { d, m } : { m }
}

/** Of each line: the id, its other names, and the row as it is written. */
export function* linesOf(text: string): Generator<[string, string[], string]> {
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    const [id = '', ...aliases] = line.slice(0, space).split('|')
    yield [id, aliases, line.slice(space + 1)]
  }
}

function write(row: Row | Tier, tail: Record<string, unknown> | undefined): string {
  let text = ''
  for (const [key, letter] of fields) {
    const value = (row as Row)[key]
    if (value === undefined) continue
    if (key === 'e') text += `${letter}${String(value).replaceAll('-', '')}`
    else if (typeof value === 'number') text += `${letter}${short(value)}`
    else if (tail) tail[key] = value
    else throw new Error(`A tier can't have '${key}' as ${JSON.stringify(value)}.`)
  }
  return text
}

function read(text: string): Row {
  const row: Record<string, unknown> = {}
  for (const [, letter = '', number, kilo] of text.matchAll(numbers)) {
    if (letter === 'D') row.e = `${number?.slice(0, 4)}-${number?.slice(4, 6)}-${number?.slice(6)}`
    else row[letters.get(letter) ?? letter] = numberOf(number, kilo)
  }
  return row as Row
}

/** The shortest way to write a number that JavaScript reads back as the same. */
function short(value: number): string {
  if (value >= 1024 && value % 1024 === 0 && value % 1000 !== 0) return `${value / 1024}K`
  const plain = String(value).replace(/^0\./, '.')
  return plain.replace(/(\d)(0{3,})$/, (_, last: string, zeros: string) => `${last}e${zeros.length}`)
}
