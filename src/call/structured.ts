import { BadRequestError, JSONSchemaValidationError } from '../errors.js'
import type { AnswerMessage, ChatCompletion, JSONSchemaFormat, ResponseFormatInput } from '../types/chat.js'
import type { JSONSchema, StandardIssue, StandardSchema } from '../types/schema.js'

/** Whether `response_format` is a schema object (zod, valibot, arktype, …) and not OpenAI's own shape. */
export function isSchema(format: ResponseFormatInput | null | undefined): format is StandardSchema {
  // some libraries' schemas are functions
  return !!format && (typeof format === 'object' || typeof format === 'function') && '~standard' in format
}

/**
 * The `json_schema` format of a schema object. Asked of the schema itself (Standard Schema's `jsonSchema`), or of zod for
 * zod 4 before 4.2.
 * @throws {BadRequestError} where the schema can't say what it is in JSON Schema, or its root is not an object
 */
export async function formatOf(schema: StandardSchema): Promise<JSONSchemaFormat> {
  const { $schema: _, ...json } = await jsonSchemaOf(schema)
  if (json.type !== 'object') {
    throw new BadRequestError(
      `The schema in response_format must be an object at its root (models answer with one), and this is ${JSON.stringify(json.type ?? 'a union')}. ` +
        'Put it into a field: z.object({ items: … }).',
      { param: 'response_format' },
    )
  }
  const title = typeof json.title === 'string' ? json.title.replace(/[^a-zA-Z0-9_-]+/g, '_').slice(0, 64) : ''
  return { type: 'json_schema', json_schema: { name: title || 'response', schema: json, strict: fitsStrict(json) } }
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

const advice: Readonly<Record<string, string>> = {
  zod: 'zod 4 can: update it. ',
  valibot: "Wrap it in toStandardJsonSchema() of '@valibot/to-json-schema'. ",
}

/**
 * Whether OpenAI's strict mode takes the schema: every object closed, every property required.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
function fitsStrict(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(fitsStrict)
  if (!node || typeof node !== 'object') return true
  const schema = node as { properties?: object; required?: unknown; additionalProperties?: unknown }
  if (schema.properties && typeof schema.properties === 'object') {
    const required = Array.isArray(schema.required) ? schema.required : []
    if (schema.additionalProperties !== false) return false
    if (!Object.keys(schema.properties).every((name) => required.includes(name))) return false
    return Object.values(schema.properties).every(fitsStrict)
  }
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) return false
  return Object.values(node).every(fitsStrict)
}

/**
 * Puts the validated answer on `message.parsed` of every choice. A refusal and a tool call have nothing to parse.
 * @throws {JSONSchemaValidationError} where the text is not JSON, or not what the schema asks for
 */
export async function parseAnswer(answer: ChatCompletion, schema: StandardSchema): Promise<ChatCompletion> {
  for (const choice of answer.choices) {
    const { message } = choice
    if (
      message.content === null ||
      message.content === '' ||
      message.refusal ||
      choice.finish_reason === 'content_filter'
    )
      continue
    if (message.tool_calls && !looksLikeJSON(message.content)) continue
    await parseInto(message, choice.finish_reason, schema, answer)
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
        : error instanceof Error
          ? error.message
          : String(error)
    throw fail(`The answer is not JSON: ${why}. The answer is on 'completion'.`, [{ message: why, path: '' }])
  }
  const result = await schema['~standard'].validate(value)
  if (!result.issues) {
    message.parsed = result.value
    return
  }
  const issues = result.issues.map((issue) => ({ message: issue.message, path: pathOf(issue) }))
  const first = issues[0]
  throw fail(
    `The answer does not fit the schema${first ? `: ${first.path ? `${first.path}: ` : ''}${first.message}` : ''}` +
      `${issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''}. The answer is on 'completion', all issues on 'issues'.`,
    issues,
  )
}

/** Models without a native JSON mode like to put their JSON into a Markdown fence. */
const unfence = (text: string) => /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1] ?? text

const looksLikeJSON = (text: string) => /^\s*[{[]/.test(text)

const pathOf = ({ path = [] }: StandardIssue) =>
  path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
