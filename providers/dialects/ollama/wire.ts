/** The loose shapes of Ollama's own API. https://docs.ollama.com/api/chat */

export interface WireMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
  thinking?: string
  /** base64, without any `data:` prefix. */
  images?: string[]
  tool_calls?: WireCall[]
  /** On a result: the function that was called. */
  tool_name?: string
  tool_call_id?: string
}

export interface WireCall {
  id?: string
  function: { name: string; arguments: Fields }
}

export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textIn = (fields: Fields, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === 'string' ? value : undefined
}

export const countIn = (fields: Fields, name: string): number | undefined => {
  const value = fields[name]
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

/** The fields that are not in `known` and say something, or undefined. */
export function extrasOf(fields: Fields, known: ReadonlySet<string>): Fields | undefined {
  const extras = Object.entries(fields).filter(
    ([name, value]) => !known.has(name) && value !== null && value !== undefined,
  )
  return extras.length > 0 ? Object.fromEntries(extras) : undefined
}
