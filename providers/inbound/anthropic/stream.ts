import type {
  ChatCompletionChunk,
  ChunkChoice,
  Delta,
  FinishReason,
  ToolCallDelta,
  Usage,
} from '../../../src/types/chat.js'
import type { Annotation } from '../../../src/types/messages.js'
import { type Fields, isFields, parseJSON } from '../../fields.js'
import { joinFields } from '../../shared/deltas.js'
import type { InboundContext, InboundStreamEncoder } from '../contract.js'
import { replayedFields, type Sealed, seal } from '../seal.js'
import { citationsOf, emptyAnswer, ending, reportLost, signatureOf } from './encode.js'
import { encodeUsage } from './usage.js'
import type { AnswerBlock, BlockDelta, MessagesEvent } from './wire.js'

/** A tool call whose block is not closed yet. */
interface PendingCall {
  readonly index: number
  id: string
  name: string
  /** Arguments so far. */
  text: string
  /** Characters of the arguments that were sent. */
  sent: number
  fields: Fields | undefined
  /** The input of a custom tool, which is text. */
  custom: boolean
}

type Kind = 'text' | 'thinking' | 'tool_use'

const isComplete = ({ text }: PendingCall): boolean => isFields(parseJSON(text))

/**
 * Encodes chunks as the events of a message. Blocks follow one another; a call that arrives while another is unfinished waits for it.
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export class MessagesStream implements InboundStreamEncoder<MessagesEvent> {
  readonly #context: InboundContext
  #started = false
  /** Index of the current block, or of the next one. */
  #index = 0
  #open: Kind | undefined
  /** Characters of the open block's text. */
  #written = 0
  #thought = false
  readonly #calls: PendingCall[] = []
  readonly #closed = new Set<number>()
  #fields: Fields | undefined
  #refusal = ''
  /** Text that waits for the end of a call. */
  #held = ''
  #hasText = false
  #finish: Pick<ChunkChoice, 'finish_reason' | 'native_finish_reason'> | undefined
  #usage: Usage | undefined
  #tier: ChatCompletionChunk['service_tier']
  #lost = false

  constructor(context: InboundContext) {
    this.#context = context
  }

  push(chunk: ChatCompletionChunk, out: MessagesEvent[]): void {
    if (chunk.usage) this.#usage = chunk.usage
    if (chunk.service_tier) this.#tier = chunk.service_tier
    this.#start(out)
    const [choice] = chunk.choices
    // the API has one answer
    if (choice?.index !== 0) return
    this.#read(choice.delta, out)
    if (choice.finish_reason) this.#finish = choice
  }

  end(out: MessagesEvent[]): void {
    this.#start(out)
    this.#flushCalls(out)
    if (this.#held) this.#text('', out)
    if (!this.#hasText && this.#refusal) this.#text(this.#refusal, out)
    this.#close(out)
    const state = replayedFields(this.#fields)
    // blocks of Claude's own answer were sent as such, as far as they are text, thinking and calls
    if (state) this.#sealed({ message: state }, out)
    const { server_tool_use, output_tokens_details, ...usage } = encodeUsage(this.#usage, this.#tier)
    const reason = (this.#finish?.finish_reason ?? 'stop') as FinishReason
    out.push(
      {
        type: 'message_delta',
        delta: {
          ...ending(
            { ...this.#finish, finish_reason: reason },
            { refusal: this.#refusal, provider_specific_fields: this.#fields ?? {} },
          ),
          container: null,
        },
        usage: {
          input_tokens: usage.input_tokens,
          cache_creation_input_tokens: usage.cache_creation_input_tokens,
          cache_read_input_tokens: usage.cache_read_input_tokens,
          output_tokens: usage.output_tokens,
          output_tokens_details,
          server_tool_use,
        },
      },
      { type: 'message_stop' },
    )
  }

  #start(out: MessagesEvent[]): void {
    if (this.#started) return
    this.#started = true
    const usage = encodeUsage(this.#usage, this.#tier)
    out.push({ type: 'message_start', message: { ...emptyAnswer(this.#context), usage } }, { type: 'ping' })
  }

  #read(delta: Delta, out: MessagesEvent[]): void {
    if (delta.reasoning_content) this.#think(delta.reasoning_content, out)
    if (delta.thinking_blocks) this.#closeThoughts(delta.thinking_blocks, out)
    if (delta.content) this.#text(delta.content, out)
    if (delta.annotations) this.#cite(delta.annotations, out)
    if (delta.tool_calls) for (const call of delta.tool_calls) this.#call(call, out)
    if (delta.refusal) this.#refusal += delta.refusal
    if (delta.provider_specific_fields) {
      this.#fields = joinFields(this.#fields ?? {}, delta.provider_specific_fields)
    }
    if ((delta.images || delta.audio) && !this.#lost) {
      this.#lost = true
      reportLost(delta as Parameters<typeof reportLost>[0], this.#context)
    }
  }

  #begin(kind: Kind, block: AnswerBlock, out: MessagesEvent[]): void {
    this.#close(out)
    this.#open = kind
    this.#written = 0
    out.push({ type: 'content_block_start', index: this.#index, content_block: block })
  }

  #delta(delta: BlockDelta, out: MessagesEvent[]): void {
    out.push({ type: 'content_block_delta', index: this.#index, delta })
  }

  #close(out: MessagesEvent[]): void {
    if (this.#open === undefined) return
    // clients return thinking only if it has a signature
    if (this.#open === 'thinking') this.#delta({ type: 'signature_delta', signature: seal({}) }, out)
    this.#stop(out)
  }

  #stop(out: MessagesEvent[]): void {
    this.#open = undefined
    out.push({ type: 'content_block_stop', index: this.#index++ })
  }

  #text(text: string, out: MessagesEvent[]): void {
    // text in the middle of arguments follows the call, which would lose its end otherwise
    if (this.#calls.some((call) => call.text !== '' && !call.custom && !isComplete(call))) {
      this.#held += text
      return
    }
    this.#flushCalls(out)
    this.#hasText = true
    const shown = this.#held + text
    this.#held = ''
    if (this.#open !== 'text') this.#begin('text', { type: 'text', text: '', citations: null }, out)
    this.#delta({ type: 'text_delta', text: shown }, out)
  }

  #cite(annotations: readonly Annotation[], out: MessagesEvent[]): void {
    // behind a call there is no text to cite
    if (this.#open !== 'text') return
    for (const citation of citationsOf(annotations) ?? []) this.#delta({ type: 'citations_delta', citation }, out)
  }

  #think(text: string, out: MessagesEvent[]): void {
    if (this.#open !== 'thinking') {
      this.#flushCalls(out)
      this.#begin('thinking', { type: 'thinking', thinking: '', signature: '' }, out)
    }
    // the gap between two thoughts of one text, which are blocks here
    const shown = this.#written === 0 && this.#thought ? text.replace(/^\n\n/, '') : text
    if (shown === '') return
    this.#written += shown.length
    this.#thought = true
    this.#delta({ type: 'thinking_delta', thinking: shown }, out)
  }

  /** Complete thinking blocks: their text came before, as reasoning, or comes here. */
  #closeThoughts(blocks: NonNullable<Delta['thinking_blocks']>, out: MessagesEvent[]): void {
    for (const block of blocks) {
      if (block.type === 'redacted_thinking') {
        this.#flushCalls(out)
        this.#close(out)
        const { data } = block
        out.push({
          type: 'content_block_start',
          index: this.#index,
          content_block: { type: 'redacted_thinking', data },
        })
        this.#stop(out)
        continue
      }
      if (this.#open !== 'thinking') {
        this.#flushCalls(out)
        this.#begin('thinking', { type: 'thinking', thinking: '', signature: '' }, out)
        if (block.thinking) this.#think(block.thinking, out)
      }
      this.#delta({ type: 'signature_delta', signature: signatureOf(block) }, out)
      this.#stop(out)
    }
  }

  #sealed(state: Sealed, out: MessagesEvent[]): void {
    this.#begin('thinking', { type: 'thinking', thinking: '', signature: '' }, out)
    this.#delta({ type: 'signature_delta', signature: seal(state) }, out)
    this.#stop(out)
  }

  #call(delta: ToolCallDelta, out: MessagesEvent[]): void {
    if (this.#closed.has(delta.index)) return
    let call = this.#calls.find(({ index }) => index === delta.index)
    if (!call) {
      call = {
        index: delta.index,
        id: `toolu_${this.#context.id}_${delta.index}`,
        name: '',
        text: '',
        sent: 0,
        fields: undefined,
        custom: !!delta.custom,
      }
      this.#calls.push(call)
    }
    if (delta.id) call.id = delta.id
    call.name += delta.function?.name ?? delta.custom?.name ?? ''
    call.text += delta.function?.arguments ?? delta.custom?.input ?? ''
    if (delta.provider_specific_fields) call.fields = joinFields(call.fields ?? {}, delta.provider_specific_fields)
    this.#advance(out)
  }

  /** Sends the first call's arguments as they come. The next call begins once they are complete. */
  #advance(out: MessagesEvent[]): void {
    for (;;) {
      const [call] = this.#calls
      if (!call?.name) return
      this.#send(call, out)
      // arguments that have not begun may still come: some servers send the names of all calls first
      if (this.#calls.length === 1 || !isComplete(call)) return
      this.#finishCall(out)
    }
  }

  #send(call: PendingCall, out: MessagesEvent[]): void {
    if (this.#open !== 'tool_use') {
      this.#close(out)
      if (call.fields) this.#sealed({ call: call.fields }, out)
      const { id, name } = call
      this.#begin('tool_use', { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } }, out)
    }
    if (call.custom || call.text.length === call.sent) return
    this.#delta({ type: 'input_json_delta', partial_json: call.text.slice(call.sent) }, out)
    call.sent = call.text.length
  }

  #finishCall(out: MessagesEvent[]): void {
    const call = this.#calls.shift()
    if (!call) return
    this.#closed.add(call.index)
    this.#send(call, out)
    if (call.custom) this.#delta({ type: 'input_json_delta', partial_json: JSON.stringify({ input: call.text }) }, out)
    this.#stop(out)
  }

  #flushCalls(out: MessagesEvent[]): void {
    while (this.#calls.length > 0) this.#finishCall(out)
  }
}
