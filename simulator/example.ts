import { isRecord, type Json, list, number, record, string } from './json.js'

/** The text that supplies values for matching fields. */
export interface Hints {
  readonly text: string
}

/** Below this depth only required fields are filled in. */
const fullDepth = 4
const maxDepth = 12

const placeName = /location|city|place|town|destination|country|region|address/i
const quote = /query|question|text|message|input|prompt|content|topic|search|request/i

/**
 * Creates a value that matches a JSON schema. Deterministic for the same schema and text. Uses words and numbers of the text if they
 * fit: "How is the weather in Paris?" gives `{ city: 'Paris' }`.
 */
export function exampleOf(schema: unknown, hints: Hints): unknown {
  return make(schema, { root: schema, hints, name: '', depth: 0, open: [] })
}

interface Place {
  readonly root: unknown
  readonly hints: Hints
  /** Of the property. */
  readonly name: string
  readonly depth: number
  /** References being resolved, to detect a cycle. */
  readonly open: readonly string[]
}

function make(schema: unknown, place: Place): unknown {
  if (!isRecord(schema)) return schema === true || schema === undefined ? {} : null
  const ref = string(schema.$ref)
  if (ref !== undefined && place.open.length > 32) return null
  if (ref !== undefined) return make(resolve(ref, place.root), { ...place, open: [...place.open, ref] })
  if ('const' in schema) return schema.const
  const options = list(schema.enum)
  if (options.length > 0) return mentioned(options, place.hints.text) ?? options[0]
  if ('default' in schema) return schema.default
  const examples = list(schema.examples)
  if (examples.length > 0) return examples[0]
  if (Array.isArray(schema.allOf)) return make(merge(schema), place)
  const branches = [...list(schema.anyOf), ...list(schema.oneOf)]
  if (branches.length > 0) return make(branch(branches, place), place)
  return makeType(typeOf(schema), schema, place)
}

function makeType(type: string, schema: Json, place: Place): unknown {
  switch (type) {
    case 'object':
      return makeObject(schema, place)
    case 'array':
      return makeArray(schema, place)
    case 'string':
      return makeString(schema, place)
    case 'integer':
    case 'number':
      return makeNumber(schema, type === 'integer', place)
    case 'boolean':
      return true
    default:
      return null
  }
}

function makeObject(schema: Json, place: Place): Json {
  const required = list(schema.required)
  const out: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(record(schema.properties))) {
    const needed = required.includes(name)
    const endless = returns(property, place)
    if (!needed && (place.depth >= fullDepth || endless)) continue
    out[name] = endless || place.depth >= maxDepth ? null : make(property, { ...place, name, depth: place.depth + 1 })
  }
  return out
}

function makeArray(schema: Json, place: Place): unknown[] {
  const deeper = { ...place, depth: place.depth + 1 }
  const least = number(schema.minItems) ?? 0
  const tuple = list(schema.prefixItems)
  if (tuple.length > 0) return tuple.map((item) => make(item, deeper))
  if (place.depth >= maxDepth || (least === 0 && returns(schema.items, place))) return []
  const count = Math.min(Math.max(1, least), number(schema.maxItems) ?? Number.POSITIVE_INFINITY)
  return Array.from({ length: count }, () => make(schema.items ?? { type: 'string' }, deeper))
}

function makeString(schema: Json, { name, hints }: Place): string {
  const formatted = formats[string(schema.format) ?? '']
  if (formatted !== undefined) return formatted
  const least = number(schema.minLength) ?? 0
  const most = number(schema.maxLength) ?? Number.POSITIVE_INFINITY
  const text = wordsFor(name, hints.text)
  return text.padEnd(least, '.').slice(0, most)
}

function wordsFor(name: string, text: string): string {
  if (placeName.test(name)) return properName(text) ?? `example ${name}`
  if (quote.test(name) && text !== '') return text
  return name === '' ? 'example' : `example ${name.replaceAll('_', ' ')}`
}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2023-11-14T22:13:20Z',
  date: '2023-11-14',
  time: '22:13:20Z',
  duration: 'P1D',
  email: 'user@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function makeNumber(schema: Json, integer: boolean, { hints }: Place): number {
  const above = number(schema.exclusiveMinimum)
  const below = number(schema.exclusiveMaximum)
  const step = number(schema.multipleOf) ?? (integer ? 1 : 0)
  const least = number(schema.minimum) ?? (above === undefined ? Number.NEGATIVE_INFINITY : above + (step || 0.5))
  const most = number(schema.maximum) ?? (below === undefined ? Number.POSITIVE_INFINITY : below - (step || 0.5))
  const said = /-?\d+(?:\.\d+)?/.exec(hints.text)?.[0]
  const wanted = Math.min(Math.max(said === undefined ? 1 : Number(said), least), most)
  if (step === 0) return wanted
  const rounded = Math.round(wanted / step) * step
  if (rounded < least) return rounded + step
  return rounded > most ? rounded - step : rounded
}

/** The first sequence of capitalised words after the first word of the sentence: `New York`. */
function properName(text: string): string | undefined {
  return /(?<=[\p{L}\p{N},;:"'’]\s+["'(]?)\p{Lu}[\p{L}\p{M}'’-]*(?:\s+\p{Lu}[\p{L}\p{M}'’-]*)*/u.exec(text)?.[0]
}

function mentioned(options: readonly unknown[], text: string): unknown {
  const lower = text.toLowerCase()
  return options.find((option) => typeof option === 'string' && option !== '' && lower.includes(option.toLowerCase()))
}

function branch(branches: readonly unknown[], place: Place): unknown {
  const usable = branches.filter((option) => record(option).type !== 'null')
  // ends the recursion of a self-referencing schema
  return (
    usable.find((option) => !returns(option, place)) ??
    branches.find((option) => record(option).type === 'null') ??
    usable[0]
  )
}

function returns(schema: unknown, { open }: Place): boolean {
  if (!isRecord(schema)) return false
  const ref = string(schema.$ref)
  if (ref !== undefined) return open.includes(ref) || ref === '#'
  return false
}

function merge(schema: Json): Json {
  const { allOf, ...own } = schema
  let out: Json = own
  for (const part of list(allOf).map(record)) {
    const properties = { ...record(out.properties), ...record(part.properties) }
    out = { ...out, ...part, properties, required: [...list(out.required), ...list(part.required)] }
  }
  return out
}

function typeOf(schema: Json): string {
  const type = Array.isArray(schema.type) ? schema.type.find((option) => option !== 'null') : schema.type
  if (typeof type === 'string') return type
  if (schema.properties !== undefined) return 'object'
  return schema.items !== undefined ? 'array' : 'string'
}

/** Resolves `#/$defs/Address` in the root schema. */
function resolve(ref: string, root: unknown): unknown {
  if (!ref.startsWith('#')) return {}
  let at: unknown = root
  for (const step of ref.slice(1).split('/').filter(Boolean)) {
    at = record(at)[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return at
}
