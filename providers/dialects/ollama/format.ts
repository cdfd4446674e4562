import type { ResponseFormat } from '../../../src/types/chat.js'
import { withSchema } from '../../shared/format.js'
import { fitSchema } from '../../shared/strict-schema.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields } from './wire.js'

/**
 * `json` or the schema itself, which constrains the sampler. https://docs.ollama.com/capabilities/structured-outputs
 */
export function encodeFormat(
  given: ResponseFormat | null | undefined,
  scope: EncodeScope,
): 'json' | Fields | undefined {
  const format = withSchema(given)
  if (!format || format.type === 'text') return undefined
  if (format.type === 'json_object') return 'json'
  if (format.type === 'json_schema' && isFields(format.json_schema)) {
    const { schema } = format.json_schema
    return isFields(schema) ? fitSchema(schema, false).schema : 'json'
  }
  throw scope.report.invalid(
    'response_format',
    "must be { type: 'text' }, { type: 'json_object' } or { type: 'json_schema', json_schema }",
    format,
  )
}
