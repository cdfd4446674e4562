import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { geminiRules, namedModel } from '../../models/index.js'
import { Report } from '../../report.js'
import { encodeStateOf } from '../../shared/encode-state.js'
import { keptSchemas } from '../../shared/kept-json.js'
import { keptTurns } from '../../shared/kept-turns.js'
import { rejectUnsupported } from '../../shared/params.js'
import { collectRemoteURLs, encodeParts } from './content.js'
import { encodeFormat } from './format.js'
import { encodeMessages } from './messages.js'
import {
  encodeOutput,
  encodeSampling,
  encodeServiceTier,
  type ProviderFields,
  providerFields,
  refused,
} from './params.js'
import type { EncodeScope, GeminiQuirks, ToolPlan } from './scope.js'
import { encodeThinking } from './thinking.js'
import { collectNames, encodeTools, Names } from './tools.js'
import { type Fields, isFields, type Part } from './wire.js'

/** Encodes a chat request for generateContent. https://ai.google.dev/api/generate-content */
export function encode(params: ChatParams, context: EncodeContext<GeminiQuirks>): Encoded {
  const { quirks } = context
  const report = new Report(context)
  const names = new Names(collectNames(params))
  const scope: EncodeScope = {
    report,
    quirks,
    facts: geminiRules(namedModel(context)),
    names,
    media: context.media ?? new Map(),
    kept: context.keeps ? keptSchemas(params) : undefined,
  }

  const { system, turns } = encodeMessages(params.messages, scope)
  const tools = encodeTools(params, scope)
  const structured = encodeFormat(params.response_format, tools, scope)
  rejectUnsupported(params, refused, report)
  const own = providerFields(params)
  if (structured.instruction) {
    // models without instructions get them in the user's turn
    if (scope.facts.system) system.push(structured.instruction)
    else turns.at(-1)?.parts.push(structured.instruction)
  }

  const thinking = encodeThinking(params, scope)
  // field by field: spreads in a literal took a quarter of the encoder's time
  const config = encodeSampling(params, scope)
  putAll(config, encodeOutput(params, scope))
  putAll(config, structured.config)
  if (thinking && isFilled(thinking)) config.thinkingConfig = thinking
  putAll(config, own.config)
  const instructions = [...givenInstructions(own.root.systemInstruction, scope), ...system]
  const tier = encodeServiceTier(params.service_tier, scope)
  const body: Fields = {}
  if (instructions.length > 0) body.systemInstruction = { parts: instructions }
  body.contents = context.keeps ? keptTurns(params.messages, turns) : turns
  putAll(body, toolFields(tools, own, scope))
  if (isFilled(config)) body.generationConfig = config
  if (tier !== undefined) body.serviceTier = tier
  for (const name in own.root) if (name !== 'systemInstruction') body[name] = own.root[name]
  warnOfCacheMarks(params, scope)
  report.throwUnsupported()

  const encoded: { -readonly [Field in keyof Encoded]: Encoded[Field] } = { body }
  if (report.warnings.length > 0) encoded.warnings = report.warnings
  const encodeState = encodeStateOf(names.originals(), structured.json)
  if (encodeState) encoded.encodeState = encodeState
  return encoded
}

function putAll(into: Fields, fields: Fields | undefined): void {
  for (const name in fields) into[name] = fields[name]
}

function isFilled(fields: object): boolean {
  for (const _ in fields) return true
  return false
}

/** The URLs that the API can't read, whose content the request needs. */
export function remoteMedia(params: ChatParams, context: EncodeContext<GeminiQuirks>): readonly string[] {
  return collectRemoteURLs(params.messages, { facts: geminiRules(namedModel(context)), quirks: context.quirks })
}

/** `system_instruction`: text, parts, or a content with parts. */
function givenInstructions(given: unknown, scope: EncodeScope): Part[] {
  const parts = isFields(given) && 'parts' in given ? given.parts : given
  return encodeParts(isFields(parts) ? [parts] : parts, 'system_instruction', scope)
}

function toolFields(
  { functions, servers, choice }: ToolPlan,
  own: ProviderFields,
  scope: EncodeScope,
): Fields | undefined {
  if (functions.length === 0 && servers.length === 0 && !choice && !isFilled(own.toolConfig)) return undefined
  const tools = [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...servers]
  // required by the API to combine functions with its own tools
  const mixed = functions.length > 0 && servers.length > 0 && scope.facts.mixedTools
  const config: Fields = {
    ...(choice && { functionCallingConfig: choice }),
    ...(mixed && { includeServerSideToolInvocations: true }),
    ...own.toolConfig,
  }
  return {
    ...(tools.length > 0 && { tools }),
    ...(Object.keys(config).length > 0 && { toolConfig: config }),
  }
}

/** Cache marks are Anthropic's: one warning covers all of them. */
function warnOfCacheMarks({ messages, tools, cache_control }: ChatParams, scope: EncodeScope): void {
  if (cache_control) return
  const marked = (value: unknown): boolean =>
    isFields(value) && (!!value.cache_control || !!value.prompt_cache_breakpoint)
  const found =
    (tools ?? []).some(marked) ||
    messages.some((message) => marked(message) || (Array.isArray(message.content) && message.content.some(marked)))
  if (found) {
    scope.report.dropped(
      'cache_control',
      'Left out: Gemini caches prompts automatically; use cached_content to refer to a cache.',
    )
  }
}
