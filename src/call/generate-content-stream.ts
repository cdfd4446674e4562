import { toHttpError } from '../http-error.js'
import type { GenerateContentEvent, GenerateContentResponse } from '../types/wires.js'
import type { StreamEncoding } from './answer-stream.js'
import { WireStream, wireText } from './wire-stream.js'

/**
 * A streamed answer of Google's generateContent: iterate it for the API's own events, or ask for the whole. Leaving a `for await` loop
 * closes the connection.
 */
export class GenerateContentStream extends WireStream<GenerateContentEvent, GenerateContentResponse> {
  protected readonly wire: StreamEncoding<GenerateContentEvent> = geminiWire
}

const geminiWire: StreamEncoding<GenerateContentEvent> = Object.freeze({
  event: wireText((event: GenerateContentEvent) => `data: ${JSON.stringify(event)}\n\n`),
  error: (error: unknown) => `data: ${JSON.stringify(toHttpError(error, 'gemini').body)}\n\n`,
  last: '',
})
