/**
 * The text form of the table: one line per row, one letter per field with its number behind it. The letters are in schema.ts.
 *
 * ```
 * * b.5s.01                                       defaults of the provider's rows
 * gpt-5.4 i2.5o15r.25C105e4M128e3@272e3i5o22.5r.5  a row; `@` starts a context tier for prompts above so many tokens
 * gpt-5.6-sol|gpt-5.6 i4o20C1024K                 a row with an alias; K multiplies by 1024
 * ```
 *
 * Values that are not plain numbers (earlier cards, hours, fees by size) follow as JSON after a space, with the same letters.
 * Rows are decoded on first use, so the first lookup at a provider costs little more than splitting its lines.
 */
import {
  type ContextTier,
  fields,
  type HourlyRate,
  modes,
  type PriceRow,
  type ProviderTable,
  type RateCard,
} from './schema.js'

let letters: Map<string, string> | undefined
let names: Map<string, string> | undefined

/** The letter of a field. The maps are made with the first row, since an import needs none. */
function letterOf(name: string): string | undefined {
  letters ??= new Map(fields.map(([name, letter]) => [name, letter]))
  return letters.get(name)
}

/** The field of a letter. */
function nameOf(letter: string): string | undefined {
  names ??= new Map(fields.map(([name, letter]) => [letter, name]))
  return names.get(letter)
}

/** The threshold behind an `@`. */
const threshold = /^([\d.]+(?:e-?\d+)?)(K?)/

/** `E` is missing from the letters: `e` is the exponent of a number. */
const numbers = /([a-zA-DF-Z])([\d.]+(?:e-?\d+)?)(K?)/g

const toNumber = (number: string | undefined, kilo: string | undefined): number => Number(number) * (kilo ? 1024 : 1)

export function encodeRow({ tiers, earlier, hours, ...row }: PriceRow): string {
  const rest: PriceRow = { ...(earlier && { earlier }), ...(hours && { hours }) }
  let text = writeNumbers(row, rest)
  const nested = tiers?.some(([, tier]) => Object.values(tier).some((value) => typeof value === 'object'))
  if (nested && tiers) rest.tiers = tiers
  else for (const [above, tier] of tiers ?? []) text += `@${shortest(above)}${writeNumbers(tier)}`
  return Object.keys(rest).length > 0 ? `${text} ${JSON.stringify(abbreviate(rest))}` : text
}

export function decodeRow(text: string): PriceRow {
  const space = text.indexOf(' ')
  const [own = '', ...tiers] = (space < 0 ? text : text.slice(0, space)).split('@')
  const row = readNumbers(own)
  if (tiers.length > 0) {
    row.tiers = tiers.map((tier) => {
      const [above = '', number, kilo] = threshold.exec(tier) ?? []
      return [toNumber(number, kilo), readNumbers(tier.slice(above.length)) as ContextTier] as const
    })
  }
  return space < 0 ? row : Object.assign(row, expand(JSON.parse(text.slice(space + 1)) as Abbreviated))
}

export function encodeTable({ defaults, models }: ProviderTable): string {
  const names = new Map<string, string[]>()
  for (const [id, row] of Object.entries(models)) if (typeof row !== 'string') names.set(id, [id])
  for (const [id, row] of Object.entries(models)) if (typeof row === 'string') names.get(row)?.push(id)
  const lines = [...names].map(([id, all]) => `${all.join('|')} ${encodeRow(models[id] as PriceRow)}`)
  return (defaults ? [`* ${encodeRow(defaults)}`, ...lines] : lines).join('\n')
}

export function decodeTable(text: string): ProviderTable {
  const models: Record<string, PriceRow | string> = {}
  let defaults: ProviderTable['defaults']
  for (const [id, aliases, row] of parseLines(text)) {
    if (id === '*') defaults = decodeRow(row)
    else models[id] = decodeRow(row)
    for (const alias of aliases) models[alias] = id
  }
  return defaults ? { defaults, models } : { models }
}

/** Of each line: the id, its aliases and the row, still encoded. */
export function* parseLines(text: string): Generator<[string, string[], string]> {
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    const [id = '', ...aliases] = line.slice(0, space).split('|')
    yield [id, aliases, line.slice(space + 1)]
  }
}

/** @param rest receives the values that are not numbers */
function writeNumbers(row: PriceRow | ContextTier, rest: PriceRow = {}): string {
  let text = ''
  for (const [name, letter] of fields) {
    const value = (row as PriceRow)[name]
    if (value === undefined) continue
    if (name === 'mode') text += `${letter}${modes.indexOf(value as (typeof modes)[number])}`
    else if (name === 'deprecationDate') text += `${letter}${String(value).replaceAll('-', '')}`
    else if (typeof value === 'number') text += `${letter}${shortest(value)}`
    else Object.assign(rest, { [name]: value })
  }
  return text
}

function readNumbers(text: string): PriceRow {
  const row: Record<string, unknown> = {}
  for (const [, letter = '', number = '', kilo] of text.matchAll(numbers)) {
    const name = nameOf(letter) ?? letter
    if (name === 'deprecationDate') row[name] = `${number.slice(0, 4)}-${number.slice(4, 6)}-${number.slice(6)}`
    else if (name === 'mode') row[name] = modes[Number(number)]
    else row[name] = toNumber(number, kilo)
  }
  return row as PriceRow
}

type Abbreviated = Readonly<Record<string, unknown>>
type AbbreviatedHours = [multiple: number, minutes: [number, number][], days?: number[]]

/** A row or card with letters for names, as JSON can hold it. */
function abbreviate(row: PriceRow | RateCard): Abbreviated {
  const made: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) made[letterOf(name) ?? name] = abbreviateValue(name, value)
  return made
}

function abbreviateValue(name: string, value: unknown): unknown {
  if (name === 'earlier' || name === 'tiers')
    return (value as [unknown, RateCard][]).map(([bound, card]) => [bound, abbreviate(card)])
  if (name === 'hours')
    return (value as HourlyRate[]).map(({ multiple, minutes, days }) => [multiple, minutes, ...(days ? [days] : [])])
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? abbreviate(value as RateCard) : value
}

function expand(written: Abbreviated): PriceRow {
  const row: Record<string, unknown> = {}
  for (const [letter, value] of Object.entries(written)) {
    const name = nameOf(letter) ?? letter
    row[name] = expandValue(name, value)
  }
  return row as PriceRow
}

function expandValue(name: string, value: unknown): unknown {
  if (name === 'earlier' || name === 'tiers')
    return (value as [unknown, Abbreviated][]).map(([bound, card]) => [bound, expand(card)])
  if (name === 'hours')
    return (value as AbbreviatedHours[]).map(([multiple, minutes, days]) => ({
      minutes,
      ...(days && { days }),
      multiple,
    }))
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? expand(value as Abbreviated) : value
}

/** The shortest text that JavaScript reads back as the same number. */
function shortest(value: number): string {
  if (value >= 1024 && value % 1024 === 0 && value % 1000 !== 0) return `${value / 1024}K`
  const plain = String(value).replace(/^0\./, '.')
  return plain.replace(/(\d)(0{3,})$/, (_, last: string, zeros: string) => `${last}e${zeros.length}`)
}
