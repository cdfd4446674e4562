import type { ResponseFormat } from '../../../src/types/chat.js'
import { withSchema } from '../../shared/format.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields } from './wire.js'

export interface Structured {
  /** For `response_format`. */
  readonly format?: Fields
  /** A system message that replaces the format if the API doesn't accept one. */
  readonly instruction?: string
}

/**
 * Uses native JSON output, except with tools or documents, which exclude `response_format`.
 * https://docs.cohere.com/docs/structured-outputs
 */
export function encodeFormat(
  format: ResponseFormat | null | undefined,
  beside: boolean,
  scope: EncodeScope,
): Structured {
  if (!format || format.type === 'text') return {}
  const schema = schemaOf(format, scope)
  if (beside) {
    scope.report.emulated(
      'response_format',
      'Cohere accepts no format together with tools or documents: the instructions ask for JSON instead.',
    )
    return { instruction: instructionFor(schema) }
  }
  if (!schema) return { format: { type: 'json_object' } }
  const { schema: clean, lost } = cleanSchema(schema)
  if (lost.length > 0) {
    scope.report.changed(
      'response_format',
      `Removed from the schema, because Cohere does not support it: ${lost.join(', ')}.`,
    )
  }
  return { format: { type: 'json_object', json_schema: clean } }
}

function schemaOf(given: ResponseFormat, scope: EncodeScope): Fields | undefined {
  const format = withSchema(given)
  if (format.type === 'json_object') {
    // a schema in Cohere's own field
    const { json_schema: own } = format as Fields
    return isFields(own) ? own : undefined
  }
  if (format.type === 'json_schema' && isFields(format.json_schema)) {
    const { schema, description } = format.json_schema
    if (!isFields(schema)) return undefined
    return description && schema.description === undefined ? { ...schema, description } : schema
  }
  throw scope.report.invalid(
    'response_format',
    "must be { type: 'text' }, { type: 'json_object' } or { type: 'json_schema', json_schema }",
    format,
  )
}

const instructionFor = (schema: Fields | undefined) =>
  'Give your final answer as one valid JSON object and nothing else: no Markdown fences, no words before or after it.' +
  (schema ? ` It must fit this JSON schema: ${JSON.stringify(schema)}` : '')

/**
 * Constraints that Cohere's JSON schema mode rejects. https://docs.cohere.com/docs/structured-outputs#json-schema-mode
 */
const unknown: ReadonlySet<string> = new Set([
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['maxItems', 'uniqueItems', 'minProperties', 'maxProperties'],
])

/** Metadata of the schema without meaning for the model. */
const silent: ReadonlySet<string> = new Set(['$schema', '$id', '$comment'])

export interface CleanSchema {
  readonly schema: Fields
  /** Keywords that were removed. */
  readonly lost: readonly string[]
}

/** Removes the keywords that Cohere rejects. */
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

/** Keywords whose fields are property names rather than keywords. */
const isMap = (name: string) => name === 'properties' || name === '$defs' || name === 'definitions'

const cleaned = (value: unknown, lost: Set<string>): unknown => (isFields(value) ? clean(value, lost) : value)
