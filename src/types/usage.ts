/**
 * Token usage with one definition for every provider (`docs/usage.md`): `prompt_tokens` includes cache reads and writes,
 * `completion_tokens` includes reasoning, `total_tokens` is their sum. Values that the provider doesn't report are absent, never
 * 0.
 */
export interface Usage {
  /** Tokens of the prompt, including cache reads and writes. */
  prompt_tokens: number
  /** Tokens of the answer, including reasoning. */
  completion_tokens: number
  /** Sum of prompt and completion tokens. */
  total_tokens: number
  /** Parts of `prompt_tokens`. */
  prompt_tokens_details?: {
    /** Read from the prompt cache. Part of `prompt_tokens`. */
    cached_tokens?: number
    /** Written to the prompt cache. Part of `prompt_tokens`. */
    cache_creation_tokens?: number
    /** Cache writes by lifetime: 5 minutes and 1 hour (Anthropic), 30 minutes and 12 hours (OpenAI). */
    cache_creation_token_details?: {
      ephemeral_5m_input_tokens?: number
      ephemeral_1h_input_tokens?: number
      ephemeral_30m_input_tokens?: number
      ephemeral_12h_input_tokens?: number
    }
    audio_tokens?: number
    image_tokens?: number
    text_tokens?: number
  }
  /** Parts of `completion_tokens`. */
  completion_tokens_details?: {
    /** Spent on reasoning. Part of `completion_tokens`. */
    reasoning_tokens?: number
    audio_tokens?: number
    image_tokens?: number
    text_tokens?: number
    accepted_prediction_tokens?: number
    rejected_prediction_tokens?: number
  }
  /** Requests of tools executed by the provider. */
  server_tool_use?: {
    web_search_requests?: number
    web_fetch_requests?: number
    /** Searches of Google Maps. Gemini doesn't count them: 1 if an answer cites a place. */
    maps_requests?: number
    /** Gigabytes of memory of the containers that OpenAI's code interpreter started. */
    container_gigabytes?: number
    [tool: string]: unknown
  }
  /** Cost reported by the provider itself, in US dollars (OpenRouter, Perplexity, xAI). */
  cost?: number
}

/** Token usage of embeddings. */
export interface EmbeddingUsage {
  /** Tokens of the inputs. */
  prompt_tokens: number
  /** Same as `prompt_tokens`. */
  total_tokens: number
  /** Images among the inputs, if the provider bills them one by one (Cohere). */
  input_images?: number
  /** Cost reported by the provider itself, in US dollars. */
  cost?: number
}

/** Usage of a rerank request. */
export interface RerankUsage {
  /** Billed searches (Cohere). */
  search_units?: number
  /** Tokens read, if the provider reports them. */
  prompt_tokens?: number
  /** Same as `prompt_tokens`. */
  total_tokens?: number
  /** Cost reported by the provider itself, in US dollars. */
  cost?: number
}

/** Usage in units that are not tokens: images, speech, transcription. */
export interface UnitUsage {
  /** Generated images. */
  images?: number
  /** Steps of all generated images, if the host bills by step (Fireworks AI). */
  image_steps?: number
  /** Characters that were spoken. */
  characters?: number
  /** Seconds of input audio. */
  input_audio_seconds?: number
  /** Seconds of generated audio. */
  output_audio_seconds?: number
  /** Tokens of the prompt, if the provider reports them without those of the answer. */
  prompt_tokens?: number
  /** Same as `prompt_tokens`. */
  total_tokens?: number
  /** Cost reported by the provider itself, in US dollars. */
  cost?: number
}

/** Usage of images and audio: in units, in tokens, or in both. */
export type MediaUsage = UnitUsage | (Usage & UnitUsage)

/** Usage of any operation. */
export type AnyUsage = Usage | EmbeddingUsage | RerankUsage | MediaUsage
