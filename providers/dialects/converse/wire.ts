/** The loose shapes of Converse. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */

import { type Fields, isFields, textIn } from '../../fields.js'

export { type Fields, isFields, textIn }

/** A content block: an object with one field, which says what it is. */
export type Block = Fields

export interface Turn {
  role: 'user' | 'assistant'
  content: Block[]
}

export interface WireUsage {
  inputTokens?: number
  outputTokens?: number
  totalTokens?: number
  cacheReadInputTokens?: number
  cacheWriteInputTokens?: number
  cacheDetails?: { ttl?: string; inputTokens?: number }[]
  serverToolUsage?: Record<string, unknown>
}

/** What stands beside the message of a whole answer, and in the last events of a stream. */
export interface WireEnd {
  stopReason?: string
  usage?: WireUsage
  trace?: unknown
  performanceConfig?: unknown
  serviceTier?: { type?: string }
  additionalModelResponseFields?: unknown
}

export interface WireAnswer extends WireEnd {
  output?: { message?: { content?: unknown } }
}

export interface WireEvent extends WireEnd {
  contentBlockIndex?: number
  start?: Fields
  delta?: Fields
}

/** The value under the only field of a block, where it is an object. */
export const inner = (block: Block, kind: string): Fields | undefined => {
  const value = block[kind]
  return isFields(value) ? value : undefined
}
