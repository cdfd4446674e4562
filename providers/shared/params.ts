import type { ChatParams } from '../../src/types/chat.js'
import { type Fields, isFields } from '../fields.js'
import type { Report } from '../report.js'

/** A parameter that the target doesn't support. */
export interface UnsupportedParam {
  readonly advice: string
  /** Values equal to the default, which are dropped without a warning. */
  readonly harmless?: (value: unknown) => boolean
}

export type UnsupportedParams = Readonly<Record<string, UnsupportedParam>>

export const isZero = (value: unknown): boolean => value === 0
export const isOne = (value: unknown): boolean => value === 1
export const isFalse = (value: unknown): boolean => value === false
export const isEmpty = (value: unknown): boolean => isFields(value) && Object.keys(value).length === 0
export const isTextOnly = (value: unknown): boolean =>
  Array.isArray(value) && value.every((modality) => modality === 'text')

/** Rejects parameters that the target doesn't support. Returns those that this model accepts under OpenAI's name. */
export function rejectUnsupported(
  params: ChatParams,
  refused: UnsupportedParams,
  report: Report,
  taken: readonly string[] = [],
): Fields {
  const fields: Fields = {}
  // by the parameters of the request, which are fewer
  for (const name in params) {
    const value = (params as unknown as Fields)[name]
    if (value === undefined || value === null || !Object.hasOwn(refused, name)) continue
    const { advice, harmless } = refused[name] as UnsupportedParam
    if (taken.includes(name)) fields[name] = value
    else if (!harmless?.(value)) report.unsupported(name, advice)
  }
  return fields
}

/** Parameters that every encoder handles or rejects itself. */
export const usualParams: readonly string[] = [
  ...['model', 'messages', 'temperature', 'top_p', 'top_k', 'stop', 'max_tokens', 'max_completion_tokens', 'user'],
  ...['metadata', 'service_tier', 'tools', 'tool_choice', 'parallel_tool_calls', 'functions', 'function_call'],
  ...['response_format', 'reasoning_effort', 'thinking', 'web_search_options', 'stream', 'stream_options'],
  ...['cache_control', 'extra_body'],
]

/** A parameter that must be an array; empty if it is absent. @throws {BadRequestError} if it is anything else */
export function readArray<Item>(
  value: readonly Item[] | null | undefined,
  name: string,
  report: Report,
): readonly Item[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw report.invalid(name, 'must be an array', value)
  return value
}

/** Stop sequences as an array; undefined if there are none. @throws {BadRequestError} if one is not a string */
export function readStop(stop: ChatParams['stop'], report: Report): string[] | undefined {
  if (stop === null || stop === undefined) return undefined
  const all: readonly unknown[] = Array.isArray(stop) ? stop : [stop]
  const bad = all.findIndex((text) => typeof text !== 'string')
  if (bad >= 0) throw report.invalid('stop', 'must be a string or an array of strings', all[bad])
  return all as string[]
}

/** The native parameters of a request, which are sent unchanged. */
export function otherParams(params: ChatParams, read: ReadonlySet<string>): Fields {
  const others: Fields = {}
  for (const name in params) {
    const value = (params as unknown as Fields)[name]
    if (value !== undefined && !read.has(name)) others[name] = value
  }
  return others
}
