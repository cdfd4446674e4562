import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { namedModel } from '../../models/index.js'
import { Report } from '../../report.js'
import { encodeFormat } from './format.js'
import { encodeMessages } from './messages.js'
import { encodeParams } from './params.js'
import type { EncodeScope } from './scope.js'
import { encodeThink } from './thinking.js'
import { encodeTools } from './tools.js'
import type { Fields } from './wire.js'

/** Encodes an OpenAI-shaped request for Ollama's API. https://docs.ollama.com/api/chat */
export function encode(params: ChatParams, context: EncodeContext): Encoded {
  const scope: EncodeScope = { report: new Report(context), media: context.media }
  const messages = encodeMessages(params.messages, scope)
  const tools = encodeTools(params, scope)
  const format = encodeFormat(params.response_format, scope)
  const think = encodeThink(params, namedModel(context), scope)
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
