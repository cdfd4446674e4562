import type { ChatCompletionChunk, Delta } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { parseEvent, parseJSON } from '../../fields.js'
import { answerText, type EncodeState, originalName, renamedProperties } from '../../shared/encode-state.js'
import { GrowingText } from '../../shared/growing-text.js'
import { originalFields } from '../../shared/property-names.js'
import { RepeatedEvent, valuesOf } from '../../shared/repeated-event.js'
import { decodeImage } from './content.js'
import { checkFailure, decodeCitations, decodeFinishReason, messageExtras } from './decode.js'
import { decodeThinking } from './thinking.js'
import { answerExtras, decodeUsage, serviceTier } from './usage.js'
import { type Block, type Fields, inner, isClientCall, isFields, textIn, type WireEnd, type WireEvent } from './wire.js'

/** Matches the names of exceptions, which the framing passes instead of an event name. */
const exception = /(?:exception|error|failure|fault)$/i

/** Padding against measuring the length of tokens. */
const padding = valuesOf('p')

/** Removes the text of a delta, and the padding. */
function takeText(event: Fields): unknown {
  const { delta } = event
  delete event.p
  if (!isFields(delta)) return undefined
  const { text } = delta
  delete delta.text
  return text
}

/**
 * Decodes a stream. Text, reasoning and arguments are passed on as they arrive; thinking blocks, citations and images at the end of their
 * block; everything that OpenAI's shape can't express with the finish reason. The last event, after the finish reason, has the usage.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export class ConverseStream implements ChatStreamDecoder {
  done = false
  readonly #context: DecodeContext<unknown>
  readonly #encodeState: EncodeState | undefined
  readonly #created: number
  #started = false
  #stopped: WireEnd | undefined
  #early: WireEnd | undefined
  readonly #open = new Map<number, OpenBlock>()
  readonly #blocks: Block[] = []
  #calls = 0
  #length = 0
  #answered = false
  /** Text that is dropped if a call of the answer tool follows. */
  #held = ''
  #reasoned = false
  readonly #texts = new RepeatedEvent('text', takeText, padding)
  /** The block of the learned event, until it ends. */
  #patternOf: OpenBlock | undefined

  constructor(context: DecodeContext<unknown>) {
    this.#context = context
    this.#created = context.created
    this.#encodeState = context.encodeState as EncodeState | undefined
  }

  push(name: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const open = this.#patternOf
    if (open !== undefined && name === 'contentBlockDelta') {
      const text = this.#texts.match(data)
      if (text !== undefined) {
        open.addText(text)
        return this.#text(text, out)
      }
    }
    const event = data === '' ? {} : parseEvent(data)
    if (name !== undefined && exception.test(name)) {
      throw new ProviderFault('its stream has an error', { ...event, __type: name })
    }
    this.#take(name, event as WireEvent, out)
    if (name === 'contentBlockDelta') this.#learn(data, event)
  }

  /** A delta of text is like most that follow, until its block ends. */
  #learn(data: string, { contentBlockIndex: index = 0, delta }: WireEvent): void {
    if (!isFields(delta) || typeof delta.text !== 'string' || !isTextOnly(delta)) return
    if (this.#texts.learn(data, delta.text)) this.#patternOf = this.#open.get(index)
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
    const { fallbackId, model } = this.#context
    return {
      id: fallbackId,
      object: 'chat.completion.chunk',
      created: this.#created,
      model,
      choices: [{ index: 0, delta, finish_reason: null }],
    }
  }

  #start(out: ChatCompletionChunk[]): void {
    if (this.#started) return
    this.#started = true
    out.push(this.#chunk({ role: 'assistant' }))
  }

  /** Only calls, results and images have a start event; other blocks begin with their first delta. */
  #blockStart(index: number, start: Block, out: ChatCompletionChunk[]): void {
    this.#start(out)
    const use = inner(start, 'toolUse')
    const answer =
      use !== undefined && this.#encodeState?.json !== undefined && this.#encodeState.json.name === use.name
    const call = use && isClientCall(start) && !answer ? this.#calls++ : -1
    const renamed = call >= 0 ? renamedProperties(this.#encodeState, textIn(use ?? {}, 'name') ?? '') : undefined
    this.#open.set(index, new OpenBlock({ begin: start, call, answer, at: this.#length, renamed }))
    if (answer) this.#answered = true
    if (call < 0 || !use) return
    const name = textIn(use, 'name') ?? ''
    out.push(
      this.#call(call, {
        id: textIn(use, 'toolUseId') || `call_${call}`,
        type: 'function',
        function: { name: originalName(this.#encodeState, name), arguments: '' },
      }),
    )
  }

  #delta(index: number, delta: Block, out: ChatCompletionChunk[]): void {
    this.#start(out)
    let open = this.#open.get(index)
    if (!open) {
      open = new OpenBlock({ begin: {}, call: -1, answer: false, at: this.#length, renamed: undefined })
      this.#open.set(index, open)
    }
    open.add(delta)
    const text = textIn(delta, 'text')
    if (text) return this.#text(text, out)
    const reasoning = textIn(inner(delta, 'reasoningContent') ?? {}, 'text')
    if (reasoning) return this.#reasoning(open, reasoning, out)
    const input = textIn(inner(delta, 'toolUse') ?? {}, 'input')
    if (!input) return
    // renamed properties are restored in the complete arguments
    if (open.call >= 0 && !open.renamed) out.push(this.#call(open.call, { function: { arguments: input } }))
    else if (open.answer && !this.#encodeState?.json?.wrapped) out.push(this.#chunk({ content: input }))
  }

  #text(text: string, out: ChatCompletionChunk[]): void {
    if (this.#encodeState?.json) {
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
    if (this.#patternOf === open) this.#patternOf = undefined
    for (const block of open.blocks()) {
      this.#blocks.push(block)
      const thinking = decodeThinking(inner(block, 'reasoningContent') ?? {})
      if (thinking) out.push(this.#chunk({ thinking_blocks: [thinking] }))
      const image = decodeImage(block)
      if (image) out.push(this.#chunk({ images: [image] }))
      // held text has no position in the content yet
      const cited = this.#encodeState?.json ? undefined : decodeCitations(block, open.at, this.#length - open.at)
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
    if (open.call >= 0 && (open.input === '' || open.renamed)) {
      const args = open.parsed()
      const restored = open.renamed && args !== undefined ? originalFields(args, open.renamed) : args
      // truncated JSON is passed on unchanged
      const complete = restored === undefined ? open.input : JSON.stringify(restored)
      out.push(this.#call(open.call, { function: { arguments: complete } }))
    }
    const json = this.#encodeState?.json
    if (!open.answer || !json || (!json.wrapped && open.input !== '')) return
    // truncated JSON is passed on unchanged
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
    checkFailure(native, this.#isEmpty(), event)
    const extras = messageExtras(this.#blocks, this.#encodeState)
    const chunk = this.#chunk(extras ? { provider_specific_fields: extras } : {})
    const answeredOnly = this.#answered && this.#calls === 0 && native === 'tool_use'
    const [choice] = chunk.choices
    if (choice) {
      choice.finish_reason = answeredOnly ? 'stop' : decodeFinishReason(native ?? '', this.#calls > 0)
      if (native !== undefined) choice.native_finish_reason = native
    }
    out.push(chunk)
  }

  #isEmpty(): boolean {
    return (
      this.#calls === 0 && this.#length === 0 && this.#held === '' && !this.#answered && !this.#blocks.some(decodeImage)
    )
  }

  #metadata(event: WireEnd, out: ChatCompletionChunk[]): void {
    if (this.done) return
    if (!this.#stopped) {
      // gateways may send it before the stop
      this.#early = event
      return
    }
    this.done = true
    const end: WireEnd = { ...this.#early, ...this.#stopped, ...event }
    const usage = decodeUsage(end.usage)
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

interface BlockStart {
  /** The `start` of `contentBlockStart`; empty for blocks without one. */
  readonly begin: Block
  /** Index of the tool call in the answer; -1 for other blocks. */
  readonly call: number
  /** True for a call of the tool that replaces `response_format`. */
  readonly answer: boolean
  /** Position of its text in the content. */
  readonly at: number
  /** The caller's property names of the called tool, if some were renamed. */
  readonly renamed: Readonly<Record<string, string>> | undefined
}

/** Accumulates a block of a stream; its deltas determine its kind. */
class OpenBlock {
  readonly call: number
  readonly answer: boolean
  readonly at: number
  readonly renamed: Readonly<Record<string, string>> | undefined
  /** JSON of a call. */
  input = ''
  reasoning = ''
  readonly #begin: Block
  readonly #text = new GrowingText()
  #signature = ''
  #redacted: string[] = []
  readonly #citations: Fields[] = []
  readonly #results: Fields[] = []
  #image: unknown
  /** Deltas of unknown kinds, by kind. */
  #unknown: Fields = {}

  constructor({ begin, call, answer, at, renamed }: BlockStart) {
    this.#begin = begin
    this.call = call
    this.answer = answer
    this.at = at
    this.renamed = renamed
  }

  /** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlockDelta.html */
  add(delta: Block): void {
    const given = textIn(delta, 'text')
    if (given !== undefined) {
      this.addText(given)
      if (isTextOnly(delta)) return
    }
    const { text: _, reasoningContent, toolUse, toolResult, citation, image, ...unknown } = delta
    for (const [kind, value] of Object.entries(unknown))
      this.#unknown = { ...this.#unknown, [kind]: join(this.#unknown[kind], value) }
    if (isFields(reasoningContent)) {
      this.reasoning += textIn(reasoningContent, 'text') ?? ''
      this.#signature += textIn(reasoningContent, 'signature') ?? ''
      const redacted = textIn(reasoningContent, 'redactedContent')
      if (redacted !== undefined) this.#redacted.push(redacted)
    }
    if (isFields(toolUse)) this.input += textIn(toolUse, 'input') ?? ''
    if (Array.isArray(toolResult)) this.#results.push(...toolResult.filter(isFields))
    if (isFields(citation)) this.#citations.push(citation)
    if (isFields(image)) this.#image = image.source
  }

  addText(text: string): void {
    this.#text.add(text)
  }

  /** The blocks of a complete answer: usually one. */
  blocks(): Block[] {
    const use = inner(this.#begin, 'toolUse')
    if (use) return [{ toolUse: { ...use, input: this.parsed() ?? {} } }]
    const result = inner(this.#begin, 'toolResult')
    if (result) return [{ toolResult: { ...result, content: this.#results } }]
    const image = inner(this.#begin, 'image')
    if (image) return [{ image: { ...image, source: this.#image ?? {} } }]
    return [...this.#reasoningBlocks(), ...this.#textBlocks(), ...this.#unknownBlocks()]
  }

  /** The arguments; undefined if they are truncated. */
  parsed(): unknown {
    return this.input === '' ? {} : parseJSON(this.input)
  }

  #reasoningBlocks(): Block[] {
    const blocks: Block[] = this.#redacted.map((redactedContent) => ({ reasoningContent: { redactedContent } }))
    if (this.reasoning === '' && this.#signature === '') return blocks
    const signature = this.#signature === '' ? {} : { signature: this.#signature }
    return [...blocks, { reasoningContent: { reasoningText: { text: this.reasoning, ...signature } } }]
  }

  #textBlocks(): Block[] {
    const text = this.#text.value
    if (this.#citations.length === 0) return text === '' ? [] : [{ text }]
    const content = text === '' ? {} : { content: [{ text }] }
    return [{ citationsContent: { ...content, citations: this.#citations } }]
  }

  /** Blocks of unknown kinds are preserved. */
  #unknownBlocks(): Block[] {
    const blocks = Object.entries(this.#unknown).map(([kind, value]) => [kind, join(this.#begin[kind], value)] as const)
    const begun = Object.entries(this.#begin).filter(([kind]) => !(kind in this.#unknown))
    return [...begun, ...blocks].map(([kind, value]) => ({ [kind]: value }))
  }
}

function isTextOnly(delta: Block): boolean {
  for (const name in delta) if (name !== 'text') return false
  return true
}

/** Joins the pieces of a value: strings and lists are concatenated, objects merged. */
function join(one: unknown, other: unknown): unknown {
  if (typeof one === 'string' && typeof other === 'string') return one + other
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other]
  if (!isFields(one) || !isFields(other)) return other
  return Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [
      name,
      name in other ? join(one[name], other[name]) : one[name],
    ]),
  )
}
