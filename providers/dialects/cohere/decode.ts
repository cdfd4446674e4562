import type {
  AnswerMessage,
  ChatCompletion,
  Choice,
  FinishReason,
  Logprobs,
  TokenLogprob,
} from '../../../src/types/chat.js'
import type { Annotation, FunctionToolCall } from '../../../src/types/messages.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { withField } from '../../fields.js'
import { agreeWithCalls } from '../../shared/finish-reason.js'
import { originalName } from './scope.js'
import { usageExtras, usageOf } from './usage.js'
import { countIn, extrasOf, type Fields, isFields, isPart, type Part, textIn } from './wire.js'

const answerFields: ReadonlySet<string> = new Set(['id', 'model', 'message', 'finish_reason', 'usage', 'logprobs'])

/** Decodes an answer of Cohere's v2 chat into a chat completion. https://docs.cohere.com/reference/chat */
export function decode(body: unknown, context: DecodeContext): Decoded<ChatCompletion> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { message } = body
  if (!isFields(message)) {
    const isError = typeof message === 'string' || body.error !== undefined
    throw new ProviderFault("its answer has no 'message'", isError ? body : undefined)
  }
  const native = textIn(body, 'finish_reason')
  if (native === 'ERROR') throw new ProviderFault('its answer was an error', errorBody(body))
  const decoded = messageOf(message, context)
  const calls = decoded.tool_calls?.length ?? 0
  const choice: Choice = {
    index: 0,
    message: decoded,
    finish_reason: agreeWithCalls(finishReason(native ?? ''), calls > 0),
    logprobs: logprobsOf(body.logprobs),
  }
  if (native !== undefined) choice.native_finish_reason = native
  const answer: Decoded<ChatCompletion> = {
    id: textIn(body, 'id') || context.fallbackId,
    object: 'chat.completion',
    created: context.created,
    model: textIn(body, 'model') || context.model,
    choices: [choice],
  }
  const usage = usageOf(body.usage)
  if (usage) answer.usage = usage
  const rest = extrasOf(body, answerFields)
  const counted = usageExtras(body.usage)
  if (rest) answer.provider_specific_fields = counted ? { ...rest, ...counted } : rest
  else if (counted) answer.provider_specific_fields = counted
  return answer
}

/** The error of a failed generation, without the partial answer. */
export function errorBody(said: Fields): Fields {
  const { error, error_type, id } = said
  const message = typeof error === 'string' && error ? error : 'the generation failed (finish_reason ERROR)'
  return { message, ...(error_type !== undefined && { error_type }), ...(id !== undefined && { id }) }
}

const messageFields: ReadonlySet<string> = new Set(['role', 'content', 'tool_calls', 'citations'])

function messageOf(raw: Fields, context: DecodeContext): AnswerMessage {
  const parts = partsIn(raw.content)
  const message: AnswerMessage = { role: 'assistant', content: textOf(parts) || null, refusal: null }
  const reasoning = reasoningOf(parts, raw)
  if (reasoning) message.reasoning_content = reasoning
  const calls = fieldsOf(raw.tool_calls)
  if (calls.length > 0) message.tool_calls = calls.map((call, index) => toolCall(call, index, context))
  // includes the tool plan, to distinguish it from other reasoning when the message is sent back
  let extras = extrasOf(raw, messageFields)
  if (extras?.tool_plan === '') delete extras.tool_plan
  const citations = fieldsOf(raw.citations)
  if (citations.length > 0) {
    const annotations = citations.flatMap((citation) => annotationsOf(citation, offsetOf(citation, parts)))
    if (annotations.length > 0) message.annotations = annotations
    extras = withField(extras, 'citations', citations)
  }
  const others = parts.filter(({ type }) => type !== 'text' && type !== 'thinking')
  if (others.length > 0) extras = withField(extras, 'content', others)
  for (const _ in extras) {
    message.provider_specific_fields = extras
    break
  }
  return message
}

const none: Fields[] = []
const fieldsOf = (list: unknown): readonly Fields[] => (Array.isArray(list) ? list.filter(isFields) : none)

function reasoningOf(parts: readonly Part[], raw: Fields): string {
  let all = ''
  const add = (text: string | undefined) => {
    if (text) all = all === '' ? text : `${all}\n\n${text}`
  }
  for (const part of parts) if (part.type === 'thinking') add(textIn(part, 'thinking'))
  add(textIn(raw, 'tool_plan'))
  return all
}

const partsIn = (content: unknown): Part[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content.filter(isPart) : []

function textOf(parts: readonly Part[]): string {
  let all = ''
  for (const part of parts) if (part.type === 'text') all += textIn(part, 'text') ?? ''
  return all
}

/** Citation offsets are relative to their block. */
const offsetOf = (citation: Fields, parts: readonly Part[]): number =>
  textOf(parts.slice(0, countIn(citation, 'content_index') ?? 0)).length

export function toolCall(call: Fields, index: number, { fallbackId, encodeState }: DecodeContext): FunctionToolCall {
  const fn = isFields(call.function) ? call.function : {}
  const given = fn.arguments
  return {
    id: textIn(call, 'id') || `call_${fallbackId}_${index}`,
    type: 'function',
    function: {
      name: originalName(textIn(fn, 'name') ?? '', encodeState),
      arguments: typeof given === 'string' ? given.trim() || '{}' : JSON.stringify(given ?? {}),
    },
  }
}

/** Maps the finish reasons of v2 and v1. https://docs.cohere.com/reference/chat (finish_reason) */
const reasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['ERROR_LIMIT', 'length'],
  // the answer is truncated at the time limit
  ['TIMEOUT', 'length'],
  ['TOOL_CALL', 'tool_calls'],
  ['ERROR_TOXIC', 'content_filter'],
])

export const finishReason = (native: string): FinishReason => reasons.get(native) ?? 'stop'

/**
 * Converts the sources of a citation that have a URL into OpenAI's annotations.
 * https://docs.cohere.com/docs/rag-citations
 * @param start offset of the cited block in the message content
 */
export function annotationsOf(citation: Fields, start: number): Annotation[] {
  if (!isOfText(citation)) return []
  const from = (countIn(citation, 'start') ?? 0) + start
  const to = (countIn(citation, 'end') ?? 0) + start
  const sources = Array.isArray(citation.sources) ? citation.sources.filter(isFields) : []
  return sources.flatMap((source): Annotation[] => {
    const record = isFields(source.document)
      ? source.document
      : isFields(source.tool_output)
        ? source.tool_output
        : source
    const url = textIn(record, 'url')
    if (!url || !/^https?:/.test(url)) return []
    const title = textIn(record, 'title') ?? url
    return [{ type: 'url_citation', url_citation: { url, title, start_index: from, end_index: to } }]
  })
}

/** Citations of plans and thinking don't refer to the content. */
const isOfText = ({ type }: Fields): boolean => type === undefined || type === null || type === 'TEXT_CONTENT'

/**
 * Cohere reports log probabilities per piece of text. A piece of several tokens becomes one entry with their joint
 * probability.
 * https://docs.cohere.com/reference/chat (logprobs)
 */
export function logprobsOf(raw: unknown): Logprobs | null {
  const items = Array.isArray(raw) ? raw : isFields(raw) ? [raw] : undefined
  if (!items) return null
  const content = items.filter(isFields).map((item): TokenLogprob => {
    const each = Array.isArray(item.logprobs) ? item.logprobs.filter((value) => typeof value === 'number') : []
    const logprob = each.reduce((sum, value) => sum + value, 0)
    return { token: textIn(item, 'text') ?? '', bytes: null, logprob, top_logprobs: [] }
  })
  return { content, refusal: null }
}
