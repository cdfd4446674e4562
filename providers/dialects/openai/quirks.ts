/** What a host of the OpenAI wire does differently: data, never a test of its name. */
export interface OpenAIQuirks {
  /** The host refuses what OpenAI refuses in a history (tool results without their call, calls without results): say it first. */
  readonly strictHistory: boolean
  /**
   * The host serves OpenAI's own models, whose limits are known by name: reasoning models take `max_completion_tokens` only and
   * no sampling parameters, and `thinking` means nothing to the others.
   */
  readonly openaiModels: boolean
  /** The name the host knows for the limit of the answer; `as-given` where it knows both. */
  readonly maxTokens: 'as-given' | 'max_tokens' | 'max_completion_tokens'
  /** Parameters that the host knows by another name. */
  readonly rename: Readonly<Record<string, string>>
  /** Parameters that the host is known to refuse, or to ignore in silence. */
  readonly unsupported: readonly string[]
  /** What the host takes of `response_format`: schemas, JSON mode only, or nothing but text. */
  readonly formats: 'schema' | 'object' | 'text'
  /** The host takes `stream_options`. Where it does not, it sends usage unasked. */
  readonly streamOptions: boolean
  /**
   * What becomes of Anthropic's `thinking`: passed as it is, or turned into `reasoning_effort`, or into OpenRouter's `reasoning`.
   */
  readonly thinking: 'pass' | 'effort' | 'reasoning'
  /** The host has no `developer` role: it is sent as `system`. */
  readonly developerAsSystem: boolean
  /** The host takes Anthropic's `cache_control` marks. */
  readonly cacheControl: boolean
  /** The host takes `prefix: true` on an assistant message, and goes on from there. */
  readonly prefix: boolean
  /**
   * The field in which the host wants earlier reasoning back, `parts` for Mistral's part of the content, or `summary` for the
   * signed one of Databricks; undefined where it takes none.
   */
  readonly replayReasoning: 'reasoning_content' | 'reasoning' | 'parts' | 'summary' | undefined
  /** The host wants the `reasoning_details` of its answers back (OpenRouter). */
  readonly replayDetails: boolean
  /** Images and files may stand in tool messages. Where they may not, they follow in a user message. */
  readonly mediaInToolResults: boolean
  /** The ids of tool calls that the host takes: any, up to 40 characters (OpenAI), or exactly nine letters and digits (Mistral). */
  readonly toolIds: 'any' | 'short' | 'nine'
  /** Reasoning tokens are counted beside `completion_tokens`, not in them; a text: of the models whose names begin so. */
  readonly reasoningApart: boolean | string
  /** Embeddings can be asked for in base64. */
  readonly base64Embeddings: boolean
  /** Embeddings are signed bytes in base64 (Perplexity): OpenAI's formats are unknown there. */
  readonly int8Embeddings: boolean
  /** The most inputs of one embedding request. */
  readonly maxInputs: number
}

/** A host that follows OpenAI's wire, of which nothing else is known. */
export const defaultQuirks: OpenAIQuirks = Object.freeze({
  strictHistory: false,
  openaiModels: false,
  maxTokens: 'as-given',
  rename: Object.freeze({}),
  unsupported: Object.freeze([]),
  formats: 'schema',
  streamOptions: true,
  thinking: 'pass',
  developerAsSystem: false,
  cacheControl: false,
  prefix: false,
  // llama.cpp, vLLM, xAI and the models behind Azure give it and take it back; OpenAI's own host does neither
  replayReasoning: 'reasoning_content',
  replayDetails: false,
  mediaInToolResults: true,
  toolIds: 'any',
  reasoningApart: false,
  base64Embeddings: true,
  int8Embeddings: false,
  maxInputs: 2048,
})

/** OpenAI's own host, and others that serve its models with its rules (Azure). */
export const openaiQuirks: OpenAIQuirks = Object.freeze({
  ...defaultQuirks,
  strictHistory: true,
  openaiModels: true,
  unsupported: Object.freeze(['top_k']),
  thinking: 'effort',
  replayReasoning: undefined,
  mediaInToolResults: false,
  toolIds: 'short',
})
