import type { CallMeta } from './meta.js'
import type { MediaUsage } from './usage.js'

/**
 * Opens a stream of a file, such as `() => createReadStream('call.mp3')`. Every attempt of a call opens one, so a retry sends the file from its
 * beginning.
 */
export type FileOpener = () =>
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | Promise<AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>>

/** A file to send: its content, alone or with its name. */
export type FileInput =
  | Blob
  | Uint8Array
  | ArrayBuffer
  | {
      /** Content of the file, or a function that opens a stream of it. */
      data: Blob | Uint8Array | ArrayBuffer | FileOpener
      /** Its name; the ending shows most hosts the format. */
      filename?: string | undefined
      /** Its media type. */
      type?: string | undefined
      /** Length of a stream in bytes. Without it the request has no length, which some servers refuse. */
      size?: number | undefined
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
