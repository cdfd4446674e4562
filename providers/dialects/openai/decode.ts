import type { AnswerMessage, ChatCompletion, Choice, Delta, Logprobs } from '../../../src/types/chat.js'
import type { Annotation, CustomToolCall, FunctionToolCall, ThinkingBlock } from '../../../src/types/messages.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { type Fields, fieldsIn, isFields, placeOf, textIn, withField } from '../../fields.js'
import { namedModel } from '../../models/index.js'
import { finishOf, givenReason, throwIfCut } from './finish-reason.js'
import type { OpenAIQuirks } from './quirks.js'
import type { EncodeState } from './scope.js'
import { usageOf } from './usage.js'

type Context = DecodeContext<OpenAIQuirks>

/** https://platform.openai.com/docs/api-reference/chat/object */
export function decode(body: unknown, context: Context): Decoded<ChatCompletion> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { choices } = body
  // OpenRouter and others answer 200 with an error only
  if (!Array.isArray(choices)) throw new ProviderFault("its answer has no 'choices'", isError(body) ? body : undefined)
  if (body.error && choices.length === 0) throw new ProviderFault('its answer was an error', body)
  const raw = choices.filter(isFields)
  if (raw.length === 0) throw new ProviderFault('its answer has no choice')
  if (isFields(body.error) && raw.every(isEmptyChoice)) throw new ProviderFault('its answer was an error', body)
  const answer: Decoded<ChatCompletion> = {
    id: textIn(body, 'id') || context.fallbackId,
    object: 'chat.completion',
    created: createdOf(body, context),
    model: textIn(body, 'model') || context.model,
    choices: raw.map((choice, position) => choiceOf(choice, position, context)),
  }
  // proxies of Kimi put the usage into a choice
  const named = namedModel(context)
  const usage = usageOf(withCost(body), context.quirks, named) ?? usageOf(raw.at(-1)?.usage, context.quirks, named)
  if (usage) answer.usage = usage
  for (const name in body) {
    const value = body[name]
    if (value !== null && value !== undefined) addTop(name, value, answer)
  }
  const message = answer.choices[0]?.message
  if (message && !message.annotations) {
    const citations = citationsOf(body)
    if (citations) message.annotations = citations
  }
  return answer
}

/** A choice that stands for a failure. */
const isEmptyChoice = ({ message, text }: Fields): boolean =>
  !text && (!isFields(message) || !(message.content || message.tool_calls || message.function_call || message.refusal))

/** The usage of a body, with Venice's price, which is beside it: `cost: { usd }`. */
export function withCost({ usage, cost }: Fields): unknown {
  return isFields(usage) && isFields(cost) && typeof cost.usd === 'number' && usage.cost === undefined
    ? { ...usage, cost: cost.usd }
    : usage
}

/** An `error`, or the bare `{ code, message }` and `{ detail }` of some hosts. */
export const isError = (body: Fields): boolean =>
  !!body.error || body.object === 'error' || body.detail !== undefined || typeof body.message === 'string'

export const createdOf = ({ created }: Fields, context: Context): number =>
  typeof created === 'number' && created > 0 ? Math.floor(created) : context.created

/** A field of the answer as a whole. */
function addTop(name: string, value: unknown, into: Decoded<ChatCompletion>): void {
  switch (name) {
    case 'id':
    case 'object':
    case 'created':
    case 'model':
    case 'choices':
    case 'usage':
      return
    case 'service_tier':
      if (typeof value === 'string' && value) into.service_tier = value as NonNullable<ChatCompletion['service_tier']>
      return
    case 'system_fingerprint':
      if (typeof value === 'string' && value) into.system_fingerprint = value
      return
    default:
      if (!isEmptyList(value)) addExtra(into, name, value)
  }
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

function choiceOf(raw: Fields, position: number, context: Context): Choice {
  const index = placeOf(raw.index) ?? position
  // Mistral lists the steps of its own tools before the answer
  const steps = fieldsIn(raw.messages)
  const rawMessage = isFields(raw.message) ? raw.message : (steps.at(-1) ?? textMessage(raw))
  // OpenRouter reports a provider that failed on the way in the choice itself
  if (isFields(raw.error) && !rawMessage?.content) throw new ProviderFault('its answer was an error', raw)
  const given = givenReason(raw)
  // Azure's filter removes the message
  if (!rawMessage && (given === undefined || given === 'stop')) {
    throw new ProviderFault('its answer has a choice without a message')
  }
  const native = textIn(raw, 'native_finish_reason') || given
  throwIfCut(given, rawMessage ?? {})
  const message = messageOf(rawMessage ?? {}, index, context)
  const choice: Choice = {
    index,
    message,
    finish_reason: finishOf(given ?? native, !!message.tool_calls, !!message.function_call),
    logprobs: logprobsOf(raw.logprobs),
  }
  if (native !== undefined) choice.native_finish_reason = native
  for (const name in raw) addChoiceField(name, raw[name], choice)
  return choice
}

/** A choice with its text beside it, as of servers that mix chat with completions. */
export const textMessage = ({ text }: Fields): Fields | undefined =>
  typeof text === 'string' ? { content: text } : undefined

/** Fields outside of OpenAI's choice. */
export function addChoiceField(name: string, value: unknown, choice: { provider_specific_fields?: Fields }): void {
  switch (name) {
    case 'index':
    case 'message':
    case 'delta':
    case 'finish_reason':
    case 'native_finish_reason':
    case 'logprobs':
    case 'usage':
      return
    default:
      if (value !== null && value !== undefined) addExtra(choice, name, value)
  }
}

export function logprobsOf(raw: unknown): Logprobs | null {
  if (!isFields(raw)) return null
  return { ...raw, content: raw.content ?? null, refusal: raw.refusal ?? null } as Logprobs
}

/** Text and reasoning of a `content`, which may be a list of parts (Mistral). */
interface Contents {
  content: string | null
  reasoning: string
  /** Reasoning with a signature. */
  blocks: ThinkingBlock[]
}

/**
 * https://docs.mistral.ai/capabilities/reasoning: `{ type: 'thinking', thinking: [{ type: 'text', text }] }` beside text parts.
 * https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models: `{ type: 'reasoning', summary: [{ type:
 * 'summary_text', text, signature }] }`, of Claude.
 */
export function contentsOf(parts: readonly unknown[]): Contents {
  let content: string | null = null
  let reasoning = ''
  const blocks: ThinkingBlock[] = []
  for (const part of parts) {
    if (typeof part === 'string') content = (content ?? '') + part
    if (!isFields(part)) continue
    if (part.type === 'thinking') reasoning += textsIn(part.thinking)
    else if (part.type === 'reasoning') reasoning += summaryText(part.summary, blocks)
    else if (typeof part.text === 'string') content = (content ?? '') + part.text
  }
  return { content, reasoning, blocks }
}

function summaryText(summary: unknown, blocks: ThinkingBlock[]): string {
  let all = ''
  for (const item of fieldsIn(summary)) {
    const text = textIn(item, 'text') ?? ''
    const signature = textIn(item, 'signature')
    if (signature) blocks.push({ type: 'thinking', thinking: text, signature })
    all += text
  }
  return all
}

function textsIn(parts: unknown): string {
  if (parts === undefined) return ''
  if (typeof parts === 'string') return parts
  return fieldsIn(parts)
    .map((part) => textIn(part, 'text') ?? '')
    .join('')
}

/** The reasoning of a message. Hosts that send both names send one text twice; MiniMax sends it in the details only. */
export const reasoningText = (raw: Fields): string =>
  textIn(raw, 'reasoning_content') || textIn(raw, 'reasoning') || textsIn(raw.reasoning_details)

function messageOf(raw: Fields, choice: number, context: Context): AnswerMessage {
  const given = raw.content
  const parts = Array.isArray(given) ? contentsOf(given) : undefined
  const message: AnswerMessage = {
    role: 'assistant',
    content: parts ? parts.content : typeof given === 'string' ? given : null,
    refusal: textIn(raw, 'refusal') ?? null,
  }
  const reasoning = reasoningText(raw) || parts?.reasoning
  if (reasoning) message.reasoning_content = reasoning
  if (parts && parts.blocks.length > 0) message.thinking_blocks = parts.blocks
  for (const name in raw) {
    const value = raw[name]
    if (value !== null && value !== undefined) addField(name, value, message, choice, context)
  }
  return message
}

function addField(name: string, value: unknown, message: AnswerMessage, choice: number, context: Context): void {
  const state = context.encodeState as EncodeState | undefined
  switch (name) {
    case 'role':
    case 'content':
    case 'refusal':
    case 'name':
    case 'reasoning':
    case 'reasoning_content':
      return
    case 'tool_calls': {
      const all = callsIn(value)
      const own = all.filter((call) => !isServerCall(call, state))
      if (own.length > 0) message.tool_calls = own.map((call, index) => toolCallOf(call, index, choice, context))
      if (own.length < all.length)
        addExtra(
          message,
          'server_tool_calls',
          all.filter((call) => !own.includes(call)),
        )
      return
    }
    case 'function_call':
      // Snowflake sends empty objects for empty fields
      if (!isFields(value) || !(value.name || value.arguments)) return
      message.function_call = {
        name: originalName(textIn(value, 'name') ?? '', state?.names),
        arguments: wholeArguments(value.arguments),
      }
      return
    default:
      addRare(name, value, message)
  }
}

/** Whether the host has run a call itself. */
export const isServerCall = (call: Fields, state: EncodeState | undefined): boolean =>
  state?.serverTools !== undefined && isFields(call.function) && state.serverTools.has(String(call.function.name))

/** Fields that few answers have; the same for messages and deltas. */
export function addRare(name: string, value: unknown, into: AnswerMessage | Delta): void {
  if (name === 'audio' && isFields(value)) {
    if (!hasContent(value)) return
    into.audio = value as NonNullable<AnswerMessage['audio']>
    return
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return
    if (name === 'images') {
      into.images = value as NonNullable<AnswerMessage['images']>
      return
    }
    if (name === 'annotations') {
      const cited = value.filter((note) => isFields(note) && isFields(note.url_citation))
      if (cited.length > 0) into.annotations = cited as Annotation[]
      // OpenRouter's notes on files have no URL to cite
      if (cited.length === value.length) return
      addExtra(into, name, cited.length === 0 ? value : value.filter((note) => !cited.includes(note)))
      return
    }
  }
  addExtra(into, name, value)
}

/** A stream sends the expiry of its audio in a delta of its own; Snowflake adds empty audio to every answer. */
const hasContent = (fields: Fields): boolean => {
  for (const name in fields) if (fields[name]) return true
  return false
}

export function addExtra(into: { provider_specific_fields?: Fields }, name: string, value: unknown): void {
  into.provider_specific_fields = withField(into.provider_specific_fields, name, value)
}

/** Old servers of Hugging Face send a single call without a list around it. */
export const callsIn = (raw: unknown): Fields[] =>
  Array.isArray(raw) ? raw.filter(isFields) : isFields(raw) ? [raw] : []

/** The caller's name of a tool that was sent under an alias. */
export const originalName = (name: string, names: EncodeState['names']): string =>
  names && Object.hasOwn(names, name) ? (names[name] ?? name) : name

function toolCallOf(call: Fields, index: number, choice: number, context: Context): FunctionToolCall | CustomToolCall {
  const state = context.encodeState as EncodeState | undefined
  // the fallback id costs a microsecond: only for hosts that send no id
  const id = idOf(call) || madeId(`${context.fallbackId}_${choice}`, index)
  if (isFields(call.custom) && call.type !== 'function') {
    const { custom } = call
    const name = originalName(textIn(custom, 'name') ?? '', state?.names)
    return { id, type: 'custom', custom: { name, input: textIn(custom, 'input') ?? '' } }
  }
  const fn = functionIn(call)
  const answer: FunctionToolCall = {
    id,
    type: 'function',
    function: {
      name: originalName(textIn(fn, 'name') ?? '', state?.names),
      arguments: wholeArguments(fn.arguments),
    },
  }
  const extras = callExtras(call)
  if (extras) answer.provider_specific_fields = extras
  return answer
}

/** The function of a call. Some servers send its fields beside the id. */
export const functionIn = (call: Fields): Fields =>
  isFields(call.function) ? call.function : typeof call.name === 'string' ? call : {}

/** The host's own fields of a call, which it may want back (Gemini's thought signatures in `extra_content`). */
export function callExtras(call: Fields): Fields | undefined {
  let extras: Fields | undefined
  for (const name in call) {
    if (name === 'id' || name === 'index' || name === 'type' || name === 'function' || name === 'custom') continue
    const value = call[name]
    if (value === null || value === undefined) continue
    if ((name === 'name' || name === 'arguments') && functionIn(call) === call) continue
    extras = withField(extras, name, value)
  }
  return extras
}

/** Some old servers number their calls. */
export const idOf = (call: Fields): string =>
  typeof call.id === 'string' ? call.id : typeof call.id === 'number' ? String(call.id) : ''

export const madeId = (prefix: string, index: number): string => `call_${prefix}_${index}`

/** Some hosts send the arguments as an object. */
export const argumentsOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)

/** The arguments of a complete call, of which some hosts send `null` for none. */
export const wholeArguments = (value: unknown): string => {
  const text = argumentsOf(value)
  return text === '' || text === 'null' ? '{}' : text
}

/**
 * Perplexity lists its sources beside the choices: `search_results: [{ title, url }]`, and formerly `citations: [url]`. The text refers to
 * them as `[1]`, without the range of a citation: they are cited for the answer as a whole.
 * https://docs.perplexity.ai/api-reference/chat-completions-post
 */
export function citationsOf(body: Fields): Annotation[] | undefined {
  const results = Array.isArray(body.search_results) ? body.search_results : undefined
  const links = Array.isArray(body.citations) ? body.citations : undefined
  const sources = results && results.length > 0 ? results : links
  if (!sources) return undefined
  const notes: Annotation[] = []
  for (const source of sources) {
    const url = typeof source === 'string' ? source : isFields(source) ? textIn(source, 'url') : undefined
    if (!url || !/^https?:/.test(url)) continue
    const title = (isFields(source) && textIn(source, 'title')) || url
    notes.push({ type: 'url_citation', url_citation: { url, title, start_index: 0, end_index: 0 } })
  }
  return notes.length > 0 ? notes : undefined
}
