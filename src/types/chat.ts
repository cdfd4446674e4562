import type {
  Annotation,
  CacheControl,
  CustomToolCall,
  FunctionToolCall,
  ImagePart,
  Message,
  ThinkingBlocks,
} from './messages.js'
import type { CallMeta } from './meta.js'
import type { JSONSchema, StandardSchema } from './schema.js'

export interface FunctionDefinition {
  name: string
  description?: string
  /** JSON Schema of the arguments. */
  parameters?: Record<string, unknown>
  strict?: boolean | null
}

export interface FunctionTool {
  type: 'function'
  function: FunctionDefinition
  cache_control?: CacheControl | null
}

/** A tool of the provider's own (`web_search_20250305`, `custom`, `mcp`, …): passed as it is. */
export interface ProviderTool {
  type: string
  [field: string]: unknown
}

export type Tool = FunctionTool | ProviderTool

export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { type: 'function'; function: { name: string } }
  | { type: 'custom'; custom: { name: string } }
  | {
      type: 'allowed_tools'
      allowed_tools: { mode: 'auto' | 'required'; tools: { [field: string]: unknown }[] }
    }

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max' | (string & {})

/** Anthropic's `thinking`, taken for every provider that has something like it. Budget in tokens. */
export type Thinking =
  | { type: 'enabled'; budget_tokens: number; display?: 'summarized' | 'omitted' }
  | { type: 'adaptive'; display?: 'summarized' | 'omitted' }
  | { type: 'disabled' }

export interface JSONSchemaFormat {
  type: 'json_schema'
  json_schema: { name: string; description?: string; schema?: JSONSchema; strict?: boolean | null }
}

export type ResponseFormat = { type: 'text' } | { type: 'json_object' } | JSONSchemaFormat

/** What `response_format` takes: OpenAI's object, or a zod (or any Standard Schema) schema for a typed `message.parsed`. */
export type ResponseFormatInput = ResponseFormat | StandardSchema

export interface WebSearchOptions {
  search_context_size?: 'low' | 'medium' | 'high'
  user_location?: {
    type: 'approximate'
    approximate: { city?: string; country?: string; region?: string; timezone?: string }
  } | null
}

/**
 * The snake_case half of a chat request: everything that travels to the model, under OpenAI's names.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
export interface ChatParams {
  /** `provider/model`, or a known model's bare name. */
  model: string
  messages: readonly Message[]
  temperature?: number | null
  top_p?: number | null
  top_k?: number | null
  n?: number | null
  stop?: string | readonly string[] | null
  /** Most tokens that the answer may have; sent as `max_completion_tokens` where the model wants that name. */
  max_tokens?: number | null
  max_completion_tokens?: number | null
  presence_penalty?: number | null
  frequency_penalty?: number | null
  logit_bias?: Record<string, number> | null
  logprobs?: boolean | null
  top_logprobs?: number | null
  seed?: number | null
  user?: string
  tools?: readonly Tool[]
  tool_choice?: ToolChoice
  parallel_tool_calls?: boolean
  /** Deprecated by OpenAI: use `tools`. */
  functions?: readonly FunctionDefinition[]
  /** Deprecated by OpenAI: use `tool_choice`. */
  function_call?: 'none' | 'auto' | { name: string }
  response_format?: ResponseFormat
  reasoning_effort?: ReasoningEffort | null
  thinking?: Thinking
  verbosity?: 'low' | 'medium' | 'high' | null
  modalities?: readonly ('text' | 'audio' | (string & {}))[] | null
  audio?: { format: string; voice: string | { id: string } } | null
  prediction?: { type: 'content'; content: string | { type: 'text'; text: string }[] } | null
  web_search_options?: WebSearchOptions
  service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | 'standard_only' | (string & {}) | null
  metadata?: Record<string, unknown> | null
  store?: boolean | null
  prompt_cache_key?: string
  prompt_cache_retention?: string | null
  safety_identifier?: string
  /** Marks the prompt for caching as a whole, where the provider has that (Anthropic). */
  cache_control?: CacheControl
  stream?: boolean | null
  stream_options?: { include_usage?: boolean; include_obfuscation?: boolean } | null
  /** Merged into the provider's body last, untouched: for fields that have no type here. */
  extra_body?: Record<string, unknown>
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'

/**
 * Usage, by one definition for every provider (`docs/usage.md`):
 * `prompt_tokens` includes cache reads and cache writes, `completion_tokens` includes reasoning,
 * `total_tokens` is their sum. What the provider didn't say is absent, never 0.
 */
export interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  prompt_tokens_details?: {
    /** Read from the prompt cache. Part of `prompt_tokens`. */
    cached_tokens?: number
    /** Written to the prompt cache. Part of `prompt_tokens`. */
    cache_creation_tokens?: number
    cache_creation_token_details?: { ephemeral_5m_input_tokens?: number; ephemeral_1h_input_tokens?: number }
    audio_tokens?: number
    image_tokens?: number
    text_tokens?: number
  }
  completion_tokens_details?: {
    /** Spent on reasoning. Part of `completion_tokens`. */
    reasoning_tokens?: number
    audio_tokens?: number
    image_tokens?: number
    text_tokens?: number
    accepted_prediction_tokens?: number
    rejected_prediction_tokens?: number
  }
  server_tool_use?: { web_search_requests?: number; web_fetch_requests?: number; [tool: string]: unknown }
  /** What the provider itself says that the call cost, in US dollars (OpenRouter, Perplexity, xAI). */
  cost?: number
}

export interface TokenLogprob {
  token: string
  bytes: number[] | null
  logprob: number
  top_logprobs: { token: string; bytes: number[] | null; logprob: number }[]
}

export interface Logprobs {
  content: TokenLogprob[] | null
  refusal: TokenLogprob[] | null
}

export interface AnswerMessage<Parsed = unknown> {
  role: 'assistant'
  content: string | null
  refusal: string | null
  tool_calls?: (FunctionToolCall | CustomToolCall)[]
  function_call?: { name: string; arguments: string }
  annotations?: Annotation[]
  audio?: { id: string; data: string; expires_at: number; transcript: string }
  /** The model's reasoning, as text. */
  reasoning_content?: string
  /** The model's reasoning in blocks with signatures: keep them in the history for the next turn. */
  thinking_blocks?: ThinkingBlocks
  images?: ImagePart[]
  /** What the provider said and OpenAI's shape has no place for. */
  provider_specific_fields?: Record<string, unknown>
  /** The validated answer, when `response_format` was a schema object. */
  parsed?: Parsed
}

export interface Choice<Parsed = unknown> {
  index: number
  message: AnswerMessage<Parsed>
  finish_reason: FinishReason
  logprobs: Logprobs | null
  /** The finish reason in the provider's own word. */
  native_finish_reason?: string
  provider_specific_fields?: Record<string, unknown>
}

/** An answer. Assignable to `ChatCompletion` of the `openai` package. */
export interface ChatCompletion<Parsed = unknown> {
  id: string
  object: 'chat.completion'
  /** Unix time in seconds. */
  created: number
  /** The model that answered, as the provider names it. */
  model: string
  choices: Choice<Parsed>[]
  usage?: Usage
  service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | null
  system_fingerprint?: string
  provider_specific_fields?: Record<string, unknown>
  /** How the call went. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}

export interface ToolCallDelta {
  index: number
  id?: string
  type?: 'function'
  function?: { name?: string; arguments?: string }
  /** A call of a `custom` tool: its name, and input to append. */
  custom?: { name?: string; input?: string }
  provider_specific_fields?: Record<string, unknown>
}

export interface Delta {
  role?: 'assistant'
  content?: string | null
  refusal?: string | null
  tool_calls?: ToolCallDelta[]
  function_call?: { name?: string; arguments?: string }
  reasoning_content?: string
  /** Whole blocks, or a block growing: a `thinking` text to append, then its `signature`. */
  thinking_blocks?: ThinkingBlocks
  annotations?: Annotation[]
  audio?: { id?: string; data?: string; transcript?: string; expires_at?: number }
  images?: ImagePart[]
  provider_specific_fields?: Record<string, unknown>
}

export interface ChunkChoice {
  index: number
  delta: Delta
  finish_reason: FinishReason | null
  logprobs?: Logprobs | null
  native_finish_reason?: string
  provider_specific_fields?: Record<string, unknown>
}

/** A piece of a streamed answer. Assignable to `ChatCompletionChunk` of the `openai` package. */
export interface ChatCompletionChunk {
  id: string
  object: 'chat.completion.chunk'
  created: number
  model: string
  choices: ChunkChoice[]
  /** On the last chunk, when `stream_options.include_usage` was asked for. */
  usage?: Usage | null
  service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | null
  system_fingerprint?: string
  provider_specific_fields?: Record<string, unknown>
}
