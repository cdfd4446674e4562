import type { Decoded, Operation } from '../../providers/contract.js'
import { utf8 } from '../platform/index.js'
import type { ChatCompletion } from '../types/chat.js'
import type { EmbeddingUsage } from '../types/embedding.js'
import type { RerankResponse } from '../types/rerank.js'
import type { TextCompletion } from '../types/text-completion.js'

/** Format version. Entries of another version are misses. */
const version = 1

/** The provider and model that produced an answer. */
export interface Origin {
  readonly provider: string
  readonly model: string
  readonly baseModel?: string | undefined
}

/** Content of a cache entry, by operation. */
export interface CachedData {
  chat: Origin & { readonly answer: Decoded<ChatCompletion> }
  rerank: Origin & { readonly answer: Decoded<RerankResponse> }
  textCompletion: Origin & { readonly answer: Decoded<TextCompletion> }
  /** One vector: numbers, or base64 of little-endian float32 if that is lossless. */
  embedding: Origin & { readonly answered: string; readonly vector: number[] | string; readonly usage?: EmbeddingUsage }
}

export type CachedOperation = keyof CachedData & Operation

/** A valid entry read from a store. */
export interface CacheEntry<Data> {
  readonly data: Data
  readonly ageMs: number
  readonly text: string
}

/** @param ttl milliseconds */
export function writeEntry<Of extends CachedOperation>(
  operation: Of,
  key: string,
  data: CachedData[Of],
  at: number,
  ttl: number | undefined,
): string {
  return JSON.stringify({ llmux: version, operation, key, at, ...(ttl !== undefined && { until: at + ttl }), data })
}

/** Parses a stored value. Foreign, corrupt, expired and differently versioned values give undefined. */
export function readEntry<Of extends CachedOperation>(
  operation: Of,
  key: string,
  value: unknown,
  now: number,
): CacheEntry<CachedData[Of]> | undefined {
  const text = textOf(value)
  if (text === undefined) return undefined
  let entry: unknown
  try {
    entry = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(entry) || entry.llmux !== version || entry.operation !== operation || entry.key !== key)
    return undefined
  const { at, until, data } = entry
  if (typeof at !== 'number' || !isObject(data) || !validators[operation](data)) return undefined
  if (until !== undefined && !(typeof until === 'number' && until > now)) return undefined
  return { data: data as unknown as CachedData[Of], ageMs: Math.max(0, now - at), text }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? utf8(value) : undefined
}

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasOrigin = ({ provider, model }: Fields) => typeof provider === 'string' && typeof model === 'string'

const validators: Readonly<Record<CachedOperation, (data: Fields) => boolean>> = {
  chat: (data) =>
    hasOrigin(data) && isObject(data.answer) && isUsage(data.answer.usage) && isList(data.answer.choices, isChoice),
  rerank: (data) => hasOrigin(data) && isObject(data.answer) && isList(data.answer.results, isResult),
  textCompletion: (data) => hasOrigin(data) && isObject(data.answer) && isList(data.answer.choices, isText),
  embedding: (data) =>
    hasOrigin(data) &&
    typeof data.answered === 'string' &&
    isUsage(data.usage) &&
    (typeof data.vector === 'string'
      ? data.vector.length > 0 && bytesIn(data.vector) % 4 === 0 && base64.test(data.vector)
      : isList(data.vector, (value) => typeof value === 'number')),
}

/** Number of bytes that base64 with padding encodes. */
const bytesIn = (text: string): number =>
  Math.floor((text.length * 3) / 4) - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)

const isList = (value: unknown, is: (item: unknown) => boolean) =>
  Array.isArray(value) && value.length > 0 && value.every(is)

const isChoice = (value: unknown) => {
  if (!isObject(value) || typeof value.finish_reason !== 'string' || !isObject(value.message)) return false
  const { content, tool_calls: calls } = value.message
  if (calls !== undefined && calls !== null && !(Array.isArray(calls) && calls.every(isCall))) return false
  return content === null || typeof content === 'string'
}

const isText = (value: unknown) =>
  isObject(value) && typeof value.text === 'string' && typeof value.finish_reason === 'string'

const isCall = (value: unknown) => isObject(value) && (isObject(value.function) || isObject(value.custom))

const isUsage = (value: unknown) =>
  value === undefined ||
  value === null ||
  (isObject(value) && [value.prompt_tokens, value.completion_tokens, value.total_tokens].every(isCount))

const isCount = (value: unknown) => value === undefined || typeof value === 'number'

const base64 = /^[A-Za-z0-9+/]+={0,2}$/

const isResult = (value: unknown) =>
  isObject(value) && typeof value.index === 'number' && typeof value.relevance_score === 'number'

/** True for a complete answer with content that no filter or failure cut short. */
export function isCacheable({ choices }: Decoded<ChatCompletion>): boolean {
  return (
    choices.length > 0 &&
    choices.every(({ finish_reason: reason, native_finish_reason: native, message }) => {
      if (!cacheableReasons.has(reason) || (reason === 'stop' && native !== undefined && failedReasons.test(native)))
        return false
      return !!(
        message.content ||
        message.tool_calls?.length ||
        message.function_call ||
        message.refusal ||
        message.audio ||
        message.images?.length
      )
    })
  )
}

const cacheableReasons: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'function_call'])
/** Native finish reasons that mean failure or filtering, although the mapped reason is `stop`. */
const failedReasons =
  /error|abort|cancel|fail|timeout|safety|filter|blocked|prohibited|recitation|malformed|unexpected|^other$/i

/** The key stored inside an entry's text. */
export function keyOfEntry(text: string): string | undefined {
  try {
    const entry: unknown = JSON.parse(text)
    return isObject(entry) && typeof entry.key === 'string' ? entry.key : undefined
  } catch {
    return undefined
  }
}
