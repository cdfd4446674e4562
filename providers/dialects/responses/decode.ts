import type { AnswerMessage, ChatCompletion, FinishReason, Logprobs, TokenLogprob } from '../../../src/types/chat.js'
import type { Annotation, CustomToolCall, FunctionToolCall, ImagePart } from '../../../src/types/messages.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { type Fields, fieldsIn, isFields, textIn, withField } from '../../fields.js'
import { isError, originalName, wholeArguments } from '../openai/decode.js'
import type { EncodeState } from './scope.js'
import { cutOutput } from './stop.js'
import { usageOf } from './usage.js'

/** Separates the parts of a reasoning, and the messages of one answer. */
export const gap = '\n\n'

/** https://platform.openai.com/docs/api-reference/responses/object, as a chat answer */
export function decode(body: unknown, context: DecodeContext): Decoded<ChatCompletion> {
  const response = responseIn(body)
  checkEnded(response)
  const state = context.encodeState as EncodeState | undefined
  const listed = fieldsIn(response.output)
  const cut = cutAtStop(listed, state)
  const output = cut ?? listed
  const message = messageOf(output, context)
  const native = nativeReason(response)
  const answer: Decoded<ChatCompletion> = {
    ...headOf(response, context),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message,
        finish_reason: finishOf(cut ? undefined : response, message.tool_calls !== undefined),
        logprobs: logprobsOf(output),
        native_finish_reason: native,
      },
    ],
  }
  const usage = usageOf(response)
  if (usage) answer.usage = usage
  addRest(response, answer)
  return answer
}

/** The body, if it is an answer. @throws {ProviderFault} if it is an error, or of another shape */
export function responseIn(body: unknown): Fields {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (body.status === 'failed' || (body.error && !Array.isArray(body.output))) throw faultOf(body)
  if (!Array.isArray(body.output)) {
    throw new ProviderFault("its answer has no 'output'", isError(body) ? body : undefined)
  }
  return body
}

const isIncomplete = ({ status, incomplete_details: details }: Fields): boolean =>
  status === 'incomplete' || (isFields(details) && !!details.reason)

/** @throws {ProviderFault} if a response has ended without an answer, or not at all */
export function checkEnded(response: Fields): void {
  const { status } = response
  if (status === 'failed') throw faultOf(response)
  const isOpen = (status === 'queued' || status === 'in_progress') && fieldsIn(response.output).length === 0
  if (status === 'cancelled' || isOpen) {
    throw new ProviderFault('its answer was an error', { error: { message: `The response ended as '${status}'.` } })
  }
}

/** The error of a response that failed. */
export function faultOf(response: Fields): ProviderFault {
  const error = isFields(response.error)
    ? response.error
    : { message: textIn(response, 'error') ?? 'The response failed.' }
  return new ProviderFault('its answer was an error', { error })
}

export function headOf(response: Fields, context: DecodeContext): { id: string; created: number; model: string } {
  const { created_at: created } = response
  return {
    id: textIn(response, 'id') || context.fallbackId,
    created: typeof created === 'number' && created > 0 ? Math.floor(created) : context.created,
    model: textIn(response, 'model') || context.model,
  }
}

/** The reason for the end of the answer, in the API's own word. */
export function nativeReason({ status, incomplete_details: details }: Fields): string {
  const reason = isFields(details) ? textIn(details, 'reason') : undefined
  return reason || (typeof status === 'string' && status) || 'completed'
}

/** @param response undefined if the answer was cut at a stop sequence, which is its natural end */
export function finishOf(response: Fields | undefined, calls: boolean): FinishReason {
  if (response && nativeReason(response) === 'content_filter') return 'content_filter'
  // a limit of tokens, messages or calls, whatever its name; a steered answer goes on in another one
  if (response && isIncomplete(response) && nativeReason(response) !== 'steered') return 'length'
  return calls ? 'tool_calls' : 'stop'
}

/** Copies the fields of an answer beside its output, except those that repeat the request. */
export function addRest(
  response: Fields,
  into: Pick<ChatCompletion, 'service_tier' | 'provider_specific_fields'>,
): void {
  const { service_tier: tier } = response
  if (typeof tier === 'string' && tier) into.service_tier = tier as NonNullable<ChatCompletion['service_tier']>
  for (const [name, value] of Object.entries(response)) {
    if (value === null || value === undefined || repeated.has(name)) continue
    into.provider_specific_fields = withField(into.provider_specific_fields, name, value)
  }
}

/** Fields that are read elsewhere, and fields that repeat the request. */
const repeated: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created_at',
  'completed_at',
  'status',
  'error',
  'incomplete_details',
  'model',
  'output',
  'output_text',
  'usage',
  'service_tier',
  // of the request
  'background',
  'frequency_penalty',
  'include',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'parallel_tool_calls',
  'presence_penalty',
  'previous_response_id',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'store',
  'stream',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
])

function logprobsOf(output: readonly Fields[]): Logprobs | null {
  const tokens = output.flatMap(({ type, content }) =>
    type === 'message' ? fieldsIn(content).flatMap((part) => tokensIn(part.logprobs)) : [],
  )
  return tokens.length > 0 ? { content: tokens, refusal: null } : null
}

/** Tokens of the text, with the fields that a chat answer requires. */
export function tokensIn(raw: unknown): TokenLogprob[] {
  return fieldsIn(raw).map((token) => ({
    ...(token as unknown as TokenLogprob),
    bytes: bytesOf(token),
    top_logprobs: fieldsIn(token.top_logprobs).map((top) => ({
      ...(top as unknown as TokenLogprob['top_logprobs'][number]),
      bytes: bytesOf(top),
    })),
  }))
}

const bytesOf = ({ bytes }: Fields): number[] | null => (Array.isArray(bytes) ? bytes : null)

/** The parts of a message item. Some hosts send one text in place of a list. */
export const partsOf = ({ content }: Fields): Fields[] =>
  typeof content === 'string' ? [{ type: 'output_text', text: content }] : fieldsIn(content)

/** The text of a part: a message has texts and refusals. */
export const partText = (part: Fields): string =>
  part.type === 'output_text' || part.type === 'text' ? (textIn(part, 'text') ?? '') : ''

/** The text of a message item, without its refusals. */
export const textOf = (item: Fields): string => partsOf(item).map(partText).join('')

/** The arguments of a function call. Some hosts send an object. */
export const callArguments = ({ arguments: given }: Fields): string => wholeArguments(given)

const refusalOf = (item: Fields): string =>
  fieldsIn(item.content)
    .map((part) => (part.type === 'refusal' ? (textIn(part, 'refusal') ?? '') : ''))
    .join('')

/** The reasoning itself, if the host shows it, and its summaries. */
export function reasoningOf(item: Fields): string {
  const summary = fieldsIn(item.summary).map((part) => textIn(part, 'text') ?? '')
  const content = fieldsIn(item.content).map((part) => textIn(part, 'text') ?? '')
  return [...content, ...summary].filter(Boolean).join(gap)
}

/** https://platform.openai.com/docs/api-reference/responses/object (output) */
function messageOf(output: readonly Fields[], { provider, encodeState: raw }: DecodeContext): AnswerMessage {
  const state = raw as EncodeState | undefined
  const message: AnswerMessage = { role: 'assistant', content: null, refusal: null }
  const reasoning: string[] = []
  const calls: (FunctionToolCall | CustomToolCall)[] = []
  for (const item of output) {
    switch (item.type) {
      case 'message':
        if (!isPreamble(item, output, state)) addMessage(item, message)
        break
      case 'reasoning':
        reasoning.push(reasoningOf(item))
        break
      case 'function_call':
      case 'custom_tool_call':
        calls.push(callOf(item, state))
        break
      case 'image_generation_call': {
        const image = imageOf(item)
        if (image) message.images = [...(message.images ?? []), image]
      }
    }
  }
  const thought = reasoning.filter(Boolean).join(gap)
  if (thought) message.reasoning_content = thought
  if (calls.length > 0) message.tool_calls = calls
  const items = replayItems(output, provider)
  if (items) message.provider_specific_fields = { ...message.provider_specific_fields, ...items }
  return message
}

/** The output up to the first stop sequence of the request; undefined if there is none. */
export const cutAtStop = (output: readonly Fields[], state: EncodeState | undefined): readonly Fields[] | undefined =>
  state?.stop && cutOutput(output, state.stop, (item) => isPreamble(item, output, state))

/** Whether an item is commentary before an answer in JSON, which it would break. */
const isPreamble = (item: Fields, output: readonly Fields[], state: EncodeState | undefined): boolean =>
  state?.json === true &&
  item.phase === 'commentary' &&
  output.some(({ type, phase }) => type === 'message' && phase !== 'commentary')

function addMessage(item: Fields, message: AnswerMessage): void {
  const text = textOf(item)
  const before = message.content ? message.content + gap : ''
  if (text || message.content === null) {
    const hasText = partsOf(item).some((part) => part.type === 'output_text' || part.type === 'text')
    if (hasText) message.content = before + text
  }
  const refusal = refusalOf(item)
  if (refusal) message.refusal = (message.refusal ?? '') + refusal
  let offset = before.length
  for (const part of fieldsIn(item.content)) {
    for (const note of fieldsIn(part.annotations)) addNote(note, offset, message)
    offset += partText(part).length
  }
}

/** Adds a citation: of a URL in OpenAI's form for chat; of a file among the provider's own fields. */
export function addNote(
  note: Fields,
  offset: number,
  into: { annotations?: Annotation[]; provider_specific_fields?: Fields },
): void {
  const annotation = citationOf(note, offset)
  if (annotation) into.annotations = [...(into.annotations ?? []), annotation]
  else {
    const others = into.provider_specific_fields?.annotations
    const notes = [...(Array.isArray(others) ? others : []), note]
    into.provider_specific_fields = withField(into.provider_specific_fields, 'annotations', notes)
  }
}

function citationOf(note: Fields, offset: number): Annotation | undefined {
  const url = textIn(note, 'url')
  if (note.type !== 'url_citation' || !url) return undefined
  const place = (value: unknown) => (typeof value === 'number' ? value + offset : 0)
  const [start_index, end_index] = [place(note.start_index), place(note.end_index)]
  return { type: 'url_citation', url_citation: { url, title: textIn(note, 'title') || url, start_index, end_index } }
}

function callOf(item: Fields, state: EncodeState | undefined): FunctionToolCall | CustomToolCall {
  const id = callId(item)
  const name = originalName(textIn(item, 'name') ?? '', state?.names)
  if (item.type === 'custom_tool_call')
    return { id, type: 'custom', custom: { name, input: textIn(item, 'input') ?? '' } }
  return { id, type: 'function', function: { name, arguments: callArguments(item) } }
}

export const callId = (item: Fields): string => textIn(item, 'call_id') || textIn(item, 'id') || ''

export function imageOf(item: Fields): ImagePart | undefined {
  const data = textIn(item, 'result')
  if (!data) return undefined
  const format = textIn(item, 'output_format') || 'png'
  return { type: 'image_url', image_url: { url: `data:image/${format};base64,${data}` } }
}

/** The items that go back in a later turn, in the `provider_specific_fields` of the message. */
export interface ReplayItems {
  readonly output_items: readonly Fields[]
  /** The provider of the items; no other can read them. */
  readonly output_items_of: string
}

/**
 * The items unchanged, if the chat message lacks something that the next turn needs: reasoning, whose encrypted form goes back with the
 * items around it, calls of the provider's own tools, and the phases of messages.
 */
export const replayItems = (output: readonly Fields[], provider: string): (ReplayItems & Fields) | undefined =>
  output.some(holdsMore) ? { output_items: output, output_items_of: provider } : undefined

const holdsMore = (item: Fields): boolean => {
  switch (item.type) {
    case 'function_call':
    case 'custom_tool_call':
      return item.namespace !== undefined || item.caller != null || item.async === true
    case 'message':
      return item.phase === 'commentary'
    case 'reasoning':
      return item.encrypted_content != null || isFields(item.content) || !!textIn(item, 'id')
    default:
      return true
  }
}
