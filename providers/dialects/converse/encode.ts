import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { namedModel } from '../../models/index.js'
import { Report } from '../../report.js'
import { makeAliases } from '../../shared/aliases.js'
import { encodeStateOf } from '../../shared/encode-state.js'
import { keptSchemas } from '../../shared/kept-json.js'
import { keptTurns } from '../../shared/kept-turns.js'
import { rejectUnsupported } from '../../shared/params.js'
import { aliasProperties, originalProperties } from '../../shared/property-names.js'
import { addCachePoint, DocumentNames } from './content.js'
import { encodeFormat, type Structured } from './format.js'
import { encodeMessages } from './messages.js'
import { modelFacts } from './models.js'
import {
  converseFields,
  encodeInference,
  encodeMetadata,
  encodeServiceTier,
  givenFields,
  modelFields,
  refused,
} from './params.js'
import type { EncodeScope, ToolPlan } from './scope.js'
import { encodeThinking, type ThinkingPlan } from './thinking.js'
import { collectNames, encodeTools } from './tools.js'
import { type Fields, isFields, type Turn } from './wire.js'

/** Encodes a chat request for Converse. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function encode(params: ChatParams, context: EncodeContext<unknown>): Encoded {
  const report = new Report(context)
  const facts = modelFacts(namedModel(context))
  const kept = context.keeps ? keptSchemas(params) : undefined
  const scope: EncodeScope = {
    report,
    facts,
    documents: new DocumentNames(),
    media: context.media ?? new Map(),
    properties: facts.claude ? aliasProperties(params, kept) : undefined,
    kept,
    ...makeAliases(params, collectNames(params), 64),
  }
  const { system, turns } = encodeMessages(params.messages, scope)
  const thinking = encodeThinking(params, turns, scope)
  const tools = encodeTools(params, turns, thinking.thinking?.type === 'enabled', scope)
  const structured = encodeFormat(params.response_format, tools, scope)
  for (const text of [tools.instruction, structured.instruction]) if (text !== undefined) system.push({ text })
  if (!scope.facts.system) moveInstructions(system, turns, scope)
  const inference = encodeInference(params, thinking, scope)
  const taken = rejectUnsupported(params, refused, report, scope.facts.own)
  markPrompt(turns, params, scope)

  const body: Fields = { messages: context.keeps ? keptTurns(params.messages, turns) : turns }
  put(body, 'system', system)
  put(body, 'inferenceConfig', { ...inference.config, ...givenFields(params, 'inference_config') })
  putTools(body, tools, params, scope)
  const extra = { ...thinking.fields, ...inference.fields, ...taken, ...claudeFields(tools, params, scope) }
  put(body, 'additionalModelRequestFields', mergeDeep(extra, modelFields(params)))
  put(body, 'outputConfig', outputConfig(params, thinking, structured))
  put(body, 'requestMetadata', { ...encodeMetadata(params, scope), ...givenFields(params, 'request_metadata') })
  put(body, 'serviceTier', encodeServiceTier(params.service_tier, scope))
  Object.assign(body, converseFields(params))

  report.throwUnsupported()
  const encodeState = encodeStateOf(
    scope.names.originals(),
    structured.json,
    originalProperties(scope.properties, scope.names),
  )
  return { body, ...(report.warnings.length > 0 && { warnings: report.warnings }), ...(encodeState && { encodeState }) }
}

/** Puts the instructions before the text of the first user message. */
function moveInstructions(system: Fields[], turns: readonly Turn[], { report, facts }: EncodeScope): void {
  const [first] = turns
  if (system.length === 0 || !first) return
  first.content = [...system.splice(0), ...first.content]
  report.changed(
    'messages',
    `The instructions were put before the first user message, as ${facts.who} takes none apart.`,
  )
}

/** A cache mark for the entire prompt is put at its end. */
function markPrompt(turns: readonly Turn[], { cache_control: mark }: ChatParams, scope: EncodeScope): void {
  const last = turns.at(-1)
  if (mark && last) addCachePoint(last.content, mark, 'request', scope)
}

/** Anthropic's own fields, which Converse passes on to Claude. */
function claudeFields(
  { claude, betas, single, choice, tools }: ToolPlan,
  params: ChatParams,
  scope: EncodeScope,
): Fields {
  const fields: Fields = {}
  if (claude.length > 0) fields.tools = claude
  const given = (params as unknown as Fields).betas
  const flags = new Set([...betas, ...(Array.isArray(given) ? given.map(String) : [])])
  if (flags.size > 0) fields.anthropic_beta = [...flags]
  // Converse's own toolChoice can't express it, and the two clash
  if (single && scope.facts.claude && (tools.length > 0 || claude.length > 0)) {
    fields.tool_choice = { ...claudeChoice(choice), disable_parallel_tool_use: true }
  }
  return fields
}

function claudeChoice(choice: ToolPlan['choice']): Fields {
  if (choice && 'tool' in choice) return { type: 'tool', name: choice.tool.name }
  return { type: choice && 'any' in choice ? 'any' : 'auto' }
}

function putTools(body: Fields, { tools, choice, single }: ToolPlan, params: ChatParams, { facts }: EncodeScope): void {
  const toolConfig: Fields = {}
  if (tools.length > 0) toolConfig.tools = tools
  if (tools.length > 0 && choice && !(single && facts.claude)) toolConfig.toolChoice = choice
  put(body, 'toolConfig', { ...toolConfig, ...givenFields(params, 'tool_config') })
}

function outputConfig(params: ChatParams, { effort }: ThinkingPlan, { format }: Structured): Fields {
  return {
    ...(format && { textFormat: format }),
    ...(effort !== undefined && { effort }),
    ...givenFields(params, 'output_config'),
  }
}

/** Merges the caller's fields into ours, one level into objects, as both may set Nova's `inferenceConfig`. */
function mergeDeep(ours: Fields, given: Fields): Fields {
  const merged: Fields = { ...ours }
  for (const [name, value] of Object.entries(given)) {
    const old = merged[name]
    merged[name] = isFields(old) && isFields(value) ? { ...old, ...value } : value
  }
  return merged
}

/** Sets a field, unless the value is empty. */
function put(body: Fields, name: string, value: unknown): void {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return
  if (isFields(value) && Object.keys(value).length === 0) return
  body[name] = value
}
