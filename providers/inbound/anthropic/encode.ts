import type { AnswerMessage, ChatCompletion, Choice, FinishReason } from '../../../src/types/chat.js'
import type { Annotation, ThinkingBlocks, ToolCall } from '../../../src/types/messages.js'
import type { Decoded } from '../../contract.js'
import type { Fields } from '../../fields.js'
import { objectOf } from '../../shared/calls.js'
import type { InboundContext } from '../contract.js'
import { replayedFields, type Sealed, seal } from '../seal.js'
import { encodeUsage } from './usage.js'
import type { AnswerBlock, MessagesAnswer, MessagesRequest, StopDetails, StopReason, WebCitation } from './wire.js'

/** Encodes a chat answer as a message. https://platform.claude.com/docs/en/api/messages/create (returns) */
export function encodeAnswer(
  answer: Decoded<ChatCompletion>,
  _request: MessagesRequest,
  context: InboundContext,
): MessagesAnswer {
  const choice = answer.choices[0]
  const message: AnswerMessage = choice?.message ?? { role: 'assistant', content: null, refusal: null }
  reportLost(message, context)
  return {
    ...emptyAnswer(context),
    content: blocksOf(message),
    ...(choice && ending(choice, message)),
    usage: encodeUsage(answer.usage, answer.service_tier),
  }
}

/** A message without content, with which a stream starts. */
export const emptyAnswer = ({ id, model }: InboundContext): MessagesAnswer => ({
  id: `msg_${id}`,
  type: 'message',
  role: 'assistant',
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  container: null,
  diagnostics: null,
  usage: encodeUsage(undefined, undefined),
})

/** Warns of the parts of an answer that the API has no blocks for. */
export function reportLost(message: Pick<AnswerMessage, 'audio' | 'images'>, context: InboundContext): void {
  const lost = [message.images?.length && 'images', message.audio && 'audio'].filter(Boolean).join(' and ')
  if (lost === '') return
  context.warn?.({
    type: 'dropped',
    param: 'content',
    message: `Left out: answers of the Messages API hold no ${lost}.`,
  })
}

/** Thinking, text, calls; state of the provider that has no other place comes last. */
function blocksOf(message: AnswerMessage): AnswerBlock[] {
  const fields = message.provider_specific_fields
  const own: unknown = fields?.content_blocks
  // the blocks of Claude's own answer
  if (Array.isArray(own) && own.length > 0) return own as AnswerBlock[]
  const blocks: AnswerBlock[] = thinkingBlocks(message.reasoning_content, message.thinking_blocks)
  const text = message.content || message.refusal
  if (text) blocks.push({ type: 'text', text, citations: citationsOf(message.annotations) })
  for (const call of message.tool_calls ?? []) blocks.push(...callBlocks(call))
  const state = replayedFields(fields)
  if (state) blocks.push(sealedBlock('', { message: state }))
  return blocks
}

const sealedBlock = (thinking: string, state: Sealed): AnswerBlock => ({
  type: 'thinking',
  thinking,
  signature: seal(state),
})

/** Thinking with signatures. Thinking of a provider without any gets a sealed one, because clients return signed thinking only. */
function thinkingBlocks(reasoning: string | undefined, blocks: ThinkingBlocks | undefined): AnswerBlock[] {
  if (!blocks?.length) return reasoning ? [sealedBlock(reasoning, {})] : []
  const signed = blocks.map((block): AnswerBlock => {
    if (block.type === 'redacted_thinking') return { type: 'redacted_thinking', data: block.data }
    return { type: 'thinking', thinking: block.thinking, signature: signatureOf(block) }
  })
  const shown = blocks.some((block) => block.type === 'thinking' && block.thinking !== '')
  return !shown && reasoning ? [sealedBlock(reasoning, {}), ...signed] : signed
}

/** The signature of a thinking block: Anthropic's own, or a sealed one with the fields of another provider's block. */
export function signatureOf({
  type: _,
  thinking: __,
  cache_control: ___,
  ...rest
}: Exclude<ThinkingBlocks[number], { type: 'redacted_thinking' }>): string {
  const { signature, ...foreign } = rest
  const isOwn = Object.keys(foreign).length === 0 && signature !== undefined
  return isOwn ? signature : seal({ block: rest as Fields })
}

/** A call, behind its provider fields if it has some. */
function callBlocks(call: ToolCall): AnswerBlock[] {
  const input = call.type === 'custom' ? { input: call.custom.input } : objectOf(call.function.arguments)
  const name = call.type === 'custom' ? call.custom.name : call.function.name
  const block: AnswerBlock = { type: 'tool_use', id: call.id, name, input, caller: { type: 'direct' } }
  const fields = call.type === 'function' ? call.provider_specific_fields : undefined
  return fields ? [sealedBlock('', { call: fields }), block] : [block]
}

/** Citations of web pages. https://platform.claude.com/docs/en/build-with-claude/citations */
export function citationsOf(annotations: readonly Annotation[] | undefined): WebCitation[] | null {
  if (!annotations?.length) return null
  return annotations.map(({ url_citation: { url, title, content } }) => ({
    type: 'web_search_result_location',
    url,
    title: title || null,
    cited_text: content ?? '',
    encrypted_index: '',
  }))
}

interface Ending {
  stop_reason: StopReason
  stop_sequence: string | null
  stop_details: StopDetails | null
}

const reasons: Readonly<Record<FinishReason, StopReason>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
}

/** Anthropic's own reasons that chat has no word for. */
const finer: ReadonlySet<unknown> = new Set(['stop_sequence', 'pause_turn', 'model_context_window_exceeded'])

/** Why the answer ended. https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
export function ending(
  { finish_reason: reason, native_finish_reason: native }: Pick<Choice, 'finish_reason' | 'native_finish_reason'>,
  { refusal, provider_specific_fields: fields }: Pick<AnswerMessage, 'refusal' | 'provider_specific_fields'>,
): Ending {
  const sequence = typeof fields?.stop_sequence === 'string' ? fields.stop_sequence : null
  const own = reason !== 'tool_calls' && finer.has(native) ? (native as StopReason) : undefined
  const stop_reason = sequence !== null && reason === 'stop' ? 'stop_sequence' : (own ?? reasons[reason])
  return {
    stop_reason,
    stop_sequence: sequence,
    stop_details: stop_reason === 'refusal' ? { type: 'refusal', category: null, explanation: refusal || null } : null,
  }
}
