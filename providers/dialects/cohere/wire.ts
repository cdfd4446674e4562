/** Loose shapes of Cohere's v2 API. https://docs.cohere.com/reference/chat */

import { extrasOf, type Fields, isFields, textIn } from '../../fields.js'

export { extrasOf, type Fields, isFields, textIn }

/** A part of a message's content. */
export interface Part extends Fields {
  type: string
}

export interface WireCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

export type WireMessage =
  | { role: 'system' | 'user'; content: string | Part[] }
  | { role: 'assistant'; content?: string | Part[]; tool_plan?: string; tool_calls?: WireCall[]; citations?: Fields[] }
  | { role: 'tool'; tool_call_id: string; content: string | Part[] }

export const isPart = (value: unknown): value is Part => isFields(value) && typeof value.type === 'string'

export const countIn = (fields: unknown, name: string): number | undefined => {
  const value = isFields(fields) ? fields[name] : undefined
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}
