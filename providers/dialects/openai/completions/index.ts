import type { DecodeContext, Dialect } from '../../../contract.js'
import { errorFacts } from '../errors.js'
import type { OpenAIQuirks } from '../quirks.js'
import { CompletionsStream, decode } from './decode.js'
import { encode } from './encode.js'

/** Text completions, for models that are older than chat. https://platform.openai.com/docs/api-reference/completions */
export const completions: Dialect<OpenAIQuirks> = Object.freeze({
  framing: 'sse',
  chat: Object.freeze({
    encode,
    decode,
    stream: (context: DecodeContext<OpenAIQuirks>) => new CompletionsStream(context),
  }),
  operations: Object.freeze(['textCompletion'] as const),
  error: errorFacts,
} satisfies Dialect<OpenAIQuirks>)
