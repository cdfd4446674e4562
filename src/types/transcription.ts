import type { FileInput } from './bytes.js'
import type { CallMeta } from './meta.js'
import type { CallOptions } from './options.js'
import type { MediaUsage } from './usage.js'

/** Parameters of a transcription in snake_case: https://platform.openai.com/docs/api-reference/audio/createTranscription */
export interface TranscriptionParams {
  /** Name of the model. */
  model: string
  /** The audio. A name such as `call.mp3` shows most hosts its format. */
  file: FileInput
  /** Language of the audio, such as `en` (ISO 639-1). @default detected */
  language?: string | null
  /** Words that the audio contains, or the text before it. */
  prompt?: string | null
  /**
   * Form of the answer. `verbose_json` has segments, language and duration; `text`, `srt` and `vtt` come as `text`.
   * @default 'json'
   */
  response_format?: 'json' | 'text' | 'srt' | 'verbose_json' | 'vtt' | 'diarized_json' | (string & {}) | null
  /** Randomness, 0 to 1. */
  temperature?: number | null
  /** Times of words or of segments; with `verbose_json`. */
  timestamp_granularities?: readonly ('word' | 'segment')[] | null
  /** More in the answer: `logprobs`. */
  include?: readonly string[] | null
  /** Division of long audio: `auto`, or settings of the voice detection. */
  chunking_strategy?: 'auto' | Record<string, unknown> | null
  /** True for a stream of events. `whisper-1` answers as a whole all the same. @default false */
  stream?: boolean
  /** Merged last into the provider's form, unchanged. */
  extra_body?: Record<string, unknown>
}

/** A transcription request. */
export type TranscriptionRequest<Stream extends boolean = boolean> = Omit<TranscriptionParams, 'stream'> &
  CallOptions & {
    /** True for a stream of events. @default false */
    stream?: Stream | undefined
  }

/** A word with its time. */
export interface TranscriptionWord {
  /** The word. */
  word: string
  /** Seconds from the beginning of the audio. */
  start: number
  /** Seconds from the beginning of the audio. */
  end: number
  /** Other fields of the provider, such as `speaker` and `confidence`. */
  [field: string]: unknown
}

/** A part of the text with its time. */
export interface TranscriptionSegment {
  /** Text of the segment. */
  text: string
  /** Seconds from the beginning of the audio. */
  start: number
  /** Seconds from the beginning of the audio. */
  end: number
  /** Other fields of the provider, such as `speaker` and `no_speech_prob`. */
  [field: string]: unknown
}

/** Text of an audio file. */
export interface TranscriptionResponse {
  /** The text, or the subtitles for `srt` and `vtt`. */
  text: string
  /** The answering model, as named by the provider, or as requested. */
  model: string
  /** Language of the audio, by the provider's name. */
  language?: string
  /** Length of the audio in seconds. */
  duration?: number
  /** Words with their times. */
  words?: TranscriptionWord[]
  /** Segments with their times. */
  segments?: TranscriptionSegment[]
  /** Billed units: tokens, or seconds of audio. Absent if the provider reports neither. */
  usage?: MediaUsage
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}

/** An event of a streamed transcription, as OpenAI sends it. */
export type TranscriptionEvent =
  | {
      type: 'transcript.text.delta'
      /** The next piece of text. */
      delta: string
      [field: string]: unknown
    }
  | {
      type: 'transcript.text.segment'
      text: string
      start: number
      end: number
      [field: string]: unknown
    }
  | {
      type: 'transcript.text.done'
      /** The whole text. */
      text: string
      [field: string]: unknown
    }
