import type { Framing, Provider } from '../../../providers/contract.js'
import { quirksOf } from '../../../src/call/call.js'
import { awsEventStream } from '../../../src/transport/aws-event-stream.js'
import type { Framer, OnEvent } from '../../../src/transport/framer.js'
import { ndjson } from '../../../src/transport/ndjson.js'
import { sse } from '../../../src/transport/sse.js'
import type { ChatCompletionChunk } from '../../../src/types/chat.js'
import type { Driven } from './drive.js'

const framers: Readonly<Partial<Record<Framing, (onEvent: OnEvent) => Framer>>> = {
  sse,
  ndjson,
  'aws-event-stream': awsEventStream,
}

/** As `drive`, in whichever framing, for the provider's own host. */
export function driveNative(provider: Provider, pieces: Iterable<Buffer>): Driven {
  const { chat, framing } = provider.dialect
  const framed = framers[framing]
  if (!chat || !framed) throw new Error(`${provider.id} has no chat dialect, or a framing that nobody recorded`)
  const decoder = chat.stream({
    provider: provider.id,
    model: 'some-model',
    quirks: quirksOf(provider, true),
    encodeState: undefined,
    created: 1_700_000_000,
    fallbackId: 'chatcmpl-fallback',
  })
  const chunks: ChatCompletionChunk[] = []
  const framer = framed((event, data) => {
    if (!decoder.done) decoder.push(event, data, chunks)
  })
  for (const piece of pieces) framer.push(piece)
  framer.end()
  const complete = decoder.end(chunks)
  return { chunks, complete }
}
