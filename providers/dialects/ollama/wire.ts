/** Loose shapes of Ollama's API. https://docs.ollama.com/api/chat */

import { type Fields, isFields, textIn } from '../../fields.js'

export { type Fields, isFields, textIn }

export interface WireMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
  thinking?: string
  /** Base64 without a `data:` prefix. */
  images?: string[]
  tool_calls?: WireCall[]
  /** In a result: the function that was called. */
  tool_name?: string
  tool_call_id?: string
}

export interface WireCall {
  id?: string
  function: { name: string; arguments: Fields }
}

export const countIn = (fields: Fields, name: string): number | undefined => {
  const value = fields[name]
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

/** The non-empty fields that are not in `known`; undefined if there are none. */
export function extrasOf(fields: Fields, known: ReadonlySet<string>): Fields | undefined {
  const extras = Object.entries(fields).filter(
    ([name, value]) => !known.has(name) && value !== null && value !== undefined,
  )
  return extras.length > 0 ? Object.fromEntries(extras) : undefined
}
