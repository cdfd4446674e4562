import type { ChatParams, ResponseFormat } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import type { Kit } from './kit.js'
import { encodeMessages } from './messages.js'
import { encodeParams } from './params.js'
import { encodeThink } from './thinking.js'
import { encodeTools } from './tools.js'
import { type Fields, isFields } from './wire.js'

/** An OpenAI-shaped request as one of Ollama's own. https://docs.ollama.com/api/chat */
export function encode(params: ChatParams, context: EncodeContext): Encoded {
  const kit: Kit = { report: new Report(context), media: context.media }
  const messages = encodeMessages(params.messages, kit)
  const tools = encodeTools(params, kit)
  const format = encodeFormat(params.response_format, kit)
  const think = encodeThink(params, context.model, kit)
  const { options, own } = encodeParams(params, kit)
  kit.report.settle()
  const body: Fields = {
    model: context.model,
    messages,
    ...(tools.length > 0 && { tools }),
    ...(format !== undefined && { format }),
    ...(think !== undefined && { think }),
    ...(Object.keys(options).length > 0 && { options }),
    ...own,
    // it streams unless it is told not to
    stream: params.stream === true,
  }
  return kit.report.warnings.length > 0 ? { body, warnings: kit.report.warnings } : { body }
}

/** `json`, or the schema itself, which the sampler is held to. https://docs.ollama.com/capabilities/structured-outputs */
function encodeFormat(format: ResponseFormat | null | undefined, kit: Kit): 'json' | Fields | undefined {
  if (!format || format.type === 'text') return undefined
  if (format.type === 'json_object') return 'json'
  if (format.type === 'json_schema' && isFields(format.json_schema)) {
    return isFields(format.json_schema.schema) ? format.json_schema.schema : 'json'
  }
  throw kit.report.bad(
    'response_format',
    "it is { type: 'text' }, { type: 'json_object' } or { type: 'json_schema', json_schema }.",
  )
}
