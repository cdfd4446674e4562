import type { BytesResponse } from './bytes.js'
import type { CallOptions } from './options.js'

/** Parameters of a request for speech in snake_case: https://platform.openai.com/docs/api-reference/audio/createSpeech */
export interface SpeechParams {
  /** Name of the model. */
  model: string
  /** The text to speak. */
  input: string
  /** Name of the voice, by the provider's names: `alloy` (OpenAI), `Kore` (Gemini), a voice id (ElevenLabs). */
  voice: string
  /** Tone, accent and pace, in words. Older models of OpenAI ignore it. */
  instructions?: string | null
  /** Format of the audio. Gemini speaks `wav` and `pcm` only. @default the provider's; OpenAI: 'mp3' */
  response_format?: 'mp3' | 'opus' | 'aac' | 'flac' | 'wav' | 'pcm' | (string & {}) | null
  /** Pace; 1 is normal. OpenAI: 0.25 to 4, ElevenLabs: 0.7 to 1.2. @default 1 */
  speed?: number | null
  /** True for a stream of bytes. @default false */
  stream?: boolean
  /** Merged last into the provider's body, unchanged. */
  extra_body?: Record<string, unknown>
}

/** A request for speech. */
export type SpeechRequest<Stream extends boolean = boolean> = Omit<SpeechParams, 'stream'> &
  CallOptions & {
    /** True for a stream of bytes. @default false */
    stream?: Stream | undefined
  }

/** Spoken text: its bytes and their media type. */
export interface SpeechResponse extends BytesResponse {}
