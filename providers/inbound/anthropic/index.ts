import type { ChatParams } from '../../../src/types/chat.js'
import type { InboundContext, InboundWire } from '../contract.js'
import { decodeRequest } from './decode.js'
import { encodeAnswer } from './encode.js'
import { MessagesStream } from './stream.js'
import type { CountTokensRequest, MessagesAnswer, MessagesEvent, MessagesRequest } from './wire.js'

export { withoutSeals } from './native.js'
export type { CountTokensRequest, MessagesAnswer, MessagesEvent, MessagesRequest } from './wire.js'

/** Anthropic's Messages API as the API of a client. */
export const anthropicWire: InboundWire<MessagesRequest, MessagesAnswer, MessagesEvent> = Object.freeze({
  decodeRequest,
  encodeAnswer,
  streamEncoder: (_: MessagesRequest, context: InboundContext) => new MessagesStream(context),
})

/** Translates a request to `/v1/messages/count_tokens`. https://platform.claude.com/docs/en/api/messages-count-tokens */
export const decodeCountRequest = (request: CountTokensRequest, context: InboundContext): ChatParams =>
  decodeRequest(request as MessagesRequest, context)

/** The answer to a request to count tokens. */
export const encodeCount = (tokens: number): { input_tokens: number } => ({ input_tokens: tokens })
