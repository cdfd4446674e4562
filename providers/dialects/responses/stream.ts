import type { ChatCompletionChunk, ChunkChoice, Delta, TokenLogprob } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { type Fields, fieldsIn, isFields, parseEvent, parseJSON, textIn } from '../../fields.js'
import { isError, originalName } from '../openai/decode.js'
import {
  addNote,
  addRest,
  callArguments,
  callId,
  checkEnded,
  cutAtStop,
  faultOf,
  finishOf,
  gap,
  headOf,
  imageOf,
  nativeReason,
  partText,
  reasoningOf,
  replayItems,
  textOf,
  tokensIn,
} from './decode.js'
import type { EncodeState } from './scope.js'
import { StopCutter, tokensUpTo } from './stop.js'
import { usageOf } from './usage.js'

/**
 * One event; undefined for an empty one, and for `[DONE]`, which only some hosts send. A failure without its error passes: Azure sends the
 * error in the next event.
 * @throws {ProviderFault} if it is an error, or not JSON
 */
export function eventIn(name: string | undefined, data: string): Fields | undefined {
  const text = data.trim()
  if (text === '' || text === '[DONE]') return undefined
  if (name === 'error' && !isFields(parseJSON(text))) {
    throw new ProviderFault('its stream has an error', { error: { message: text } })
  }
  const body = parseEvent(text)
  body.type ??= name
  if (body.type === 'error') throw new ProviderFault('its stream has an error', { error: errorIn(body) })
  if (body.type === 'response.failed') {
    const failed = isFields(body.response) ? body.response : body
    if (failed.error) throw faultOf(failed)
  }
  if (body.type === undefined && isError(body)) throw new ProviderFault('its stream has an error', body)
  return body
}

/** An error is the event itself, as documented, or its field `error`. */
function errorIn(body: Fields): Fields {
  if (isFields(body.error)) return body.error
  const { type: _, sequence_number: __, ...error } = body
  return { ...error, message: textIn(error, 'message') ?? textIn(body, 'error') ?? 'The stream ended with an error.' }
}

/** The response of the last event. Some hosts leave its status out, or as it was before. */
function endedAs(type: string, raw: unknown): Fields {
  const response = isFields(raw) ? raw : {}
  const { status } = response
  if (status === 'failed' || status === 'incomplete') return response
  return { ...response, status: type.slice('response.'.length) }
}

/** Events that are read after a stop sequence. */
const ends: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** State of an item of the output that is arriving. */
interface OpenItem {
  /** Characters of its text, and of its refusal, that were emitted. */
  text: number
  refused: number
  /** Characters of its reasoning, or of a call's arguments. */
  written: number
  /** The part of its reasoning that was written last. */
  thought: string
  /** Start of its texts in the text of the answer, by content index. */
  starts: Map<number, number>
  /** Its index among the tool calls. */
  call: number | undefined
  notes: number
  /** Commentary before an answer in JSON: its text is not part of the answer. */
  preamble: boolean
  /** The item when it was complete. */
  whole: Fields | undefined
  /** Cuts its text at a stop sequence. */
  cutter: StopCutter | undefined
  /** Text and tokens that are emitted with its next text. */
  lead: string
  tokens: TokenLogprob[]
}

/**
 * Turns events of the Responses API into chunks. Items are identified by `output_index`, because some hosts change the id of an item with
 * every event. Content without deltas is taken from the item when it is done, or from the whole answer at the end.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export class ResponsesChatStream implements ChatStreamDecoder {
  done = false
  readonly #context: DecodeContext
  /** By `output_index`, whose values need not be consecutive. */
  readonly #items = new Map<number, OpenItem>()
  #places: Map<string, number> | undefined
  #head: { id: string; created: number; model: string } | undefined
  #begun = false
  #calls = 0
  /** Characters of the answer's text so far. */
  #text = 0
  #hasReasoning = false
  #failed = false
  /** True after a stop sequence: only the end of the answer is read. */
  #cut = false
  readonly #state: EncodeState | undefined

  constructor(context: DecodeContext) {
    this.#context = context
    this.#state = context.encodeState as EncodeState | undefined
  }

  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const body = eventIn(event, data)
    if (!body) {
      if (this.#isWhole() && data.trim() === '[DONE]') this.#finish({}, out)
      return
    }
    if (this.#cut && !ends.has(body.type)) return
    const index = typeof body.output_index === 'number' ? body.output_index : this.#place(body)
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
        return this.#addText(index, part, textIn(body, 'delta') ?? '', body.logprobs, out)
      // some hosts send a text in one piece
      case 'response.output_text.done':
        if (this.#item(index).starts.has(part)) return
        return this.#addText(index, part, textIn(body, 'text') ?? '', body.logprobs, out)
      case 'response.refusal.delta':
        return this.#refuse(this.#item(index), textIn(body, 'delta') ?? '', out)
      case 'response.reasoning_summary_text.delta':
        return this.#think(this.#item(index), textIn(body, 'delta') ?? '', `summary ${body.summary_index}`, out)
      case 'response.reasoning_text.delta':
        return this.#think(this.#item(index), textIn(body, 'delta') ?? '', `text ${part}`, out)
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#write(index, textIn(body, 'delta') ?? '', body.type, out)
      case 'response.function_call_arguments.done':
        if (this.#item(index).written > 0) return
        return this.#write(index, textIn(body, 'arguments') ?? '', body.type, out)
      case 'response.output_text.annotation.added':
        return this.#cite(index, body.annotation, this.#startOf(this.#item(index), part), out)
      case 'response.output_item.done':
        return this.#close(index, body.item, out)
      case 'response.failed':
        this.#failed = true
        return
      case 'response.completed':
      case 'response.incomplete':
      case 'response.cancelled':
        return this.#finish(endedAs(body.type, body.response), out)
    }
  }

  end(): boolean {
    if (this.#failed && !this.done) throw faultOf({})
    return this.done
  }

  /** Whether all items are complete: some proxies then end without an event. */
  #isWhole(): boolean {
    if (this.done || this.#failed || this.#items.size === 0) return false
    for (const { whole } of this.#items.values()) if (!whole) return false
    return true
  }

  /** The place of an event's item, by its id, if the host sends no `output_index`. */
  #place({ item_id: given, item }: Fields): number {
    const id = textIn({ id: given }, 'id') ?? (isFields(item) ? textIn(item, 'id') : undefined)
    if (id === undefined) return 0
    this.#places ??= new Map()
    const place = this.#places.get(id) ?? this.#places.size
    this.#places.set(id, place)
    return place
  }

  #item(index: number): OpenItem {
    let item = this.#items.get(index)
    if (!item) {
      item = {
        text: 0,
        refused: 0,
        written: 0,
        thought: '',
        starts: new Map(),
        call: undefined,
        notes: 0,
        preamble: false,
        whole: undefined,
        cutter: this.#state?.stop && new StopCutter(this.#state.stop),
        lead: '',
        tokens: [],
      }
      this.#items.set(index, item)
    }
    return item
  }

  #add(index: number, raw: unknown, out: ChatCompletionChunk[]): void {
    if (!isFields(raw)) return
    if (raw.type === 'function_call' || raw.type === 'custom_tool_call') this.#call(this.#item(index), raw, out)
    else if (raw.type === 'message' && raw.phase === 'commentary' && this.#state?.json)
      this.#item(index).preamble = true
  }

  #call(item: OpenItem, raw: Fields, out: ChatCompletionChunk[]): void {
    if (item.call !== undefined) return
    item.call = this.#calls++
    const name = originalName(textIn(raw, 'name') ?? '', this.#state?.names)
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

  #addText(index: number, part: number, delta: string, logprobs: unknown, out: ChatCompletionChunk[]): void {
    const item = this.#item(index)
    if (delta === '' || item.preamble) return
    // messages are separated
    const before = item.text === 0 && this.#text > 0 ? gap : ''
    if (!item.starts.has(part)) item.starts.set(part, this.#text + before.length)
    item.text += delta.length
    this.#text += before.length + delta.length
    const tokens = tokensIn(logprobs)
    if (!item.cutter) return this.#emitText(before + delta, tokens, out)
    item.lead += before
    item.tokens.push(...tokens)
    this.#emitHeld(item, item.cutter.push(delta), out)
    this.#cut = item.cutter.cut
  }

  #emitText(content: string, tokens: TokenLogprob[], out: ChatCompletionChunk[]): void {
    this.#put({ content }, out, tokens.length > 0 ? { logprobs: { content: tokens, refusal: null } } : {})
  }

  /** Emits text that belongs to no stop sequence. */
  #emitHeld(item: OpenItem, text: string, out: ChatCompletionChunk[]): void {
    if (text === '') return
    const tokens = tokensUpTo(item.tokens, text.length)
    item.tokens.splice(0, tokens.length)
    this.#emitText(item.lead + text, tokens, out)
    item.lead = ''
  }

  #refuse(item: OpenItem, delta: string, out: ChatCompletionChunk[]): void {
    if (delta === '') return
    item.refused += delta.length
    this.#put({ refusal: delta }, out)
  }

  #think(item: OpenItem, delta: string, part: string, out: ChatCompletionChunk[]): void {
    if (delta === '') return
    const before = this.#hasReasoning && (item.written === 0 || item.thought !== part) ? gap : ''
    item.thought = part
    item.written += delta.length
    this.#hasReasoning = true
    this.#put({ reasoning_content: before + delta }, out)
  }

  /** Start of an item's text in the text of the answer, also before the text has come. */
  #startOf({ starts, text }: OpenItem, part: number): number {
    return starts.get(part) ?? this.#text + (text === 0 && this.#text > 0 ? gap.length : 0)
  }

  /** @param offset start of the text to which the note's indices refer */
  #cite(index: number, note: unknown, offset: number, out: ChatCompletionChunk[]): void {
    if (!isFields(note) || this.#item(index).preamble) return
    this.#item(index).notes++
    const delta: Delta = {}
    addNote(note, offset, delta)
    this.#put(delta, out)
  }

  /** An item is complete: emits its content that no event has brought. */
  #close(index: number, raw: unknown, out: ChatCompletionChunk[]): void {
    if (!isFields(raw)) return
    const item = this.#item(index)
    if (item.whole) return
    item.whole = raw
    switch (raw.type) {
      case 'message': {
        if (item.text === 0) this.#addText(index, 0, textOf(raw), undefined, out)
        this.#emitHeld(item, item.cutter?.flush() ?? '', out)
        if (this.#cut) return
        const parts = fieldsIn(raw.content)
        if (item.refused === 0) this.#refuse(item, parts.map((part) => textIn(part, 'refusal') ?? '').join(''), out)
        if (item.notes > 0) return
        let offset = Math.min(...item.starts.values(), this.#text)
        for (const part of parts) {
          for (const note of fieldsIn(part.annotations)) this.#cite(index, note, offset, out)
          offset += partText(part).length
        }
        return
      }
      case 'reasoning':
        if (item.written === 0) this.#think(item, reasoningOf(raw), '', out)
        return
      case 'function_call':
      case 'custom_tool_call': {
        this.#call(item, raw, out)
        const custom = raw.type === 'custom_tool_call'
        if (item.written > 0) return
        const written = custom ? (textIn(raw, 'input') ?? '') : callArguments(raw)
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
    checkEnded(response)
    this.#head ??= headOf(response, this.#context)
    // some hosts omit the output in the last event
    const listed = fieldsIn(response.output)
    const byId = listed.some((item) => this.#places?.has(textIn(item, 'id') ?? ''))
    for (const [at, item] of listed.entries()) {
      if (this.#cut) break
      // some hosts give the items other ids at the end, or none
      const index = byId && textIn(item, 'id') !== undefined ? this.#place({ item }) : at
      this.#add(index, item, out)
      this.#close(index, item, out)
    }
    for (const item of this.#items.values()) if (!this.#cut) this.#emitHeld(item, item.cutter?.flush() ?? '', out)
    const output = listed.length > 0 ? listed : this.#wholeItems()
    const kept = this.#cut ? (cutAtStop(output, this.#state) ?? []) : output
    const items = replayItems(kept, this.#context.provider)
    const native = nativeReason(response)
    const reason = finishOf(this.#cut ? undefined : response, this.#calls > 0)
    const delta: Delta = items ? { provider_specific_fields: items } : {}
    this.#put(delta, out, { finish_reason: reason, native_finish_reason: native })
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
