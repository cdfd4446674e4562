import type { CallMeta } from './meta.js'
import type { MediaUsage } from './usage.js'

/** A file to send: its content, alone or with its name. */
export type FileInput =
  | Blob
  | Uint8Array
  | ArrayBuffer
  | {
      /** Content of the file. */
      data: Blob | Uint8Array | ArrayBuffer
      /** Its name; the ending shows most hosts the format. */
      filename?: string | undefined
      /** Its media type. */
      type?: string | undefined
    }

/** An answer whose content is bytes, such as audio. */
export interface BytesResponse {
  /** The content. */
  data: Uint8Array
  /** Its media type, such as `audio/mpeg`. */
  content_type: string
  /** The answering model, as named by the provider, or as requested. */
  model: string
  /** Billed units: tokens, characters or seconds. */
  usage?: MediaUsage
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}
