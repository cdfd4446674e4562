import type { DecodeContext, Dialect } from '../../contract.js'
import { decode } from './decode.js'
import { decodeEmbedding, encodeEmbedding, maxInputs } from './embeddings.js'
import { encode, remoteMedia } from './encode.js'
import { errorFacts } from './errors.js'
import { generateContent } from './native.js'
import type { GeminiQuirks } from './scope.js'
import { GeminiStream } from './stream.js'

export type { GeminiQuirks }

/** Google's generateContent and embeddings, on any host. https://ai.google.dev/api/generate-content */
export const gemini: Dialect<GeminiQuirks> = Object.freeze({
  framing: 'sse',
  chat: Object.freeze({
    // older models refuse a search beside functions
    webSearch: 'alone',
    remoteMedia,
    encode,
    decode,
    stream: (context: DecodeContext<GeminiQuirks>) => new GeminiStream(context),
  }),
  generateContent,
  embedding: Object.freeze({ maxInputs, encode: encodeEmbedding, decode: decodeEmbedding }),
  error: errorFacts,
} satisfies Dialect<GeminiQuirks>)
