/** Differences between Anthropic's API and other hosts of Claude (Bedrock, Vertex AI, Azure). */
export interface AnthropicQuirks {
  /** Sent as `anthropic_version` in the body: `bedrock-2023-05-31`, `vertex-2023-10-16`. */
  readonly bodyVersion?: string
  /** False if the path names the model and the body must not. @default true */
  readonly bodyModel?: boolean
  /** False if the path selects streaming and the body must not. @default true */
  readonly bodyStream?: boolean
  /** Send beta flags in the `anthropic-beta` header or in the body's `anthropic_beta`. @default 'header' */
  readonly betas?: 'header' | 'body'
  /** False if the host fetches no URLs, so images and files must be sent inline. @default true */
  readonly urlSources?: boolean
  /** False if the host lacks `output_config.format`, regardless of the model. @default true */
  readonly schemas?: boolean
}
