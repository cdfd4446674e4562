/** How another host of Claude (Bedrock, Vertex AI, Azure) differs from Anthropic's own. */
export interface AnthropicQuirks {
  /** Sent as `anthropic_version` in the body: `bedrock-2023-05-31`, `vertex-2023-10-16`. */
  readonly bodyVersion?: string
  /** False where the path names the model and the body must not. @default true */
  readonly bodyModel?: boolean
  /** False where the path says whether to stream and the body must not. @default true */
  readonly bodyStream?: boolean
  /** Whether beta flags travel in the `anthropic-beta` header or in the body's `anthropic_beta`. @default 'header' */
  readonly betas?: 'header' | 'body'
  /** False where images and files must be sent along, as the host fetches no URLs. @default true */
  readonly urlSources?: boolean
  /** False where the host takes no system messages between turns, whatever the model. @default true */
  readonly systemTurns?: boolean
  /** False where the host doesn't have `output_config.format`, whatever the model. @default true */
  readonly schemas?: boolean
}
