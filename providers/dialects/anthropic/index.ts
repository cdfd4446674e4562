import type { DecodeContext, Dialect } from '../../contract.js'
import { decode } from './decode.js'
import { encode } from './encode.js'
import { errorFacts } from './errors.js'
import { messages } from './native.js'
import type { AnthropicQuirks } from './quirks.js'
import { AnthropicStream } from './stream.js'

export type { AnthropicQuirks }

/** Anthropic's Messages API, version 2023-06-01, on any host. https://platform.claude.com/docs/en/api/messages */
export const anthropic: Dialect<AnthropicQuirks> = Object.freeze({
  framing: 'sse',
  chat: Object.freeze({
    webSearch: 'beside functions',
    encode,
    decode,
    stream: (context: DecodeContext<AnthropicQuirks>) => new AnthropicStream(context),
  }),
  messages,
  error: errorFacts,
} satisfies Dialect<AnthropicQuirks>)
