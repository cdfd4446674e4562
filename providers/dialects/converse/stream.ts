import type { ChatCompletionChunk, Delta } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { parseEvent } from '../../fields.js'
import { answerText, type EncodeState } from '../../shared/encode-state.js'
import { isOwnCall } from './assistant.js'
import { citationsOf } from './citations.js'
import { imageOf } from './decode.js'
import { finishReason } from './finish-reason.js'
import { extraFields } from './keep.js'
import { OpenBlock } from './open-block.js'
import { thinkingBlock } from './reasoning-blocks.js'
import { answerExtras, serviceTier, usageOf } from './usage.js'
import { type Block, inner, isFields, textIn, type WireEnd, type WireEvent } from './wire.js'

/** How the names of exceptions end, where the framing gives one instead of an event. */
const exception = /(?:exception|error|failure|fault)$/i

/**
 * Text, reasoning and arguments pass as they arrive; thinking blocks, citations and images come whole at the end of their block;
 * what OpenAI's shape can't hold comes with the finish reason. Usage comes in the last event, after the finish reason.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export class ConverseStream implements ChatStreamDecoder {
  done = false
  readonly #context: DecodeContext<unknown>
  readonly #memo: EncodeState | undefined
  #started = false
  #stopped: WireEnd | undefined
  readonly #open = new Map<number, OpenBlock>()
  readonly #blocks: Block[] = []
  #calls = 0
  #length = 0
  #answered = false
  /** Words of an answer that may yet turn out to be a call of the answer's tool. */
  #held = ''
  #reasoned = false

  constructor(context: DecodeContext<unknown>) {
    this.#context = context
    this.#memo = context.encodeState as EncodeState | undefined
  }

  push(name: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const event = data === '' ? {} : parseEvent(data)
    if (name !== undefined && exception.test(name)) {
      throw new ProviderFault('its stream has an error', { ...event, __type: name })
    }
    this.#take(name, event as WireEvent, out)
  }

  #take(name: string | undefined, event: WireEvent, out: ChatCompletionChunk[]): void {
    const { contentBlockIndex: index = 0, start, delta } = event
    switch (name) {
      case 'messageStart':
        return this.#start(out)
      case 'contentBlockStart':
        return this.#blockStart(index, start ?? {}, out)
      case 'contentBlockDelta':
        if (isFields(delta)) this.#delta(index, delta, out)
        return
      case 'contentBlockStop':
        return this.#blockStop(index, out)
      case 'messageStop':
        return this.#stop(event, out)
      case 'metadata':
        return this.#metadata(event, out)
    }
  }

  end(out: ChatCompletionChunk[]): boolean {
    if (this.#stopped && !this.done) this.#metadata({}, out)
    return this.done
  }

  #chunk(delta: Delta): ChatCompletionChunk {
    const { fallbackId, created, model } = this.#context
    return {
      id: fallbackId,
      object: 'chat.completion.chunk',
      created,
      model,
      choices: [{ index: 0, delta, finish_reason: null }],
    }
  }

  #start(out: ChatCompletionChunk[]): void {
    if (this.#started) return
    this.#started = true
    out.push(this.#chunk({ role: 'assistant' }))
  }

  /** Only calls, results and images are begun; everything else begins with its first delta. */
  #blockStart(index: number, start: Block, out: ChatCompletionChunk[]): void {
    this.#start(out)
    const use = inner(start, 'toolUse')
    const answer = use !== undefined && this.#memo?.json !== undefined && this.#memo.json.name === use.name
    const call = use && isOwnCall(start) && !answer ? this.#calls++ : -1
    this.#open.set(index, new OpenBlock({ begin: start, call, answer, at: this.#length }))
    if (answer) this.#answered = true
    if (call < 0 || !use) return
    const name = textIn(use, 'name') ?? ''
    out.push(
      this.#call(call, {
        id: textIn(use, 'toolUseId') ?? '',
        type: 'function',
        function: { name: this.#memo?.names?.[name] ?? name, arguments: '' },
      }),
    )
  }

  #delta(index: number, delta: Block, out: ChatCompletionChunk[]): void {
    this.#start(out)
    let open = this.#open.get(index)
    if (!open) {
      open = new OpenBlock({ begin: {}, call: -1, answer: false, at: this.#length })
      this.#open.set(index, open)
    }
    open.add(delta)
    const text = textIn(delta, 'text')
    if (text) return this.#text(text, out)
    const reasoning = textIn(inner(delta, 'reasoningContent') ?? {}, 'text')
    if (reasoning) return this.#reasoning(open, reasoning, out)
    const input = textIn(inner(delta, 'toolUse') ?? {}, 'input')
    if (!input) return
    if (open.call >= 0) out.push(this.#call(open.call, { function: { arguments: input } }))
    else if (open.answer && !this.#memo?.json?.wrapped) out.push(this.#chunk({ content: input }))
  }

  #text(text: string, out: ChatCompletionChunk[]): void {
    if (this.#memo?.json) {
      this.#held += text
      return
    }
    this.#length += text.length
    out.push(this.#chunk({ content: text }))
  }

  #reasoning(open: OpenBlock, text: string, out: ChatCompletionChunk[]): void {
    const apart = this.#reasoned && open.reasoning === text
    this.#reasoned = true
    out.push(this.#chunk({ reasoning_content: apart ? `\n\n${text}` : text }))
  }

  #call(index: number, call: Omit<NonNullable<Delta['tool_calls']>[number], 'index'>): ChatCompletionChunk {
    return this.#chunk({ tool_calls: [{ index, ...call }] })
  }

  #blockStop(index: number, out: ChatCompletionChunk[]): void {
    const open = this.#open.get(index)
    if (!open) return
    this.#open.delete(index)
    for (const block of open.blocks()) {
      this.#blocks.push(block)
      const thinking = thinkingBlock(inner(block, 'reasoningContent') ?? {})
      if (thinking) out.push(this.#chunk({ thinking_blocks: [thinking] }))
      const image = imageOf(block)
      if (image) out.push(this.#chunk({ images: [image] }))
      // held words have no place in the content yet
      const cited = this.#memo?.json ? undefined : citationsOf(block, open.at, this.#length - open.at)
      if (cited) {
        const { annotations, citations } = cited
        out.push(
          this.#chunk({ ...(annotations.length > 0 && { annotations }), provider_specific_fields: { citations } }),
        )
      }
    }
    this.#inputEnd(open, out)
  }

  #inputEnd(open: OpenBlock, out: ChatCompletionChunk[]): void {
    if (open.call >= 0 && open.input === '') out.push(this.#call(open.call, { function: { arguments: '{}' } }))
    const json = this.#memo?.json
    if (!open.answer || !json || (!json.wrapped && open.input !== '')) return
    // JSON that was cut stays as it is, for the caller to see
    const input = open.parsed()
    out.push(this.#chunk({ content: input === undefined ? open.input : answerText(input, json) }))
  }

  #stop(event: WireEnd, out: ChatCompletionChunk[]): void {
    if (this.#stopped) return
    this.#start(out)
    for (const index of [...this.#open.keys()]) this.#blockStop(index, out)
    this.#stopped = event
    if (this.#held && !this.#answered) out.push(this.#chunk({ content: this.#held }))
    const native = typeof event.stopReason === 'string' ? event.stopReason : undefined
    const extras = extraFields(this.#blocks, this.#memo)
    const chunk = this.#chunk(extras ? { provider_specific_fields: extras } : {})
    const answeredOnly = this.#answered && this.#calls === 0 && native === 'tool_use'
    const [choice] = chunk.choices
    if (choice) {
      choice.finish_reason = answeredOnly ? 'stop' : finishReason(native ?? '')
      if (native !== undefined) choice.native_finish_reason = native
    }
    out.push(chunk)
  }

  #metadata(event: WireEnd, out: ChatCompletionChunk[]): void {
    if (this.done || !this.#stopped) return
    this.done = true
    const end: WireEnd = { ...this.#stopped, ...event }
    const usage = usageOf(end.usage)
    const tier = serviceTier(end)
    const extras = answerExtras(end)
    if (!usage && !tier && !extras) return
    const chunk = this.#chunk({})
    chunk.choices = []
    if (usage) chunk.usage = usage
    if (tier) chunk.service_tier = tier
    if (extras) chunk.provider_specific_fields = extras
    out.push(chunk)
  }
}
