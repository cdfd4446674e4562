import type {
  ChatCompletionChunk,
  ChunkChoice,
  Delta,
  FinishReason,
  Logprobs,
  ToolCallDelta,
  Usage,
} from '../../../src/types/chat.js'
import type { Annotation, ImagePart } from '../../../src/types/messages.js'
import type { ResponsesEvent, ResponsesParams } from '../../../src/types/responses.js'
import type {
  ResponsesHostedItem,
  ResponsesMessage,
  ResponsesOutputItem,
  ResponsesOutputPart,
  ResponsesReasoningItem,
} from '../../../src/types/responses-items.js'
import type { Fields } from '../../fields.js'
import type { InboundContext, InboundStreamEncoder } from '../contract.js'
import { type Envelope, envelope, makeId, statusOf } from './envelope.js'
import {
  callPlace,
  citationOf,
  copyOf,
  isJSON,
  type OpenCall,
  type OpenMessage,
  type OpenReasoning,
  placeOf,
  snapshotOf,
  tokensOf,
  type Unnumbered,
} from './items.js'
import { type Carried, Carrier, pack } from './reasoning.js'
import { customInput, ToolNames } from './tools.js'

/** For reasoning that its provider did not sign: clients drop reasoning without encrypted content. */
const unsigned = pack({ fields: {} }) ?? null

/**
 * Turns chunks into events. Items follow each other as OpenAI sends them: an item is done before the next one begins. Only calls whose
 * arguments arrive interleaved are open together. https://platform.openai.com/docs/api-reference/responses-streaming
 */
export class ResponsesEncoder implements InboundStreamEncoder<ResponsesEvent> {
  readonly #params: ResponsesParams
  readonly #context: InboundContext
  readonly #names: ToolNames
  readonly #silent: boolean
  readonly #output: ResponsesOutputItem[] = []
  readonly #carrier = new Carrier()
  /** The reasoning or message that new text belongs to. */
  #open: OpenReasoning | OpenMessage | undefined
  /** Calls by the index of their chunks. */
  readonly #calls = new Map<number, OpenCall>()
  readonly #ended = new Set<number>()
  #out: ResponsesEvent[] = []
  #number = 0
  #begun = false
  #model: string
  #serviceTier: string | undefined
  #finish: FinishReason | undefined
  #usage: Usage | undefined
  /** Characters of the answer's text so far. */
  #length = 0
  #lastMessage: ResponsesMessage | undefined
  #lastStart = 0

  /** @param silent makes no events, for answers that are not streamed */
  constructor(params: ResponsesParams, context: InboundContext, silent = false) {
    this.#silent = silent
    this.#params = params
    this.#context = context
    this.#model = context.model
    this.#names = new ToolNames(params as unknown as Fields)
  }

  push(chunk: ChatCompletionChunk, out: ResponsesEvent[]): void {
    this.#out = out
    if (chunk.model && !this.#begun) this.#model = chunk.model
    this.#begin()
    if (chunk.service_tier) this.#serviceTier = chunk.service_tier
    if (chunk.usage) this.#usage = chunk.usage
    for (const choice of chunk.choices) if (choice.index === 0) this.#add(choice)
  }

  end(out: ResponsesEvent[]): void {
    this.#out = out
    this.#begin()
    const status = statusOf(this.#finish)
    this.#closeAll(status)
    const rest = this.#carrier.take()
    if (rest !== undefined) this.#carry(rest)
    // clients expect an item
    if (this.#output.length === 0 && status === 'completed') {
      this.#message('output_text')
      this.#close(status)
    }
    this.#announce(`response.${status}`, status)
  }

  /** Puts parts of a complete answer into its first reasoning item. */
  restore(carried: Carried): void {
    const text = pack(carried)
    if (text !== undefined) this.#reasoning().item.encrypted_content = text
  }

  /** The response so far. */
  response(status: 'in_progress' | 'completed' | 'incomplete'): Envelope {
    return envelope(this.#params, this.#context, {
      status,
      model: this.#model,
      output: this.#output,
      usage: this.#usage,
      serviceTier: this.#serviceTier,
      finishReason: this.#finish,
    })
  }

  #emit(event: Unnumbered<ResponsesEvent>): void {
    if (this.#silent) return
    // a copy would cost as much as the event itself
    this.#out.push(Object.assign(event, { sequence_number: this.#number++ }) as ResponsesEvent)
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#announce('response.created', 'in_progress')
    this.#announce('response.in_progress', 'in_progress')
  }

  #announce(
    type: `response.${'created' | 'in_progress' | 'completed' | 'incomplete'}`,
    status: 'in_progress' | 'completed' | 'incomplete',
  ): void {
    if (!this.#silent) this.#emit({ type, response: this.response(status) })
  }

  #add({ delta, finish_reason, logprobs }: ChunkChoice): void {
    if (delta.reasoning_content) this.#think(delta.reasoning_content)
    if (delta.thinking_blocks || delta.provider_specific_fields) this.#sign(delta)
    if (delta.content) this.#say('output_text', delta.content, logprobs)
    if (delta.refusal) this.#say('refusal', delta.refusal, undefined)
    if (delta.annotations) for (const note of delta.annotations) this.#cite(note)
    if (delta.images) for (const image of delta.images) this.#image(image)
    if (delta.tool_calls) for (const call of delta.tool_calls) this.#call(call)
    if (finish_reason) this.#finish = finish_reason
  }

  /** Thinking opens its item even without text: it may be encrypted. */
  #sign(delta: Delta): void {
    if (delta.thinking_blocks && this.#open?.kind !== 'reasoning') this.#reasoning()
    this.#carrier.add(delta)
  }

  #start(item: ResponsesOutputItem): number {
    const place = this.#output.length
    this.#output.push(item)
    this.#emit({ type: 'response.output_item.added', output_index: place, item: snapshotOf(item) })
    return place
  }

  #id(kind: string): string {
    return makeId(kind, this.#context, this.#output.length)
  }

  #reasoning(): OpenReasoning {
    if (this.#open?.kind === 'reasoning') return this.#open
    this.#closeReady()
    const item: ResponsesReasoningItem = { id: this.#id('rs'), type: 'reasoning', summary: [] }
    this.#open = { kind: 'reasoning', item, place: this.#start(item), text: '' }
    return this.#open
  }

  #think(delta: string): void {
    const open = this.#reasoning()
    const at = { item_id: open.item.id, output_index: open.place, summary_index: 0 }
    if (open.item.summary.length === 0) {
      open.item.summary.push({ type: 'summary_text', text: '' })
      this.#emit({ type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } })
    }
    open.text += delta
    this.#emit({ type: 'response.reasoning_summary_text.delta', ...at, delta })
  }

  #message(type: 'output_text' | 'refusal'): OpenMessage {
    let open = this.#open
    if (open?.kind !== 'message') {
      this.#closeReady()
      const item: ResponsesMessage = {
        id: this.#id('msg'),
        type: 'message',
        status: 'in_progress',
        content: [],
        role: 'assistant',
      }
      open = { kind: 'message', item, place: this.#start(item) }
      this.#open = open
    }
    if (open.item.content.at(-1)?.type !== type) {
      this.#closePart(open)
      const part: ResponsesOutputPart =
        type === 'refusal' ? { type, refusal: '' } : { type, annotations: [], logprobs: [], text: '' }
      open.item.content.push(part)
      this.#lastMessage = open.item
      this.#lastStart = this.#length
      this.#emit({ type: 'response.content_part.added', ...placeOf(open), part: copyOf(part) })
    }
    return open
  }

  #say(type: 'output_text' | 'refusal', delta: string, logprobs: Logprobs | null | undefined): void {
    const open = this.#message(type)
    const part = open.item.content.at(-1)
    if (part?.type === 'refusal') {
      part.refusal += delta
      this.#emit({ type: 'response.refusal.delta', ...placeOf(open), delta })
    } else if (part) {
      part.text += delta
      this.#length += delta.length
      const tokens = logprobs?.content ? tokensOf(logprobs.content) : []
      if (tokens.length > 0) part.logprobs = [...(part.logprobs ?? []), ...tokens]
      this.#emit({ type: 'response.output_text.delta', ...placeOf(open), delta, logprobs: tokens })
    }
  }

  #cite(note: Annotation): void {
    const open = this.#open?.kind === 'message' ? this.#open : undefined
    const message = open?.item ?? this.#lastMessage
    const part = message?.content.at(-1)
    if (part?.type !== 'output_text') return
    const annotation = citationOf(note, this.#lastStart)
    part.annotations.push(annotation)
    if (!open) return
    this.#emit({
      type: 'response.output_text.annotation.added',
      ...placeOf(open),
      annotation_index: part.annotations.length - 1,
      annotation: { ...annotation },
    })
  }

  #image({ image_url: image }: ImagePart): void {
    const url = typeof image === 'string' ? image : image.url
    const [, format, data] = /^data:image\/(\w+)[^,]*;base64,(.*)$/s.exec(url) ?? []
    if (!data) return this.#say('output_text', `![image](${url})`, undefined)
    this.#closeReady()
    const item: ResponsesHostedItem & { id: string; output_format?: string } = {
      id: this.#id('ig'),
      type: 'image_generation_call',
      status: 'in_progress',
      result: null,
    }
    const place = this.#start(item)
    const at = { output_index: place, item_id: item.id }
    this.#emit({ type: 'response.image_generation_call.in_progress', ...at })
    const done = { ...item, status: 'completed', result: data, output_format: format ?? 'png' }
    this.#output[place] = done
    this.#emit({ type: 'response.image_generation_call.completed', ...at })
    this.#emit({ type: 'response.output_item.done', output_index: place, item: done })
  }

  #call({ index, id, function: fn, custom, provider_specific_fields: extras }: ToolCallDelta): void {
    let open = this.#calls.get(index)
    if (!open) {
      // deltas of a call that was done can't be placed
      if (this.#ended.has(index)) return
      const callId = id || makeId('call', this.#context, this.#output.length)
      if (extras) this.#carrier.addCall(callId, extras)
      open = this.#openCall(index, callId, fn?.name ?? custom?.name ?? '', custom !== undefined)
    } else if (extras) this.#carrier.addCall(open.item.call_id, extras)
    const delta = fn?.arguments ?? custom?.input
    if (!delta) return
    open.text += delta
    if (open.item.type === 'function_call') {
      this.#emit({ type: 'response.function_call_arguments.delta', ...callPlace(open), delta })
    }
  }

  #openCall(index: number, callId: string, chatName: string, free: boolean): OpenCall {
    this.#closeReady()
    // the fields of a call go before it, if the reasoning that led to it has not taken them
    const carried = this.#carrier.take()
    if (carried !== undefined) this.#carry(carried)
    const tool = free ? { name: chatName, custom: true } : this.#names.clientTool(chatName)
    const { name, namespace } = tool
    const common = {
      status: 'in_progress' as const,
      call_id: callId,
      name,
      ...(namespace !== undefined && { namespace }),
    }
    const item: OpenCall['item'] = tool.custom
      ? { id: this.#id('ctc'), type: 'custom_tool_call', input: '', ...common }
      : { id: this.#id('fc'), type: 'function_call', arguments: '', ...common }
    const open: OpenCall = { kind: 'call', item, place: this.#start(item), text: '' }
    this.#calls.set(index, open)
    return open
  }

  /** Writes a reasoning item without text. */
  #carry(encrypted: string): void {
    const item: ResponsesReasoningItem = { id: this.#id('rs'), type: 'reasoning', summary: [] }
    const place = this.#start(item)
    item.encrypted_content = encrypted
    this.#emit({ type: 'response.output_item.done', output_index: place, item: snapshotOf(item) })
  }

  /** Ends everything that is complete before another item begins. */
  #closeReady(): void {
    this.#close('completed')
    for (const [index, call] of this.#calls) if (isJSON(call)) this.#closeCall(index, 'completed')
  }

  #closeAll(status: 'completed' | 'incomplete'): void {
    this.#close(status)
    for (const [index, call] of this.#calls) this.#closeCall(index, isJSON(call) ? 'completed' : status)
  }

  /** Ends the open reasoning or message. */
  #close(status: 'completed' | 'incomplete'): void {
    const open = this.#open
    if (!open) return
    this.#open = undefined
    if (open.kind === 'reasoning') this.#closeReasoning(open)
    else {
      this.#closePart(open)
      open.item.status = status
    }
    this.#emit({ type: 'response.output_item.done', output_index: open.place, item: snapshotOf(open.item) })
  }

  #closeReasoning({ item, place, text }: OpenReasoning): void {
    const [part] = item.summary
    if (part) {
      part.text = text
      const at = { item_id: item.id, output_index: place, summary_index: 0 }
      this.#emit({ type: 'response.reasoning_summary_text.done', ...at, text })
      this.#emit({ type: 'response.reasoning_summary_part.done', ...at, part: { ...part } })
    }
    item.encrypted_content ??= this.#carrier.take() ?? unsigned
  }

  #closePart(open: OpenMessage): void {
    const part = open.item.content.at(-1)
    if (!part) return
    if (part.type === 'refusal') this.#emit({ type: 'response.refusal.done', ...placeOf(open), refusal: part.refusal })
    else {
      this.#emit({
        type: 'response.output_text.done',
        ...placeOf(open),
        text: part.text,
        logprobs: part.logprobs ?? [],
      })
    }
    this.#emit({ type: 'response.content_part.done', ...placeOf(open), part: copyOf(part) })
  }

  #closeCall(index: number, status: 'completed' | 'incomplete'): void {
    const open = this.#calls.get(index)
    if (!open) return
    this.#calls.delete(index)
    this.#ended.add(index)
    const { item } = open
    const at = callPlace(open)
    if (item.type === 'function_call') {
      if (open.text === '' && status === 'completed') {
        open.text = '{}'
        this.#emit({ type: 'response.function_call_arguments.delta', ...at, delta: '{}' })
      }
      item.arguments = open.text
      item.status = status
      this.#emit({ type: 'response.function_call_arguments.done', ...at, name: item.name, arguments: open.text })
    } else {
      item.input = customInput(open.text)
      Object.assign(item, { status })
      this.#emit({ type: 'response.custom_tool_call_input.delta', ...at, delta: item.input })
      this.#emit({ type: 'response.custom_tool_call_input.done', ...at, input: item.input })
    }
    this.#emit({ type: 'response.output_item.done', output_index: open.place, item: snapshotOf(item) })
  }
}
