import type { ChatCompletion, Usage } from '../../../src/types/chat.js'
import type { Fields, WireUsage } from './wire.js'

/**
 * Anthropic counts cache reads and writes beside `input_tokens`; here they are part of `prompt_tokens`. Tokens of
 * server-side compaction are billed as well, but appear only in `iterations`.
 * https://platform.claude.com/docs/en/api/messages/create (usage)
 * https://platform.claude.com/docs/en/build-with-claude/compaction (usage)
 */
export function usageOf(wire: WireUsage | null | undefined): Usage | undefined {
  if (!wire || (!isCount(wire.input_tokens) && !isCount(wire.output_tokens))) return undefined
  const parts = [wire, ...(wire.iterations ?? []).filter((iteration) => iteration.type === 'compaction')]
  const cacheRead = sum(parts, (part) => part.cache_read_input_tokens)
  const cacheWrite = sum(parts, (part) => part.cache_creation_input_tokens)
  const prompt = (sum(parts, (part) => part.input_tokens) ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0)
  const completion = sum(parts, (part) => part.output_tokens) ?? 0
  const usage: Usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }

  const details: NonNullable<Usage['prompt_tokens_details']> = {}
  if (cacheRead !== undefined) details.cached_tokens = cacheRead
  if (cacheWrite !== undefined) details.cache_creation_tokens = cacheWrite
  const fiveMinutes = sum(parts, (part) => part.cache_creation?.ephemeral_5m_input_tokens)
  const oneHour = sum(parts, (part) => part.cache_creation?.ephemeral_1h_input_tokens)
  if (fiveMinutes !== undefined || oneHour !== undefined) {
    details.cache_creation_token_details = {
      ...(fiveMinutes !== undefined && { ephemeral_5m_input_tokens: fiveMinutes }),
      ...(oneHour !== undefined && { ephemeral_1h_input_tokens: oneHour }),
    }
  }
  if (Object.keys(details).length > 0) usage.prompt_tokens_details = details

  const reasoning = sum(parts, (part) => part.output_tokens_details?.thinking_tokens)
  if (reasoning !== undefined) usage.completion_tokens_details = { reasoning_tokens: reasoning }
  if (wire.server_tool_use) usage.server_tool_use = wire.server_tool_use
  return usage
}

/** Merges the final counters of a stream into the first ones. They are cumulative; null means not reported. */
export function mergeUsage(start: WireUsage | undefined, later: WireUsage | null | undefined): WireUsage | undefined {
  if (!later) return start
  const merged: Fields = { ...start }
  for (const [name, value] of Object.entries(later)) if (value !== null && value !== undefined) merged[name] = value
  return merged
}

/** The tier that served the answer, in OpenAI's terms. https://platform.claude.com/docs/en/api/service-tiers */
export function serviceTier(wire: WireUsage | null | undefined): ChatCompletion['service_tier'] | undefined {
  switch (wire?.service_tier) {
    case 'standard':
      return 'default'
    case 'priority':
      return 'priority'
    default:
      return undefined
  }
}

/** Price-relevant facts without a field in OpenAI's usage, unless they have their default value. */
export function usageExtras(wire: WireUsage | null | undefined): Fields | undefined {
  if (!wire) return undefined
  const extras: Fields = {}
  const { inference_geo, speed, service_tier, iterations } = wire
  if (inference_geo && inference_geo !== 'global' && inference_geo !== 'not_available') {
    extras.inference_geo = inference_geo
  }
  if (speed && speed !== 'standard') extras.speed = speed
  if (service_tier && serviceTier(wire) === undefined) extras.service_tier = service_tier
  if (iterations && (iterations.length > 1 || iterations.some(({ type }) => type !== 'message'))) {
    extras.iterations = iterations
  }
  return Object.keys(extras).length > 0 ? { usage: extras } : undefined
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** Returns undefined if no part reports the counter: unknown is not 0. */
function sum(parts: readonly WireUsage[], read: (part: WireUsage) => unknown): number | undefined {
  let total: number | undefined
  for (const part of parts) {
    const count = read(part)
    if (isCount(count)) total = (total ?? 0) + count
  }
  return total
}
