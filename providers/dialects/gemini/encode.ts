import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { encodeStateOf } from '../../shared/encode-state.js'
import { rejectUnsupported } from '../../shared/params.js'
import { partsOf } from './content.js'
import type { Kit } from './kit.js'
import { encodeMessages } from './messages.js'
import { modelFacts } from './models.js'
import { Names } from './names.js'
import { type OwnFields, ownFields } from './own-fields.js'
import { encodeOutput, encodeSampling, encodeServiceTier, refused } from './params.js'
import type { GeminiQuirks } from './quirks.js'
import { remoteURLs } from './remote.js'
import { encodeFormat } from './structured.js'
import { encodeThinking } from './thinking.js'
import { encodeChoice } from './tool-choice.js'
import { encodeTools, type ToolPlan, toolNames } from './tools.js'
import { type Fields, isFields, type Part } from './wire.js'

/** An OpenAI-shaped request as one of generateContent. https://ai.google.dev/api/generate-content */
export function encode(params: ChatParams, context: EncodeContext<GeminiQuirks>): Encoded {
  const { quirks, model } = context
  const report = new Report(context)
  const names = new Names([...toolNames(params), ...calledNames(params)])
  const kit: Kit = { report, quirks, facts: modelFacts(model), names, media: context.media ?? new Map() }

  const { system, turns } = encodeMessages(params.messages, kit)
  const tools = encodeTools(params, kit)
  tools.choice = encodeChoice(params, tools, kit)
  const structured = encodeFormat(params.response_format, tools, kit)
  rejectUnsupported(params, refused, report)
  const own = ownFields(params)
  if (structured.instruction) {
    // models without instructions hear it from the user
    if (kit.facts.system) system.push(structured.instruction)
    else turns.at(-1)?.parts.push(structured.instruction)
  }

  const { systemInstruction: given, ...root } = own.root
  const config: Fields = {
    ...encodeSampling(params),
    ...encodeOutput(params, kit),
    ...structured.config,
    ...thinkingField(encodeThinking(params, kit)),
    ...own.config,
  }
  const tier = encodeServiceTier(params.service_tier, kit)
  const body: Fields = {
    ...systemField([...givenParts(given, kit), ...system]),
    contents: turns,
    ...toolFields(tools, own, kit),
    ...(Object.keys(config).length > 0 && { generationConfig: config }),
    ...(tier !== undefined && { serviceTier: tier }),
    ...root,
  }
  warnOfMarks(params, kit)
  report.throwUnsupported()

  const memo = encodeStateOf(names.originals(), structured.json)
  return {
    body,
    ...(report.warnings.length > 0 && { warnings: report.warnings }),
    ...(memo && { encodeState: memo }),
  }
}

/** The URLs whose bytes the request needs. */
export function remoteMedia(params: ChatParams, { model, quirks }: EncodeContext<GeminiQuirks>): readonly string[] {
  return remoteURLs(params.messages, { facts: modelFacts(model), quirks })
}

/** Names of the whole request are known before the first is translated, so that aliases can't clash. */
function calledNames({ messages }: ChatParams): string[] {
  const names: string[] = []
  for (const message of Array.isArray(messages) ? messages : []) {
    if (message?.role !== 'assistant') continue
    for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) {
      names.push(String(call?.type === 'custom' ? call.custom?.name : call?.function?.name))
    }
    if (message.function_call) names.push(String(message.function_call.name))
  }
  return names
}

const thinkingField = (thinking: Fields | undefined): Fields =>
  thinking && Object.keys(thinking).length > 0 ? { thinkingConfig: thinking } : {}

const systemField = (parts: readonly Part[]): Fields => (parts.length > 0 ? { systemInstruction: { parts } } : {})

/** `system_instruction`: text, parts, or a content with parts. */
function givenParts(given: unknown, kit: Kit): Part[] {
  const parts = isFields(given) && 'parts' in given ? given.parts : given
  return partsOf(isFields(parts) ? [parts] : parts, 'system_instruction', kit)
}

function toolFields({ functions, servers, choice }: ToolPlan, own: OwnFields, kit: Kit): Fields {
  const tools = [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...servers]
  // without it the API refuses functions beside its own tools
  const mixed = functions.length > 0 && servers.length > 0 && kit.facts.mixedTools
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

/** Cache marks on messages and parts are Anthropic's: nobody is told of each of them. */
function warnOfMarks({ messages, tools, cache_control }: ChatParams, kit: Kit): void {
  if (cache_control) return
  const marked = (value: unknown): boolean => isFields(value) && !!value.cache_control
  const found =
    (tools ?? []).some(marked) ||
    messages.some((message) => marked(message) || (Array.isArray(message.content) && message.content.some(marked)))
  if (found) kit.report.dropped('cache_control', 'Gemini caches prompts by itself; name a cache with cached_content.')
}
