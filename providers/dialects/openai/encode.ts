import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { isFields } from './kit.js'
import { messagesOf } from './messages.js'
import { modelFacts } from './models.js'
import type { OpenAIQuirks } from './quirks.js'
import { fitFormat } from './structured.js'
import { sayThinking } from './thinking.js'

type Body = Record<string, unknown>
type Context = EncodeContext<OpenAIQuirks>

/** https://platform.openai.com/docs/api-reference/chat/create */
export function encode(params: ChatParams, context: Context): Encoded {
  const { quirks } = context
  const report = new Report(context)
  const body: Body = { model: context.model, messages: messagesOf(params.messages, { context, report }) }
  for (const name in params) {
    const value = (params as unknown as Body)[name]
    if (value !== null && value !== undefined && !own.has(name)) body[name] = value
  }
  if (params.stream) {
    body.stream = true
    if (quirks.streamOptions) body.stream_options = { ...params.stream_options, include_usage: true }
  }
  if (params.tools && !quirks.cacheControl) body.tools = withoutMarks(params.tools, report)
  if (body.cache_control && !quirks.cacheControl) {
    delete body.cache_control
    report.dropped('cache_control', 'Left out: the provider caches prompts by itself.')
  }
  nameLimit(body, context)
  fitFormat(params.response_format, body, context, report)
  if (params.thinking) sayThinking(params.thinking, body, context, report)
  refuse(body, context, report)
  for (const name in quirks.rename) {
    if (body[name] === undefined) continue
    body[quirks.rename[name] as string] ??= body[name]
    delete body[name]
  }
  report.throwUnsupported()
  return report.warnings.length > 0 ? { body, warnings: report.warnings } : { body }
}

/** What the encoder writes itself. `stream_options` without `stream` is refused by OpenAI. */
const own: ReadonlySet<string> = new Set(['model', 'messages', 'stream', 'stream_options'])

function nameLimit(body: Body, { quirks, model }: Context): void {
  const limit = body.max_completion_tokens ?? body.max_tokens
  if (limit === undefined) return
  const modern = quirks.openaiModels && modelFacts(model).maxCompletionTokens
  const name = modern ? 'max_completion_tokens' : quirks.maxTokens
  if (name === 'as-given') return
  delete body.max_tokens
  delete body.max_completion_tokens
  body[name] = limit
}

function refuse(body: Body, { quirks, model }: Context, report: Report): void {
  for (const name of quirks.unsupported) {
    if (body[name] === undefined) continue
    if (!asksNothing(name, body[name])) report.unsupported(name, 'the provider does not take it')
    delete body[name]
  }
  if (!quirks.openaiModels) return
  for (const name of modelFacts(model).refused) {
    if (body[name] === undefined || asksNothing(name, body[name])) continue
    report.unsupported(name, 'reasoning models take their own value only')
    delete body[name]
  }
}

/** Whether a value is what the provider does anyway. */
function asksNothing(name: string, value: unknown): boolean {
  switch (name) {
    case 'n':
    case 'temperature':
    case 'top_p':
      return value === 1
    case 'logprobs':
    case 'store':
      return value === false
    case 'presence_penalty':
    case 'frequency_penalty':
    case 'top_logprobs':
      return value === 0
    case 'parallel_tool_calls':
      return value === true
    case 'service_tier':
      return value === 'auto'
    case 'logit_bias':
    case 'metadata':
      return isFields(value) && Object.keys(value).length === 0
    default:
      return false
  }
}

/** The very list where no tool is marked. */
function withoutMarks(tools: readonly unknown[], report: Report): readonly unknown[] {
  if (!Array.isArray(tools)) throw report.invalid('tools', 'it is a list of tools')
  let marked = false
  for (let at = 0; at < tools.length; at++) {
    const tool: unknown = tools[at]
    if (!isFields(tool))
      throw report.invalid(`tools[${at}]`, "a tool is an object such as { type: 'function', function }")
    marked ||= isMarked(tool) || isMarked(tool.function)
  }
  if (!marked) return tools
  return tools.map(({ cache_control: _, ...tool }: Body) => {
    if (!isFields(tool.function) || !isMarked(tool.function)) return tool
    const { cache_control: __, ...fn } = tool.function
    return { ...tool, function: fn }
  })
}

const isMarked = (value: unknown): boolean => isFields(value) && 'cache_control' in value
