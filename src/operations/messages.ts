import { MessagesStream } from '../call/messages-stream.js'
import { BadRequestError, got } from '../errors.js'
import type { CallOptions, MessagesRequest } from '../types/options.js'
import type { MessagesResponse } from '../types/wires.js'
import { streamOf, wireOperation } from './over-chat.js'
import { checkStream } from './shapes.js'

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
    name: 'messages',
    method: 'messages',
    path: '/v1/messages',
    params: new Set([
      ...['model', 'messages', 'max_tokens', 'system', 'tools', 'tool_choice', 'temperature', 'top_p', 'top_k'],
      ...['stop_sequences', 'stream', 'metadata', 'thinking', 'service_tier', 'container', 'mcp_servers'],
      ...['context_management', 'output_config', 'output_format', 'cache_control', 'inference_geo', 'speed'],
      ...['betas', 'anthropic_version', 'extra_body'],
    ]),
    check(params) {
      const { messages: given, max_tokens: most } = params
      if (!Array.isArray(given) || given.length === 0) {
        throw new BadRequestError(
          `'messages' must be a non-empty array, for example [{ role: 'user', content: 'Hello' }]; ${got(given)}.`,
          { param: 'messages' },
        )
      }
      if (most !== undefined && most !== null && typeof most !== 'number') {
        throw new BadRequestError(`'max_tokens' must be a number; ${got(most)}.`, { param: 'max_tokens' })
      }
      checkStream(params)
    },
    async load() {
      const { anthropicWire: wire, withoutSeals } = await import('../../providers/inbound/anthropic/index.js')
      return { wire, forHost: (request) => withoutSeals(request as never) }
    },
    stream: streamOf(MessagesStream),
  },
  (dialect) => dialect.messages,
)
