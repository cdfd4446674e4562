import type { DecodeContext, Dialect } from '../../contract.js'
import { rerankDialect } from '../rerank/index.js'
import { decode } from './decode.js'
import { decodeEmbedding, encodeEmbedding, maxInputs } from './embeddings.js'
import { encode } from './encode.js'
import { errorFacts } from './errors.js'
import { CohereStream } from './stream.js'

/** Cohere's API, version 2. https://docs.cohere.com/reference/about */
export const cohere: Dialect = Object.freeze({
  framing: 'sse',
  chat: Object.freeze({ encode, decode, stream: (context: DecodeContext) => new CohereStream(context) }),
  embedding: Object.freeze({ maxInputs, encode: encodeEmbedding, decode: decodeEmbedding }),
  rerank: rerankDialect({ host: 'Cohere', topN: 'top_n', maxTokensPerDoc: true, records: 'text' }),
  error: errorFacts,
} satisfies Dialect)
