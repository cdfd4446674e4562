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

export interface WireUsage {
  input_tokens?: number | null
  output_tokens?: number | null
  cache_creation_input_tokens?: number | null
  cache_read_input_tokens?: number | null
  cache_creation?: { ephemeral_5m_input_tokens?: number; ephemeral_1h_input_tokens?: number } | null
  output_tokens_details?: { thinking_tokens?: number } | null
  server_tool_use?: Record<string, number> | null
  service_tier?: string | null
  inference_geo?: string | null
  speed?: string | null
  iterations?: WireUsage[] | null
  /** The type of an iteration. */
  type?: string
}

export interface WireMessage {
  id?: string
  model?: string
  content?: Block[]
  stop_reason?: string | null
  stop_sequence?: string | null
  stop_details?: { explanation?: string | null } | null
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
