import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { keptSchemas } from '../../shared/kept-json.js'
import { keptTurns } from '../../shared/kept-turns.js'
import { encodeMessages } from './messages.js'
import { encodeFormat, encodeLimit, fitParams, fitToolChoice } from './params.js'
import type { OpenAIQuirks } from './quirks.js'
import { type EncodeScope, type EncodeState, rulesOf } from './scope.js'
import { encodeThinking, fitEffort } from './thinking.js'
import { encodeToolChoice, encodeTools, serverToolsOf, toolAliases } from './tools.js'

type Body = Record<string, unknown>

/** https://platform.openai.com/docs/api-reference/chat/create */
export function encode(params: ChatParams, context: EncodeContext<OpenAIQuirks>): Encoded {
  const { quirks } = context
  const report = new Report(context)
  const names = quirks.strictToolNames ? toolAliases(params) : undefined
  const kept = context.keeps ? keptSchemas(params) : undefined
  const scope: EncodeScope = { context, report, rules: rulesOf(context), names, kept }
  const body: Body = { model: context.model, messages: encodeMessages(params.messages, scope, params) }
  for (const name in params) {
    const value = (params as unknown as Body)[name]
    if (value !== null && value !== undefined && !written.has(name)) body[name] = value
  }
  if (params.stream) {
    body.stream = true
    if (quirks.streamOptions) body.stream_options = { ...params.stream_options, include_usage: true }
  }
  if (params.tools) body.tools = encodeTools(params.tools, scope)
  if (names && body.tool_choice) body.tool_choice = encodeToolChoice(params.tool_choice, names)
  if (body.cache_control && !quirks.cacheControl) {
    delete body.cache_control
    report.dropped('cache_control', 'Left out: the provider caches prompts by itself.')
  }
  encodeLimit(body, scope)
  encodeFormat(params.response_format, body, scope)
  if (params.thinking) encodeThinking(params.thinking, body, scope)
  fitEffort(body, scope, 'chat')
  fitToolChoice(body, scope)
  fitParams(body, scope)
  leaveOutEmpty(body)
  report.throwUnsupported()
  if (context.keeps) body.messages = keptTurns(params.messages, body.messages as readonly unknown[])
  const state = encodeStateOf(params, scope)
  return {
    body,
    ...(report.warnings.length > 0 && { warnings: report.warnings }),
    ...(state && { encodeState: state }),
  }
}

/** Hosts refuse an empty list of tools, and settings of tools without any. */
function leaveOutEmpty(body: Body): void {
  if (Array.isArray(body.tools) && body.tools.length === 0) delete body.tools
  if (body.tools !== undefined || body.functions !== undefined) return
  delete body.parallel_tool_calls
  if (body.tool_choice === 'auto' || body.tool_choice === 'none') delete body.tool_choice
}

/** Parameters that the encoder writes itself. OpenAI refuses `stream_options` without `stream`. */
const written: ReadonlySet<string> = new Set(['model', 'messages', 'stream', 'stream_options'])

function encodeStateOf(params: ChatParams, { names, context }: EncodeScope): EncodeState | undefined {
  const originals = names?.originals()
  const serverTools = serverToolsOf(params.tools, context.quirks)
  return originals || serverTools ? { names: originals, serverTools } : undefined
}
