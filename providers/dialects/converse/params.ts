import type { ChatParams } from '../../../src/types/chat.js'
import { otherParams, type UnsupportedParams, usualParams } from '../../shared/params.js'
import { refused as claudeRefused, encodeMaxTokens, encodeSampling, encodeStop } from '../anthropic/params.js'
import type { EncodeScope } from './scope.js'
import { claudeScope, type ThinkingPlan } from './thinking.js'
import { type Fields, isFields } from './wire.js'

/** OpenAI's parameters without an equivalent in Converse. Some models take some of them: see `ModelFacts.own`. */
export const refused: UnsupportedParams = {
  ...claudeRefused,
  safety_identifier: { advice: 'use metadata, which the invocation log records' },
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html */
export function encodeInference(
  params: ChatParams,
  plan: ThinkingPlan,
  scope: EncodeScope,
): { config: Fields; fields: Fields } {
  const config: Fields = {}
  const fields: Fields = {}
  const put = (name: string, value: unknown) => {
    if (value !== undefined && value !== null) config[name] = value
  }
  const { claude } = scope.facts
  const { temperature, top_p, top_k } = claude
    ? encodeSampling(params, plan, claudeScope(scope))
    : limitSampling(params, plan, scope)
  put('maxTokens', limitTokens(params, plan, scope))
  put('temperature', temperature)
  put('topP', top_p)
  put('stopSequences', claude ? encodeStop(params.stop, claudeScope(scope)) : encodeStops(params.stop))
  if (top_k !== undefined && top_k !== null) putTopK(fields, top_k, scope)
  return { config, fields }
}

function limitSampling(params: ChatParams, { unlimited = false }: ThinkingPlan, scope: EncodeScope): Fields {
  const { temperature, top_p, top_k } = params
  if (unlimited) {
    for (const name of ['temperature', 'top_p', 'top_k'] as const) {
      if (params[name] !== undefined && params[name] !== null)
        scope.report.unsupported(name, 'not with the highest reasoning effort')
    }
    return {}
  }
  if (typeof temperature !== 'number' || temperature <= 1) return { temperature, top_p, top_k }
  scope.report.changed('temperature', `${temperature} was lowered to 1, Bedrock's maximum.`)
  return { temperature: 1, top_p, top_k }
}

/** Undefined means the model's maximum. */
function limitTokens(
  params: ChatParams,
  { budget, unlimited = false }: ThinkingPlan,
  scope: EncodeScope,
): number | undefined {
  const asked = params.max_completion_tokens ?? params.max_tokens
  if (asked === undefined || asked === null) return undefined
  if (unlimited) {
    const param = params.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens'
    scope.report.unsupported(param, 'not with the highest reasoning effort')
    return undefined
  }
  return scope.facts.claude ? encodeMaxTokens(params, budget, claudeScope(scope)) : asked
}

function encodeStops(stop: ChatParams['stop']): string[] | undefined {
  if (stop === null || stop === undefined) return undefined
  const all = (typeof stop === 'string' ? [stop] : [...stop]).filter((text) => text !== '')
  return all.length > 0 ? all : undefined
}

function putTopK(fields: Fields, value: unknown, scope: EncodeScope): void {
  const [first, second] = scope.facts.topK
  if (first === undefined) scope.report.unsupported('top_k', `${scope.facts.who} has none on Bedrock`)
  else fields[first] = second === undefined ? value : { [second]: value }
}

const tiers: ReadonlyMap<string, string> = new Map([
  ...['default', 'flex', 'priority', 'reserved'].map((tier) => [tier, tier] as const),
  ['standard', 'default'],
  ['standard_only', 'default'],
  ['fast', 'priority'],
])

/** https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html */
export function encodeServiceTier(tier: string | null | undefined, scope: EncodeScope): Fields | undefined {
  if (!tier || tier === 'auto') return undefined
  const type = tiers.get(tier)
  if (type !== undefined) return { type }
  scope.report.unsupported('service_tier', `must be default, flex, priority or reserved; got '${tier}'`)
  return undefined
}

const loggable = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/

/**
 * `metadata` and `user` for the invocation log, which can be filtered by them.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (requestMetadata)
 */
export function encodeMetadata({ metadata, user }: ChatParams, scope: EncodeScope): Fields | undefined {
  const all: Record<string, unknown> = { ...(user !== undefined && user !== null && { user }), ...metadata }
  const logged: Fields = {}
  for (const [name, value] of Object.entries(all)) {
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
    if (typeof text === 'string' && loggable.test(text) && loggable.test(name)) logged[name] = text
    else {
      const param = metadata && name in metadata ? `metadata.${name}` : 'user'
      scope.report.unsupported(param, 'must be a string of at most 256 letters, digits, spaces and _:@$#=/+,.-')
    }
  }
  return Object.keys(logged).length > 0 ? logged : undefined
}

/** Converse's own fields, by the caller's name. */
const ownFields: Readonly<Record<string, string>> = {
  guardrail_config: 'guardrailConfig',
  performance_config: 'performanceConfig',
  prompt_variables: 'promptVariables',
  additional_model_response_field_paths: 'additionalModelResponseFieldPaths',
}

/** The parameters that the encoder reads. */
const readParams: ReadonlySet<string> = new Set([
  ...Object.keys(refused),
  ...Object.keys(ownFields),
  ...usualParams,
  ...['betas', 'inference_config', 'tool_config', 'output_config', 'request_metadata'],
  'additional_model_request_fields',
])

/** Converse's own fields of a request, in its casing. */
export function converseFields(params: ChatParams): Fields {
  const given = params as unknown as Fields
  const fields: Fields = {}
  for (const [name, wire] of Object.entries(ownFields)) if (given[name] !== undefined) fields[wire] = given[name]
  return fields
}

/** The caller's object under one of these names. */
export function givenFields(params: ChatParams, name: string): Fields {
  const value = (params as unknown as Fields)[name]
  return isFields(value) ? value : {}
}

/** All other fields of a request, which are the model's own. */
export function modelFields(params: ChatParams): Fields {
  return { ...otherParams(params, readParams), ...givenFields(params, 'additional_model_request_fields') }
}
