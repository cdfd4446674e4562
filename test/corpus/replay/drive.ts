import type { Provider } from '../../../providers/contract.js'
import { sse } from '../../../src/transport/sse.js'
import type { ChatCompletionChunk } from '../../../src/types/chat.js'

export interface Driven {
  readonly chunks: readonly ChatCompletionChunk[]
  /** Whether the decoder holds the answer to be whole. */
  readonly complete: boolean
}

/** Feeds the pieces of a stream to the framing and the decoder themselves, as a call does, without a socket. */
export function drive(provider: Provider, pieces: readonly Buffer[]): Driven {
  const { chat } = provider.dialect
  if (!chat) throw new Error(`${provider.id} has no chat dialect`)
  const decoder = chat.stream({
    provider: provider.id,
    model: 'some-model',
    quirks: provider.quirks,
    encodeState: undefined,
    created: 1_700_000_000,
    fallbackId: 'chatcmpl-fallback',
  })
  const chunks: ChatCompletionChunk[] = []
  const framer = sse((event, data) => {
    if (!decoder.done) decoder.push(event, data, chunks)
  })
  for (const piece of pieces) framer.push(piece)
  framer.end()
  const complete = decoder.end(chunks)
  return { chunks, complete }
}
