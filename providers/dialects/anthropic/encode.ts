import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { aliasesOf } from '../../shared/aliases.js'
import { memoOf } from '../../shared/memo.js'
import { otherParams, refuseParams } from '../../shared/params.js'
import { betasOfBody } from './betas.js'
import type { Kit } from './kit.js'
import { encodeMessages } from './messages.js'
import { modelFacts } from './models.js'
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
import { encodeFormat, type Structured } from './structured.js'
import { encodeThinking, type ThinkingPlan } from './thinking.js'
import { encodeTools, type ToolPlan, toolNames } from './tools.js'
import { type Block, type Fields, isFields } from './wire.js'

/** An OpenAI-shaped request as one of the Messages API. https://platform.claude.com/docs/en/api/messages/create */
export function encode(params: ChatParams, context: EncodeContext<AnthropicQuirks>): Encoded {
  const { quirks, model } = context
  const report = new Report(context)
  const kit: Kit = {
    report,
    quirks,
    facts: modelFacts(model),
    betas: new Set(),
    ...aliasesOf(params, toolNames(params), 128),
  }

  const { system, turns } = encodeMessages(params.messages, kit)
  const plan = encodeThinking(params, turns, kit)
  const thinksByBudget = plan.thinking?.type === 'enabled'
  const tools = encodeTools(params, thinksByBudget, kit)
  const structured = encodeFormat(params.response_format, tools, thinksByBudget, kit)
  if (structured.instruction) system.push(structured.instruction)
  refuseParams(params, refused, report)

  const { system: given, ...own } = otherParams(params, readParams)
  if (given) system.unshift(...(Array.isArray(given) ? given : [{ type: 'text', text: String(given) }]))
  const body: Fields = {
    ...(quirks.bodyVersion !== undefined && { anthropic_version: quirks.bodyVersion }),
    ...(quirks.bodyModel !== false && { model }),
    max_tokens: encodeMaxTokens(params, plan.budget, kit),
    messages: turns,
    ...systemField(system),
    ...encodeSampling(params, plan, kit),
    ...own,
  }
  put(body, 'stop_sequences', encodeStop(params.stop, kit) ?? own.stop_sequences)
  put(body, 'metadata', encodeMetadata(params, kit))
  put(body, 'service_tier', encodeServiceTier(params.service_tier, kit))
  put(body, 'thinking', plan.thinking)
  put(body, 'output_config', outputConfig(params, plan, structured))
  putTools(body, tools, params)
  put(body, 'cache_control', params.cache_control ?? undefined)
  if (params.stream && quirks.bodyStream !== false) body.stream = true

  report.settle()
  return finish(body, params, kit, structured)
}

function finish(body: Fields, params: ChatParams, kit: Kit, structured: Structured): Encoded {
  for (const flag of betasOfBody(body)) kit.betas.add(flag)
  const given = (params as unknown as Fields).betas
  if (Array.isArray(given)) for (const flag of given) kit.betas.add(String(flag))
  const flags = [...kit.betas]
  if (flags.length > 0 && kit.quirks.betas === 'body') body.anthropic_beta = flags
  const memo = memoOf(kit.names.originals(), structured.json)
  return {
    body,
    ...(flags.length > 0 && kit.quirks.betas !== 'body' && { headers: { 'anthropic-beta': flags.join(',') } }),
    ...(kit.report.warnings.length > 0 && { warnings: kit.report.warnings }),
    ...(memo && { memo }),
  }
}

/** Plain instructions are sent as text, which is the same to the API. */
function systemField(blocks: readonly Block[]): Fields {
  const [only] = blocks
  if (!only) return {}
  const plain = blocks.every((block) => Object.keys(block).length === 2 && block.type === 'text')
  if (plain) return { system: blocks.map(({ text }) => text).join('\n\n') }
  return { system: blocks }
}

function outputConfig(params: ChatParams, { effort }: ThinkingPlan, { format }: Structured): Fields | undefined {
  const given = (params as unknown as Fields).output_config
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
  const all = [...(Array.isArray(given) ? given : []), ...servers]
  if (all.length > 0) body.mcp_servers = all
}

function put(body: Fields, name: string, value: unknown): void {
  if (value !== undefined) body[name] = value
}
