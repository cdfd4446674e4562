/** How another host of Gemini (Vertex AI) differs from Google AI Studio. */
export interface GeminiQuirks {
  /**
   * Which files the host reads by URL: `known`, those whose media type is known, with models that can; `all`, whatever
   * the model; `none`. URLs of Google's own storage are always sent as they are.
   * @default 'known'
   */
  readonly urls?: 'known' | 'all' | 'none'
  /** False where the host takes OpenAPI schemas only, whatever the model. @default true */
  readonly jsonSchema?: boolean
  /** How embeddings are asked for: `batchEmbedContents`, or Vertex AI's `predict`. @default 'batch' */
  readonly embeddings?: 'batch' | 'predict'
  /** The most inputs of one embedding request. @default 100 */
  readonly maxInputs?: number
}
