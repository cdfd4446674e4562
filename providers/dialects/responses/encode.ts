import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { type Fields, isFields } from '../../fields.js'
import { Report } from '../../report.js'
import { withSchema } from '../../shared/format.js'
import { readStop } from '../../shared/params.js'
import { isDefault, isHarmless, refusedBy, withFittedSchema } from '../openai/params.js'
import { reportMark, rulesOf } from '../openai/scope.js'
import { encodeThinking, fitEffort } from '../openai/thinking.js'
import { toolAliases } from '../openai/tools.js'
import { inputOf } from './messages.js'
import type { ResponsesQuirks } from './quirks.js'
import type { EncodeScope, EncodeState } from './scope.js'
import { encodeChoice, encodeTool, searchTool } from './tools.js'

type Context = EncodeContext<ResponsesQuirks>

/** A chat request as a Responses request. https://platform.openai.com/docs/guides/migrate-to-responses */
export function encode(params: ChatParams, context: Context): Encoded {
  const report = new Report(context)
  const scope: EncodeScope = {
    context,
    report,
    rules: rulesOf(context),
    names: context.quirks.strictToolNames ? toolAliases(params) : undefined,
    // a chat is not stored unless the caller asks for it, as in Chat Completions
    stored: params.store === true,
  }
  const body: Fields = { model: context.model, input: inputOf(params.messages, scope), store: scope.stored }
  const given = params as unknown as Fields
  for (const name in given) {
    const value = given[name]
    if (value !== null && value !== undefined) encodeParam(name, value, body, scope)
  }
  encodeReasoning(params, body, scope)
  raiseLimit(body, report)
  if (params.web_search_options) addSearch(params.web_search_options as Fields, body, report)
  if (params.stream) body.stream = true
  if (wantsEncrypted(scope) && !scope.stored) include('reasoning.encrypted_content', body)
  refuse(body, scope)
  const state = encodeStateOf(params, scope)
  report.throwUnsupported()
  return {
    body,
    ...(report.warnings.length > 0 && { warnings: report.warnings }),
    ...(state && { encodeState: state }),
  }
}

function encodeStateOf(params: ChatParams, { names, report }: EncodeScope): EncodeState | undefined {
  const { response_format: format } = params
  const originals = names?.originals()
  const json = isFields(format) && format.type !== 'text'
  const stop = readStop(params.stop, report)?.filter((text) => text !== '')
  if (!stop || stop.length === 0) return originals || json ? { names: originals, json } : undefined
  report.emulated('stop', 'The Responses API has no stop sequences: the answer is cut at the first one.')
  return { names: originals, json, stop }
}

/** One parameter. Those without a case have the same name there, or are the provider's own. */
function encodeParam(name: string, value: unknown, body: Fields, scope: EncodeScope): void {
  const { report, context } = scope
  switch (name) {
    case 'model':
    case 'messages':
    case 'stream':
    case 'store':
    case 'thinking':
    case 'web_search_options':
    case 'stop':
      return
    case 'max_tokens':
    case 'max_completion_tokens':
      body.max_output_tokens = name === 'max_tokens' ? (body.max_output_tokens ?? value) : value
      return
    case 'reasoning_effort':
      // callers of LiteLLM may give an effort and a summary here
      body.reasoning = { ...fields(body.reasoning), ...(isFields(value) ? value : { effort: value }) }
      return
    case 'reasoning':
      body.reasoning = { ...fields(body.reasoning), ...fields(value) }
      return
    case 'verbosity':
      body.text = { ...fields(body.text), verbosity: value }
      return
    case 'response_format':
      body.text = { ...fields(body.text), format: encodeFormat(withSchema(value), report) }
      return
    case 'text':
      body.text = { ...fields(body.text), ...fields(value) }
      return
    case 'tools':
      if (!Array.isArray(value)) throw report.invalid('tools', 'must be an array of tools', value)
      body.tools = value.map((tool, at) => encodeTool(tool, `tools[${at}]`, scope))
      return
    case 'tool_choice':
      body.tool_choice = encodeChoice(value, scope.names)
      return
    case 'logprobs':
      if (value === true) include('message.output_text.logprobs', body)
      return
    case 'include':
      body.include = [...new Set([...listOf(body.include), ...listOf(value)])]
      return
    case 'stream_options': {
      const { include_usage: _, ...rest } = fields(value)
      if (Object.keys(rest).length > 0) body.stream_options = rest
      return
    }
    case 'cache_control':
      reportMark(report)
      return
    default: {
      const advice = Object.hasOwn(chatOnly, name) ? chatOnly[name] : undefined
      const renamed = Object.hasOwn(context.quirks.rename, name) ? context.quirks.rename[name] : undefined
      if (advice === undefined || renamed) body[renamed ?? name] = value
      else if (!isDefault(name, value)) report.unsupported(name, advice)
    }
  }
}

/** Parameters of Chat Completions without a counterpart. */
const chatOnly: Readonly<Record<string, string>> = {
  n: 'the Responses API gives one answer: call it as often as you want answers',
  seed: 'the Responses API has none',
  presence_penalty: 'the Responses API has none',
  frequency_penalty: 'the Responses API has none',
  logit_bias: 'the Responses API has none',
  prediction: 'the Responses API has none',
  top_k: 'the provider does not take it',
  functions: "give them as 'tools'",
  function_call: "give it as 'tool_choice'",
  modalities: 'the Responses API answers with text',
  audio: 'the Responses API answers with text',
  background: 'completion() waits for the answer: use responses()',
}

/** `json_schema` is flat here. https://platform.openai.com/docs/guides/structured-outputs */
function encodeFormat(format: unknown, report: Report): unknown {
  if (!isFields(format) || format.type !== 'json_schema' || !isFields(format.json_schema)) return format
  const { name, schema, description, strict } = withFittedSchema(format, report).json_schema as Fields
  return {
    type: 'json_schema',
    name,
    schema: schema ?? {},
    ...(description != null && { description }),
    ...(strict != null && { strict }),
  }
}

function encodeReasoning({ thinking }: ChatParams, body: Fields, scope: EncodeScope): void {
  const asked: Fields = { reasoning_effort: fields(body.reasoning).effort }
  const { context } = scope
  const chatScope = { ...scope, context: { ...context, quirks: { ...context.quirks, thinking: 'effort' as const } } }
  if (thinking) encodeThinking(thinking, asked, chatScope)
  fitEffort(asked, chatScope, 'responses')
  const { effort: _, ...rest } = fields(body.reasoning)
  const effort = asked.reasoning_effort
  const summary = thinking && 'display' in thinking && thinking.display === 'summarized' ? { summary: 'auto' } : {}
  const reasoning = { ...(effort != null && { effort }), ...summary, ...rest }
  if (Object.keys(reasoning).length > 0) body.reasoning = reasoning
  else delete body.reasoning
}

/** Least value of `max_output_tokens`. https://platform.openai.com/docs/api-reference/responses/create */
const leastOutput = 16

function raiseLimit(body: Fields, report: Report): void {
  const { max_output_tokens: limit } = body
  if (typeof limit !== 'number' || limit >= leastOutput || limit < 1) return
  body.max_output_tokens = leastOutput
  report.changed('max_completion_tokens', `Sent as ${leastOutput}, the least that the Responses API accepts.`)
}

function addSearch(options: Fields, body: Fields, report: Report): void {
  body.tools = [...(Array.isArray(body.tools) ? body.tools : []), searchTool(options)]
  report.changed('web_search_options', "Sent as the tool 'web_search'.")
}

const wantsEncrypted = ({ context, rules }: EncodeScope): boolean =>
  context.quirks.encryptedReasoning === 'always' ||
  (context.quirks.encryptedReasoning === 'reasoning-models' && rules !== undefined && rules.reasoning !== 'never')

function include(item: unknown, body: Fields): void {
  body.include = [...new Set([...listOf(body.include), item])]
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function refuse(body: Fields, { context, rules, report }: EncodeScope): void {
  for (const name of context.quirks.unsupported) {
    if (body[name] === undefined || isDefault(name, body[name])) continue
    report.unsupported(name, 'the model does not take it')
    delete body[name]
  }
  for (const name of refusedBy(rules, fields(body.reasoning).effort)) {
    if (body[name] === undefined) continue
    if (!isHarmless(name, body[name])) report.unsupported(name, 'the model does not take it')
    delete body[name]
  }
}

const fields = (value: unknown): Fields => (isFields(value) ? value : {})
