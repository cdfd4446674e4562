import type { ChatCompletion, FinishReason } from '../../../src/types/chat.js'
import type { Annotation } from '../../../src/types/messages.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { AnswerBuilder, type Citations } from '../../shared/answer-builder.js'
import { answerText, type EncodeState, type JSONTool, originalName } from '../../shared/encode-state.js'
import { decodeImage } from './content.js'
import { decodeThinking } from './thinking.js'
import { answerExtras, decodeUsage, serviceTier } from './usage.js'
import { type Block, contentText, type Fields, inner, isClientCall, isFields, textIn, type WireAnswer } from './wire.js'

/** Decodes an answer of Converse, which has no id, time or model of its own. */
export function decode(body: unknown, context: DecodeContext<unknown>): Decoded<ChatCompletion> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const wire = body as WireAnswer
  const content = wire.output?.message?.content
  if (!Array.isArray(content)) {
    const isError = wire.output === undefined && (typeof body.message === 'string' || body.__type !== undefined)
    throw new ProviderFault(
      isError ? 'its answer was an error' : "its answer has no 'output.message.content'",
      isError ? body : undefined,
    )
  }
  const blocks = content.filter(isFields)
  const encodeState = context.encodeState as EncodeState | undefined
  const native = typeof wire.stopReason === 'string' ? wire.stopReason : undefined
  const parts = new AnswerBuilder(encodeState)
  for (const block of blocks) addBlock(parts, block)
  const message = parts.message(null, messageExtras(blocks, encodeState))
  const calls = parts.calls.length > 0
  checkFailure(native, !message.content && !calls && parts.images.length === 0, body)

  const answer: Decoded<ChatCompletion> = {
    id: context.fallbackId,
    object: 'chat.completion',
    created: context.created,
    model: context.model,
    choices: [parts.choice(message, native, (reason) => decodeFinishReason(reason, calls))],
  }
  const usage = decodeUsage(wire.usage)
  if (usage) answer.usage = usage
  const tier = serviceTier(wire)
  if (tier) answer.service_tier = tier
  const extras = answerExtras(wire)
  if (extras) answer.provider_specific_fields = extras
  return answer
}

function addBlock(parts: AnswerBuilder, block: Block): void {
  const reasoning = inner(block, 'reasoningContent')
  if (reasoning) {
    parts.addReasoning(textIn(inner(reasoning, 'reasoningText') ?? {}, 'text'))
    const thinking = decodeThinking(reasoning)
    if (thinking) parts.thinking.push(thinking)
    return
  }
  if (isClientCall(block)) {
    const use = inner(block, 'toolUse') ?? {}
    const id = textIn(use, 'toolUseId') || `call_${parts.calls.length}`
    return parts.addCall(id, textIn(use, 'name') ?? '', use.input)
  }
  const image = decodeImage(block)
  if (image) parts.images.push(image)
  else parts.addText(contentText(block), (start, length) => decodeCitations(block, start, length))
}

/** OpenAI's finish reason for Converse's. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (stopReason) */
const finishReasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
])

/** Agrees with the message, as models end calls with `end_turn` and text with `tool_use`. */
export function decodeFinishReason(native: string, calls: boolean): FinishReason {
  const reason = finishReasons.get(native) ?? 'stop'
  if (reason !== 'stop' && reason !== 'tool_calls') return reason
  return calls ? 'tool_calls' : 'stop'
}

/** The model failed to write its answer. Without any content, the answer is an error that a retry may avoid. */
export function checkFailure(native: string | undefined, empty: boolean, body: unknown): void {
  if (!empty || (native !== 'malformed_tool_use' && native !== 'malformed_model_output')) return
  throw new ProviderFault(`its answer is none: it ended with ${native}`, body)
}

/**
 * The citations of a block. Citations of web pages become annotations of the text that they support, or of the position of a block
 * without text. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Citation.html
 */
export function decodeCitations(block: Block, start: number, length: number): Citations | undefined {
  const list = inner(block, 'citationsContent')?.citations
  if (!Array.isArray(list) || list.length === 0) return undefined
  const citations = list.filter(isFields)
  const annotations = citations.flatMap((citation): Annotation[] => {
    const web = inner(inner(citation, 'location') ?? {}, 'web')
    const url = web && textIn(web, 'url')
    if (!web || url === undefined) return []
    const title = textIn(citation, 'title') ?? textIn(web, 'domain') ?? url
    return [{ type: 'url_citation', url_citation: { url, title, start_index: start, end_index: start + length } }]
  })
  return { annotations, citations }
}

/**
 * Fields for `provider_specific_fields`: the blocks that OpenAI's message can't express, so that the next turn can send them back.
 * Undefined if there are none.
 */
export function messageExtras(blocks: readonly Block[], encodeState: EncodeState | undefined): Fields | undefined {
  const extras: Fields = {}
  const visible = encodeState?.json ? removePreamble(blocks, encodeState.json, extras) : blocks
  if (!fitsMessage(visible)) extras.converse_content = visible.map((block) => restoreNames(block, encodeState))
  return Object.keys(extras).length > 0 ? extras : undefined
}

/** Text around the call that is the answer would break the JSON: it is stored as `preamble`. */
function removePreamble(blocks: readonly Block[], json: JSONTool, extras: Fields): readonly Block[] {
  if (!blocks.some((block) => inner(block, 'toolUse')?.name === json.name)) return blocks
  const text = blocks.map(contentText).join('')
  if (text.trim() !== '') extras.preamble = text
  return blocks.filter((block) => contentText(block) === '' && !('text' in block))
}

/** Whether `thinking_blocks`, `content` and `tool_calls`, in this order, express everything that the next turn needs. */
function fitsMessage(blocks: readonly Block[]): boolean {
  let stage = 0
  for (const block of blocks) {
    const reasoning = inner(block, 'reasoningContent')
    if (reasoning) {
      if (stage > 0 && decodeThinking(reasoning)) return false
    } else if ('text' in block) {
      if (block.text === '') continue
      if (stage > 1) return false
      stage = 1
    } else if (isClientCall(block)) stage = 2
    else if (!('image' in block)) return false
  }
  return true
}

/** A call under the caller's name of the tool; a call with the answer becomes text. */
function restoreNames(block: Block, encodeState: EncodeState | undefined): Block {
  const use = inner(block, 'toolUse')
  if (!use || !encodeState) return block
  if (encodeState.json && encodeState.json.name === use.name) return { text: answerText(use.input, encodeState.json) }
  return typeof use.name === 'string' ? { toolUse: { ...use, name: originalName(encodeState, use.name) } } : block
}
