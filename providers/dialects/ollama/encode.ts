import type { ChatParams, ResponseFormat } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { encodeMessages } from './messages.js'
import { encodeParams } from './params.js'
import type { EncodeScope } from './scope.js'
import { encodeThink } from './thinking.js'
import { encodeTools } from './tools.js'
import { type Fields, isFields } from './wire.js'

/** Encodes an OpenAI-shaped request for Ollama's API. https://docs.ollama.com/api/chat */
export function encode(params: ChatParams, context: EncodeContext): Encoded {
  const scope: EncodeScope = { report: new Report(context), media: context.media }
  const messages = encodeMessages(params.messages, scope)
  const tools = encodeTools(params, scope)
  const format = encodeFormat(params.response_format, scope)
  const think = encodeThink(params, context.model, scope)
  const { options, own } = encodeParams(params, scope)
  scope.report.throwUnsupported()
  const body: Fields = {
    model: context.model,
    messages,
    ...(tools.length > 0 && { tools }),
    ...(format !== undefined && { format }),
    ...(think !== undefined && { think }),
    ...(Object.keys(options).length > 0 && { options }),
    ...own,
    // the server streams by default
    stream: params.stream === true,
  }
  return scope.report.warnings.length > 0 ? { body, warnings: scope.report.warnings } : { body }
}

/**
 * `json` or the schema itself, which constrains the sampler. https://docs.ollama.com/capabilities/structured-outputs
 */
function encodeFormat(format: ResponseFormat | null | undefined, scope: EncodeScope): 'json' | Fields | undefined {
  if (!format || format.type === 'text') return undefined
  if (format.type === 'json_object') return 'json'
  if (format.type === 'json_schema' && isFields(format.json_schema)) {
    return isFields(format.json_schema.schema) ? format.json_schema.schema : 'json'
  }
  throw scope.report.invalid(
    'response_format',
    "must be { type: 'text' }, { type: 'json_object' } or { type: 'json_schema', json_schema }",
    format,
  )
}
