import { resolve } from './schema.js'
import { type Fields, isFields } from './wire.js'

/** What an OpenAPI schema of the API may say. https://ai.google.dev/api/caching#Schema */
const kept: ReadonlySet<string> = new Set([
  'title',
  'description',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
  'pattern',
  'required',
  'propertyOrdering',
  'nullable',
  'example',
  'default',
])

/**
 * JSON Schema as the OpenAPI that older models take: references put in, unions as `anyOf`, null as `nullable`. What it can't say is
 * named in `lost`.
 */
export function openAPISchema(root: Fields): { schema: Fields; lost: string[] } {
  const lost = new Set<string>()
  return { schema: convert(root, root, [], lost), lost: [...lost] }
}

function convert(given: Fields, root: Fields, open: readonly unknown[], lost: Set<string>): Fields {
  const schema = flatten(given, root, open, lost)
  if (!schema) return { type: 'OBJECT' }
  const within = typeof given.$ref === 'string' ? [...open, resolve(root, given.$ref)] : open
  const each = (part: unknown): Fields => (isFields(part) ? convert(part, root, within, lost) : {})
  const out: Fields = {}
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined || name === '$schema' || name === '$defs' || name === 'definitions') continue
    if (name === 'type') putType(out, value)
    else if (name === 'const' || name === 'enum') putEnum(out, name === 'const' ? [value] : value)
    else if (name === 'anyOf' || name === 'oneOf') putUnion(out, value, each)
    else if (name === 'items' && isFields(value)) out.items = each(value)
    else if (name === 'format') putFormat(out, schema.type, value)
    else if (name === 'properties' && isFields(value)) {
      const properties = Object.entries(value)
      if (properties.length > 0) out.properties = Object.fromEntries(properties.map(([key, part]) => [key, each(part)]))
    } else if (kept.has(name)) out[name] = value
    else if (name !== 'additionalProperties') lost.add(name)
  }
  return out
}

/** References and `allOf` put in. Undefined for a schema within itself, which OpenAPI can't follow here. */
function flatten(schema: Fields, root: Fields, open: readonly unknown[], lost: Set<string>): Fields | undefined {
  const { $ref, allOf, ...rest } = schema
  let flat: Fields = rest
  if (typeof $ref === 'string') {
    const target = resolve(root, $ref)
    if (!isFields(target) || open.includes(target)) {
      lost.add('$ref')
      return undefined
    }
    flat = { ...(flatten(target, root, [...open, target], lost) ?? {}), ...rest }
  }
  for (const part of Array.isArray(allOf) ? allOf : []) {
    const { properties, required, ...others } = isFields(part) ? (flatten(part, root, open, lost) ?? {}) : {}
    flat = {
      ...flat,
      ...others,
      ...(isFields(properties) && { properties: { ...(isFields(flat.properties) && flat.properties), ...properties } }),
      ...(Array.isArray(required) && {
        required: [...(Array.isArray(flat.required) ? flat.required : []), ...required],
      }),
    }
  }
  return flat
}

function putType(out: Fields, type: unknown): void {
  const types = (Array.isArray(type) ? type : [type]).filter((one) => one !== 'null')
  if (Array.isArray(type) && types.length < type.length) out.nullable = true
  const names = types.map((one) => String(one).toUpperCase())
  if (names.length === 1) out.type = names[0]
  else if (names.length > 1) out.anyOf = names.map((one) => ({ type: one }))
}

/** An enum is one of texts. */
function putEnum(out: Fields, values: unknown): void {
  const list: unknown[] = Array.isArray(values) ? values : []
  if (list.includes(null)) out.nullable = true
  const texts = list.filter((value) => value !== null)
  if (texts.every((value) => typeof value === 'string')) {
    out.enum = texts
    out.type ??= 'STRING'
    return
  }
  const told = `One of ${texts.map((value) => JSON.stringify(value)).join(', ')}.`
  out.description = typeof out.description === 'string' ? `${out.description} ${told}` : told
}

function putUnion(out: Fields, value: unknown, each: (part: unknown) => Fields): void {
  const parts: unknown[] = Array.isArray(value) ? value : []
  const some = parts.filter((part) => !(isFields(part) && part.type === 'null'))
  if (some.length < parts.length) out.nullable = true
  if (some.length === 1) Object.assign(out, { ...each(some[0]), ...out })
  else out.anyOf = some.map(each)
}

const formats: ReadonlyMap<unknown, readonly unknown[]> = new Map<unknown, readonly unknown[]>([
  ['string', ['enum', 'date-time']],
  ['number', ['float', 'double']],
  ['integer', ['int32', 'int64']],
])

/** Other formats are refused, though they would only be hints. */
function putFormat(out: Fields, type: unknown, format: unknown): void {
  const types: unknown[] = Array.isArray(type) ? type : [type]
  if (types.some((one) => formats.get(one)?.includes(format))) out.format = format
}
