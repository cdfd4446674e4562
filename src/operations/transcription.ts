import type { ReadTranscriptionParams } from '../../providers/shared/media-dialects.js'
import { EventAccumulator, type EventReader, EventStream } from '../call/event-stream.js'
import { BadRequestError, got } from '../errors.js'
import type { FileInput } from '../types/bytes.js'
import type { CallOptions } from '../types/options.js'
import type { TranscriptionEvent, TranscriptionRequest, TranscriptionResponse } from '../types/transcription.js'
import { plainOperation } from './plain.js'
import { checkStream } from './shapes.js'

/** A streamed transcription. */
export type TranscriptionStream = EventStream<TranscriptionEvent, TranscriptionResponse>

/** A stream of events for `stream: true`, else the whole text. */
export type TranscriptionResult<Stream extends boolean> = boolean extends Stream
  ? TranscriptionResponse | TranscriptionStream
  : Stream extends true
    ? TranscriptionStream
    : TranscriptionResponse

export interface TranscriptionMethod<Extra, Options> {
  /**
   * Writes the text of an audio file. A Blob, or a function that opens a stream, is sent without being held in memory.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const file = await openAsBlob('call.mp3')
   * const { text } = await client.transcription({ model: 'openai/gpt-4o-transcribe', file: { data: file, filename: 'call.mp3' } })
   */
  transcription<const Stream extends boolean = false>(
    request: TranscriptionRequest<Stream> & Extra,
    options?: CallOptions & Options,
  ): Promise<TranscriptionResult<Stream>>
}

type Decode = (body: unknown) => Omit<TranscriptionResponse, 'meta'>
type Translate = EventReader<TranscriptionEvent, TranscriptionResponse>['translate']

/** Reads the events of OpenAI's API. */
const readerOf = (decode: Decode, translate: Translate): EventReader<TranscriptionEvent, TranscriptionResponse> => ({
  translate,
  hasContent: ({ type }) => type !== 'transcript.text.done',
  completes: ({ type }) => type === 'transcript.text.done',
  answer(events) {
    const last = events.findLast((event) => event.type === 'transcript.text.done')
    const { type: _, ...whole } = last ?? { type: '', text: textOf(events) }
    const segments = events.filter((event) => event.type === 'transcript.text.segment')
    return decode(segments.length > 0 ? { ...whole, segments: segments.map(({ type, ...one }) => one) } : whole)
  },
  decode,
  events: ({ usage: _, ...answer }) => [{ ...answer, type: 'transcript.text.done' }],
})

const textOf = (events: readonly TranscriptionEvent[]): string =>
  events.map((event) => (event.type === 'transcript.text.delta' ? event.delta : '')).join('')

export const transcription = plainOperation<ReadTranscriptionParams, TranscriptionResponse>({
  name: 'transcription',
  answer: 'bytes',
  params: new Set([
    ...['model', 'file', 'language', 'prompt', 'response_format', 'temperature', 'timestamp_granularities'],
    ...['include', 'chunking_strategy', 'stream', 'extra_body'],
  ]),
  formTypes: { temperature: 'number', stream: 'boolean' },
  check(params) {
    const { file } = params
    if (typeof file !== 'object' || file === null) {
      throw new BadRequestError(
        `'file' must be a Blob, a Uint8Array, an ArrayBuffer or { data, filename }; ${got(file)}.`,
        { param: 'file' },
      )
    }
    checkStream(params)
  },
  async ready(params, { streamsFiles }) {
    const { intoMemory, isSmall, openFile } = await import('../call/form.js')
    const file = openFile('file', params.file as FileInput, { name: 'audio', type: 'application/octet-stream' })
    params.file = streamsFiles && !isSmall(file) ? file : await intoMemory(file)
  },
  openai: async () => (await import('../../providers/dialects/openai/transcription.js')).transcriptionDialect,
  unsupported: ({ name }) => `${name} has no transcription here. OpenAI, Azure, Groq, Mistral and ElevenLabs do.`,
  stream({ part }, call) {
    return {
      read: () => new EventAccumulator(readerOf((body) => part.decode(body, call.decodeContext()), part.event)),
      estimate: () => undefined,
      complete: (answer) => answer,
      stream: (parts) => new EventStream(parts as unknown as ConstructorParameters<typeof EventStream>[0]),
    }
  },
})
