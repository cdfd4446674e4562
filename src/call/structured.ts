import { BadRequestError, JSONSchemaValidationError } from '../errors.js'
import type { AnswerMessage, ChatCompletion, JSONSchemaFormat } from '../types/chat.js'
import type { JSONSchema, StandardIssue, StandardResult, StandardSchema } from '../types/schema.js'

/**
 * The `json_schema` format of a schema object: its input side, since the answer is validated as input. Taken from the schema itself
 * (Standard Schema's `jsonSchema`), or from zod for zod 4 before 4.2.
 * @throws {BadRequestError} if the schema has no JSON Schema, or its root is no object
 */
export async function formatOf(schema: StandardSchema): Promise<JSONSchemaFormat> {
  const { $schema: _, ...json } = await jsonSchemaOf(schema, 'response_format', 'input')
  if (json.type !== 'object') {
    throw new BadRequestError(
      `The schema in 'response_format' must be an object at its root; got ${JSON.stringify(json.type ?? 'a union')}. ` +
        'Put it into a field: z.object({ items: … }).',
      { param: 'response_format' },
    )
  }
  const closes = schema['~standard'].vendor === 'zod'
  const form = withoutRootReference(portable(json, closes, 0) as JSONSchema)
  const title = typeof form.title === 'string' ? form.title.replace(/[^a-zA-Z0-9_-]+/g, '_').slice(0, 64) : ''
  return { type: 'json_schema', json_schema: { name: title || 'response', schema: form, strict: fitsStrict(form) } }
}

/**
 * The JSON Schema of a schema object.
 * @param param the parameter that has it, for messages
 * @throws {BadRequestError} if the schema can't be expressed in JSON Schema
 */
export async function jsonSchemaOf(
  schema: StandardSchema,
  param = 'response_format',
  side: 'input' | 'output' = 'output',
): Promise<JSONSchema> {
  const { jsonSchema, vendor } = schema['~standard']
  try {
    const convert = side === 'input' ? (jsonSchema?.input ?? jsonSchema?.output) : jsonSchema?.output
    if (convert) return convert({ target: 'draft-2020-12' })
    if (vendor === 'zod' && '_zod' in schema) {
      const zod = await import('zod')
      return zod.toJSONSchema(schema as unknown as Parameters<typeof zod.toJSONSchema>[0], { io: side }) as JSONSchema
    }
  } catch (error) {
    throw new BadRequestError(
      `'${param}' must have a JSON Schema; its schema can't be converted: ${error instanceof Error ? error.message : error}`,
      { param, cause: error },
    )
  }
  throw new BadRequestError(
    `'${param}' must have a JSON Schema; got a ${vendor} schema that can't be converted. ${advice[vendor] ?? ''}` +
      `${advice[vendor] ? 'Or pass' : 'Pass'} ${
        param === 'response_format'
          ? "{ type: 'json_schema', json_schema: { name, schema } } and validate the answer yourself."
          : 'a JSON Schema.'
      }`,
    { param },
  )
}

/** Deeper schemas are left as they are. */
const mostLevels = 200

/**
 * Rewrites a schema to the form that most servers accept, with the same meaning: `anyOf` for `oneOf`, no `items: false` beside
 * `maxItems`. The input side of zod leaves objects open and defaulted properties optional: models get them closed and required.
 */
function portable(node: unknown, closes: boolean, level: number): unknown {
  if (level > mostLevels || typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map((item) => portable(item, closes, level + 1))
  const schema: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(node)) {
    if (values.has(key)) schema[key] = value
    else if (maps.has(key) && typeof value === 'object' && value !== null) {
      schema[key] = Object.fromEntries(
        Object.entries(value).map(([name, one]) => [name, portable(one, closes, level + 1)]),
      )
      // members of an intersection that are closed exclude each other
    } else schema[key] = portable(value, closes && key !== 'allOf', level + 1)
  }
  if (Array.isArray(schema.oneOf) && schema.anyOf === undefined) {
    schema.anyOf = schema.oneOf
    delete schema.oneOf
  }
  if (Array.isArray(schema.prefixItems) && schema.items === false) {
    delete schema.items
    schema.maxItems ??= schema.prefixItems.length
  }
  const { properties } = schema
  if (closes && schema.type === 'object' && typeof properties === 'object' && properties !== null) {
    if (schema.additionalProperties === undefined && schema.patternProperties === undefined) {
      schema.additionalProperties = false
    }
    const required = new Set(Array.isArray(schema.required) ? (schema.required as unknown[]) : [])
    for (const [name, property] of Object.entries(properties)) {
      if (typeof property === 'object' && property !== null && 'default' in property) required.add(name)
    }
    if (required.size > 0) schema.required = Object.keys(properties).filter((name) => required.has(name))
  }
  return schema
}

/** Keywords whose value is data. */
const values: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples', 'required'])
/** Keywords whose value is a map of schemas. */
const maps: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
])

/** Some servers resolve references into `$defs` only: a recursive root is put there. */
function withoutRootReference(schema: JSONSchema): JSONSchema {
  if (!JSON.stringify(schema).includes('"$ref":"#"')) return schema
  const definitions = (schema.$defs ?? {}) as Readonly<Record<string, unknown>>
  let name = 'root'
  while (Object.hasOwn(definitions, name)) name = `_${name}`
  const { $defs: _, ...root } = schema
  const redirect = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(redirect)
    if (typeof node !== 'object' || node === null) return node
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        key === '$ref' && value === '#' ? `#/$defs/${name}` : values.has(key) ? value : redirect(value),
      ]),
    )
  }
  const moved = redirect(root) as JSONSchema
  return { ...moved, $defs: { ...(redirect(definitions) as object), [name]: moved } } as JSONSchema
}

const advice: Readonly<Record<string, string>> = {
  zod: 'zod 4 can: update it. ',
  valibot: "Wrap it in toStandardJsonSchema() of '@valibot/to-json-schema'. ",
}

/** Keywords outside of strict mode. */
const notStrict: ReadonlySet<string> = new Set([
  ...['allOf', 'oneOf', 'not', 'if', 'then', 'else', 'prefixItems', 'contains', 'minContains', 'maxContains'],
  ...['patternProperties', 'propertyNames', 'minProperties', 'maxProperties', 'unevaluatedProperties', 'uniqueItems'],
  ...['unevaluatedItems', 'dependentRequired', 'dependentSchemas', 'contentEncoding', 'contentMediaType'],
])

const strictFormats: ReadonlySet<unknown> = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'],
])

/**
 * Whether OpenAI's strict mode accepts the schema: objects closed, properties required, and known keywords only.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
function fitsStrict(node: unknown, level = 0): boolean {
  if (level > mostLevels) return false
  if (Array.isArray(node)) return node.every((item) => fitsStrict(item, level + 1))
  if (!node || typeof node !== 'object') return true
  const schema = node as Readonly<Record<string, unknown>>
  // a schema for any value
  if (!('type' in schema || 'anyOf' in schema || '$ref' in schema || 'enum' in schema || 'const' in schema))
    return false
  if (Object.keys(schema).some((key) => notStrict.has(key))) return false
  if (schema.format !== undefined && !strictFormats.has(schema.format)) return false
  const { properties, additionalProperties } = schema
  if (additionalProperties !== undefined && additionalProperties !== false) return false
  if (typeof properties === 'object' && properties !== null) {
    const required = Array.isArray(schema.required) ? schema.required : []
    if (additionalProperties !== false) return false
    if (!Object.keys(properties).every((name) => required.includes(name))) return false
  } else if (schema.type === 'object' && additionalProperties !== false) return false
  for (const [key, value] of Object.entries(schema)) {
    if (values.has(key) || typeof value !== 'object' || value === null) continue
    const nested = maps.has(key) ? Object.values(value) : [value]
    if (!nested.every((one) => fitsStrict(one, level + 1))) return false
  }
  return true
}

/**
 * Puts the validated answer on `message.parsed` of every choice. A refusal, a tool call and a filtered answer have none.
 * @throws {JSONSchemaValidationError} if there is no text, the text is not JSON, or it does not fit the schema
 */
export async function parseAnswer(answer: ChatCompletion, schema: StandardSchema): Promise<ChatCompletion> {
  for (const { message, finish_reason: finish } of answer.choices) {
    if (message.refusal || finish === 'content_filter') continue
    const called = message.tool_calls !== undefined || message.function_call !== undefined
    if (called && !looksLikeJSON(message.content ?? '')) continue
    await parseInto(message, finish, schema, answer)
  }
  return answer
}

async function parseInto(
  message: AnswerMessage,
  finish: string,
  schema: StandardSchema,
  answer: ChatCompletion,
): Promise<void> {
  const { provider, model } = answer.meta
  const fail = (text: string, issues: { message: string; path: string }[]) =>
    new JSONSchemaValidationError(text, { provider, model, issues, completion: answer })
  let value: unknown
  try {
    value = JSON.parse(unfence(message.content ?? ''))
  } catch (error) {
    const why =
      finish === 'length'
        ? 'it was cut at max_tokens: raise it'
        : !message.content
          ? 'it has no text'
          : error instanceof Error
            ? error.message
            : String(error)
    throw fail(`The answer must be JSON; ${why}. The answer is on 'completion'.`, [{ message: why, path: '' }])
  }
  let result: StandardResult<unknown>
  try {
    result = await schema['~standard'].validate(value)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw fail(`The schema threw an error: ${why}. The answer is on 'completion'.`, [{ message: why, path: '' }])
  }
  if (!result.issues) {
    message.parsed = result.value
    return
  }
  const issues = result.issues.map((issue) => ({ message: issue.message, path: pathOf(issue) }))
  const first = issues[0]
  throw fail(
    `The answer must fit the schema${first ? `: ${first.path ? `${first.path}: ` : ''}${first.message}` : ''}` +
      `${issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''}. The answer is on 'completion', all issues on 'issues'.`,
    issues,
  )
}

/** Models without a native JSON mode often put their JSON into a Markdown fence. */
const unfence = (text: string) => /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1] ?? text

const looksLikeJSON = (text: string) => /^\s*[{[]/.test(text)

const pathOf = ({ path = [] }: StandardIssue) =>
  path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
