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
import type { Usage } from './usage.js'

export type { Usage }

/** A function that the model may call. */
export interface FunctionDefinition {
  /** Name, usually limited to letters, digits, `_` and `-`, at most 64 characters. */
  name: string
  /** Purpose of the function; the model uses it to decide when to call. */
  description?: string
  /** JSON Schema of the arguments, or a zod (or any Standard Schema) schema, which is converted. */
  parameters?: Record<string, unknown>
  /** Guarantees arguments that match the schema, on providers with strict mode. @default the provider's */
  strict?: boolean | null
}

/** A function tool. */
export interface FunctionTool {
  type: 'function'
  /** The function. */
  function: FunctionDefinition
  /** Prompt-cache breakpoint after this tool (Anthropic). */
  cache_control?: CacheControl | null
}

/** A tool executed by the provider (`web_search_20250305`, `mcp`, …). Passed on unchanged. */
export interface ProviderTool {
  /** The provider's type of the tool. */
  type: string
  [field: string]: unknown
}

/** A custom tool, whose input is free text (OpenAI). */
export interface CustomTool {
  type: 'custom'
  /** The tool. */
  custom: {
    /** Name of the tool, as in the calls. */
    name: string
    /** Purpose of the tool; the model uses it to decide when to call. */
    description?: string
    /** Format of the input: any text, or a grammar. @default { type: 'text' } */
    format?: { type: 'text' } | { type: 'grammar'; grammar: { definition: string; syntax: 'lark' | 'regex' } }
  }
}

/** An entry of `tools`. */
export type Tool = FunctionTool | CustomTool | ProviderTool

/** Whether the model may, must or must not call tools, or which one it must call. */
export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | {
      type: 'function'
      /** The function to call. */
      function: { name: string }
    }
  | {
      type: 'custom'
      /** The custom tool to call. */
      custom: { name: string }
    }
  | {
      type: 'allowed_tools'
      /** The tools to choose from. */
      allowed_tools: { mode: 'auto' | 'required'; tools: { [field: string]: unknown }[] }
    }

/** Amount of reasoning. Each model supports a subset; other values are passed on. */
export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max' | (string & {})

/** Anthropic's `thinking`, accepted for every provider with an equivalent. */
export type Thinking =
  | {
      type: 'enabled'
      /** Maximum reasoning tokens. */
      budget_tokens: number
      /** `summarized` returns a summary of the reasoning, `omitted` only its signature. */
      display?: 'summarized' | 'omitted'
    }
  | {
      type: 'adaptive'
      /** `summarized` returns a summary of the reasoning, `omitted` only its signature. */
      display?: 'summarized' | 'omitted'
    }
  | { type: 'disabled' }

/** An answer in JSON that matches a schema. */
export interface JSONSchemaFormat {
  type: 'json_schema'
  /** Name and JSON Schema of the answer; `strict` guarantees a match on providers with strict mode. */
  json_schema: { name: string; description?: string; schema?: JSONSchema; strict?: boolean | null }
}

/** Format of the answer: text, any JSON object, or JSON that matches a schema. */
export type ResponseFormat = { type: 'text' } | { type: 'json_object' } | JSONSchemaFormat

/** Value of `response_format`: OpenAI's object, or a zod (or any Standard Schema) schema for a typed `message.parsed`. */
export type ResponseFormatInput = ResponseFormat | StandardSchema

/** Options of the built-in web search. */
export interface WebSearchOptions {
  /** Amount of search results given to the model. @default 'medium' */
  search_context_size?: 'low' | 'medium' | 'high'
  /** Approximate location of the user, for local results. */
  user_location?: {
    type: 'approximate'
    approximate: { city?: string; country?: string; region?: string; timezone?: string }
  } | null
}

/**
 * Parameters of a chat request in snake_case, sent to the model under OpenAI's names.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
export interface ChatParams {
  /** `provider/model`, or the name of a known model. */
  model: string
  /** The conversation so far, oldest message first. */
  messages: readonly Message[]
  /** Sampling temperature, 0 to 2 (Anthropic: 0 to 1). Higher values give more varied answers. @default the model's, mostly 1 */
  temperature?: number | null
  /** Nucleus sampling: considers only the most likely tokens with this total probability, 0 to 1. @default the model's, mostly 1 */
  top_p?: number | null
  /** Considers only this many of the most likely tokens. Not available on OpenAI. @default the model's */
  top_k?: number | null
  /** Number of answers to generate. @default 1 */
  n?: number | null
  /** Up to four texts at which generation stops; the stop text is not part of the answer. */
  stop?: string | readonly string[] | null
  /** Maximum tokens of the answer. Sent as `max_completion_tokens` to models that require that name. @default the model's limit */
  max_tokens?: number | null
  /**
   * Maximum tokens of the answer, including reasoning. Sent as `max_tokens` to models that require that name. @default the
   * model's limit
   */
  max_completion_tokens?: number | null
  /** Penalty for tokens that already occurred, -2 to 2. @default 0 */
  presence_penalty?: number | null
  /** Penalty for tokens by their frequency so far, -2 to 2. @default 0 */
  frequency_penalty?: number | null
  /** Bias per token id, -100 to 100. */
  logit_bias?: Record<string, number> | null
  /** Return log probabilities of the answer's tokens. @default false */
  logprobs?: boolean | null
  /** Number of alternatives per token, 0 to 20. Requires `logprobs`. */
  top_logprobs?: number | null
  /** Seed for reproducible sampling, best effort. */
  seed?: number | null
  /** Id of your end user, for abuse detection. Dropped with a warning if unsupported. */
  user?: string
  /** Tools that the model may call. */
  tools?: readonly Tool[]
  /** Controls tool calls. @default 'auto' if there are tools, otherwise 'none' */
  tool_choice?: ToolChoice
  /** Allow several tool calls in one answer. @default true */
  parallel_tool_calls?: boolean
  /** Functions that the model may call. @deprecated use `tools` */
  functions?: readonly FunctionDefinition[]
  /** Controls function calls. @deprecated use `tool_choice` */
  function_call?: 'none' | 'auto' | { name: string }
  /** Format of the answer. @default { type: 'text' } */
  response_format?: ResponseFormat
  /** Amount of reasoning of a reasoning model, translated to each provider's setting. @default the model's */
  reasoning_effort?: ReasoningEffort | null
  /** Reasoning with a token budget, translated to each provider's setting. @default the model's */
  thinking?: Thinking
  /** Length and detail of the answer (GPT-5 and later). @default 'medium' */
  verbosity?: 'low' | 'medium' | 'high' | null
  /** Output types, such as `['text', 'audio']`. @default ['text'] */
  modalities?: readonly ('text' | 'audio' | (string & {}))[] | null
  /** Voice and format of audio output. Required if `modalities` contains `audio`. */
  audio?: { format: string; voice: string | { id: string } } | null
  /** Expected content of the answer, which speeds up regeneration of long texts. */
  prediction?: { type: 'content'; content: string | { type: 'text'; text: string }[] } | null
  /** Enables the built-in web search of search models. */
  web_search_options?: WebSearchOptions
  /** Processing tier: price and latency of the call. @default the project's, mostly 'auto' */
  service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | 'standard_only' | (string & {}) | null
  /** Labels stored with the request by the provider and passed to callbacks. OpenAI: at most 16 keys. */
  metadata?: Record<string, unknown> | null
  /** Let the provider store the answer, for evals and distillation. @default false */
  store?: boolean | null
  /** Routes requests with a common prefix to the same prompt cache. */
  prompt_cache_key?: string | null
  /** Lifetime of cached prompt prefixes, such as `24h`. */
  prompt_cache_retention?: string | null
  /** Stable, anonymous id of your end user, for abuse detection. */
  safety_identifier?: string | null
  /** Caches the complete prompt, on providers that support it (Anthropic). */
  cache_control?: CacheControl
  /** Stream the answer. @default false */
  stream?: boolean | null
  /** `include_usage` adds a last chunk with the usage. @default { include_usage: false } */
  stream_options?: { include_usage?: boolean; include_obfuscation?: boolean } | null
  /** Merged last into the provider's body, unchanged: for fields without a type here. */
  extra_body?: Record<string, unknown>
}

/** Reason why the model stopped. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'

/** A token of the answer with its log probability. */
export interface TokenLogprob {
  /** Text of the token. */
  token: string
  /** UTF-8 bytes of the token. */
  bytes: number[] | null
  /** Natural logarithm of the probability. */
  logprob: number
  /** The most likely tokens at this position. */
  top_logprobs: { token: string; bytes: number[] | null; logprob: number }[]
}

/** Log probabilities of an answer. */
export interface Logprobs {
  /** Tokens of `content`. */
  content: TokenLogprob[] | null
  /** Tokens of `refusal`. */
  refusal: TokenLogprob[] | null
}

/** The message of an answer. Append it to the history unchanged. */
export interface AnswerMessage<Parsed = unknown> {
  role: 'assistant'
  /** Text of the answer; null if it consists of tool calls only. */
  content: string | null
  /** Text of a refusal. */
  refusal: string | null
  /** Tool calls, to be answered by one `tool` message each. */
  tool_calls?: (FunctionToolCall | CustomToolCall)[]
  /** Function call of a legacy `functions` request. */
  function_call?: { name: string; arguments: string }
  /** Citations of the text. */
  annotations?: Annotation[]
  /** Audio output, base64, with its transcript. */
  audio?: { id: string; data: string; expires_at: number; transcript: string }
  /** Reasoning as text. */
  reasoning_content?: string
  /** Reasoning in blocks with signatures. Keep them in the history for the next turn. */
  thinking_blocks?: ThinkingBlocks
  /** Generated images. */
  images?: ImagePart[]
  /** Fields of the provider without an equivalent in OpenAI's format. */
  provider_specific_fields?: Record<string, unknown>
  /** The validated answer, if `response_format` was a schema object. */
  parsed?: Parsed
}

/** One answer of a chat completion. */
export interface Choice<Parsed = unknown> {
  /** Position in `choices`. */
  index: number
  /** The answer. */
  message: AnswerMessage<Parsed>
  /** Reason why the model stopped. */
  finish_reason: FinishReason
  /** Log probabilities, if requested. */
  logprobs: Logprobs | null
  /** The provider's own finish reason. */
  native_finish_reason?: string
  /** Fields of the provider without an equivalent in OpenAI's format. */
  provider_specific_fields?: Record<string, unknown>
}

/** A chat completion. Assignable to `ChatCompletion` of the `openai` package. */
export interface ChatCompletion<Parsed = unknown> {
  /** Id of the answer. */
  id: string
  object: 'chat.completion'
  /** Unix time in seconds. */
  created: number
  /** The answering model, as named by the provider. */
  model: string
  /** The answers; one unless `n` was larger. */
  choices: Choice<Parsed>[]
  /** Token usage, if the provider reported it. */
  usage?: Usage
  /** Processing tier that was used. */
  service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | null
  /** Version of the provider's backend. */
  system_fingerprint?: string
  /** Fields of the provider without an equivalent in OpenAI's format. */
  provider_specific_fields?: Record<string, unknown>
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}

/** A part of a tool call in a stream. */
export interface ToolCallDelta {
  /** Position of the tool call in the message. */
  index: number
  /** Id, in the first part only. */
  id?: string
  type?: 'function'
  /** Name in the first part; `arguments` to append. */
  function?: { name?: string; arguments?: string }
  /** Call of a `custom` tool: its name, and `input` to append. */
  custom?: { name?: string; input?: string }
  /** Fields of the provider without an equivalent in OpenAI's format. */
  provider_specific_fields?: Record<string, unknown>
}

/** A part of a message in a stream. */
export interface Delta {
  role?: 'assistant'
  /** Text to append. */
  content?: string | null
  /** Refusal text to append. */
  refusal?: string | null
  /** Parts of tool calls, by index. */
  tool_calls?: ToolCallDelta[]
  /** Parts of a legacy function call, to append. */
  function_call?: { name?: string; arguments?: string }
  /** Reasoning text to append. */
  reasoning_content?: string
  /** Complete blocks, or a growing block: `thinking` text to append, then its `signature`. */
  thinking_blocks?: ThinkingBlocks
  /** Citations of the text. */
  annotations?: Annotation[]
  /** Audio data and transcript to append. */
  audio?: { id?: string; data?: string; transcript?: string; expires_at?: number }
  /** Generated images. */
  images?: ImagePart[]
  /** Fields of the provider without an equivalent in OpenAI's format. */
  provider_specific_fields?: Record<string, unknown>
}

/** One answer of a chunk. */
export interface ChunkChoice {
  /** Position in `choices`. */
  index: number
  /** The new part of the message. */
  delta: Delta
  /** Reason why the model stopped, in the last chunk of the answer; otherwise null. */
  finish_reason: FinishReason | null
  /** Log probabilities of the new tokens, if requested. */
  logprobs?: Logprobs | null
  /** The provider's own finish reason. */
  native_finish_reason?: string
  /** Fields of the provider without an equivalent in OpenAI's format. */
  provider_specific_fields?: Record<string, unknown>
}

/** A chunk of a streamed answer. Assignable to `ChatCompletionChunk` of the `openai` package. */
export interface ChatCompletionChunk {
  /** Id of the answer, the same in all chunks. */
  id: string
  object: 'chat.completion.chunk'
  /** Unix time in seconds. */
  created: number
  /** The answering model, as named by the provider. */
  model: string
  /** New parts by answer; empty in the usage chunk. */
  choices: ChunkChoice[]
  /** Token usage, in the last chunk if `stream_options.include_usage` is set. */
  usage?: Usage | null
  /** Processing tier that was used. */
  service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | null
  /** Version of the provider's backend. */
  system_fingerprint?: string
  /** Fields of the provider without an equivalent in OpenAI's format. */
  provider_specific_fields?: Record<string, unknown>
}
