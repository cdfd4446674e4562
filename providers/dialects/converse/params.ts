import type { ChatParams } from '../../../src/types/chat.js'
import type { UnsupportedParams } from '../../shared/params.js'
import { refused as claudeRefused, encodeMaxTokens, encodeSampling, encodeStop } from '../anthropic/params.js'
import { asClaude } from './claude.js'
import type { Kit } from './kit.js'
import type { ReasoningPlan } from './reasoning.js'
import type { Fields } from './wire.js'

/**
 * OpenAI's parameters that Converse has nothing for: the same as for Claude's own API, but for who asks. Some models take some of
 * them, see `ModelFacts.own`.
 */
export const refused: UnsupportedParams = {
  ...claudeRefused,
  safety_identifier: { advice: 'use metadata, which stands in the invocation log' },
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html */
export function encodeInference(params: ChatParams, plan: ReasoningPlan, kit: Kit): { config: Fields; fields: Fields } {
  const config: Fields = {}
  const fields: Fields = {}
  const put = (name: string, value: unknown) => {
    if (value !== undefined && value !== null) config[name] = value
  }
  const { claude } = kit.facts
  const { temperature, top_p, top_k } = claude
    ? encodeSampling(params, plan, asClaude(kit))
    : sampling(params, plan, kit)
  put('maxTokens', maxTokens(params, plan, kit))
  put('temperature', temperature)
  put('topP', top_p)
  put('stopSequences', claude ? encodeStop(params.stop, asClaude(kit)) : stopOf(params.stop))
  if (top_k !== undefined && top_k !== null) putTopK(fields, top_k, kit)
  return { config, fields }
}

function sampling(params: ChatParams, { unlimited = false }: ReasoningPlan, kit: Kit): Fields {
  const { temperature, top_p, top_k } = params
  if (unlimited) {
    for (const name of ['temperature', 'top_p', 'top_k'] as const) {
      if (params[name] !== undefined && params[name] !== null)
        kit.report.unsupported(name, 'not with the highest reasoning effort')
    }
    return {}
  }
  if (typeof temperature !== 'number' || temperature <= 1) return { temperature, top_p, top_k }
  kit.report.changed('temperature', `Bedrock's highest is 1: ${temperature} was lowered to it.`)
  return { temperature: 1, top_p, top_k }
}

/** Undefined is the most that the model can. */
function maxTokens(params: ChatParams, { budget, unlimited = false }: ReasoningPlan, kit: Kit): number | undefined {
  const asked = params.max_completion_tokens ?? params.max_tokens
  if (asked === undefined || asked === null) return undefined
  if (unlimited) {
    const param = params.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens'
    kit.report.unsupported(param, 'not with the highest reasoning effort')
    return undefined
  }
  return kit.facts.claude ? encodeMaxTokens(params, budget, asClaude(kit)) : asked
}

function stopOf(stop: ChatParams['stop']): string[] | undefined {
  if (stop === null || stop === undefined) return undefined
  const all = (typeof stop === 'string' ? [stop] : [...stop]).filter((text) => text !== '')
  return all.length > 0 ? all : undefined
}

function putTopK(fields: Fields, value: unknown, kit: Kit): void {
  const [first, second] = kit.facts.topK
  if (first === undefined) kit.report.unsupported('top_k', `${kit.facts.who} has none on Bedrock`)
  else fields[first] = second === undefined ? value : { [second]: value }
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html */
export function encodeServiceTier(tier: string | null | undefined, kit: Kit): Fields | undefined {
  if (!tier || tier === 'auto') return undefined
  if (tier === 'standard_only') return { type: 'default' }
  if (tier === 'scale') {
    kit.report.unsupported('service_tier', 'it has the tiers default, flex, priority and reserved')
    return undefined
  }
  return { type: tier }
}

const loggable = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/

/**
 * `metadata` and `user` stand in the invocation log, which can be filtered by them.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (requestMetadata)
 */
export function encodeMetadata({ metadata, user }: ChatParams, kit: Kit): Fields | undefined {
  const all: Record<string, unknown> = { ...(user !== undefined && user !== null && { user }), ...metadata }
  const logged: Fields = {}
  for (const [name, value] of Object.entries(all)) {
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
    if (typeof text === 'string' && loggable.test(text) && loggable.test(name)) logged[name] = text
    else {
      const param = metadata && name in metadata ? `metadata.${name}` : 'user'
      kit.report.unsupported(param, 'it takes short texts of letters, digits, spaces and _:@$#=/+,.- only')
    }
  }
  return Object.keys(logged).length > 0 ? logged : undefined
}
