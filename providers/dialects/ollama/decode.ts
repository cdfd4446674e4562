import type { AnswerMessage, ChatCompletion, FinishReason, Logprobs, TokenLogprob } from '../../../src/types/chat.js'
import type { FunctionToolCall } from '../../../src/types/messages.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { answerExtras, usageOf } from './usage.js'
import { extrasOf, type Fields, isFields, textIn } from './wire.js'

/** Decodes an answer of Ollama's API into a chat completion. https://docs.ollama.com/api/chat */
export function decode(body: unknown, context: DecodeContext): Decoded<ChatCompletion> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (body.error) throw new ProviderFault('its answer was an error', body)
  if (!isFields(body.message)) throw new ProviderFault("its answer has no 'message'")
  const { message: raw } = body
  const calls = callsIn(raw).map((call, index) => toolCall(call, index, context))
  const native = textIn(body, 'done_reason') || undefined
  const message: AnswerMessage = { role: 'assistant', content: textIn(raw, 'content') || null, refusal: null }
  const thinking = textIn(raw, 'thinking')
  if (thinking) message.reasoning_content = thinking
  if (calls.length > 0) message.tool_calls = calls
  const more = messageExtras(raw)
  if (more) message.provider_specific_fields = more
  const answer: Decoded<ChatCompletion> = {
    id: context.fallbackId,
    object: 'chat.completion',
    created: createdOf(body, context),
    model: textIn(body, 'model') || context.model,
    choices: [
      {
        index: 0,
        message,
        finish_reason: finishReason(native, calls.length > 0),
        logprobs: logprobsOf(body.logprobs),
        ...(native !== undefined && { native_finish_reason: native }),
      },
    ],
  }
  const usage = usageOf(body)
  if (usage) answer.usage = usage
  const extras = answerExtras(body)
  if (extras) answer.provider_specific_fields = extras
  return answer
}

/** Converts an RFC 3339 time to Unix seconds. Some answers have a zero time. */
export function createdOf(body: Fields, { created }: DecodeContext): number {
  const seconds = Math.floor(Date.parse(textIn(body, 'created_at') ?? '') / 1000)
  return seconds > 0 ? seconds : created
}

export const callsIn = (message: Fields): Fields[] =>
  Array.isArray(message.tool_calls) ? message.tool_calls.filter(isFields) : []

/** Converts a call to OpenAI's form: arguments as text, and an id, which older servers don't send. */
export function toolCall(call: Fields, index: number, { fallbackId }: DecodeContext): FunctionToolCall {
  const fn = isFields(call.function) ? call.function : {}
  const given = fn.arguments
  return {
    id: textIn(call, 'id') || `call_${fallbackId}_${index}`,
    type: 'function',
    function: {
      name: textIn(fn, 'name') ?? '',
      arguments: typeof given === 'string' ? given.trim() || '{}' : JSON.stringify(given ?? {}),
    },
  }
}

const spoken: ReadonlySet<string> = new Set(['role', 'content', 'thinking', 'tool_calls'])

export const messageExtras = (message: Fields): Fields | undefined => extrasOf(message, spoken)

export function logprobsOf(raw: unknown): Logprobs | null {
  if (!Array.isArray(raw)) return null
  const content = raw.filter(isFields).map((token): TokenLogprob => {
    const top = Array.isArray(token.top_logprobs) ? token.top_logprobs.filter(isFields) : []
    return { ...logprobOf(token), top_logprobs: top.map(logprobOf) }
  })
  return { content, refusal: null }
}

const logprobOf = (token: Fields) => ({
  token: textIn(token, 'token') ?? '',
  bytes: Array.isArray(token.bytes) ? (token.bytes as number[]) : null,
  logprob: typeof token.logprob === 'number' ? token.logprob : 0,
})

/**
 * Ollama reports `stop` for tool calls as well; older servers and interrupted runs report nothing.
 * https://docs.ollama.com/api/chat (done_reason)
 */
export const finishReason = (native: string | undefined, called: boolean): FinishReason =>
  native === 'length' ? 'length' : called ? 'tool_calls' : 'stop'
