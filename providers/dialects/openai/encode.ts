import type { ChatParams, Thinking } from '../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../contract.js'
import { Report } from '../../report.js'
import { isFields } from './kit.js'
import { messagesOf } from './messages.js'
import { reasons, wantsMaxCompletionTokens } from './models.js'
import type { OpenAIQuirks } from './quirks.js'

/** https://platform.openai.com/docs/api-reference/chat/create */
export function encode(params: ChatParams, context: EncodeContext<OpenAIQuirks>): Encoded {
  const { quirks, model } = context
  const report = new Report(context)
  const body: Record<string, unknown> = { ...params, model }
  body.messages = messagesOf(params.messages, { context, report })
  for (const name in body) if (body[name] === null || body[name] === undefined) delete body[name]
  if (params.stream) {
    if (quirks.streamOptions) body.stream_options = { ...params.stream_options, include_usage: true }
    else delete body.stream_options
  } else {
    delete body.stream
    delete body.stream_options
  }
  if (params.tools && !quirks.cacheControl) body.tools = withoutMarks(params.tools)
  if (params.cache_control && !quirks.cacheControl) {
    delete body.cache_control
    report.dropped('cache_control', 'Left out: the provider caches prompts by itself.')
  }
  limitTokens(params, body, context)
  if (params.thinking) think(params.thinking, body, context, report)
  for (const name of quirks.unsupported) {
    if (body[name] === undefined || isNoOp(name, body[name])) {
      delete body[name]
      continue
    }
    delete body[name]
    report.unsupported(name, 'the provider does not take it')
  }
  report.settle()
  return { body, ...(report.warnings.length > 0 && { warnings: report.warnings }) }
}

/** Values that ask for nothing. */
function isNoOp(name: string, value: unknown): boolean {
  switch (name) {
    case 'n':
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
    case 'logit_bias':
    case 'metadata':
      return isFields(value) && Object.keys(value).length === 0
    default:
      return false
  }
}

function withoutMarks(tools: readonly object[]): readonly object[] {
  if (!tools.some((tool) => 'cache_control' in tool || ('function' in tool && hasMark(tool.function)))) return tools
  return tools.map((tool) => {
    const { cache_control: _, ...rest } = tool as Record<string, unknown>
    if (!hasMark(rest.function)) return rest
    const { cache_control: __, ...fn } = rest.function as Record<string, unknown>
    return { ...rest, function: fn }
  })
}

const hasMark = (fn: unknown) => isFields(fn) && 'cache_control' in fn

function limitTokens(
  params: ChatParams,
  body: Record<string, unknown>,
  { quirks, model }: EncodeContext<OpenAIQuirks>,
): void {
  const limit = params.max_completion_tokens ?? params.max_tokens
  if (limit === null || limit === undefined) return
  const name =
    quirks.maxTokens === 'auto'
      ? wantsMaxCompletionTokens(model)
        ? 'max_completion_tokens'
        : undefined
      : quirks.maxTokens === 'as-given'
        ? undefined
        : quirks.maxTokens
  if (name === undefined) return
  delete body.max_tokens
  delete body.max_completion_tokens
  body[name] = limit
}

/** Most tokens of thinking that still count as this effort. The rest is `high`. */
const efforts = [
  [2048, 'low'],
  [8192, 'medium'],
] as const

/** Anthropic's `thinking` as `reasoning_effort`, where the host does not take it as it is. */
function think(
  thinking: Thinking,
  body: Record<string, unknown>,
  { quirks, model }: EncodeContext<OpenAIQuirks>,
  report: Report,
): void {
  if (quirks.thinking === 'pass') return
  delete body.thinking
  if (!reasons(model)) {
    if (thinking.type !== 'disabled') report.unsupported('thinking', 'the model does not reason')
    return
  }
  if (body.reasoning_effort !== undefined) return
  if (thinking.type !== 'enabled') {
    report.dropped('thinking', `Left out: '${thinking.type}' has no counterpart; use reasoning_effort.`)
    return
  }
  const effort = efforts.find(([most]) => thinking.budget_tokens <= most)?.[1] ?? 'high'
  body.reasoning_effort = effort
  report.changed('thinking', `Sent as reasoning_effort '${effort}': a budget of tokens can't be set here.`)
}
