import type { DecodeContext, Dialect, Operation } from '../../contract.js'
import { speech, transcription } from './audio.js'
import { decode } from './decode.js'
import { decodeEmbedding, encodeEmbedding, maxInputs } from './embeddings.js'
import { encode, remoteMedia } from './encode.js'
import { errorFacts } from './errors.js'
import { imageEdit, imageGeneration, isImagen } from './images.js'
import { generateContent } from './native.js'
import type { GeminiQuirks } from './scope.js'
import { GeminiStream } from './stream.js'

export type { GeminiQuirks }

/** The method of an operation, after the path of its model. */
export function methodOf(operation: Operation, model: string, stream: boolean): string {
  if (operation === 'imageGeneration' && isImagen(model)) return ':predict'
  // images and audio come as a whole
  return stream && operation === 'chat' ? ':streamGenerateContent?alt=sse' : ':generateContent'
}

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
  speech,
  transcription,
  imageGeneration,
  imageEdit,
  error: errorFacts,
} satisfies Dialect<GeminiQuirks>)
