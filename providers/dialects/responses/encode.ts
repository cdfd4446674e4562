import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { modelFacts } from '../openai/models.js'
import { sayThinking } from '../openai/thinking.js'
import { type Fields, isFields } from './kit.js'
import { inputOf } from './messages.js'
import type { ResponsesQuirks } from './quirks.js'
import { choiceOf, searchTool, toolOf } from './tools.js'

type Context = EncodeContext<ResponsesQuirks>

/** A chat request as a Responses request. https://platform.openai.com/docs/guides/migrate-to-responses */
export function encode(params: ChatParams, context: Context): Encoded {
  const report = new Report(context)
  // a chat is not kept unless the caller wants it, as in Chat Completions
  const stored = params.store === true
  const body: Fields = {
    model: context.model,
    input: inputOf(params.messages, { context, report, stored }),
    store: stored,
  }
  const given = params as unknown as Fields
  for (const name in given) {
    const value = given[name]
    if (value !== null && value !== undefined) translate(name, value, body, context, report)
  }
  if (params.thinking) sayEffort(params, body, context, report)
  if (params.web_search_options) addSearch(params.web_search_options as Fields, body, report)
  if (params.stream) body.stream = true
  if (asksEncrypted(context) && !stored) include('reasoning.encrypted_content', body)
  refuse(body, context, report)
  report.throwUnsupported()
  return report.warnings.length > 0 ? { body, warnings: report.warnings } : { body }
}

/** One parameter. What is not named here has the same name there, or is the provider's own. */
function translate(name: string, value: unknown, body: Fields, context: Context, report: Report): void {
  switch (name) {
    case 'model':
    case 'messages':
    case 'stream':
    case 'store':
    case 'thinking':
    case 'web_search_options':
      return
    case 'max_tokens':
    case 'max_completion_tokens':
      body.max_output_tokens = name === 'max_tokens' ? (body.max_output_tokens ?? value) : value
      return
    case 'reasoning_effort':
      // LiteLLM's callers give an effort and a summary here
      body.reasoning = { ...fields(body.reasoning), ...(isFields(value) ? value : { effort: value }) }
      return
    case 'reasoning':
      body.reasoning = { ...fields(body.reasoning), ...fields(value) }
      return
    case 'verbosity':
      body.text = { ...fields(body.text), verbosity: value }
      return
    case 'response_format':
      body.text = { ...fields(body.text), format: formatOf(value) }
      return
    case 'text':
      body.text = { ...fields(body.text), ...fields(value) }
      return
    case 'tools':
      if (!Array.isArray(value)) throw report.invalid('tools', 'it is a list of tools')
      body.tools = value.map((tool, at) => toolOf(tool, `tools[${at}]`, report))
      return
    case 'tool_choice':
      body.tool_choice = choiceOf(value)
      return
    case 'logprobs':
      if (value === true) include('message.output_text.logprobs', body)
      return
    case 'include':
      body.include = [
        ...new Set([...(Array.isArray(body.include) ? body.include : []), ...(Array.isArray(value) ? value : [])]),
      ]
      return
    case 'stream_options': {
      const { include_usage: _, ...rest } = fields(value)
      if (Object.keys(rest).length > 0) body.stream_options = rest
      return
    }
    case 'cache_control':
      report.dropped('cache_control', 'Left out: the provider caches prompts by itself.')
      return
    default: {
      const advice = Object.hasOwn(unknown, name) ? unknown[name] : undefined
      if (advice === undefined || context.quirks.rename[name]) body[context.quirks.rename[name] ?? name] = value
      else if (!asksNothing(name, value)) report.unsupported(name, advice)
    }
  }
}

/** What Chat Completions have and the Responses API has not. */
const unknown: Readonly<Record<string, string>> = {
  n: 'the Responses API gives one answer: call it as often as you want answers',
  stop: 'the Responses API has no stop sequences',
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

/** Whether a value is what the API does anyway. */
function asksNothing(name: string, value: unknown): boolean {
  switch (name) {
    case 'n':
      return value === 1
    case 'presence_penalty':
    case 'frequency_penalty':
      return value === 0
    case 'logit_bias':
      return isFields(value) && Object.keys(value).length === 0
    case 'modalities':
      return Array.isArray(value) && value.every((one) => one === 'text')
    case 'functions':
      return Array.isArray(value) && value.length === 0
    case 'background':
      return value === false
    default:
      return false
  }
}

/** `json_schema` stands flat here. https://platform.openai.com/docs/guides/structured-outputs */
function formatOf(format: unknown): unknown {
  if (!isFields(format) || format.type !== 'json_schema' || !isFields(format.json_schema)) return format
  const { name, schema, description, strict } = format.json_schema
  return {
    type: 'json_schema',
    name,
    schema: schema ?? {},
    ...(description != null && { description }),
    ...(strict != null && { strict }),
  }
}

function sayEffort(params: ChatParams, body: Fields, context: Context, report: Report): void {
  const { thinking } = params
  if (!thinking) return
  const said: Fields = { reasoning_effort: fields(body.reasoning).effort }
  sayThinking(thinking, said, { ...context, quirks: { ...context.quirks, thinking: 'effort' } }, report)
  const effort = said.reasoning_effort
  const summary = 'display' in thinking && thinking.display === 'summarized' ? { summary: 'auto' } : {}
  const reasoning = { ...(effort != null && { effort }), ...summary, ...fields(body.reasoning) }
  if (Object.keys(reasoning).length > 0) body.reasoning = reasoning
}

function addSearch(options: Fields, body: Fields, report: Report): void {
  body.tools = [...(Array.isArray(body.tools) ? body.tools : []), searchTool(options)]
  report.changed('web_search_options', "Sent as the tool 'web_search'.")
}

const asksEncrypted = ({ quirks, model }: Context): boolean =>
  quirks.encryptedReasoning === 'always' ||
  (quirks.encryptedReasoning === 'reasoning-models' && (modelFacts(model).reasons || model.startsWith('codex-')))

function include(what: unknown, body: Fields): void {
  body.include = [...new Set([...(Array.isArray(body.include) ? body.include : []), what])]
}

function refuse(body: Fields, { quirks, model }: Context, report: Report): void {
  const refused = [...quirks.unsupported, ...(quirks.openaiModels ? modelFacts(model).refused : [])]
  for (const name of refused) {
    if (body[name] === undefined || body[name] === (name === 'top_logprobs' ? 0 : 1)) continue
    report.unsupported(name, 'the model does not take it')
    delete body[name]
  }
}

const fields = (value: unknown): Fields => (isFields(value) ? value : {})
