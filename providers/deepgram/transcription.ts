import type { TranscriptionResponse, TranscriptionSegment, TranscriptionWord } from '../../src/types/transcription.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../contract.js'
import { countIn, type Fields, fieldsIn, isFields, textIn } from '../fields.js'
import { Report } from '../report.js'
import {
  queryOf,
  segmentsOf,
  type TranscriptParts,
  transcriptFormats,
  transcriptOf,
  transcriptParts,
} from '../shared/audio.js'
import type { ReadTranscriptionParams, TranscriptionDialect } from '../shared/media-dialects.js'

/** The audio is the body of the request, and all parameters are in the query. */
function encode(params: ReadTranscriptionParams, context: EncodeContext): Encoded {
  const { file, language, prompt, temperature, include, chunking_strategy: chunking, ...rest } = params
  const { response_format: format, timestamp_granularities: _, stream: __, extra_body: ___, model: ____, ...own } = rest
  const report = new Report(context)
  if (format && !transcriptFormats.has(format)) {
    report.unsupported('response_format', `Deepgram answers in ${[...transcriptFormats].join(', ')}`)
  }
  if (prompt) report.unsupported('prompt', "pass the words as 'keyterm' (nova-3) or 'keywords'")
  if (temperature != null) report.unsupported('temperature', 'Deepgram has no such setting')
  if (include?.length) report.unsupported('include', 'each word has its confidence')
  if (chunking) report.unsupported('chunking_strategy', 'Deepgram divides the audio itself')
  report.throwUnsupported()
  const parts = transcriptParts(params as never)
  const query = queryOf({
    model: context.model,
    smart_format: true,
    ...(language ? { language } : { detect_language: true }),
    ...(parts.segments && { utterances: true }),
    ...(parts.speakers && { diarize: true }),
    ...own,
  })
  return {
    body: {},
    raw: { type: file.type, data: file.data },
    subpath: query,
    warnings: report.warnings,
    encodeState: parts,
  }
}

function decode(body: unknown, context: DecodeContext): Decoded<TranscriptionResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const results = isFields(body.results) ? body.results : undefined
  const channels = fieldsIn(results?.channels)
  if (channels.length === 0) {
    throw new ProviderFault("its answer has no 'results'", body.err_code !== undefined ? body : undefined)
  }
  const [first = {}] = channels
  const best = channels.map(({ alternatives }) => fieldsIn(alternatives)[0] ?? {})
  const words = best.flatMap((one) => wordsOf(one.words)).sort((one, other) => one.start - other.start)
  const duration = isFields(body.metadata) ? countIn(body.metadata, 'duration') : undefined
  const language = textIn(first, 'detected_language')
  const utterances = fieldsIn(results?.utterances).flatMap(segmentOf)
  return transcriptOf(
    {
      text: best.map((one) => textIn(one, 'transcript') ?? '').join('\n'),
      model: context.model,
      ...(language !== undefined && { language }),
      // every channel is billed
      ...(duration !== undefined && { duration, usage: { input_audio_seconds: duration * channels.length } }),
      words,
      segments: utterances.length > 0 ? utterances : segmentsOf(words),
    },
    context.encodeState as TranscriptParts,
  )
}

function wordsOf(raw: unknown): TranscriptionWord[] {
  return fieldsIn(raw).flatMap(({ word, punctuated_word: written, start, end, ...rest }) =>
    typeof word !== 'string' || typeof start !== 'number' || typeof end !== 'number'
      ? []
      : [{ ...rest, word: typeof written === 'string' ? written : word, start, end }],
  )
}

/** https://developers.deepgram.com/docs/utterances */
function segmentOf({ transcript, start, end, words: _, ...rest }: Fields): TranscriptionSegment[] {
  if (typeof transcript !== 'string' || typeof start !== 'number' || typeof end !== 'number') return []
  return [{ ...rest, text: transcript, start, end }]
}

/** https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded */
export const transcription: TranscriptionDialect = Object.freeze({ streamsFiles: true, encode, decode })
