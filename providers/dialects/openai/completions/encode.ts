import type { ChatParams } from '../../../../src/types/chat.js'
import type { EncodeContext, Encoded } from '../../../contract.js'
import { type Fields, isFields } from '../../../fields.js'
import { jsonInstruction } from '../../../instruction.js'
import { Report } from '../../../report.js'
import { checkMessage } from '../messages.js'
import type { OpenAIQuirks } from '../quirks.js'

/** https://platform.openai.com/docs/api-reference/completions/create */
export function encode(params: ChatParams, context: EncodeContext<OpenAIQuirks>): Encoded {
  const report = new Report(context)
  const body: Fields = { model: context.model, prompt: writePrompt(params, report) }
  const given = params as unknown as Fields
  for (const name in given) {
    const value = given[name]
    if (value === null || value === undefined || own.has(name)) continue
    const advice = Object.hasOwn(unknown, name) ? unknown[name] : undefined
    if (advice === undefined) body[name] = value
    else if (!asksNothing(name, value)) report.unsupported(name, advice)
  }
  const limit = params.max_completion_tokens ?? params.max_tokens
  if (limit != null) body.max_tokens = limit
  if (params.logprobs) body.logprobs = params.top_logprobs ?? 0
  if (params.stream) {
    body.stream = true
    if (context.quirks.streamOptions) body.stream_options = { ...params.stream_options, include_usage: true }
  }
  report.throwUnsupported()
  return report.warnings.length > 0 ? { body, warnings: report.warnings } : { body }
}

const own: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'logprobs',
  'top_logprobs',
  'response_format',
])

const textOnly = 'text completions support text only: choose a chat model'

const unknown: Readonly<Record<string, string>> = {
  tools: textOnly,
  tool_choice: textOnly,
  parallel_tool_calls: textOnly,
  functions: textOnly,
  function_call: textOnly,
  modalities: textOnly,
  audio: textOnly,
  prediction: textOnly,
  web_search_options: textOnly,
  reasoning_effort: 'the model does not reason',
  thinking: 'the model does not reason',
  verbosity: 'the model does not take it',
  top_k: 'the provider does not take it',
  cache_control: 'the provider does not take it',
}

function asksNothing(name: string, value: unknown): boolean {
  if (name === 'thinking') return isFields(value) && value.type === 'disabled'
  return (name === 'tools' || name === 'functions') && Array.isArray(value) && value.length === 0
}

/**
 * One prompt for all messages: the text of a single message unchanged; instructions in front of it; with answers of the model, the
 * conversation with the names of its speakers.
 */
function writePrompt({ messages, response_format }: ChatParams, report: Report): string {
  for (const [index, message] of messages.entries()) checkMessage(message, index, report)
  const turns = messages.map((message, index) => {
    const where = `messages[${index}]`
    if (message.role === 'tool' || message.role === 'function')
      throw report.invalid(where, `cannot be sent: ${textOnly}`)
    if (message.role === 'assistant' && (message.tool_calls?.length || message.function_call)) {
      throw report.invalid(`${where}.tool_calls`, `cannot be sent: ${textOnly}`)
    }
    return { role: message.role, text: textOf(message.content, where, report) }
  })
  const spoken = turns.some(({ role }) => role === 'assistant')
  if (turns.length > 1) report.emulated('messages', 'The messages were put together into one prompt.')
  const instruction = jsonInstruction(response_format, 'A text completion has no JSON mode', report)
  if (instruction !== undefined) turns.unshift({ role: 'system', text: instruction })
  if (!spoken) return turns.map(({ text }) => text).join('\n\n')
  const lines = turns.map(({ role, text }) => (speakers[role] ? `${speakers[role]}: ${text}` : text))
  return turns.at(-1)?.role === 'assistant' ? lines.join('\n\n') : `${lines.join('\n\n')}\n\n${speakers.assistant}:`
}

const speakers: Readonly<Record<string, string>> = { user: 'User', assistant: 'Assistant' }

function textOf(content: unknown, where: string, report: Report): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part, at) => {
      if (isFields(part) && part.type === 'text' && typeof part.text === 'string') return part.text
      throw report.invalid(`${where}.content[${at}]`, 'must be text for a text completion: choose a chat model')
    })
    .join('\n')
}
