import type { Media } from '../../../src/types/media.js'
import type { GeminiRules } from '../../models/index.js'
import type { Report } from '../../report.js'
import type { KeptSchemas } from '../../shared/kept-json.js'
import type { Fields } from './wire.js'

/** Differences between Google AI Studio and other hosts of Gemini, such as Vertex AI. */
export interface GeminiQuirks {
  /**
   * Files that the host reads by URL: `known` (models that read URLs, files of a known media type), `all` (every model), or `none`.
   * URLs of Google's own storage are always sent as they are.
   * @default 'known'
   */
  readonly urls?: 'known' | 'all' | 'none'
  /** False if the host accepts OpenAPI schemas only, whatever the model. @default true */
  readonly jsonSchema?: boolean
  /** Parameters that the host accepts although the rules of the model refuse them, by model family. */
  readonly accepted?: Readonly<Record<string, readonly string[]>>
  /** Embedding method: `batchEmbedContents`, or `predict` on Vertex AI. @default 'batch' */
  readonly embeddings?: 'batch' | 'predict'
  /** The maximum number of inputs per embedding request. @default 100 */
  readonly maxInputs?: number
}

/** Names of functions, as the request sends them. */
export interface ToolNames {
  /** The name to send for a caller's name. */
  wire(original: string): string
  /** A name that no other tool of the request has: the given one, or a variation of it. */
  unused(name: string): string
}

/** Shared state of one `encode` call. */
export interface EncodeScope {
  readonly report: Report
  /** The rules of the model. */
  readonly facts: GeminiRules
  readonly quirks: GeminiQuirks
  readonly names: ToolNames
  /** Files downloaded for the request, by URL. */
  readonly media: ReadonlyMap<string, Media>
  /** What is kept of the tools. */
  readonly kept?: KeptSchemas | undefined
}

/** The tools of a request, before `response_format` may add one. */
export interface ToolPlan {
  readonly functions: Fields[]
  /** Tools that Google runs, one per entry. */
  readonly servers: Fields[]
  /** `toolConfig.functionCallingConfig` */
  choice: Fields | undefined
}
