import type { ChatCompletion, Usage } from '../../../src/types/chat.js'
import { type Fields, isFields, type ModalityCount, toSnake, type WireUsage } from './wire.js'

/**
 * Gemini counts thoughts and the input of its own tools separately from answer and prompt; here they are included. Cached tokens are part
 * of `promptTokenCount` already. Undefined without a prompt count, as a partial usage would give a partial price.
 * https://ai.google.dev/api/generate-content#UsageMetadata
 * @param searches the number of web searches, which the grounding metadata lists
 * @param places the number of answers that cite a place of Google Maps
 */
export function decodeUsage(wire: WireUsage | undefined, searches = 0, places = 0): Usage | undefined {
  if (!wire || !isCount(wire.promptTokenCount)) return undefined
  const prompt = wire.promptTokenCount + count(wire.toolUsePromptTokenCount)
  const completion = count(wire.candidatesTokenCount) + count(wire.thoughtsTokenCount)
  const usage: Usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }

  const { cachedContentTokenCount: cached, thoughtsTokenCount: thoughts } = wire
  const given = byModality(wire.promptTokensDetails, wire.toolUsePromptTokensDetails, prompt)
  if (isCount(cached)) usage.prompt_tokens_details = { cached_tokens: cached, ...given }
  else if (given) usage.prompt_tokens_details = given

  const made = byModality(wire.candidatesTokensDetails, undefined, count(wire.candidatesTokenCount))
  if (isCount(thoughts)) usage.completion_tokens_details = { reasoning_tokens: thoughts, ...made }
  else if (made) usage.completion_tokens_details = made
  if (searches + places > 0) {
    usage.server_tool_use = {
      ...(searches > 0 && { web_search_requests: searches }),
      ...(places > 0 && { maps_requests: places }),
    }
  }
  return usage
}

interface Modalities {
  text_tokens?: number
  image_tokens?: number
  audio_tokens?: number
}

/** Undefined without counts. Some hosts count modalities twice: counts above the total are ignored. */
function byModality(first: unknown, second: unknown, total: number): Modalities | undefined {
  if (first === undefined && second === undefined) return undefined
  let counts: Modalities | undefined
  let sum = 0
  for (const { modality, tokenCount } of [...list(first), ...list(second)]) {
    const tokens = count(tokenCount)
    sum += tokens
    const name = modality === undefined ? undefined : modalities.get(modality)
    if (name === undefined) continue
    counts ??= {}
    counts[name] = (counts[name] ?? 0) + tokens
  }
  return sum > total ? undefined : counts
}

const modalities: ReadonlyMap<string, keyof Modalities> = new Map([
  ['TEXT', 'text_tokens'],
  ['IMAGE', 'image_tokens'],
  ['AUDIO', 'audio_tokens'],
])

/**
 * Merges the counters of a stream's events. An event with a total replaces all earlier counters; an event without one (`trafficType`
 * alone) adds to them.
 */
export function mergeUsage(before: WireUsage | undefined, later: unknown): WireUsage | undefined {
  if (!isFields(later)) return before
  if (!isCount(later.totalTokenCount)) return { ...before, ...later }
  // counters of a complete report replace all earlier ones; every event of a stream has one
  let merged: WireUsage = later
  for (const name in before) {
    const value: unknown = (before as Fields)[name]
    if (typeof value === 'string' && !(name in later)) merged = { ...merged, [name]: value }
  }
  return merged
}

/** The tier that served the answer, in OpenAI's terms. */
export function serviceTier(wire: WireUsage | undefined): ChatCompletion['service_tier'] | undefined {
  const tier = wire?.serviceTier
  switch (typeof tier === 'string' ? tier.toLowerCase() : wire?.trafficType) {
    case 'standard':
    case 'ON_DEMAND':
      return 'default'
    case 'flex':
    case 'ON_DEMAND_FLEX':
      return 'flex'
    case 'priority':
    case 'ON_DEMAND_PRIORITY':
      return 'priority'
    default:
      return undefined
  }
}

/** Fields with a place in the usage or its extras. */
const counters: ReadonlySet<string> = new Set([
  'promptTokenCount',
  'cachedContentTokenCount',
  'toolUsePromptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
  'promptTokensDetails',
  'toolUsePromptTokensDetails',
  'cacheTokensDetails',
  'candidatesTokensDetails',
  'serviceTier',
  'trafficType',
])

/** Counters that affect the price and have no field in OpenAI's usage, and unknown counters. */
export function usageExtras(wire: WireUsage | undefined): Fields | undefined {
  if (!wire) return undefined
  let extras: Fields | undefined
  const add = (name: string, value: unknown) => {
    extras ??= {}
    extras[name] = value
  }
  if (wire.toolUsePromptTokenCount) add('tool_use_prompt_tokens', wire.toolUsePromptTokenCount)
  if (wire.promptTokensDetails !== undefined) {
    const details = list(wire.promptTokensDetails)
    for (const modality of ['VIDEO', 'DOCUMENT']) {
      const tokens = details.reduce(
        (sum, detail) => (detail.modality === modality ? sum + count(detail.tokenCount) : sum),
        0,
      )
      if (tokens > 0) add(`${modality.toLowerCase()}_tokens`, tokens)
    }
  }
  if (wire.cacheTokensDetails !== undefined) {
    const cachedAudio = list(wire.cacheTokensDetails).find(({ modality }) => modality === 'AUDIO')
    if (cachedAudio) add('cached_audio_tokens', count(cachedAudio.tokenCount))
  }
  if (typeof wire.trafficType === 'string' && serviceTier(wire) === undefined) add('traffic_type', wire.trafficType)
  for (const name in wire) {
    const value = wire[name]
    if (!counters.has(name) && name !== '__proto__' && value !== null) add(toSnake(name), value)
  }
  return extras
}

const list = (details: unknown): ModalityCount[] =>
  Array.isArray(details) ? details.filter((detail): detail is ModalityCount => isFields(detail)) : []

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const count = (value: unknown): number => (isCount(value) ? value : 0)
