import { utf8 } from '../../../src/platform/index.js'
import type {
  TranscriptionResponse,
  TranscriptionSegment,
  TranscriptionWord,
} from '../../../src/types/transcription.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { countIn, type Fields, fieldsIn, isFields, textIn } from '../../fields.js'
import type { ReadTranscriptionParams, TranscriptionDialect } from '../../shared/media-dialects.js'
import { isError } from './decode.js'
import { mediaUsage } from './media-usage.js'

function encode({ file, extra_body: _, ...params }: ReadTranscriptionParams, { model }: EncodeContext): Encoded {
  return { body: { ...params, model }, files: [{ field: 'file', ...file }] }
}

function decode(body: unknown, context: DecodeContext): Decoded<TranscriptionResponse> {
  // text and subtitles come as they are
  if (body instanceof Uint8Array) return { text: utf8(body), model: context.model }
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const text = textIn(body, 'text')
  if (text === undefined) throw new ProviderFault("its answer has no 'text'", isError(body) ? body : undefined)
  const { task: _, usage: given, text: __, ...rest } = body
  const duration = countIn(body, 'duration') ?? Number(textIn(body, 'duration') || Number.NaN)
  const known = Number.isFinite(duration)
  // hosts without usage bill the length of the audio
  const usage = mediaUsage(given, 'text') ?? (known ? { input_audio_seconds: duration } : undefined)
  return {
    ...rest,
    text,
    model: textIn(body, 'model') || context.model,
    ...(known && { duration }),
    ...(Array.isArray(body.words) && { words: fieldsIn(body.words) as unknown as TranscriptionWord[] }),
    ...(Array.isArray(body.segments) && { segments: fieldsIn(body.segments) as unknown as TranscriptionSegment[] }),
    ...(usage && { usage }),
  }
}

/** Mistral names its events otherwise. https://docs.mistral.ai/api/endpoint/audio/transcriptions */
function event(given: Fields): Fields | undefined {
  switch (given.type) {
    case 'transcription.text.delta': {
      const { text, ...rest } = given
      return { ...rest, type: 'transcript.text.delta', delta: text }
    }
    case 'transcription.segment': {
      const { speaker_id: speaker, ...rest } = given
      return { ...rest, type: 'transcript.text.segment', ...(speaker != null && { speaker }) }
    }
    case 'transcription.done':
      return { ...given, type: 'transcript.text.done' }
    case 'transcription.language':
      // the last event has it too
      return undefined
    default:
      return given
  }
}

/** https://platform.openai.com/docs/api-reference/audio/createTranscription */
export const transcriptionDialect: TranscriptionDialect = Object.freeze({ streamsFiles: true, encode, decode, event })
