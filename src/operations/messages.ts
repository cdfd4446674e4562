import { MessagesStream } from '../call/messages-stream.js'
import type { CallOptions, MessagesRequest } from '../types/options.js'
import type { MessagesResponse } from '../types/wires.js'
import { streamOf, wireOperation } from './over-chat.js'
import { messagesRequest } from './requests.js'

/** A stream for `stream: true`, else an answer; either of them if `stream` is known at run time only. */
export type MessagesResult<Stream extends boolean> = boolean extends Stream
  ? MessagesResponse | MessagesStream
  : Stream extends true
    ? MessagesStream
    : MessagesResponse

export interface MessagesMethod<Extra, Options> {
  /**
   * Calls a model in the form of Anthropic's Messages API. Hosts with that API get the request unchanged, and their answers and events
   * come back unchanged; for all other chat models it is translated.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const { content } = await client.messages({ model: 'openai/gpt-5', max_tokens: 500, messages })
   */
  messages<const Stream extends boolean = false>(
    request: MessagesRequest<Stream> & Extra,
    options?: CallOptions & Options,
  ): Promise<MessagesResult<Stream>>
}

/** Anthropic's Messages API: passed through to hosts that have it, translated for all other chat models. */
export const messages = wireOperation(
  {
    ...messagesRequest,
    async load() {
      const { anthropicWire: wire, withoutSeals } = await import('../../providers/inbound/anthropic/index.js')
      return { wire, forHost: (request) => withoutSeals(request as never) }
    },
    stream: streamOf(MessagesStream),
  },
  (dialect) => dialect.messages,
)
