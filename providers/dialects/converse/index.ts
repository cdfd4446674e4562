import type { DecodeContext, Dialect } from '../../contract.js'
import { bedrockRerank } from '../rerank/hosted.js'
import { remoteMedia } from './content.js'
import { decode } from './decode.js'
import { decodeEmbedding, encodeEmbedding, maxInputs } from './embeddings.js'
import { encode } from './encode.js'
import { errorFacts } from './errors.js'
import { imageEdit, imageGeneration } from './images.js'
import { ConverseStream } from './stream.js'

/** Amazon Bedrock's Converse, and its embedding, rerank and image models over InvokeModel. https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html */
export const converse: Dialect<unknown> = Object.freeze({
  framing: 'aws-event-stream',
  chat: Object.freeze({
    remoteMedia,
    encode,
    decode,
    stream: (context: DecodeContext<unknown>) => new ConverseStream(context),
  }),
  rerank: bedrockRerank,
  imageGeneration,
  imageEdit,
  embedding: Object.freeze({ maxInputs, encode: encodeEmbedding, decode: decodeEmbedding }),
  error: errorFacts,
} satisfies Dialect<unknown>)
