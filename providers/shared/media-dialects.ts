/** Parts of a dialect for images and audio. */

import type { ImageEditParams, ImageGenerationParams, ImageResponse } from '../../src/types/image.js'
import type { SpeechParams, SpeechResponse } from '../../src/types/speech.js'
import type { TranscriptionParams, TranscriptionResponse } from '../../src/types/transcription.js'
import type { FormFile, OperationDialect } from '../contract.js'

/** A file to send. */
export type SentFile = Omit<FormFile, 'field'>

/** A file in memory. */
export type Upload = SentFile & { readonly data: Uint8Array }

/** Speech of an API. */
export type SpeechDialect<Quirks = unknown> = OperationDialect<SpeechParams, SpeechResponse, Quirks>

/** Parameters of a transcription. Its file is in memory, unless the dialect streams files. */
export type ReadTranscriptionParams = Omit<TranscriptionParams, 'file'> & { readonly file: SentFile }

/** Transcription of an API. */
export type TranscriptionDialect<Quirks = unknown> = OperationDialect<
  ReadTranscriptionParams,
  TranscriptionResponse,
  Quirks
>

/** Parameters of an edited image whose files have been read. */
export type ReadImageEditParams = Omit<ImageEditParams, 'image' | 'mask'> & {
  readonly image: readonly Upload[]
  readonly mask?: Upload | undefined
}

/** Images of an API. */
export type ImageGenerationDialect<Quirks = unknown> = OperationDialect<ImageGenerationParams, ImageResponse, Quirks>

/** Edited images of an API. */
export type ImageEditDialect<Quirks = unknown> = OperationDialect<ReadImageEditParams, ImageResponse, Quirks>
