import { isRecord, type Json, list, string } from '../json.js'
import { field } from './gemini-fields.js'

const types = ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL', 'TYPE_UNSPECIFIED']
const stringFormats = ['enum', 'date-time']

/** Validates a schema in the API's OpenAPI subset. https://ai.google.dev/api/caching#Schema */
export function findSchemaFault(schema: unknown, place: string): string | undefined {
  if (!isRecord(schema)) return undefined
  return findOwnFault(schema, place) ?? findInnerFault(schema, place)
}

function findOwnFault(schema: Json, place: string): string | undefined {
  const { type, items, format } = schema
  // an enum may be a number, too
  if (type !== undefined && typeof type !== 'number' && !types.includes(string(type)?.toUpperCase() ?? '')) {
    return `Invalid value at '${place}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), ${JSON.stringify(type)}`
  }
  const kind = typeof type === 'number' ? types[type - 1] : string(type)?.toUpperCase()
  if (kind === 'ARRAY' && items === undefined) return `* ${place}.items: missing field.\n`
  if (schema.enum !== undefined && kind !== 'STRING') return `* ${place}.enum: only allowed for STRING type\n`
  if (list(schema.enum).some((option) => typeof option !== 'string')) {
    return `Invalid value at '${place}.enum' (TYPE_STRING), ${JSON.stringify(schema.enum)}`
  }
  if (list(schema.enum).includes('')) return `* ${place}.enum[0]: cannot be empty\n`
  if (kind === 'STRING' && typeof format === 'string' && !stringFormats.includes(format)) {
    return `* ${place}.format: only 'enum' and 'date-time' are supported for STRING type\n`
  }
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const required = list(schema.required)
  const missing = required.findIndex((name) => typeof name !== 'string' || !Object.hasOwn(properties, name))
  return missing < 0 ? undefined : `* ${place}.required[${missing}]: property is not defined\n`
}

function findInnerFault(schema: Json, place: string): string | undefined {
  const inner: (readonly [unknown, string])[] = [[schema.items, `${place}.items`]]
  if (isRecord(schema.properties)) {
    for (const [name, property] of Object.entries(schema.properties))
      inner.push([property, `${place}.properties[${name}]`])
  }
  for (const [index, option] of list(field(schema, 'anyOf')).entries())
    inner.push([option, `${place}.any_of[${index}]`])
  for (const [one, at] of inner) {
    const fault = findSchemaFault(one, at)
    if (fault !== undefined) return fault
  }
  return undefined
}
