/**
 * Messages: OpenAI's shapes, plus the fields that let a conversation move between providers.
 * A history typed with the `openai` package is accepted as it is.
 * Follows https://platform.openai.com/docs/api-reference/chat/create
 */

/** A prompt-cache mark, on a message, a content part or a tool. `ttl` is `5m` unless given. */
export interface CacheControl {
  type: 'ephemeral'
  ttl?: '5m' | '1h' | (string & {})
}

export interface TextPart {
  type: 'text'
  text: string
  cache_control?: CacheControl | null
}

/** An image by URL (`https:` or `data:`). */
export interface ImagePart {
  type: 'image_url'
  image_url: string | { url: string; detail?: 'auto' | 'low' | 'high' | (string & {}); format?: string }
  cache_control?: CacheControl | null
}

/** Audio input, base64. */
export interface AudioPart {
  type: 'input_audio'
  input_audio: { data: string; format: 'wav' | 'mp3' | (string & {}) }
  cache_control?: CacheControl | null
}

/** A file: a `data:` URI (or bare base64) in `file_data`, or an id or `https:` URL in `file_id`. */
export interface FilePart {
  type: 'file'
  file: { file_data?: string; file_id?: string; filename?: string; format?: string }
  cache_control?: CacheControl | null
  /** Anthropic only: ask for citations out of this document. */
  citations?: { enabled?: boolean } | null
}

/** Anthropic's own document block, passed as it is. https://docs.anthropic.com/en/docs/build-with-claude/citations */
export interface DocumentPart {
  type: 'document'
  source: Record<string, unknown>
  title?: string | null
  context?: string | null
  citations?: { enabled?: boolean } | null
  cache_control?: CacheControl | null
}

export interface RefusalPart {
  type: 'refusal'
  refusal: string
}

/** Reasoning that a model showed, with the signature that lets it be shown again on the next turn. */
export interface ThinkingBlock {
  type: 'thinking'
  thinking: string
  signature?: string
  cache_control?: CacheControl | null
}

/** Reasoning that the provider keeps encrypted. */
export interface RedactedThinkingBlock {
  type: 'redacted_thinking'
  data: string
  cache_control?: CacheControl | null
}

export type ThinkingBlocks = (ThinkingBlock | RedactedThinkingBlock)[]

export type UserPart = TextPart | ImagePart | AudioPart | FilePart | DocumentPart
export type AssistantPart = TextPart | RefusalPart | ThinkingBlock | RedactedThinkingBlock
export type ToolResultPart = TextPart | ImagePart | FilePart | DocumentPart

export interface FunctionToolCall {
  id: string
  type: 'function'
  /** `arguments` is JSON text, as the model wrote it: parse it with care. */
  function: { name: string; arguments: string }
  provider_specific_fields?: Record<string, unknown>
}

export interface CustomToolCall {
  id: string
  type: 'custom'
  custom: { name: string; input: string }
}

export type ToolCall = FunctionToolCall | CustomToolCall

export interface SystemMessage {
  role: 'system' | 'developer'
  content: string | TextPart[]
  name?: string
  cache_control?: CacheControl | null
}

export interface UserMessage {
  role: 'user'
  content: string | UserPart[]
  name?: string
  cache_control?: CacheControl | null
}

/** An assistant turn. An answer's `choices[0].message` can be put into the history unchanged. */
export interface AssistantMessage {
  role: 'assistant'
  content?: string | AssistantPart[] | null
  name?: string
  refusal?: string | null
  tool_calls?: ToolCall[]
  /** Deprecated by OpenAI: use `tool_calls`. */
  function_call?: { name: string; arguments: string } | null
  audio?: { id: string } | null
  /** Reasoning text, as DeepSeek and others name it. */
  reasoning_content?: string | null
  thinking_blocks?: ThinkingBlocks
  annotations?: Annotation[]
  images?: ImagePart[]
  provider_specific_fields?: Record<string, unknown>
  cache_control?: CacheControl | null
  /** Continue this text (prefill), where the model can. */
  prefix?: boolean
}

export interface ToolMessage {
  role: 'tool'
  /** The `id` of the tool call that this answers. */
  tool_call_id: string
  content: string | ToolResultPart[]
  name?: string
  /** Anthropic: the tool failed, and `content` says how. */
  is_error?: boolean
  cache_control?: CacheControl | null
}

/** Deprecated by OpenAI: use a tool message. */
export interface FunctionMessage {
  role: 'function'
  name: string
  content: string | null
}

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage
export type Role = Message['role']

/** A citation. `url_citation` is OpenAI's; the provider's own record is beside it. */
export interface Annotation {
  type: 'url_citation'
  url_citation: { url: string; title: string; start_index: number; end_index: number; content?: string }
}
