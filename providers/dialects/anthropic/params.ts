import type { ChatParams } from '../../../src/types/chat.js'
import {
  isEmpty,
  isFalse,
  isOne,
  isTextOnly,
  isZero,
  readStop,
  type UnsupportedParams,
  usualParams,
} from '../../shared/params.js'
import type { EncodeScope } from './scope.js'
import type { ThinkingPlan } from './thinking.js'
import type { Fields } from './wire.js'

/**
 * OpenAI parameters without an equivalent in the Messages API. https://platform.claude.com/docs/en/api/messages/create
 */
export const refused: UnsupportedParams = {
  n: { advice: 'it returns one answer per call: call it several times', harmless: isOne },
  seed: { advice: 'its sampling has no seed' },
  logprobs: { advice: 'it returns none', harmless: isFalse },
  top_logprobs: { advice: 'it returns none', harmless: isZero },
  logit_bias: { advice: 'it has no such parameter', harmless: isEmpty },
  presence_penalty: { advice: 'it has no such parameter: ask for variety in the prompt', harmless: isZero },
  frequency_penalty: { advice: 'it has no such parameter: ask for variety in the prompt', harmless: isZero },
  prediction: { advice: 'it does not support predicted output' },
  modalities: { advice: 'it answers with text only', harmless: isTextOnly },
  audio: { advice: 'it answers with text only' },
  store: { advice: 'it does not store answers', harmless: isFalse },
  verbosity: { advice: 'ask for the length in the prompt' },
  moderation: { advice: 'it has no moderation of its own: call moderation() first' },
  prompt_cache_options: { advice: 'set cache_control on the content to cache' },
  prompt_cache_key: { advice: 'set cache_control on the content to cache' },
  prompt_cache_retention: { advice: "use cache_control with a ttl of '5m' or '1h'" },
  safety_identifier: { advice: 'use user, which is sent as metadata.user_id' },
}

/** Parameters that the encoder handles itself. All others are native and sent unchanged. */
export const readParams: ReadonlySet<string> = new Set([
  ...Object.keys(refused),
  ...usualParams,
  ...['betas', 'mcp_servers', 'output_config', 'workspace_id', 'user_profile_id'],
])

export function encodeStop(stop: ChatParams['stop'], scope: EncodeScope): string[] | undefined {
  const all = readStop(stop, scope.report)
  if (!all) return undefined
  const good = all.filter((text) => text.trim() !== '')
  if (good.length < all.length) scope.report.unsupported('stop', 'it rejects stop sequences of white space only')
  return good.length > 0 ? good : undefined
}

/** https://platform.claude.com/docs/en/api/service-tiers */
export function encodeServiceTier(tier: string | null | undefined, scope: EncodeScope): string | undefined {
  if (!tier) return undefined
  if (tier === 'auto' || tier === 'standard_only') return tier
  if (tier === 'default') return 'standard_only'
  scope.report.unsupported(
    'service_tier',
    `it has no tier '${tier}': use auto (priority if available) or standard_only`,
  )
  return undefined
}

export function encodeMetadata({ metadata, user }: ChatParams, scope: EncodeScope): Fields | undefined {
  const { user_id = user, ...others } = metadata ?? {}
  if (Object.keys(others).length > 0) scope.report.unsupported('metadata', 'it accepts user_id only')
  return user_id === undefined || user_id === null ? undefined : { user_id }
}

/** The output limit. Thinking counts as output, so a budget that doesn't fit is added on top. */
export function encodeMaxTokens(params: ChatParams, budget: number | undefined, scope: EncodeScope): number {
  const asked = params.max_completion_tokens ?? params.max_tokens
  const most = scope.facts.maxOutput
  const tokens = asked ?? most ?? 4096
  if (budget === undefined || budget < tokens) return tokens
  const raised = most === undefined ? tokens + budget : Math.max(Math.min(tokens + budget, most), tokens)
  const param = params.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens'
  scope.report.changed(
    param,
    `Raised from ${tokens} to ${raised}: the thinking budget of ${budget} tokens counts as output.`,
  )
  return raised
}

/**
 * Encodes temperature, top_p and top_k as far as the model accepts them.
 * https://platform.claude.com/docs/en/about-claude/models/migration-guide (sampling parameters)
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking (feature compatibility)
 */
export function encodeSampling(params: ChatParams, { thinking }: ThinkingPlan, scope: EncodeScope): Fields {
  const { facts, report } = scope
  const sampling: Fields = {}
  let { temperature } = params
  const { top_p, top_k } = params
  if (typeof temperature === 'number' && temperature > 1) {
    report.changed('temperature', `Lowered from ${temperature} to 1, Claude's maximum.`)
    temperature = 1
  }
  const thinks = thinking !== undefined && (thinking.type === 'enabled' || thinking.type === 'adaptive')
  const fixed = facts.sampling === 'fixed'
  const why = fixed ? 'this model takes no sampling parameters' : 'not while the model thinks'
  const has = (value: number | null | undefined): value is number => value !== null && value !== undefined
  // 1 is the default and can be omitted
  if (has(temperature) && (fixed || (thinks && temperature !== 1))) {
    if (temperature !== 1) report.unsupported('temperature', why)
  } else if (has(temperature) && !(facts.sampling === 'one' && temperature === 1 && has(top_p) && top_p !== 1)) {
    sampling.temperature = temperature
  }
  if (has(top_p) && (fixed || (thinks && top_p < 0.95))) {
    if (top_p !== 1 && top_p !== 0.99) report.unsupported('top_p', why)
  } else if (has(top_p)) {
    if (facts.sampling !== 'one' || sampling.temperature === undefined) sampling.top_p = top_p
    else if (top_p !== 1) report.unsupported('top_p', 'this model accepts temperature or top_p, not both')
  }
  if (has(top_k)) {
    if (fixed || thinks) report.unsupported('top_k', why)
    else sampling.top_k = top_k
  }
  return sampling
}
