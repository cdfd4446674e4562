import type { ChatCompletion, Usage } from '../../../src/types/chat.js'
import { type Fields, isFields, type WireUsage } from './wire.js'

/**
 * Anthropic counts cache reads and writes beside `input_tokens`; here they are part of `prompt_tokens`. Tokens of
 * server-side compaction are billed as well, but appear only in `iterations`.
 * https://platform.claude.com/docs/en/api/messages/create (usage)
 * https://platform.claude.com/docs/en/build-with-claude/compaction (usage)
 */
export function usageOf(wire: unknown): Usage | undefined {
  if (!isFields(wire) || (!isCount(wire.input_tokens) && !isCount(wire.output_tokens))) return undefined
  const compactions = wire.iterations === undefined ? none : iterationsOf(wire).filter(isCompaction)
  const parts: readonly Fields[] = compactions.length === 0 ? [wire] : [wire, ...compactions]
  const cacheRead = sum(parts, (part) => part.cache_read_input_tokens)
  const cacheWrite = sum(parts, (part) => part.cache_creation_input_tokens ?? allLifetimes(part))
  const prompt = (sum(parts, (part) => part.input_tokens) ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0)
  const completion = sum(parts, (part) => part.output_tokens) ?? 0
  const usage: Usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }

  const byLifetime = parts.some(hasLifetimes) ? lifetimesOf(parts) : undefined
  if (cacheRead !== undefined || cacheWrite !== undefined || byLifetime) {
    const details: NonNullable<Usage['prompt_tokens_details']> = {}
    if (cacheRead !== undefined) details.cached_tokens = cacheRead
    if (cacheWrite !== undefined) details.cache_creation_tokens = cacheWrite
    if (byLifetime) details.cache_creation_token_details = byLifetime
    usage.prompt_tokens_details = details
  }

  const reasoning = sum(parts, (part) => fieldIn(part.output_tokens_details, 'thinking_tokens'))
  if (reasoning !== undefined) usage.completion_tokens_details = { reasoning_tokens: reasoning }
  const serverTools = countsIn(wire.server_tool_use)
  if (serverTools) usage.server_tool_use = serverTools
  return usage
}

type Lifetimes = NonNullable<NonNullable<Usage['prompt_tokens_details']>['cache_creation_token_details']>

function lifetimesOf(parts: readonly Fields[]): Lifetimes | undefined {
  let byLifetime: Lifetimes | undefined
  for (const field of lifetimes) {
    const written = sum(parts, (part) => fieldIn(part.cache_creation, field))
    if (written === undefined) continue
    byLifetime ??= {}
    byLifetime[field] = written
  }
  return byLifetime
}

/** Some proxies send the lifetimes without their sum. */
const allLifetimes = (part: Fields): number | undefined =>
  hasLifetimes(part)
    ? sum(
        lifetimes.map((field) => ({ written: fieldIn(part.cache_creation, field) })),
        ({ written }) => written,
      )
    : undefined

const none: readonly Fields[] = Object.freeze([])
const isCompaction = ({ type }: Fields): boolean => type === 'compaction'
const hasLifetimes = ({ cache_creation }: Fields): boolean => isFields(cache_creation)

/**
 * Merges the final counters of a stream into the first ones, in place. They are cumulative; null means not reported, and so does the 0 that proxies
 * send for an input counter of the start.
 */
export function mergeUsage(start: Fields | undefined, later: unknown): Fields | undefined {
  if (!isFields(later)) return start
  const merged: Fields = start ?? {}
  for (const name in later) {
    const value = later[name]
    if (value === null || value === undefined || (value === 0 && name !== 'output_tokens' && isCount(merged[name])))
      continue
    merged[name] = value
  }
  return merged
}

/** The tier that served the answer, in OpenAI's terms. https://platform.claude.com/docs/en/api/service-tiers */
export function serviceTier(wire: unknown): ChatCompletion['service_tier'] | undefined {
  switch (fieldIn(wire, 'service_tier')) {
    case 'standard':
      return 'default'
    case 'priority':
      return 'priority'
    default:
      return undefined
  }
}

/** Price-relevant facts without a field in OpenAI's usage, unless they have their default value. */
export function usageExtras(wire: unknown): Fields | undefined {
  if (!isFields(wire)) return undefined
  const extras: Fields = {}
  const { inference_geo, speed, service_tier } = wire
  const iterations = wire.iterations === undefined ? none : iterationsOf(wire)
  if (inference_geo && inference_geo !== 'global' && inference_geo !== 'not_available') {
    extras.inference_geo = inference_geo
  }
  if (speed && speed !== 'standard') extras.speed = speed
  if (service_tier && serviceTier(wire) === undefined) extras.service_tier = service_tier
  if (iterations.length > 1 || iterations.some(({ type }) => type !== 'message')) {
    extras.iterations = iterations
  }
  for (const name in wire) {
    if (!counters.has(name) && wire[name] !== null && !(name in extras)) extras[name] = wire[name]
  }
  for (const _ in extras) return { usage: extras }
  return undefined
}

/** Fields with a place of their own; all others are preserved. */
const counters: ReadonlySet<string> = new Set([
  ...['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'cache_creation'],
  ...['output_tokens_details', 'server_tool_use', 'service_tier', 'inference_geo', 'speed', 'iterations'],
])

const fieldIn = (fields: unknown, name: string): unknown => (isFields(fields) ? fields[name] : undefined)

const iterationsOf = ({ iterations }: WireUsage): Fields[] =>
  Array.isArray(iterations) ? iterations.filter(isFields) : []

function countsIn(fields: unknown): Record<string, number> | undefined {
  if (!isFields(fields)) return undefined
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, number] => isCount(entry[1])))
}

/** Cache writes by the lifetime of the entry. */
const lifetimes = [
  'ephemeral_5m_input_tokens',
  'ephemeral_30m_input_tokens',
  'ephemeral_1h_input_tokens',
  'ephemeral_12h_input_tokens',
] as const

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** Returns undefined if no part reports the counter: unknown is not 0. */
function sum(parts: readonly Fields[], read: (part: Fields) => unknown): number | undefined {
  let total: number | undefined
  for (const part of parts) {
    const count = read(part)
    if (isCount(count)) total = (total ?? 0) + count
  }
  return total
}
