import type { DecodeContext, Dialect } from '../../contract.js'
import { decode } from './decode.js'
import { decodeEmbedding, encodeEmbedding, maxInputs } from './embeddings.js'
import { encode } from './encode.js'
import { errorFacts } from './errors.js'
import { remoteMedia } from './remote.js'
import { ConverseStream } from './stream.js'

/** Converse of Amazon Bedrock, and the embedding models behind its InvokeModel. https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html */
export const converse: Dialect<unknown> = Object.freeze({
  framing: 'aws-event-stream',
  chat: Object.freeze({
    remoteMedia,
    encode,
    decode,
    stream: (context: DecodeContext<unknown>) => new ConverseStream(context),
  }),
  embedding: Object.freeze({ maxInputs, encode: encodeEmbedding, decode: decodeEmbedding }),
  error: errorFacts,
} satisfies Dialect<unknown>)
