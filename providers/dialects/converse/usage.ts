import type { ChatCompletion, Usage } from '../../../src/types/chat.js'
import { withField } from '../../fields.js'
import { type Fields, isFields, type WireEnd, type WireUsage } from './wire.js'

/**
 * Converse counts cache reads and writes separately from `inputTokens`, as its `totalTokens` shows; `prompt_tokens` includes them.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
 */
export function decodeUsage(wire: WireUsage | null | undefined): Usage | undefined {
  if (!wire || (!isCount(wire.inputTokens) && !isCount(wire.outputTokens))) return undefined
  const { cacheReadInputTokens: read, cacheWriteInputTokens: write } = wire
  const prompt = count(wire.inputTokens) + count(read) + count(write)
  const completion = count(wire.outputTokens)
  const usage: Usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }

  const lifetimes = lifetimesOf(wire)
  if (isCount(read) || isCount(write) || lifetimes) {
    const details: NonNullable<Usage['prompt_tokens_details']> = {}
    if (isCount(read)) details.cached_tokens = read
    if (isCount(write)) details.cache_creation_tokens = write
    if (lifetimes) details.cache_creation_token_details = lifetimes
    usage.prompt_tokens_details = details
  }
  const { serverToolUsage } = wire
  if (isFields(serverToolUsage) && Object.keys(serverToolUsage).length > 0) usage.server_tool_use = serverToolUsage
  return usage
}

function lifetimesOf(wire: WireUsage) {
  if (wire.cacheDetails === undefined) return undefined
  const fiveMinutes = writtenTokens(wire, '5m')
  const oneHour = writtenTokens(wire, '1h')
  if (fiveMinutes === undefined && oneHour === undefined) return undefined
  return {
    ...(fiveMinutes !== undefined && { ephemeral_5m_input_tokens: fiveMinutes }),
    ...(oneHour !== undefined && { ephemeral_1h_input_tokens: oneHour }),
  }
}

function writtenTokens({ cacheDetails }: WireUsage, ttl: string): number | undefined {
  const found = Array.isArray(cacheDetails) ? cacheDetails.filter((detail) => detail?.ttl === ttl) : []
  return found.length > 0 ? found.reduce((sum, { inputTokens }) => sum + count(inputTokens), 0) : undefined
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const count = (value: unknown): number => (isCount(value) ? value : 0)

/** The tier that served the answer. https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html */
export function serviceTier({ serviceTier: tier }: WireEnd): ChatCompletion['service_tier'] | undefined {
  const type = tier?.type
  return type === 'default' || type === 'flex' || type === 'priority' ? type : undefined
}

/** Fields that are read elsewhere; `p` is padding, which hides the length of the text. Unknown fields are preserved. */
const known: ReadonlySet<string> = new Set([
  ...['output', 'usage', 'metrics', 'stopReason', 'trace', 'performanceConfig', 'additionalModelResponseFields'],
  ...['serviceTier', 'p'],
])

/** Counters that are read elsewhere; recorded answers repeat the cache counts under older names. */
const counters: ReadonlySet<string> = new Set([
  ...['inputTokens', 'outputTokens', 'totalTokens', 'cacheReadInputTokens', 'cacheWriteInputTokens'],
  ...['cacheReadInputTokenCount', 'cacheWriteInputTokenCount', 'cacheDetails', 'serverToolUsage'],
])

/** Fields without a place in OpenAI's shape: traces of guardrails, performance settings and unknown ones. */
export function answerExtras(wire: WireEnd): Record<string, unknown> | undefined {
  const { trace, performanceConfig, additionalModelResponseFields, serviceTier: tier } = wire
  const extras: Record<string, unknown> = { ...unknownIn(wire as Fields, known) }
  if (trace !== undefined && trace !== null) extras.trace = trace
  const usage = isFields(wire.usage) ? unknownIn(wire.usage, counters) : undefined
  if (usage) extras.usage = usage
  if (performanceConfig) extras.performanceConfig = performanceConfig
  if (additionalModelResponseFields) extras.additionalModelResponseFields = additionalModelResponseFields
  if (tier && serviceTier(wire) === undefined) extras.serviceTier = tier
  for (const _ in extras) return extras
  return undefined
}

/** The other fields, unless they are null; undefined without any. */
function unknownIn(fields: Fields, read: ReadonlySet<string>): Fields | undefined {
  let unknown: Fields | undefined
  for (const name in fields) {
    if (!read.has(name) && fields[name] !== null) unknown = withField(unknown, name, fields[name])
  }
  return unknown
}
