import type { Effort, Maker } from '../../models/index.js'

/** Differences of one host from OpenAI's wire, as data. No code tests the name of a host. */
export interface OpenAIQuirks {
  /** Like OpenAI, the host refuses histories with tool results without their call, or calls without results. */
  readonly strictHistory: boolean
  /** Makers whose models the host serves by the rules of the table in `providers/models`. */
  readonly rulesOfMakers: readonly Maker[]
  /** The host's name for the limit of the answer; `as-given` if it accepts both. */
  readonly maxTokens: 'as-given' | 'max_tokens' | 'max_completion_tokens'
  /** Parameters that the host knows by another name. */
  readonly rename: Readonly<Record<string, string>>
  /** Parameters that the host refuses or ignores. */
  readonly unsupported: readonly string[]
  /** Levels of `reasoning_effort` that the host accepts, weakest first, for models without levels in the table. */
  readonly efforts: readonly Effort[] | undefined
  /** Requests for decisions have a `state` and questions by name, as at OpenRouter. */
  readonly stateDecisions: boolean
  /** Answers to text completions have the form of chat. */
  readonly textAnswersAsChat: boolean
  /** Support for `response_format`: JSON Schema, JSON mode, or neither. */
  readonly formats: 'schema' | 'object' | 'text'
  /** The host accepts `stream_options`. Hosts that don't send usage without being asked. */
  readonly streamOptions: boolean
  /** Makers whose reasoning models know the efforts `none` and `default` only at this host. */
  readonly effortSwitch: readonly Maker[]
  /**
   * Form of Anthropic's `thinking`: sent unchanged, as `reasoning_effort`, as OpenRouter's `reasoning`, or as `enable_thinking` with
   * `thinking_budget`, which also replace `reasoning_effort`.
   */
  readonly thinking: 'pass' | 'effort' | 'reasoning' | 'enable_thinking'
  /** Reasoning is switched off by `thinking: { type: 'disabled' }`: the effort `none` is unknown. */
  readonly noneAsThinking: boolean
  /** The host has no `developer` role: such messages are sent as `system`. */
  readonly developerAsSystem: boolean
  /** The host accepts Anthropic's `cache_control`: on messages, parts and tools, or on `parts` and tools only. */
  readonly cacheControl: boolean | 'parts'
  /** The host accepts fields that only OpenAI has: `moderation`, `prompt_cache_options`, and `prompt_cache_breakpoint` on parts. */
  readonly openaiFields: boolean
  /** The host refuses `metadata` unless the answer is stored. */
  readonly metadataNeedsStore: boolean
  /** The host accepts the `name` of a speaker. Mistral accepts names of tools only. */
  readonly speakerNames: boolean
  /** Forced calls follow the rules of the model: most thinking models refuse them here. */
  readonly forcedCallsByModel: boolean
  /** The host continues an assistant message marked `prefix: true`. */
  readonly prefix: boolean
  /** The host accepts the `refusal` of an assistant message; elsewhere it is sent as text. */
  readonly refusals: boolean
  /**
   * Form of earlier reasoning in the history: a field of the message, or `both` fields for servers that read one and ignore the other;
   * `parts` for Mistral's content part; `summary` for the signed one of Databricks. Undefined if the host takes none.
   */
  readonly replayReasoning: 'reasoning_content' | 'reasoning' | 'both' | 'parts' | 'summary' | undefined
  /** The host takes its own `reasoning_details` back. */
  readonly replayDetails: boolean
  /** Fields of an answer's tool call that the host takes back. */
  readonly replayCallFields: readonly string[]
  /** Thinking models of the host refuse an assistant message with tool calls but without its reasoning. */
  readonly reasoningWithCalls: boolean
  /** Tool messages may hold images and files. On other hosts they follow in a user message. */
  readonly mediaInToolResults: boolean
  /** Form of files: OpenAI's `file`, Mistral's `document_url` (a URL or data URI), or Perplexity's `file_url` (a URL or bare base64). */
  readonly files: 'file' | 'document_url' | 'file_url'
  /** Ids of tool calls that the host accepts: any, up to 40 characters (OpenAI), or exactly nine letters and digits (Mistral). */
  readonly toolIds: 'any' | 'short' | 'nine'
  /** The host accepts only letters, digits, `_` and `-`, and at most 64 of them, in names of tools. */
  readonly strictToolNames: boolean
  /** The host refuses `oneOf`, `anyOf`, `allOf`, `enum` and `not` at the root of a tool's schema. */
  readonly plainToolSchemas: boolean
  /** The host refuses functions without `parameters`. */
  readonly parametersRequired: boolean
  /** Tools that the host runs itself. Their calls and results are not the caller's. */
  readonly serverTools: readonly string[]
  /** Reasoning tokens are counted beside `completion_tokens`, not in them; a text limits this to model names that begin with it. */
  readonly reasoningApart: boolean | string
  /** Embeddings can be requested in base64. */
  readonly base64Embeddings: boolean
  /** Embeddings are signed bytes in base64 (Perplexity): OpenAI's formats are unknown there. */
  readonly int8Embeddings: boolean
  /** Most inputs of one embedding request. */
  readonly maxInputs: number
  /** Most tokens over all inputs of one embedding request. Undefined if there is no known limit. */
  readonly maxInputTokens: number | undefined
}

const none = Object.freeze([])

/** A host that follows OpenAI's wire, without known differences. */
export const defaultQuirks: OpenAIQuirks = Object.freeze({
  strictHistory: false,
  rulesOfMakers: none,
  maxTokens: 'as-given',
  rename: Object.freeze({}),
  unsupported: none,
  efforts: undefined,
  effortSwitch: none,
  formats: 'schema',
  stateDecisions: false,
  textAnswersAsChat: false,
  streamOptions: true,
  thinking: 'pass',
  noneAsThinking: false,
  developerAsSystem: false,
  cacheControl: false,
  openaiFields: false,
  metadataNeedsStore: false,
  prefix: false,
  speakerNames: true,
  forcedCallsByModel: false,
  refusals: false,
  // llama.cpp, xAI and the models behind Azure send this field and accept it; OpenAI's own host does neither
  replayReasoning: 'reasoning_content',
  replayDetails: false,
  replayCallFields: Object.freeze(['extra_content']),
  reasoningWithCalls: false,
  mediaInToolResults: true,
  files: 'file',
  toolIds: 'any',
  strictToolNames: false,
  plainToolSchemas: false,
  parametersRequired: false,
  serverTools: none,
  reasoningApart: false,
  base64Embeddings: true,
  int8Embeddings: false,
  maxInputs: 2048,
  maxInputTokens: undefined,
})

/** A server reached as `openai/` with a base of its own: it may be a gateway in front of OpenAI. */
export const gatewayQuirks: OpenAIQuirks = Object.freeze({
  ...defaultQuirks,
  openaiFields: true,
  refusals: true,
  // https://platform.openai.com/docs/api-reference/embeddings/create
  maxInputTokens: 300_000,
})

/** OpenAI's own host, and others that serve its models by its rules (Azure). */
export const openaiQuirks: OpenAIQuirks = Object.freeze({
  ...gatewayQuirks,
  strictHistory: true,
  rulesOfMakers: Object.freeze(['openai'] as const),
  unsupported: Object.freeze(['top_k']),
  thinking: 'effort',
  metadataNeedsStore: true,
  replayReasoning: undefined,
  replayCallFields: none,
  mediaInToolResults: false,
  toolIds: 'short',
  strictToolNames: true,
  plainToolSchemas: true,
})
