import type { ChatParams } from '../../src/types/chat.js'
import { type Fields, isFields } from '../fields.js'
import type { Report } from '../report.js'

/** Why a parameter of OpenAI's can't be honoured. */
export interface UnsupportedParam {
  readonly advice: string
  /** Values that change nothing, and are left out without a word. */
  readonly harmless?: (value: unknown) => boolean
}

export type UnsupportedParams = Readonly<Record<string, UnsupportedParam>>

export const isZero = (value: unknown): boolean => value === 0
export const isOne = (value: unknown): boolean => value === 1
export const isFalse = (value: unknown): boolean => value === false
export const isEmpty = (value: unknown): boolean => isFields(value) && Object.keys(value).length === 0
export const isTextOnly = (value: unknown): boolean =>
  Array.isArray(value) && value.every((modality) => modality === 'text')

/** Refuses what the target has nothing for. Those that a model takes under OpenAI's own name are returned. */
export function rejectUnsupported(
  params: ChatParams,
  refused: UnsupportedParams,
  report: Report,
  taken: readonly string[] = [],
): Fields {
  const fields: Fields = {}
  for (const [name, { advice, harmless }] of Object.entries(refused)) {
    const value = (params as unknown as Fields)[name]
    if (value === undefined || value === null) continue
    if (taken.includes(name)) fields[name] = value
    else if (!harmless?.(value)) report.unsupported(name, advice)
  }
  return fields
}

/** Names that every encoder with parameters of its own reads itself, or refuses. */
export const usualParams: readonly string[] = [
  ...['model', 'messages', 'temperature', 'top_p', 'top_k', 'stop', 'max_tokens', 'max_completion_tokens', 'user'],
  ...['metadata', 'service_tier', 'tools', 'tool_choice', 'parallel_tool_calls', 'functions', 'function_call'],
  ...['response_format', 'reasoning_effort', 'thinking', 'web_search_options', 'stream', 'stream_options'],
  ...['cache_control', 'extra_body'],
]

/** Whatever is in a request beside what the encoder reads: the provider's own, which passes as it is. */
export function otherParams(params: ChatParams, read: ReadonlySet<string>): Fields {
  const others: Fields = {}
  for (const [name, value] of Object.entries(params)) if (value !== undefined && !read.has(name)) others[name] = value
  return others
}
