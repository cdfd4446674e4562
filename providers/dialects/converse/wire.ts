/** The loose shapes of Converse. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */

import { type Fields, isFields, textIn } from '../../fields.js'

export { type Fields, isFields, textIn }

/** A content block: an object with one field, which names its kind. */
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

/** The fields beside the message, in a complete answer and in the last events of a stream. */
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

/** The value of a block's field, if it is an object. */
export const inner = (block: Block, kind: string): Fields | undefined => {
  const value = block[kind]
  return isFields(value) ? value : undefined
}

/** Whether the block is a call that the caller answers, and not one of a server tool. */
export const isClientCall = (block: Block): boolean => {
  const use = inner(block, 'toolUse')
  return use !== undefined && use.type !== 'server_tool_use'
}

/** The text of a block that belongs to `content`. */
export function contentText(block: Block): string {
  const text = textIn(block, 'text')
  if (text !== undefined) return text
  const content = inner(block, 'citationsContent')?.content
  if (!Array.isArray(content)) return ''
  return content.map((part: unknown) => (isFields(part) ? (textIn(part, 'text') ?? '') : '')).join('')
}

/** The name of a tool in a tool list. */
export const toolName = (tool: Fields): string | undefined => {
  const name = (inner(tool, 'toolSpec') ?? inner(tool, 'systemTool') ?? tool).name
  return typeof name === 'string' ? name : undefined
}
