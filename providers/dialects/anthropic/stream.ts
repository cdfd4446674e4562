import type { ChatCompletionChunk, ChunkChoice, Delta } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { parseJSON, rejectErrorEvent, textIn } from '../../fields.js'
import { objectInput } from '../../shared/calls.js'
import { answerText, type EncodeState, originalName, renamedProperties } from '../../shared/encode-state.js'
import { agreeWithCalls } from '../../shared/finish-reason.js'
import { GrowingText } from '../../shared/growing-text.js'
import { originalFields } from '../../shared/property-names.js'
import { RepeatedEvent } from '../../shared/repeated-event.js'
import { citationsOf, finishReason, refusalOf, thinkingBlock } from './decode.js'
import type { AnthropicQuirks } from './quirks.js'
import { extraFields, unknownFields } from './replay.js'
import { mergeUsage, serviceTier, usageExtras, usageOf } from './usage.js'
import { type Block, type Fields, isBlock, isFields, type WireEvent, type WireMessage } from './wire.js'

/** Removes the text of a delta. */
function takeText({ delta }: Fields): unknown {
  if (!isFields(delta)) return undefined
  const { text } = delta
  delete delta.text
  return text
}

/** A content block that is being streamed. */
interface OpenBlock {
  /** The block as it started; accumulated text is added when it stops. */
  block: Block
  /** Accumulated text, thinking or JSON. */
  readonly text: GrowingText
  /** Index of the tool call in the answer; -1 for other blocks. */
  readonly call: number
  /** Offset of the block's text in the content. */
  readonly start: number
  /** True for the tool that emulates `response_format`. */
  readonly answer: boolean
  /** The caller's property names of the called tool, if some were renamed. */
  readonly renamed: Readonly<Record<string, string>> | undefined
}

/**
 * Text, reasoning and arguments are passed on as they arrive. Thinking blocks, citations and annotations are emitted
 * when their block stops; everything without a place in OpenAI's shape comes with the finish reason.
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export class AnthropicStream implements ChatStreamDecoder {
  done = false
  readonly #encodeState: EncodeState | undefined
  readonly #created: number
  readonly #context: DecodeContext<AnthropicQuirks>
  #id = ''
  #model: string
  #started = false
  #finished = false
  /** By the index on the wire, which may be any value. */
  readonly #open = new Map<unknown, OpenBlock>()
  /** The block of the last delta: most deltas continue it, without a look into the map. */
  #current: OpenBlock | undefined
  #currentIndex: unknown
  readonly #texts = new RepeatedEvent('text', takeText)
  /** The block of the learned event. */
  #patternOf: OpenBlock | undefined
  readonly #blocks: Block[] = []
  #calls = 0
  #length = 0
  #answered = false
  /** Text held back until it is clear that no call of the answer tool follows. */
  #held = ''
  #reasoned = false
  #breakReasoning = false
  #usage: Fields | undefined
  #container: unknown
  #contextManagement: unknown

  constructor(context: DecodeContext<AnthropicQuirks>) {
    this.#encodeState = context.encodeState as EncodeState | undefined
    this.#created = context.created
    this.#context = context
    this.#model = context.model
  }

  push(name: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const current = this.#current
    if (current !== undefined && this.#patternOf === current) {
      const text = this.#texts.match(data)
      if (text !== undefined) return this.#text(current, text, out)
    }
    rejectErrorEvent(name, data)
    let event: WireEvent
    try {
      event = JSON.parse(data)
    } catch {
      const text = data.trim()
      // keep-alives, and OpenAI's end marker of some proxies
      if (text === '') return
      if (text === '[DONE]') return this.#stop(out)
      throw new ProviderFault('its stream has an event that is not JSON')
    }
    switch (event?.type) {
      case 'content_block_delta':
        this.#delta(event, out)
        return this.#learn(data, event)
      case 'content_block_start':
        return this.#blockStart(event, out)
      case 'content_block_stop':
        return this.#blockStop(event.index ?? 0, out)
      case 'message_start':
        return this.#start(event.message, out)
      case 'message_delta':
        return this.#messageDelta(event, out)
      case 'message_stop':
        return this.#stop(out)
      case 'error':
        throw new ProviderFault('its stream has an error', event)
      default:
        if (event?.error) throw new ProviderFault('its stream has an error', event)
    }
  }

  /** A delta of text is like most that follow, until its block ends. */
  #learn(data: string, { delta }: WireEvent): void {
    if (!isFields(delta) || delta.type !== 'text_delta' || typeof delta.text !== 'string') return
    for (const name in delta) if (name !== 'type' && name !== 'text') return
    if (this.#texts.learn(data, delta.text)) this.#patternOf = this.#current
  }

  end(out: ChatCompletionChunk[]): boolean {
    if (!this.done && this.#finished) this.#stop(out)
    return this.done
  }

  #chunk(delta: Delta): ChatCompletionChunk {
    return {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices: [{ index: 0, delta, finish_reason: null }],
    }
  }

  #start(message: unknown, out: ChatCompletionChunk[]): void {
    if (this.#started) return
    this.#started = true
    if (isFields(message)) {
      this.#id = textIn(message, 'id') ?? ''
      this.#model = textIn(message, 'model') || this.#model
      this.#usage = mergeUsage(this.#usage, message.usage)
      this.#container = message.container
    }
    // made for hosts that send none
    this.#id ||= this.#context.fallbackId
    const chunk = this.#chunk({ role: 'assistant' })
    const unknown = isFields(message) ? unknownFields(message) : undefined
    if (unknown) chunk.provider_specific_fields = unknown
    out.push(chunk)
  }

  #blockStart({ index = 0, content_block: block }: WireEvent, out: ChatCompletionChunk[]): void {
    if (!isBlock(block)) return
    this.#start(undefined, out)
    const answer =
      block.type === 'tool_use' && this.#encodeState?.json !== undefined && this.#encodeState.json.name === block.name
    const call = block.type === 'tool_use' && !answer ? this.#calls++ : -1
    const renamed = call >= 0 ? renamedProperties(this.#encodeState, String(block.name)) : undefined
    const open: OpenBlock = { block, text: new GrowingText(), call, start: this.#length, answer, renamed }
    this.#open.set(index, open)
    this.#current = undefined
    if (answer) this.#answered = true
    if (call >= 0) {
      const name = String(block.name)
      const original = originalName(this.#encodeState, name)
      const id = textIn(block, 'id') || `call_${this.#context.fallbackId}_${call}`
      out.push(this.#call(call, { id, type: 'function', function: { name: original, arguments: '' } }))
    } else if (block.type === 'text' && block.text) this.#text(open, String(block.text), out)
    else if (block.type === 'thinking') {
      this.#breakReasoning = this.#reasoned
      if (block.thinking) this.#thinking(open, String(block.thinking), out)
    }
  }

  #delta({ index = 0, delta }: WireEvent, out: ChatCompletionChunk[]): void {
    if (this.#current === undefined || this.#currentIndex !== index) {
      this.#current = this.#open.get(index) ?? this.#begin(index, delta, out)
      this.#currentIndex = index
    }
    const open = this.#current
    if (!open || !isFields(delta)) return
    switch (delta.type) {
      case 'text_delta':
        return this.#text(open, delta.text, out)
      case 'input_json_delta':
        return this.#json(open, delta.partial_json, out)
      case 'thinking_delta':
        return this.#thinking(open, delta.thinking, out)
      case 'citations_delta': {
        const { citations } = open.block
        open.block = { ...open.block, citations: [...(Array.isArray(citations) ? citations : []), delta.citation] }
        return
      }
      default:
        open.block = grow(open.block, delta)
    }
  }

  /** Opens a block that has no start event, as of some proxies. Calls need one, for their name. */
  #begin(index: number, delta: unknown, out: ChatCompletionChunk[]): OpenBlock | undefined {
    const type = isFields(delta) ? begun.get(delta.type) : undefined
    if (type !== undefined) this.#blockStart({ index, content_block: { type } }, out)
    return this.#open.get(index)
  }

  #text(open: OpenBlock, text: unknown, out: ChatCompletionChunk[]): void {
    if (typeof text !== 'string' || text === '') return
    // some servers write text under the index of an open call
    if (open.block.type === 'text') open.text.add(text)
    if (this.#encodeState?.json) {
      this.#held += text
      return
    }
    this.#length += text.length
    out.push(this.#chunk({ content: text }))
  }

  #json(open: OpenBlock, text: unknown, out: ChatCompletionChunk[]): void {
    if (typeof text !== 'string' || text === '') return
    open.text.add(text)
    // renamed properties are restored in the complete arguments
    if (open.call >= 0 && !open.renamed) out.push(this.#call(open.call, { function: { arguments: text } }))
    else if (open.answer && !this.#encodeState?.json?.wrapped) out.push(this.#chunk({ content: text }))
  }

  #thinking(open: OpenBlock, text: unknown, out: ChatCompletionChunk[]): void {
    if (typeof text !== 'string' || text === '') return
    open.text.add(text)
    const apart = this.#breakReasoning
    this.#breakReasoning = false
    this.#reasoned = true
    out.push(this.#chunk({ reasoning_content: apart ? `\n\n${text}` : text }))
  }

  #call(index: number, call: Omit<NonNullable<Delta['tool_calls']>[number], 'index'>): ChatCompletionChunk {
    return this.#chunk({ tool_calls: [{ index, ...call }] })
  }

  #blockStop(index: unknown, out: ChatCompletionChunk[]): void {
    const open = this.#open.get(index)
    if (!open) return
    this.#open.delete(index)
    this.#current = undefined
    const { block } = open
    const text = open.text.value
    switch (block.type) {
      case 'text': {
        this.#blocks.push({ ...block, text })
        // held text has no position in the content yet
        const cited = this.#encodeState?.json ? undefined : citationsOf(block, open.start, text.length)
        if (cited && text) out.push(this.#chunk(citedDelta(cited)))
        return
      }
      case 'thinking':
        this.#blocks.push({ ...block, thinking: text })
        out.push(this.#chunk({ thinking_blocks: [thinkingBlock(text, block.signature)] }))
        return
      case 'redacted_thinking':
        this.#blocks.push(block)
        out.push(this.#chunk({ thinking_blocks: [{ type: 'redacted_thinking', data: String(block.data ?? '') }] }))
        return
      default:
        this.#inputEnd(open, out)
    }
  }

  /** Ends a tool call (the caller's or a server's) and every block without special handling. */
  #inputEnd({ block, text: given, call, answer, renamed }: OpenBlock, out: ChatCompletionChunk[]): void {
    const text = given.value
    const input = text ? parseJSON(text) : objectInput(block.input)
    this.#blocks.push(text ? { ...block, input: input ?? {} } : block)
    if (call >= 0 && (!text || renamed)) {
      const args = renamed ? originalFields(input, renamed) : input
      // truncated JSON is passed on unchanged
      const complete = args === undefined && text ? text : JSON.stringify(args ?? {})
      out.push(this.#call(call, { function: { arguments: complete } }))
    } else if (answer && this.#encodeState?.json && (this.#encodeState.json.wrapped || !text)) {
      // truncated JSON is passed on unchanged
      const content = text && input === undefined ? text : answerText(input, this.#encodeState.json)
      out.push(this.#chunk({ content }))
    }
  }

  /** Blocks without an end of their own, as of some proxies, end with the answer. */
  #closeBlocks(out: ChatCompletionChunk[]): void {
    for (const index of [...this.#open.keys()]) this.#blockStop(index, out)
  }

  #messageDelta(event: WireEvent, out: ChatCompletionChunk[]): void {
    this.#start(undefined, out)
    this.#usage = mergeUsage(this.#usage, event.usage)
    if (event.context_management) this.#contextManagement = event.context_management
    const { delta } = event
    if (!isFields(delta)) return
    if (delta.container) this.#container = delta.container
    if (typeof delta.stop_reason !== 'string' || this.#finished) return
    this.#finished = true
    this.#closeBlocks(out)
    if (this.#held && !this.#answered) out.push(this.#chunk({ content: this.#held }))
    // field by field: setting one after a spread takes microseconds
    const { stop_reason, stop_sequence, stop_details } = delta as WireMessage
    const container = this.#container
    const chunk = this.#finish({
      stop_reason,
      stop_sequence,
      stop_details,
      container,
      context_management: this.#contextManagement,
    })
    const unknown = unknownFields(delta)
    if (unknown) chunk.provider_specific_fields = unknown
    out.push(chunk)
  }

  #finish(message: WireMessage): ChatCompletionChunk {
    const native = typeof message.stop_reason === 'string' ? message.stop_reason : undefined
    const delta: Delta = {}
    const refusal = refusalOf(message)
    if (refusal !== undefined) delta.refusal = refusal
    const extras = extraFields(message, this.#blocks, this.#encodeState)
    if (extras) delta.provider_specific_fields = extras
    const reason = agreeWithCalls(finishReason(native ?? ''), this.#calls > 0)
    const chunk = this.#chunk(delta)
    const choice: ChunkChoice = { index: 0, delta, finish_reason: reason }
    if (native !== undefined) choice.native_finish_reason = native
    chunk.choices = [choice]
    return chunk
  }

  /** The end of an answer without a stop reason. @returns false if the answer is cut: it is empty, or ends within a call */
  #endUnfinished(out: ChatCompletionChunk[]): boolean {
    if (this.#length === 0 && this.#held === '' && this.#calls === 0 && !this.#answered && !this.#reasoned) return false
    for (const { block, text } of this.#open.values())
      if (block.type === 'tool_use' && parseJSON(text.value || '{}') === undefined) return false
    this.#finished = true
    this.#closeBlocks(out)
    if (this.#held && !this.#answered) out.push(this.#chunk({ content: this.#held }))
    out.push(this.#finish({ container: this.#container, context_management: this.#contextManagement }))
    return true
  }

  #stop(out: ChatCompletionChunk[]): void {
    if (this.done || (!this.#finished && !this.#endUnfinished(out))) return
    this.done = true
    const usage = usageOf(this.#usage)
    if (!usage) return
    const tier = serviceTier(this.#usage)
    const extras = usageExtras(this.#usage)
    const chunk: ChatCompletionChunk = {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices: [],
      usage,
    }
    if (tier) chunk.service_tier = tier
    if (extras) chunk.provider_specific_fields = extras
    out.push(chunk)
  }
}

/** The block that a delta continues. */
const begun: ReadonlyMap<unknown, string> = new Map([
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
])

const citedDelta = ({ annotations, citations }: NonNullable<ReturnType<typeof citationsOf>>): Delta => ({
  ...(annotations.length > 0 && { annotations }),
  provider_specific_fields: { citations },
})

/**
 * Merges a delta of any other type (signatures, compaction, future types): strings are appended, other values
 * replaced.
 */
function grow(block: Block, { type: _, ...fields }: Fields): Block {
  const grown: Block = { ...block }
  for (const [name, value] of Object.entries(fields)) {
    const old = grown[name]
    grown[name] = typeof old === 'string' && typeof value === 'string' ? old + value : value
  }
  return grown
}
