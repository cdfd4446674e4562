import type { ResponseFormat } from '../../src/types/chat.js'
import { type Fields, isFields } from '../fields.js'
import type { Report } from '../report.js'
import type { JSONTool } from './encode-state.js'

/** The JSON that `response_format` asks for. */
export type Asked =
  | { readonly schema: Fields; readonly name: string; readonly description: string | undefined }
  /** Any object will do. */
  | { readonly schema?: undefined }

/**
 * @returns undefined where any text will do
 * @throws {BadRequestError} where the format is none of OpenAI's
 */
export function readFormat(format: ResponseFormat | null | undefined, report: Report): Asked | undefined {
  if (!format || format.type === 'text') return undefined
  if (format.type === 'json_object') return {}
  if (format.type !== 'json_schema' || !isFields(format.json_schema)) {
    throw report.invalid(
      'response_format',
      "is { type: 'text' }, { type: 'json_object' } or { type: 'json_schema', json_schema }.",
    )
  }
  const { schema, name, description } = format.json_schema
  return isFields(schema) ? { schema, name, description } : {}
}

/** A tool that the model must call with the answer, where it has no format of its own. */
export function makeAnswerTool(
  schema: Fields,
  names: { unused(name: string): string },
): { readonly json: JSONTool; readonly input: Fields } {
  const wrapped = schema.type !== 'object'
  return { json: { name: names.unused('respond_with_json'), wrapped }, input: wrapped ? wrap(schema) : schema }
}

/** Definitions stay at the root, where references look for them. */
function wrap({ $defs, definitions, $schema: _, ...schema }: Fields): Fields {
  return {
    type: 'object',
    properties: { response: schema },
    required: ['response'],
    ...($defs !== undefined && { $defs }),
    ...(definitions !== undefined && { definitions }),
  }
}
