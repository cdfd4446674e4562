import type { ResponseFormat } from '../src/types/chat.js'
import { isFields } from './fields.js'
import type { Report } from './report.js'
import { withSchema } from './shared/format.js'

export const jsonObjectInstruction =
  'Answer with one valid JSON object and nothing else: no Markdown fences, no words before or after it.'

/**
 * The last resort for `response_format` on hosts without a native format or tools: an instruction. The call validates
 * the answer if the caller passed a schema object.
 * @param why the missing feature, as a sentence without a full stop
 * @returns the instruction; undefined if any text is allowed
 * @throws {BadRequestError} if the format is not one of OpenAI's
 */
export function jsonInstruction(
  asked: ResponseFormat | null | undefined,
  why: string,
  report: Report,
): string | undefined {
  const format = withSchema(asked)
  if (!format || format.type === 'text') return undefined
  const given: unknown = format.type === 'json_schema' ? format.json_schema : {}
  if ((format.type !== 'json_schema' && format.type !== 'json_object') || !isFields(given)) {
    throw report.invalid(
      'response_format',
      "must be { type: 'text' }, { type: 'json_object' } or { type: 'json_schema', json_schema }",
      format,
    )
  }
  report.emulated('response_format', `${why}: the instructions ask for JSON instead.`)
  if (!isFields(given.schema)) return jsonObjectInstruction
  return `${jsonObjectInstruction} It must fit this JSON Schema: ${JSON.stringify(given.schema)}`
}
