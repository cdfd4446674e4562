/** Loose shapes of the Messages API. https://platform.claude.com/docs/en/api/messages/create */

import { type Fields, isFields } from '../../fields.js'

export { type Fields, isFields }

/** A content block of a request or an answer. */
export interface Block extends Fields {
  type: string
}

export interface Turn {
  role: 'user' | 'assistant' | 'system'
  content: string | Block[]
}

/** Reports come from outside: nested values are checked when they are read. */
export interface WireUsage {
  input_tokens?: number | null
  output_tokens?: number | null
  cache_creation_input_tokens?: number | null
  cache_read_input_tokens?: number | null
  cache_creation?: unknown
  output_tokens_details?: unknown
  server_tool_use?: unknown
  service_tier?: string | null
  inference_geo?: string | null
  speed?: string | null
  iterations?: unknown
  /** The type of an iteration. */
  type?: string
}

export interface WireMessage {
  id?: string
  model?: string
  content?: Block[]
  stop_reason?: string | null | undefined
  stop_sequence?: string | null | undefined
  stop_details?: unknown
  container?: unknown
  context_management?: unknown
  usage?: WireUsage | null
}

export interface WireEvent {
  type?: string
  index?: number
  message?: WireMessage
  content_block?: Block
  delta?: Fields & { type?: string }
  usage?: WireUsage | null
  context_management?: unknown
  error?: unknown
}

export const isBlock = (value: unknown): value is Block => isFields(value) && typeof value.type === 'string'
