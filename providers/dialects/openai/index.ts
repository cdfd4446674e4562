import { openaiPaths } from '../../../src/types/operation.js'
import type { DecodeContext, Dialect } from '../../contract.js'
import { decode } from './decode.js'
import { decodeEmbedding, encodeEmbedding, maxInputs, maxTokens } from './embeddings.js'
import { encode } from './encode.js'
import { errorFacts } from './errors.js'
import { defaultQuirks, gatewayQuirks, type OpenAIQuirks, openaiQuirks } from './quirks.js'
import { OpenAIStream } from './stream.js'

export { defaultQuirks, gatewayQuirks, type OpenAIQuirks, openaiPaths, openaiQuirks }

/** OpenAI's Chat Completions and Embeddings, at any host. https://platform.openai.com/docs/api-reference/chat */
export const openai: Dialect<OpenAIQuirks> = Object.freeze({
  framing: 'sse',
  chat: Object.freeze({ encode, decode, stream: (context: DecodeContext<OpenAIQuirks>) => new OpenAIStream(context) }),
  embedding: Object.freeze({ maxInputs, maxTokens, encode: encodeEmbedding, decode: decodeEmbedding }),
  error: errorFacts,
} satisfies Dialect<OpenAIQuirks>)
