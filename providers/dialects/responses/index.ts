import type { DecodeContext, Dialect } from '../../contract.js'
import { errorFacts } from '../openai/errors.js'
import { decode } from './decode.js'
import { encode } from './encode.js'
import { responsesOperation } from './operation.js'
import type { ResponsesQuirks } from './quirks.js'
import { ResponsesChatStream } from './stream.js'

export { openaiResponses, plainResponses, type ResponsesQuirks } from './quirks.js'

/** Chat over OpenAI's Responses API, and that API itself. https://platform.openai.com/docs/api-reference/responses */
export const responses: Dialect<ResponsesQuirks> = Object.freeze({
  framing: 'sse',
  chat: Object.freeze({ encode, decode, stream: (context: DecodeContext) => new ResponsesChatStream(context) }),
  responses: responsesOperation,
  error: errorFacts,
} satisfies Dialect<ResponsesQuirks>)
