import { type Fields, isFields } from './wire.js'

/** Limits that Cohere's schemas don't know. https://docs.cohere.com/docs/structured-outputs#json-schema-mode */
const unknown: ReadonlySet<string> = new Set([
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['maxItems', 'uniqueItems', 'minProperties', 'maxProperties'],
])

/** Words about the schema itself, which no model needs. */
const silent: ReadonlySet<string> = new Set(['$schema', '$id', '$comment'])

export interface CleanSchema {
  readonly schema: Fields
  /** Keywords that were left out. */
  readonly lost: readonly string[]
}

/** A JSON schema without the keywords that Cohere refuses. */
export function cleanSchema(schema: Fields): CleanSchema {
  const lost = new Set<string>()
  return { schema: clean(schema, lost), lost: [...lost] }
}

function clean(schema: Fields, lost: Set<string>): Fields {
  const kept: Fields = {}
  for (const [name, value] of Object.entries(schema)) {
    if (silent.has(name)) continue
    if (unknown.has(name)) lost.add(name)
    else if (isMap(name) && isFields(value)) {
      kept[name] = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, cleaned(part, lost)]))
    } else if (name === 'enum' || name === 'const' || name === 'default' || name === 'examples') kept[name] = value
    else kept[name] = Array.isArray(value) ? value.map((part) => cleaned(part, lost)) : cleaned(value, lost)
  }
  return kept
}

/** Keywords whose fields are names of the caller's, and not keywords. */
const isMap = (name: string) => name === 'properties' || name === '$defs' || name === 'definitions'

const cleaned = (value: unknown, lost: Set<string>): unknown => (isFields(value) ? clean(value, lost) : value)
