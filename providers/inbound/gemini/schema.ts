import { type Fields, isFields } from '../../fields.js'

const lists: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const maps: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'patternProperties'])
const singles: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'not'])
/** Bounds that the API writes as text, being 64-bit integers. */
const bounds: ReadonlySet<string> = new Set([
  ...['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'],
])

/**
 * A schema of Gemini's as JSON Schema: OpenAPI's upper-case types, `nullable`, bounds as text. A schema that is JSON Schema already
 * stays as it is. https://ai.google.dev/api/caching#Schema
 */
export function toJSONSchema(schema: unknown): Fields {
  if (!isFields(schema)) return {}
  const out: Fields = {}
  for (const [given, value] of Object.entries(schema)) {
    const name = given.includes('_') && !given.startsWith('$') ? camel(given) : given
    if (value === null || value === undefined || name === 'propertyOrdering' || name === 'nullable') continue
    if (name === '$schema') continue
    if (name === 'type') {
      const type = typeOf(value)
      if (type !== undefined) out.type = type
    } else if (name === 'example') out.examples = [value]
    else if (bounds.has(name)) out[name] = typeof value === 'string' ? Number(value) : value
    else if (name === 'format' && value === 'enum') continue
    else if (lists.has(name) && Array.isArray(value)) out[name] = value.map(toJSONSchema)
    else if (singles.has(name) && isFields(value)) out[name] = toJSONSchema(value)
    else if (maps.has(name) && isFields(value)) {
      out[name] = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toJSONSchema(part)]))
    } else out[name] = value
  }
  return schema.nullable === true ? nullable(out) : out
}

/** Keywords in snake_case, as the Python SDK writes some. */
function camel(name: string): string {
  const other = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const isKeyword = lists.has(other) || maps.has(other) || bounds.has(other) || other === 'propertyOrdering'
  return isKeyword || other === 'additionalProperties' ? other : name
}

const numbered = [undefined, 'string', 'number', 'integer', 'boolean', 'array', 'object', 'null'] as const

function typeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(typeOf)
  // old SDKs write enums as numbers
  if (typeof value === 'number') return numbered[value]
  if (value === 'TYPE_UNSPECIFIED') return undefined
  return typeof value === 'string' ? value.toLowerCase() : value
}

function nullable(schema: Fields): Fields {
  if (typeof schema.type === 'string') {
    const values = Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}
    return { ...schema, type: [schema.type, 'null'], ...values }
  }
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] }
  return schema
}
