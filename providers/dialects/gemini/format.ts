import type { ResponseFormat } from '../../../src/types/chat.js'
import type { JSONTool } from '../../shared/encode-state.js'
import { makeAnswerTool, readFormat } from '../../shared/format.js'
import { type KeptSchemas, once } from '../../shared/kept-json.js'
import type { EncodeScope, ToolPlan } from './scope.js'
import { type Fields, isFields, type Part } from './wire.js'

export interface Structured {
  /** For `generationConfig`. */
  readonly config?: Fields
  /** The function that replaces the format, for models that don't combine formats and functions. */
  readonly json?: JSONTool
  /** To append to the instructions. */
  readonly instruction?: Part
}

/**
 * `response_format`: the model's own JSON mode and schema or, if it accepts none beside functions, a function whose call is the answer.
 * https://ai.google.dev/gemini-api/docs/structured-output
 */
export function encodeFormat(
  format: ResponseFormat | null | undefined,
  plan: ToolPlan,
  scope: EncodeScope,
): Structured {
  const asked = readFormat(format, scope.report)
  if (!asked) return {}
  const { schema } = asked
  const native = scope.facts.system && (plan.functions.length === 0 || scope.facts.schemaWithTools)
  if (native) {
    const { json, openAPI } = schema ? encodeSchema(schema, 'response_format', scope) : {}
    return {
      config: {
        responseMimeType: 'application/json',
        ...(json && { responseJsonSchema: json }),
        ...(openAPI && { responseSchema: openAPI }),
      },
    }
  }
  if (!schema || !scope.facts.system) return instructJSON(schema, scope)
  return addAnswerFunction(schema, String(asked.description ?? asked.name ?? ''), plan, scope)
}

/** A schema in the form that the model accepts; losses are reported under `param`. */
export function encodeSchema(
  schema: Fields,
  param: string,
  scope: EncodeScope,
  kept?: KeptSchemas,
): { json?: Fields; openAPI?: Fields } {
  if (scope.facts.jsonSchema && scope.quirks.jsonSchema !== false)
    return { json: once(kept, 'gemini', schema, toJSONSchema) }
  const { schema: openAPI, lost } = once(kept, 'openAPI', schema, toOpenAPISchema)
  if (lost.length > 0)
    scope.report.changed(param, `Left out of the schema, as this model does not support it: ${lost.join(', ')}.`)
  return { openAPI }
}

function instructJSON(schema: Fields | undefined, scope: EncodeScope): Structured {
  scope.report.emulated('response_format', 'This model has no JSON mode here: the instructions ask for JSON.')
  const form = schema ? ` that fits this JSON Schema: ${JSON.stringify(schema)}` : ''
  return {
    instruction: {
      text: `Answer with one valid JSON object${form} and nothing else: no Markdown fences, no words before or after it.`,
    },
  }
}

function addAnswerFunction(schema: Fields, about: string, plan: ToolPlan, scope: EncodeScope): Structured {
  const { json, input } = makeAnswerTool(schema, scope.names)
  const { name } = json
  plan.functions.push({
    name,
    description: `Gives the final answer. Call it once, with the whole answer as its arguments: ${about}`,
    ...(scope.facts.jsonSchema && scope.quirks.jsonSchema !== false
      ? { parametersJsonSchema: toJSONSchema(input) }
      : { parameters: toOpenAPISchema(input).schema }),
  })
  scope.report.emulated('response_format', `The schema is sent as a function ('${name}'), and its call is the answer.`)
  const only = plan.choice?.allowedFunctionNames
  // a function that the caller forces comes first; the answer follows in a later turn
  if (!Array.isArray(only)) {
    const none = plan.choice?.mode === 'NONE'
    plan.choice = { mode: 'ANY', ...(none && { allowedFunctionNames: [name] }) }
  }
  return { json }
}

/**
 * JSON Schema for `responseJsonSchema` and `parametersJsonSchema`: a constant becomes an enum of one, keywords beside a reference are
 * merged into its target. The API ignores unknown keywords.
 * https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support
 */
export function toJSONSchema(root: Fields): Fields {
  return cleanSchema(root, root, new Set())
}

/** The API knows definitions by their newer name only. */
const newerReference = (ref: string): string => ref.replace(/^#\/definitions\//, '#/$defs/')

function cleanSchema(schema: Fields, root: Fields, open: ReadonlySet<unknown>): Fields {
  const { $ref } = schema
  if (typeof $ref === 'string' && Object.keys(schema).some((name) => !name.startsWith('$'))) {
    const target = resolvePointer(root, $ref)
    const { $ref: _, ...beside } = schema
    // a recursive reference stays, without the keywords beside it
    if (!isFields(target) || open.has(target)) return { $ref: newerReference($ref) }
    return cleanSchema({ ...target, ...beside }, root, new Set([...open, target]))
  }
  const clean: Fields = {}
  for (const name of Object.keys(schema)) {
    const value = schema[name]
    if (value === undefined || name === '$schema') continue
    if (name === 'const') clean.enum = [value]
    else if (name === '$ref' && typeof value === 'string') clean.$ref = newerReference(value)
    else if (name === 'definitions' && schema === root && isFields(value)) {
      clean.$defs = {
        ...(mapSchemas(name, value, (part) => cleanSchema(part, root, open)) as Fields),
        ...(isFields(clean.$defs) && clean.$defs),
      }
    } else clean[name] = mapSchemas(name, value, (part) => cleanSchema(part, root, open))
  }
  return clean
}

const lists: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const maps: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'patternProperties'])
const singles: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'not'])

function mapSchemas(name: string, value: unknown, change: (schema: Fields) => Fields): unknown {
  // most keywords have no schema in them
  if (typeof value !== 'object' || value === null) return value
  const each = (part: unknown) => (isFields(part) ? change(part) : part)
  if (lists.has(name)) return Array.isArray(value) ? value.map(each) : value
  if (singles.has(name)) return Array.isArray(value) ? value.map(each) : each(value)
  if (!maps.has(name) || !isFields(value)) return value
  const mapped: Fields = {}
  for (const key of Object.keys(value)) {
    const part = each(value[key])
    // assigning to this name would set the prototype
    if (key === '__proto__') Object.defineProperty(mapped, key, { value: part, enumerable: true, configurable: true })
    else mapped[key] = part
  }
  return mapped
}

function resolvePointer(root: Fields, ref: string): unknown {
  if (!ref.startsWith('#')) return undefined
  let node: unknown = root
  for (const step of ref.slice(1).split('/').filter(Boolean)) {
    node = isFields(node) ? node[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return node
}

/** Keywords of the API's OpenAPI schemas. https://ai.google.dev/api/caching#Schema */
const supported: ReadonlySet<string> = new Set([
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
 * JSON Schema as OpenAPI, for older models: references are inlined, unions become `anyOf`, null becomes `nullable`. `lost` lists the
 * keywords that OpenAPI can't express.
 */
export function toOpenAPISchema(root: Fields): { schema: Fields; lost: string[] } {
  const lost = new Set<string>()
  return { schema: convertSchema(root, root, [], lost), lost: [...lost] }
}

function convertSchema(given: Fields, root: Fields, open: readonly unknown[], lost: Set<string>): Fields {
  const schema = flattenSchema(given, root, open, lost)
  if (!schema) return { type: 'OBJECT' }
  const within = typeof given.$ref === 'string' ? [...open, resolvePointer(root, given.$ref)] : open
  const each = (part: unknown): Fields => (isFields(part) ? convertSchema(part, root, within, lost) : {})
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
    } else if (supported.has(name)) out[name] = value
    else if (name !== 'additionalProperties') lost.add(name)
  }
  return out
}

/** Inlines references and `allOf`. Undefined for a recursive schema, which OpenAPI can't express. */
function flattenSchema(schema: Fields, root: Fields, open: readonly unknown[], lost: Set<string>): Fields | undefined {
  const { $ref, allOf, ...rest } = schema
  let flat: Fields = rest
  if (typeof $ref === 'string') {
    const target = resolvePointer(root, $ref)
    if (!isFields(target) || open.includes(target)) {
      lost.add('$ref')
      return undefined
    }
    flat = { ...(flattenSchema(target, root, [...open, target], lost) ?? {}), ...rest }
  }
  for (const part of Array.isArray(allOf) ? allOf : []) {
    const { properties, required, ...others } = isFields(part) ? (flattenSchema(part, root, open, lost) ?? {}) : {}
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

/** Enums are lists of strings; other values move to the description. */
function putEnum(out: Fields, values: unknown): void {
  const list: unknown[] = Array.isArray(values) ? values : []
  if (list.includes(null)) out.nullable = true
  // the API refuses an empty text
  const options = list.filter((value) => value !== null && value !== '')
  if (options.length === 0) return
  if (options.every((value) => typeof value === 'string')) {
    out.enum = options
    out.type ??= 'STRING'
    return
  }
  const sentence = `One of ${options.map((value) => JSON.stringify(value)).join(', ')}.`
  out.description = typeof out.description === 'string' ? `${out.description} ${sentence}` : sentence
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

/** The API refuses other formats, though they are only hints. */
function putFormat(out: Fields, type: unknown, format: unknown): void {
  const types: unknown[] = Array.isArray(type) ? type : [type]
  if (types.some((one) => formats.get(one)?.includes(format))) out.format = format
}
