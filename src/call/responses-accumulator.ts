import type { DecodeContext, Decoded, ResponsesDialect, ResponsesStreamDecoder } from '../../providers/contract.js'
import type { ChatCompletion, Usage } from '../types/chat.js'
import type { ResponsesEvent, ResponsesResponse } from '../types/responses.js'
import type { ResponsesOutputItem } from '../types/responses-items.js'
import type { Billing } from './billing.js'
import type { StreamAccumulator } from './stream-accumulator.js'

type Answer = Decoded<ResponsesResponse>

/** Billing facts of an answer of the Responses API. */
export const responsesBilling = ({ model, service_tier }: Answer): Billing => ({
  answeredModel: model,
  serviceTier: service_tier,
})

/** The API's own finish reason. */
export const responsesFinish = ({ incomplete_details: details, status }: Answer): string | undefined =>
  details?.reason ?? status

/** Accumulates a stream of the Responses API: passes its events through and assembles the answer. */
export class ResponsesAccumulator implements StreamAccumulator<ResponsesEvent, ResponsesResponse> {
  readonly #dialect: ResponsesDialect
  readonly #context: DecodeContext
  readonly #decoder: ResponsesStreamDecoder
  #head: Record<string, unknown> | undefined
  /** By their position in the output, which hosts may number in any way. */
  readonly #items = new Map<number, ResponsesOutputItem>()
  /** Text of unfinished items. */
  readonly #open = new Map<number, string>()
  #ended = false

  constructor(dialect: ResponsesDialect, context: DecodeContext) {
    this.#dialect = dialect
    this.#context = context
    this.#decoder = dialect.stream(context)
  }

  push(event: string | undefined, data: string, out: ResponsesEvent[]): void {
    this.#decoder.push(event, data, out)
  }

  get done(): boolean {
    return this.#decoder.done
  }

  end(out: ResponsesEvent[]): boolean {
    return this.#decoder.end(out)
  }

  /** Some servers answer `stream: true` with a complete answer: it becomes one final event. */
  pushAnswer(body: unknown, out: ResponsesEvent[]): void {
    const { output_text: _, ...response } = this.#dialect.decode(body, this.#context)
    const type = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed'
    out.push({ type, sequence_number: 0, response })
  }

  add(event: ResponsesEvent): 'quiet' | 'content' {
    switch (event.type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        this.#head = { ...event.response }
        return 'quiet'
      case 'response.output_item.added':
        if (isItem(event.item)) this.#items.set(event.output_index, event.item)
        return 'quiet'
      case 'response.output_item.done':
        if (!isItem(event.item)) return 'quiet'
        this.#items.set(event.output_index, event.item)
        this.#open.delete(event.output_index)
        return 'content'
      case 'response.output_text.delta':
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta': {
        const { output_index: index, delta } = event
        this.#open.set(index, (this.#open.get(index) ?? '') + delta)
        return 'content'
      }
      case 'response.completed':
      case 'response.incomplete':
        this.#head = { ...event.response }
        this.#ended = true
        return 'content'
      default:
        return quiet.has(event.type) ? 'quiet' : 'content'
    }
  }

  get started(): boolean {
    return this.#head !== undefined
  }

  get usage(): Usage | undefined {
    return this.#head?.usage ? this.#dialect.usage(this.answer()) : undefined
  }

  get nativeFinishReason(): string | undefined {
    return responsesFinish(this.answer())
  }

  answer(): Answer {
    const { output } = this.#head ?? {}
    // some hosts omit the output in the last event
    const whole = this.#ended && Array.isArray(output) && output.length > 0
    const body = { ...this.#head, output: whole ? output : this.#soFar() }
    return this.#dialect.decode(body, this.#context)
  }

  /** Finished items, and the text so far of the others. */
  #soFar(): ResponsesOutputItem[] {
    const items = [...this.#items].sort(([one], [other]) => one - other)
    return items.flatMap(([index, item]): ResponsesOutputItem[] => {
      const text = this.#open.get(index)
      if (text === undefined) return [item]
      switch (item.type) {
        case 'message':
          return [{ ...item, content: [{ type: 'output_text', text, annotations: [] }] }]
        case 'function_call':
          return [{ ...item, arguments: text }]
        case 'custom_tool_call':
          return [{ ...item, input: text }]
        default:
          return [item]
      }
    })
  }

  partial(): Decoded<ChatCompletion> {
    const { id, created_at: created, model, output_text: text } = this.answer()
    const message = { role: 'assistant' as const, content: text || null, refusal: null }
    const choices = [{ index: 0, message, finish_reason: 'stop' as const, logprobs: null }]
    return { id, object: 'chat.completion', created, model, choices }
  }

  billing(): Billing {
    return responsesBilling(this.answer())
  }
}

/** Hosts may leave the item out. */
const isItem = (item: unknown): item is ResponsesOutputItem => typeof item === 'object' && item !== null

/** Events that only announce the position of later content. */
const quiet: ReadonlySet<string> = new Set(['response.content_part.added', 'response.reasoning_summary_part.added'])
