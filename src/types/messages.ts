/** A prompt-cache breakpoint on a message, a content part or a tool. */
export interface CacheControl {
  type: 'ephemeral'
  /** Lifetime of the cached prefix. @default '5m' */
  ttl?: '5m' | '1h' | (string & {})
}

/** Text. */
export interface TextPart {
  type: 'text'
  /** The text. */
  text: string
  /** Prompt-cache breakpoint after this part. */
  cache_control?: CacheControl | null
}

/** An image by URL (`https:` or `data:`). */
export interface ImagePart {
  type: 'image_url'
  /** URL (`https:` or `data:`) and resolution of the image. */
  image_url: string | { url: string; detail?: 'auto' | 'low' | 'high' | (string & {}); format?: string }
  /** Prompt-cache breakpoint after this part. */
  cache_control?: CacheControl | null
}

/** Audio input, base64. */
export interface AudioPart {
  type: 'input_audio'
  /** Base64 data and its format. */
  input_audio: { data: string; format: 'wav' | 'mp3' | (string & {}) }
  /** Prompt-cache breakpoint after this part. */
  cache_control?: CacheControl | null
}

/** A file: a `data:` URI (or bare base64) in `file_data`, or an id or `https:` URL in `file_id`. */
export interface FilePart {
  type: 'file'
  /** Content or reference of the file, with its name and media type. */
  file: { file_data?: string; file_id?: string; filename?: string; format?: string }
  /** Prompt-cache breakpoint after this part. */
  cache_control?: CacheControl | null
  /** Request citations from this document (Anthropic only). */
  citations?: { enabled?: boolean } | null
}

/** Anthropic's document block, passed on unchanged. https://docs.anthropic.com/en/docs/build-with-claude/citations */
export interface DocumentPart {
  type: 'document'
  /** Source of the document, in Anthropic's form. */
  source: Record<string, unknown>
  /** Title, shown to the model. */
  title?: string | null
  /** Context of the document, not cited. */
  context?: string | null
  /** Request citations from this document. */
  citations?: { enabled?: boolean } | null
  /** Prompt-cache breakpoint after this part. */
  cache_control?: CacheControl | null
}

/** A refusal of an earlier turn. */
export interface RefusalPart {
  type: 'refusal'
  /** Text of the refusal. */
  refusal: string
}

/** Visible reasoning with the signature that the next request must contain. */
export interface ThinkingBlock {
  type: 'thinking'
  /** Text of the reasoning. */
  thinking: string
  /** The provider's signature. */
  signature?: string
  /** Prompt-cache breakpoint after this block. */
  cache_control?: CacheControl | null
}

/** Reasoning encrypted by the provider. */
export interface RedactedThinkingBlock {
  type: 'redacted_thinking'
  /** Encrypted reasoning, to be sent back unchanged. */
  data: string
  /** Prompt-cache breakpoint after this block. */
  cache_control?: CacheControl | null
}

/** Reasoning of a turn, in order. */
export type ThinkingBlocks = (ThinkingBlock | RedactedThinkingBlock)[]

/** Content of a user message. */
export type UserPart = TextPart | ImagePart | AudioPart | FilePart | DocumentPart
/** Content of an assistant message. */
export type AssistantPart = TextPart | RefusalPart | ThinkingBlock | RedactedThinkingBlock
/** Content of a tool message. */
export type ToolResultPart = TextPart | ImagePart | FilePart | DocumentPart

/** A call of a function tool. */
export interface FunctionToolCall {
  /** Id, repeated as `tool_call_id` of the result. */
  id: string
  type: 'function'
  /** Name, and arguments as the JSON text of the model, which may be invalid. */
  function: { name: string; arguments: string }
  /** Fields of the provider without an equivalent in OpenAI's format, such as signatures. */
  provider_specific_fields?: Record<string, unknown>
}

/** A call of a custom tool, whose input is free text. */
export interface CustomToolCall {
  /** Id, repeated as `tool_call_id` of the result. */
  id: string
  type: 'custom'
  /** Name and input. */
  custom: { name: string; input: string }
}

/** A tool call of an assistant message. */
export type ToolCall = FunctionToolCall | CustomToolCall

/** Instructions to the model. */
export interface SystemMessage {
  role: 'system' | 'developer'
  /** The instructions. */
  content: string | TextPart[]
  /** Name of the author. */
  name?: string
  /** Prompt-cache breakpoint after this message. */
  cache_control?: CacheControl | null
}

/** A message of the user. */
export interface UserMessage {
  role: 'user'
  /** Text, or parts such as text and images. */
  content: string | UserPart[]
  /** Name of the author. */
  name?: string
  /** Prompt-cache breakpoint after this message. */
  cache_control?: CacheControl | null
}

/** A message of the model. `choices[0].message` of an answer can be appended unchanged. */
export interface AssistantMessage {
  role: 'assistant'
  /** Text, or parts. Optional if there are tool calls. */
  content?: string | AssistantPart[] | null
  /** Name of the author. */
  name?: string
  /** Text of a refusal. */
  refusal?: string | null
  /** Tool calls of this turn. */
  tool_calls?: ToolCall[]
  /** A legacy function call. @deprecated use `tool_calls` */
  function_call?: { name: string; arguments: string } | null
  /** Reference to an earlier audio answer. */
  audio?: { id: string } | null
  /** Reasoning as text (DeepSeek and others). */
  reasoning_content?: string | null
  /** Reasoning in blocks with signatures. */
  thinking_blocks?: ThinkingBlocks
  /** Citations of the text. */
  annotations?: Annotation[]
  /** Generated images. */
  images?: ImagePart[]
  /** Fields of the provider, sent back to the same provider. */
  provider_specific_fields?: Record<string, unknown>
  /** Prompt-cache breakpoint after this message. */
  cache_control?: CacheControl | null
  /** Let the model continue this text (prefill), if it supports that. */
  prefix?: boolean
}

/** The result of a tool call. */
export interface ToolMessage {
  role: 'tool'
  /** The `id` of the answered tool call. */
  tool_call_id: string
  /** The result. */
  content: string | ToolResultPart[]
  /** Name of the tool. */
  name?: string
  /** Marks a failed tool call, with the error in `content` (Anthropic). */
  is_error?: boolean
  /** Prompt-cache breakpoint after this message. */
  cache_control?: CacheControl | null
}

/** The result of a legacy function call. @deprecated use a tool message */
export interface FunctionMessage {
  role: 'function'
  /** Name of the function. */
  name: string
  /** The result. */
  content: string | null
}

/** A message of a conversation. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage
/** Author of a message. */
export type Role = Message['role']

/** A citation of a web page. */
export interface Annotation {
  type: 'url_citation'
  /** URL and title of the page, and the cited range of the text. */
  url_citation: { url: string; title: string; start_index: number; end_index: number; content?: string }
}
