import type { ResponseFormat } from '../../src/types/chat.js'
import { type Fields, isFields } from '../fields.js'
import type { Report } from '../report.js'
import type { JSONTool } from './encode-state.js'
import { hasRootCombinator } from './tool-schema.js'

/** The JSON requested by `response_format`. */
export type Asked =
  | { readonly schema: Fields; readonly name: string; readonly description: string | undefined }
  /** Any object. */
  | { readonly schema?: undefined }

/** The format with a schema beside `json_object`, `response_schema` of LiteLLM's form, put into OpenAI's form. Others stay the same object. */
export function withSchema<Format>(format: Format): Format | ResponseFormat {
  if (!isFields(format) || format.type !== 'json_object' || !isFields(format.response_schema)) return format
  return { type: 'json_schema', json_schema: { name: 'response', schema: format.response_schema } } as ResponseFormat
}

/**
 * @returns undefined if any text is allowed
 * @throws {BadRequestError} if the format is not one of OpenAI's
 */
export function readFormat(given: ResponseFormat | null | undefined, report: Report): Asked | undefined {
  const format = withSchema(given)
  if (!format || format.type === 'text') return undefined
  if (format.type === 'json_object') return {}
  if (format.type !== 'json_schema' || !isFields(format.json_schema)) {
    throw report.invalid(
      'response_format',
      "must be { type: 'text' }, { type: 'json_object' } or { type: 'json_schema', json_schema }",
      format,
    )
  }
  const { schema, name, description } = format.json_schema
  return isFields(schema) ? { schema, name, description } : {}
}

/**
 * The name of a schema as OpenAI and Bedrock accept it: letters, digits, `_` and `-`, at most 64. It has no meaning for the answer. A missing
 * name stays so: by recorded traffic, Perplexity wants none.
 */
export function formatName(name: unknown): unknown {
  if (typeof name !== 'string' || /^[\w-]{1,64}$/.test(name)) return name
  return name.replace(/[^\w-]+/g, '_').slice(0, 64) || 'response'
}

/** Makes a tool that the model must call with the answer, for models without a native format. */
export function makeAnswerTool(
  schema: Fields,
  names: { unused(name: string): string },
): { readonly json: JSONTool; readonly input: Fields } {
  const wrapped = schema.type !== 'object' || hasRootCombinator(schema)
  return { json: { name: names.unused('respond_with_json'), wrapped }, input: wrapped ? wrap(schema) : schema }
}

/** Definitions stay at the root, because references resolve there. */
function wrap({ $defs, definitions, $schema: _, ...schema }: Fields): Fields {
  return {
    type: 'object',
    properties: { response: schema },
    required: ['response'],
    ...($defs !== undefined && { $defs }),
    ...(definitions !== undefined && { definitions }),
  }
}
