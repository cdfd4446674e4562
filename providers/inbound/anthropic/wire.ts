/** The Messages API as clients speak it. https://platform.claude.com/docs/en/api/messages/create */

import type { Fields } from '../../fields.js'

/** A content block. */
export interface Block extends Fields {
  type: string
}

/** A request. Fields of nested values are checked when they are read. */
export interface MessagesRequest {
  model: string
  messages: readonly { role: string; content: unknown }[]
  max_tokens?: number
  system?: unknown
  stream?: boolean
  [field: string]: unknown
}

/** A request to count tokens. https://platform.claude.com/docs/en/api/messages-count-tokens */
export type CountTokensRequest = Omit<MessagesRequest, 'max_tokens' | 'stream'>

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded'

export interface WebCitation {
  type: 'web_search_result_location'
  url: string
  title: string | null
  cited_text: string
  encrypted_index: string
}

export interface TextBlock {
  type: 'text'
  text: string
  citations: WebCitation[] | null
}

export interface ThinkingBlock {
  type: 'thinking'
  thinking: string
  signature: string
}

export interface RedactedThinkingBlock {
  type: 'redacted_thinking'
  data: string
}

export interface ToolUseBlock {
  type: 'tool_use'
  id: string
  name: string
  input: unknown
  caller: { type: 'direct' }
}

/** A block of an answer. */
export type AnswerBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock

export interface MessagesUsage {
  input_tokens: number
  cache_creation_input_tokens: number
  cache_read_input_tokens: number
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number } | null
  output_tokens: number
  output_tokens_details: { thinking_tokens: number } | null
  server_tool_use: { web_search_requests: number; web_fetch_requests: number } | null
  service_tier: 'standard' | 'priority' | 'batch' | null
  inference_geo: string | null
  speed: 'standard' | 'fast' | null
}

export interface StopDetails {
  type: 'refusal'
  category: null
  explanation: string | null
}

/** An answer. */
export interface MessagesAnswer {
  id: string
  type: 'message'
  role: 'assistant'
  model: string
  content: AnswerBlock[]
  stop_reason: StopReason | null
  stop_sequence: string | null
  stop_details: StopDetails | null
  container: null
  diagnostics: null
  usage: MessagesUsage
}

export type BlockDelta =
  | { type: 'text_delta'; text: string }
  | { type: 'thinking_delta'; thinking: string }
  | { type: 'signature_delta'; signature: string }
  | { type: 'input_json_delta'; partial_json: string }
  | { type: 'citations_delta'; citation: WebCitation }

/** An event of a streamed answer. https://platform.claude.com/docs/en/build-with-claude/streaming */
export type MessagesEvent =
  | { type: 'message_start'; message: MessagesAnswer }
  | { type: 'ping' }
  | { type: 'content_block_start'; index: number; content_block: AnswerBlock }
  | { type: 'content_block_delta'; index: number; delta: BlockDelta }
  | { type: 'content_block_stop'; index: number }
  | {
      type: 'message_delta'
      delta: {
        stop_reason: StopReason
        stop_sequence: string | null
        stop_details: StopDetails | null
        container: null
      }
      usage: Pick<
        MessagesUsage,
        | 'input_tokens'
        | 'cache_creation_input_tokens'
        | 'cache_read_input_tokens'
        | 'output_tokens'
        | 'output_tokens_details'
        | 'server_tool_use'
      >
    }
  | { type: 'message_stop' }
