/** What a host of the OpenAI wire does differently: data, never a test of its name. */
export interface OpenAIQuirks {
  /** The host refuses what OpenAI refuses in a history (tool results without their call, calls without results): say it first. */
  readonly strictHistory: boolean
  /** The name the host knows for the limit of the answer. `auto`: `max_completion_tokens` for OpenAI's reasoning models. */
  readonly maxTokens: 'as-given' | 'auto' | 'max_tokens' | 'max_completion_tokens'
  /** The host has no `developer` role: it is sent as `system`. */
  readonly developerAsSystem: boolean
  /** The host takes `stream_options`. */
  readonly streamOptions: boolean
  /** The host takes Anthropic's `cache_control` marks. */
  readonly cacheControl: boolean
  /** The host takes the `thinking` object. `effort`: it is turned into `reasoning_effort`. */
  readonly thinking: 'pass' | 'effort'
  /** The longest id of a tool call that the host takes. */
  readonly longestToolId: number
  /** The field in which earlier reasoning goes back; undefined where the host refuses it. */
  readonly replayReasoning: 'reasoning_content' | 'reasoning' | undefined
  /** The host wants the `reasoning_details` of its answers back. */
  readonly replayDetails: boolean
  /** Images and files may stand in tool messages. */
  readonly mediaInToolResults: boolean
  /** Parameters that the host is known to refuse. */
  readonly unsupported: readonly string[]
  /** Reasoning tokens are counted beside `completion_tokens`, not in them. */
  readonly reasoningApart: boolean
  /** Embeddings can be asked for in base64. */
  readonly base64Embeddings: boolean
  /** The most inputs of one embedding request. */
  readonly maxInputs: number
}

/** A host that follows OpenAI's wire, of which nothing else is known. */
export const defaultQuirks: OpenAIQuirks = Object.freeze({
  strictHistory: false,
  maxTokens: 'as-given',
  developerAsSystem: false,
  streamOptions: true,
  cacheControl: false,
  thinking: 'pass',
  longestToolId: Number.POSITIVE_INFINITY,
  replayReasoning: 'reasoning_content',
  replayDetails: false,
  mediaInToolResults: true,
  unsupported: Object.freeze([]),
  reasoningApart: false,
  base64Embeddings: true,
  maxInputs: 2048,
})
