import type { TranscriptionResponse, TranscriptionWord } from '../../src/types/transcription.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../contract.js'
import { countIn, type Fields, fieldsIn, isFields, textIn } from '../fields.js'
import { Report } from '../report.js'
import { segmentsOf, type TranscriptParts, transcriptFormats, transcriptOf, transcriptParts } from '../shared/audio.js'
import type { ReadTranscriptionParams, TranscriptionDialect } from '../shared/media-dialects.js'

function encode(params: ReadTranscriptionParams, context: EncodeContext): Encoded {
  const { file, language, prompt, temperature, include, chunking_strategy: chunking, ...rest } = params
  const { response_format: format, timestamp_granularities: _, stream: __, extra_body: ___, model: ____, ...own } = rest
  const report = new Report(context)
  if (format && !transcriptFormats.has(format)) {
    report.unsupported('response_format', `ElevenLabs answers in ${[...transcriptFormats].join(', ')}`)
  }
  if (prompt) report.unsupported('prompt', "pass the words as 'keyterms'")
  if (include?.length) report.unsupported('include', 'each word has its logprob')
  if (chunking) report.unsupported('chunking_strategy', 'ElevenLabs divides the audio itself')
  report.throwUnsupported()
  const parts = transcriptParts(params as never)
  return {
    body: {
      model_id: context.model,
      ...(language && { language_code: language }),
      ...(temperature != null && { temperature }),
      ...(parts.speakers && { diarize: true }),
      ...(own as Fields),
    },
    files: [{ field: 'file', ...file }],
    warnings: report.warnings,
    encodeState: parts,
  }
}

function decode(body: unknown, context: DecodeContext): Decoded<TranscriptionResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  // several channels are transcripts of their own
  const transcripts = Array.isArray(body.transcripts) ? fieldsIn(body.transcripts) : [body]
  const texts = transcripts.map((one) => textIn(one, 'text'))
  if (texts.length === 0 || texts.includes(undefined)) {
    throw new ProviderFault("its answer has no 'text'", body.detail !== undefined ? body : undefined)
  }
  const words = transcripts.flatMap((one) => wordsOf(one.words)).sort((one, other) => one.start - other.start)
  const [first = {}] = transcripts
  const language = textIn(first, 'language_code')
  const duration = countIn(first, 'audio_duration_secs') ?? countIn(body, 'audio_duration_secs') ?? words.at(-1)?.end
  return transcriptOf(
    {
      text: texts.join('\n'),
      model: context.model,
      ...(language !== undefined && { language }),
      ...(duration !== undefined && { duration, usage: { input_audio_seconds: duration * transcripts.length } }),
      words,
      segments: segmentsOf(words),
    },
    context.encodeState as TranscriptParts,
  )
}

/** Spaces are items of their own, and laughter and other sounds are, too. */
function wordsOf(raw: unknown): TranscriptionWord[] {
  return fieldsIn(raw).flatMap(({ text, start, end, type, speaker_id: speaker, characters: _, ...rest }) =>
    type === 'spacing' || typeof text !== 'string' || typeof start !== 'number' || typeof end !== 'number'
      ? []
      : [{ ...rest, word: text, start, end, ...(typeof speaker === 'string' && { speaker }) }],
  )
}

/** https://elevenlabs.io/docs/api-reference/speech-to-text/convert */
export const transcription: TranscriptionDialect = Object.freeze({ streamsFiles: true, encode, decode })
