import type { ChatCompletionChunk, ChunkChoice, Delta } from '../../../src/types/chat.js'
import type { ChatStreamDecoder, DecodeContext } from '../../contract.js'
import { addRest, faultOf, finishOf, headOf, nativeReason, tokensIn } from './decode.js'
import { eventIn } from './events.js'
import { type Fields, fieldsIn, gap, isFields, textIn } from './kit.js'
import { addNote, callId, imageOf, keptItems, reasoningOf, textOf } from './output.js'
import { usageOf } from './usage.js'

/** What is known of an item of the output that is arriving. */
interface OpenItem {
  /** Characters of its text, and of its refusal, that were handed over. */
  said: number
  refused: number
  /** Characters of its reasoning, or of a call's arguments. */
  written: number
  /** Where its texts begin in the answer's, by their place in its content. */
  starts: Map<number, number>
  /** Its place among the tool calls. */
  call: number | undefined
  notes: number
  /** As it was when it was done. */
  whole: Fields | undefined
}

/**
 * Events of the Responses API into chunks. Items are told apart by `output_index`: some hosts give one item another id with every
 * event. What comes in no delta is taken from the item when it is done, or from the whole answer at the end.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export class ResponsesChatStream implements ChatStreamDecoder {
  done = false
  readonly #context: DecodeContext
  /** By their place in the output, which the host may number as it likes. */
  readonly #items = new Map<number, OpenItem>()
  #head: { id: string; created: number; model: string } | undefined
  #begun = false
  #calls = 0
  /** Characters of the answer's text, and whether there is reasoning, so far. */
  #said = 0
  #thought = false

  constructor(context: DecodeContext) {
    this.#context = context
  }

  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const body = eventIn(event, data)
    if (!body) return
    const index = typeof body.output_index === 'number' ? body.output_index : 0
    const part = typeof body.content_index === 'number' ? body.content_index : 0
    switch (body.type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        if (isFields(body.response)) this.#head ??= headOf(body.response, this.#context)
        return
      case 'response.output_item.added':
        return this.#add(index, body.item, out)
      case 'response.output_text.delta':
        return this.#text(index, part, textIn(body, 'delta') ?? '', body.logprobs, out)
      case 'response.refusal.delta':
        return this.#refuse(this.#item(index), textIn(body, 'delta') ?? '', out)
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#think(this.#item(index), textIn(body, 'delta') ?? '', out)
      case 'response.reasoning_summary_part.added':
        if (this.#item(index).written > 0) this.#think(this.#item(index), gap, out)
        return
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#write(index, textIn(body, 'delta') ?? '', body.type, out)
      case 'response.output_text.annotation.added':
        return this.#cite(index, body.annotation, this.#startOf(this.#item(index), part), out)
      case 'response.output_item.done':
        return this.#close(index, body.item, out)
      case 'response.completed':
      case 'response.incomplete':
        return this.#finish(isFields(body.response) ? body.response : {}, out)
    }
  }

  end(): boolean {
    return this.done
  }

  #item(index: number): OpenItem {
    let item = this.#items.get(index)
    if (!item) {
      item = { said: 0, refused: 0, written: 0, starts: new Map(), call: undefined, notes: 0, whole: undefined }
      this.#items.set(index, item)
    }
    return item
  }

  #add(index: number, raw: unknown, out: ChatCompletionChunk[]): void {
    if (!isFields(raw)) return
    if (raw.type === 'function_call' || raw.type === 'custom_tool_call') this.#call(this.#item(index), raw, out)
  }

  #call(item: OpenItem, raw: Fields, out: ChatCompletionChunk[]): void {
    if (item.call !== undefined) return
    item.call = this.#calls++
    const name = textIn(raw, 'name') ?? ''
    const call = { index: item.call, id: callId(raw) }
    const custom = raw.type === 'custom_tool_call'
    this.#put(
      {
        tool_calls: [
          custom ? { ...call, custom: { name } } : { ...call, type: 'function', function: { name, arguments: '' } },
        ],
      },
      out,
    )
  }

  #write(index: number, delta: string, type: string, out: ChatCompletionChunk[]): void {
    const item = this.#item(index)
    if (delta === '' || item.call === undefined) return
    item.written += delta.length
    const custom = type === 'response.custom_tool_call_input.delta'
    this.#put(
      {
        tool_calls: [
          custom
            ? { index: item.call, custom: { input: delta } }
            : { index: item.call, function: { arguments: delta } },
        ],
      },
      out,
    )
  }

  #text(index: number, part: number, delta: string, logprobs: unknown, out: ChatCompletionChunk[]): void {
    const item = this.#item(index)
    if (delta === '') return
    // a second message is set apart from the first
    const before = item.said === 0 && this.#said > 0 ? gap : ''
    if (!item.starts.has(part)) item.starts.set(part, this.#said + before.length)
    item.said += delta.length
    this.#said += before.length + delta.length
    const tokens = tokensIn(logprobs)
    this.#put(
      { content: before + delta },
      out,
      tokens.length > 0 ? { logprobs: { content: tokens, refusal: null } } : {},
    )
  }

  #refuse(item: OpenItem, delta: string, out: ChatCompletionChunk[]): void {
    if (delta === '') return
    item.refused += delta.length
    this.#put({ refusal: delta }, out)
  }

  #think(item: OpenItem, delta: string, out: ChatCompletionChunk[]): void {
    if (delta === '') return
    const before = item.written === 0 && this.#thought ? gap : ''
    item.written += delta.length
    this.#thought = true
    this.#put({ reasoning_content: before + delta }, out)
  }

  /** Where a text of an item begins in the answer's; where it has not come, where it will. */
  #startOf({ starts, said }: OpenItem, part: number): number {
    return starts.get(part) ?? this.#said + (said === 0 && this.#said > 0 ? gap.length : 0)
  }

  /** @param offset where the text begins that the note counts from */
  #cite(index: number, note: unknown, offset: number, out: ChatCompletionChunk[]): void {
    if (!isFields(note)) return
    this.#item(index).notes++
    const delta: Delta = {}
    addNote(note, offset, delta)
    this.#put(delta, out)
  }

  /** An item is whole: what no event has told of it yet is told now. */
  #close(index: number, raw: unknown, out: ChatCompletionChunk[]): void {
    if (!isFields(raw)) return
    const item = this.#item(index)
    if (item.whole) return
    item.whole = raw
    switch (raw.type) {
      case 'message': {
        if (item.said === 0) this.#text(index, 0, textOf(raw), undefined, out)
        const parts = fieldsIn(raw.content)
        if (item.refused === 0) this.#refuse(item, parts.map((part) => textIn(part, 'refusal') ?? '').join(''), out)
        if (item.notes > 0) return
        let offset = Math.min(...item.starts.values(), this.#said)
        for (const part of parts) {
          for (const note of fieldsIn(part.annotations)) this.#cite(index, note, offset, out)
          offset += part.type === 'output_text' ? (textIn(part, 'text') ?? '').length : 0
        }
        return
      }
      case 'reasoning':
        if (item.written === 0) this.#think(item, reasoningOf(raw), out)
        return
      case 'function_call':
      case 'custom_tool_call': {
        this.#call(item, raw, out)
        const custom = raw.type === 'custom_tool_call'
        if (item.written > 0) return
        const written = textIn(raw, custom ? 'input' : 'arguments') ?? ''
        const type = custom ? 'response.custom_tool_call_input.delta' : ''
        return this.#write(index, written, type, out)
      }
      case 'image_generation_call': {
        const image = imageOf(raw)
        if (image) this.#put({ images: [image] }, out)
      }
    }
  }

  #finish(response: Fields, out: ChatCompletionChunk[]): void {
    if (response.status === 'failed') throw faultOf(response)
    this.#head ??= headOf(response, this.#context)
    // some hosts leave the output out of the last event
    const listed = fieldsIn(response.output)
    for (const [index, item] of listed.entries()) {
      this.#add(index, item, out)
      this.#close(index, item, out)
    }
    const output = listed.length > 0 ? listed : this.#wholeItems()
    const kept = keptItems(output, this.#context.provider)
    const native = nativeReason(response)
    const delta: Delta = kept ? { provider_specific_fields: kept } : {}
    this.#put(delta, out, { finish_reason: finishOf(native, this.#calls > 0), native_finish_reason: native })
    const last = out.at(-1)
    if (last) addRest(response, last)
    const usage = usageOf({ ...response, output })
    if (usage) out.push({ ...this.#frame(), choices: [], usage })
    this.done = true
  }

  #wholeItems(): Fields[] {
    const items = [...this.#items].sort(([one], [other]) => one - other)
    return items.flatMap(([, { whole }]) => (whole ? [whole] : []))
  }

  #frame(): Omit<ChatCompletionChunk, 'choices'> {
    this.#head ??= headOf({}, this.#context)
    const { id, created, model } = this.#head
    return { id, object: 'chat.completion.chunk', created, model }
  }

  #put(delta: Delta, out: ChatCompletionChunk[], more: Partial<ChunkChoice> = {}): void {
    const first: Delta = this.#begun ? delta : { role: 'assistant', ...delta }
    this.#begun = true
    out.push({ ...this.#frame(), choices: [{ index: 0, delta: first, finish_reason: null, ...more }] })
  }
}
