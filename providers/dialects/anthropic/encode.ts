import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { claudeRules, namedModel } from '../../models/index.js'
import { Report } from '../../report.js'
import { makeAliases } from '../../shared/aliases.js'
import { encodeStateOf } from '../../shared/encode-state.js'
import { keptSchemas } from '../../shared/kept-json.js'
import { keptTurns } from '../../shared/kept-turns.js'
import { otherParams, rejectUnsupported } from '../../shared/params.js'
import { aliasProperties, originalProperties } from '../../shared/property-names.js'
import { encodeFormat, type Structured } from './format.js'
import { encodeMessages } from './messages.js'
import {
  encodeMaxTokens,
  encodeMetadata,
  encodeSampling,
  encodeServiceTier,
  encodeStop,
  readParams,
  refused,
} from './params.js'
import type { AnthropicQuirks } from './quirks.js'
import type { EncodeScope, ToolPlan } from './scope.js'
import { encodeThinking, type ThinkingPlan } from './thinking.js'
import { betasOfBody, encodeTools, toolNames } from './tools.js'
import { type Block, type Fields, isFields } from './wire.js'

/** Encodes an OpenAI-shaped request for the Messages API. https://platform.claude.com/docs/en/api/messages/create */
export function encode(params: ChatParams, context: EncodeContext<AnthropicQuirks>): Encoded {
  const { quirks, model } = context
  const report = new Report(context)
  const facts = claudeRules(namedModel(context))
  // a server of the caller's own may still be a proxy of Anthropic's, if the model is a Claude
  const otherModel = !context.ownHost && facts === claudeRules('')
  const kept = context.keeps ? keptSchemas(params) : undefined
  const { names, ids } = makeAliases(params, toolNames(params), 128)
  const scope: EncodeScope = {
    report,
    quirks,
    facts,
    unsignedThinking: otherModel,
    betas: new Set(),
    properties: otherModel ? undefined : aliasProperties(params, kept),
    kept,
    names,
    ids,
  }

  const { system, turns } = encodeMessages(params.messages, scope)
  const plan = encodeThinking(params, turns, scope)
  const thinksByBudget = plan.thinking?.type === 'enabled'
  const tools = encodeTools(params, thinksByBudget, scope)
  const structured = encodeFormat(params.response_format, tools, thinksByBudget, scope)
  if (structured.instruction) system.push(structured.instruction)
  rejectUnsupported(params, refused, report)

  const own = otherParams(params, readParams)
  const { system: given } = own
  if (given) system.unshift(...(Array.isArray(given) ? given : [{ type: 'text', text: String(given) }]))
  // field by field: spreads in a literal took a third of the encoder's time
  const body: Fields = {}
  put(body, 'anthropic_version', quirks.bodyVersion)
  if (quirks.bodyModel !== false) body.model = model
  body.max_tokens = encodeMaxTokens(params, plan.budget, scope)
  body.messages = context.keeps ? keptTurns(params.messages, turns) : turns
  put(body, 'system', systemField(system))
  putAll(body, encodeSampling(params, plan, scope))
  for (const name in own) if (name !== 'system' && name !== '__proto__') body[name] = own[name]
  put(body, 'stop_sequences', encodeStop(params.stop, scope) ?? own.stop_sequences)
  put(body, 'metadata', encodeMetadata(params, scope))
  put(body, 'service_tier', encodeServiceTier(params.service_tier, scope))
  put(body, 'thinking', plan.thinking)
  put(body, 'output_config', outputConfig(params, plan, structured))
  putTools(body, tools, params)
  put(body, 'cache_control', params.cache_control ?? undefined)
  if (params.stream && quirks.bodyStream !== false) body.stream = true

  report.throwUnsupported()
  return finish(body, params, scope, structured)
}

function finish(body: Fields, params: ChatParams, scope: EncodeScope, structured: Structured): Encoded {
  for (const flag of betasOfBody(body)) scope.betas.add(flag)
  const given = (params as unknown as Fields).betas
  if (Array.isArray(given)) for (const flag of given) scope.betas.add(String(flag))
  const flags = [...scope.betas]
  if (flags.length > 0 && scope.quirks.betas === 'body') body.anthropic_beta = flags
  const encodeState = encodeStateOf(
    scope.names.originals(),
    structured.json,
    originalProperties(scope.properties, scope.names),
  )
  const headers = headerParams(params)
  if (flags.length > 0 && scope.quirks.betas !== 'body') headers['anthropic-beta'] = flags.join(',')
  const encoded: { -readonly [Field in keyof Encoded]: Encoded[Field] } = { body }
  for (const _ in headers) {
    encoded.headers = headers
    break
  }
  if (scope.report.warnings.length > 0) encoded.warnings = scope.report.warnings
  if (encodeState) encoded.encodeState = encodeState
  return encoded
}

/** Parameters that the API accepts as headers only. */
function headerParams(params: ChatParams): Record<string, string> {
  const { workspace_id: workspace, user_profile_id: profile } = params as unknown as Fields
  const headers: Record<string, string> = {}
  if (typeof workspace === 'string' && workspace !== '') headers['anthropic-workspace-id'] = workspace
  if (typeof profile === 'string' && profile !== '') headers['anthropic-user-profile-id'] = profile
  return headers
}

/** Plain instructions are sent as a string, which the API treats the same. */
function systemField(blocks: readonly Block[]): string | readonly Block[] | undefined {
  if (blocks.length === 0) return undefined
  const plain = blocks.every((block) => Object.keys(block).length === 2 && block.type === 'text')
  return plain ? blocks.map(({ text }) => text).join('\n\n') : blocks
}

function outputConfig(params: ChatParams, { effort }: ThinkingPlan, { format }: Structured): Fields | undefined {
  const given = (params as unknown as Fields).output_config
  if (effort === undefined && !format && !isFields(given)) return undefined
  const config: Fields = {
    ...(effort !== undefined && { effort }),
    ...(format && { format }),
    ...(isFields(given) && given),
  }
  return Object.keys(config).length > 0 ? config : undefined
}

function putTools(body: Fields, { tools, choice, servers }: ToolPlan, params: ChatParams): void {
  if (tools.length > 0) body.tools = tools
  put(body, 'tool_choice', choice)
  const given = (params as unknown as Fields).mcp_servers
  if (!Array.isArray(given) && servers.length === 0) return
  const all = [...(Array.isArray(given) ? given : []), ...servers]
  if (all.length > 0) body.mcp_servers = all
}

function put(body: Fields, name: string, value: unknown): void {
  if (value !== undefined) body[name] = value
}

function putAll(body: Fields, values: Fields): void {
  for (const name in values) body[name] = values[name]
}
