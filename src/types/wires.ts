import type { CallMeta } from './meta.js'

/** A request of Anthropic's Messages API. https://platform.claude.com/docs/en/api/messages/create */
export interface MessagesParams {
  /** `provider/model`, or the name of a known model. */
  model: string
  /** The conversation, in Anthropic's form. */
  messages: readonly object[]
  /** Maximum tokens of the answer. */
  max_tokens?: number
  /** Instructions: a text, or text blocks. */
  system?: string | readonly object[]
  /** Tools, in Anthropic's form. */
  tools?: readonly object[]
  /** Beta features, as the SDK takes them: sent as the header `anthropic-beta`. */
  betas?: readonly string[]
  /** Return a stream of events. @default false */
  stream?: boolean | null
  [field: string]: unknown
}

/** An answer of Anthropic's Messages API. */
export interface MessagesResponse {
  /** Id of the answer. */
  id: string
  type: 'message'
  role: 'assistant'
  /** The answering model, as named by the provider. */
  model: string
  /** Text, thinking and tool calls, in order. */
  content: { type: string; [field: string]: unknown }[]
  /** Reason why the model stopped. */
  stop_reason: string | null
  /** The stop text that ended the answer. */
  stop_sequence?: string | null
  /** Token counts, in Anthropic's form. */
  usage: { input_tokens: number; output_tokens: number; [field: string]: unknown }
  /** Cost, timing, attempts and warnings of the call. Not enumerable. */
  readonly meta: CallMeta
  [field: string]: unknown
}

/** An event of a streamed answer of the Messages API. */
export interface MessagesEvent {
  /** `message_start`, `content_block_delta`, … */
  type: string
  [field: string]: unknown
}

/** A request of Google's generateContent, with the model and the choice of a stream. https://ai.google.dev/api/generate-content */
export interface GenerateContentParams {
  /** `provider/model`, or the name of a known model. */
  model: string
  /** The conversation, in Google's form. */
  contents: readonly object[] | object | string
  /** Return a stream of responses. @default false */
  stream?: boolean | null
  [field: string]: unknown
}

/** An answer of generateContent; of a stream, each event. */
export interface GenerateContentResponse {
  /** The answers. */
  candidates?: {
    content?: { role?: string; parts?: Record<string, unknown>[] }
    finishReason?: string
    [field: string]: unknown
  }[]
  /** Token counts, in Google's form. */
  usageMetadata?: Record<string, unknown>
  /** The answering model. */
  modelVersion?: string
  /** Id of the answer. */
  responseId?: string
  /** Cost, timing, attempts and warnings of the call. Not enumerable. */
  readonly meta: CallMeta
  [field: string]: unknown
}

/** A part of a streamed answer of generateContent. */
export type GenerateContentEvent = Omit<GenerateContentResponse, 'meta'>
