import type { DecodeContext, Dialect } from '../../contract.js'
import { remoteMedia } from './content.js'
import { decode } from './decode.js'
import { decodeEmbedding, encodeEmbedding, maxInputs } from './embeddings.js'
import { encode } from './encode.js'
import { errorFacts } from './errors.js'
import { OllamaStream } from './stream.js'

/** Ollama's own API. https://docs.ollama.com/api */
export const ollama: Dialect = Object.freeze({
  framing: 'ndjson',
  chat: Object.freeze({
    remoteMedia,
    encode,
    decode,
    stream: (context: DecodeContext) => new OllamaStream(context),
  }),
  embedding: Object.freeze({ maxInputs, encode: encodeEmbedding, decode: decodeEmbedding }),
  error: errorFacts,
} satisfies Dialect)
