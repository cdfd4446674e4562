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

  const into: NonNullable<Usage['prompt_tokens_details']> = {
    ...(isCount(wire.cachedContentTokenCount) && { cached_tokens: wire.cachedContentTokenCount }),
    ...byModality([...list(wire.promptTokensDetails), ...list(wire.toolUsePromptTokensDetails)], prompt),
  }
  if (Object.keys(into).length > 0) usage.prompt_tokens_details = into

  const out: NonNullable<Usage['completion_tokens_details']> = {
    ...(isCount(wire.thoughtsTokenCount) && { reasoning_tokens: wire.thoughtsTokenCount }),
    ...byModality(list(wire.candidatesTokensDetails), count(wire.candidatesTokenCount)),
  }
  if (Object.keys(out).length > 0) usage.completion_tokens_details = out
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

/** Some hosts count modalities twice: counts above the total are ignored. */
function byModality(details: readonly ModalityCount[], total: number): Modalities {
  const counts: Modalities = {}
  let sum = 0
  for (const { modality, tokenCount } of details) {
    const tokens = count(tokenCount)
    sum += tokens
    if (modality === 'TEXT') counts.text_tokens = (counts.text_tokens ?? 0) + tokens
    else if (modality === 'IMAGE') counts.image_tokens = (counts.image_tokens ?? 0) + tokens
    else if (modality === 'AUDIO') counts.audio_tokens = (counts.audio_tokens ?? 0) + tokens
  }
  return sum > total ? {} : counts
}

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
  const extras: Fields = {}
  if (wire.toolUsePromptTokenCount) extras.tool_use_prompt_tokens = wire.toolUsePromptTokenCount
  for (const modality of ['VIDEO', 'DOCUMENT']) {
    const tokens = list(wire.promptTokensDetails).reduce(
      (sum, detail) => (detail.modality === modality ? sum + count(detail.tokenCount) : sum),
      0,
    )
    if (tokens > 0) extras[`${modality.toLowerCase()}_tokens`] = tokens
  }
  const cachedAudio = list(wire.cacheTokensDetails).find(({ modality }) => modality === 'AUDIO')
  if (cachedAudio) extras.cached_audio_tokens = count(cachedAudio.tokenCount)
  if (typeof wire.trafficType === 'string' && serviceTier(wire) === undefined) extras.traffic_type = wire.trafficType
  for (const [name, value] of Object.entries(wire)) {
    if (!counters.has(name) && name !== '__proto__' && value !== null) extras[toSnake(name)] = value
  }
  return Object.keys(extras).length > 0 ? extras : undefined
}

const list = (details: unknown): ModalityCount[] =>
  Array.isArray(details) ? details.filter((detail): detail is ModalityCount => isFields(detail)) : []

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const count = (value: unknown): number => (isCount(value) ? value : 0)
