import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { makeAliases } from '../../shared/aliases.js'
import { encodeStateOf } from '../../shared/encode-state.js'
import { rejectUnsupported } from '../../shared/params.js'
import { cachePoint } from './content.js'
import { DocumentNames } from './documents.js'
import type { Kit } from './kit.js'
import { encodeMessages } from './messages.js'
import { modelFacts } from './models.js'
import { converseFields, givenFields, modelFields } from './own-fields.js'
import { encodeInference, encodeMetadata, encodeServiceTier, refused } from './params.js'
import { encodeReasoning, type ReasoningPlan } from './reasoning.js'
import { encodeFormat, type Structured } from './structured.js'
import type { ToolPlan } from './tool-plan.js'
import { encodeTools, toolNames } from './tools.js'
import { type Fields, isFields, type Turn } from './wire.js'

/** An OpenAI-shaped request as one of Converse. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function encode(params: ChatParams, context: EncodeContext<unknown>): Encoded {
  const report = new Report(context)
  const kit: Kit = {
    report,
    facts: modelFacts(context.model),
    documents: new DocumentNames(),
    media: context.media ?? new Map(),
    ...makeAliases(params, toolNames(params), 64),
  }
  const { system, turns } = encodeMessages(params.messages, kit)
  const reasoning = encodeReasoning(params, turns, kit)
  const thinksByBudget = reasoning.thinking?.type === 'enabled'
  const tools = encodeTools(params, turns, thinksByBudget, kit)
  const structured = encodeFormat(params.response_format, tools, thinksByBudget, kit)
  for (const text of [tools.instruction, structured.instruction]) if (text !== undefined) system.push({ text })
  if (!kit.facts.system) tellInTurn(system, turns, kit)
  const inference = encodeInference(params, reasoning, kit)
  const taken = rejectUnsupported(params, refused, report, kit.facts.own)
  markPrompt(turns, params, kit)

  const body: Fields = { messages: turns }
  put(body, 'system', system)
  put(body, 'inferenceConfig', { ...inference.config, ...givenFields(params, 'inference_config') })
  putTools(body, tools, params, kit)
  const extra = { ...reasoning.fields, ...inference.fields, ...taken, ...claudeFields(tools, params, kit) }
  put(body, 'additionalModelRequestFields', mergeDeep(extra, modelFields(params)))
  put(body, 'outputConfig', outputConfig(params, reasoning, structured))
  put(body, 'requestMetadata', { ...encodeMetadata(params, kit), ...givenFields(params, 'request_metadata') })
  put(body, 'serviceTier', encodeServiceTier(params.service_tier, kit))
  Object.assign(body, converseFields(params))

  report.throwUnsupported()
  const memo = encodeStateOf(kit.names.originals(), structured.json)
  return { body, ...(report.warnings.length > 0 && { warnings: report.warnings }), ...(memo && { encodeState: memo }) }
}

/** Puts the instructions before the first words of the user. */
function tellInTurn(system: Fields[], turns: readonly Turn[], { report, facts }: Kit): void {
  const [first] = turns
  if (system.length === 0 || !first) return
  first.content = [...system.splice(0), ...first.content]
  report.changed('messages', `${facts.who} takes no instructions apart: they stand before the first user message.`)
}

/** A mark for the prompt as a whole stands at its end. */
function markPrompt(turns: readonly Turn[], { cache_control: mark }: ChatParams, kit: Kit): void {
  const last = turns.at(-1)
  if (mark && last) cachePoint(last.content, mark, 'request', kit)
}

/** Fields of Anthropic's own that Converse hands on to Claude. */
function claudeFields({ claude, betas, single, choice, tools }: ToolPlan, params: ChatParams, kit: Kit): Fields {
  const fields: Fields = {}
  if (claude.length > 0) fields.tools = claude
  const given = (params as unknown as Fields).betas
  const flags = new Set([...betas, ...(Array.isArray(given) ? given.map(String) : [])])
  if (flags.size > 0) fields.anthropic_beta = [...flags]
  // Converse's own toolChoice can't say it, and the two clash
  if (single && kit.facts.claude && (tools.length > 0 || claude.length > 0)) {
    fields.tool_choice = { ...claudeChoice(choice), disable_parallel_tool_use: true }
  }
  return fields
}

function claudeChoice(choice: ToolPlan['choice']): Fields {
  if (choice && 'tool' in choice) return { type: 'tool', name: choice.tool.name }
  return { type: choice && 'any' in choice ? 'any' : 'auto' }
}

function putTools(body: Fields, { tools, choice, single }: ToolPlan, params: ChatParams, { facts }: Kit): void {
  const toolConfig: Fields = {}
  if (tools.length > 0) toolConfig.tools = tools
  if (tools.length > 0 && choice && !(single && facts.claude)) toolConfig.toolChoice = choice
  put(body, 'toolConfig', { ...toolConfig, ...givenFields(params, 'tool_config') })
}

function outputConfig(params: ChatParams, { effort }: ReasoningPlan, { format }: Structured): Fields {
  return {
    ...(format && { textFormat: format }),
    ...(effort !== undefined && { effort }),
    ...givenFields(params, 'output_config'),
  }
}

/** The caller's fields over ours, one level into objects: Nova's `inferenceConfig` may come from both. */
function mergeDeep(ours: Fields, given: Fields): Fields {
  const merged: Fields = { ...ours }
  for (const [name, value] of Object.entries(given)) {
    const old = merged[name]
    merged[name] = isFields(old) && isFields(value) ? { ...old, ...value } : value
  }
  return merged
}

/** Leaves out what is empty. */
function put(body: Fields, name: string, value: unknown): void {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return
  if (isFields(value) && Object.keys(value).length === 0) return
  body[name] = value
}
