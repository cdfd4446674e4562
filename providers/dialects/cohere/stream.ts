import type { ChatCompletionChunk, ChunkChoice, Delta } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { rejectErrorEvent } from '../../fields.js'
import { agreeWithCalls } from '../../shared/finish-reason.js'
import { annotationsOf, errorBody, finishReason, logprobsOf, toolCall } from './decode.js'
import { usageExtras, usageOf } from './usage.js'
import { countIn, extrasOf, type Fields, isFields, textIn } from './wire.js'

/** A tool call that is being streamed. */
interface OpenCall {
  readonly index: number
  /** Whether any arguments have arrived. */
  filled: boolean
}

const endFields: ReadonlySet<string> = new Set(['finish_reason', 'usage', 'error', 'error_type'])

/**
 * Text, thinking, plans and arguments are passed on as they arrive. Citations arrive complete; the finish reason
 * repeats the whole plan.
 * https://docs.cohere.com/docs/streaming
 */
export class CohereStream implements ChatStreamDecoder {
  done = false
  readonly #context: DecodeContext
  #id: string
  #started = false
  #finished = false
  readonly #calls = new Map<number, OpenCall>()
  /** Offset of each block in the content. */
  readonly #starts = new Map<number, number>()
  #length = 0
  #plan = ''
  /** The source of the last reasoning delta: a block or the tool plan. */
  #reasoned: number | 'plan' | undefined
  #others: Fields[] = []

  constructor(context: DecodeContext) {
    this.#context = context
    this.#id = context.fallbackId
  }

  push(name: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    rejectErrorEvent(name, data)
    let event: unknown
    try {
      event = JSON.parse(data)
    } catch {
      const text = data.trim()
      if (text === '') return
      if (text === '[DONE]') {
        this.done = this.#finished
        return
      }
      throw new ProviderFault('its stream has an event that is not JSON')
    }
    if (!isFields(event)) return
    const delta = isFields(event.delta) ? event.delta : {}
    const message = isFields(delta.message) ? delta.message : {}
    const index = countIn(event, 'index') ?? 0
    switch (event.type) {
      case 'content-delta':
        return this.#content(index, message.content, event.logprobs, out)
      case 'content-start':
        return this.#block(index, message.content, event.logprobs, out)
      case 'tool-plan-delta':
        return this.#planned(textIn(message, 'tool_plan') ?? '', out)
      case 'tool-call-start':
        return this.#callStart(index, message.tool_calls, out)
      case 'tool-call-delta':
        return this.#callDelta(index, message.tool_calls, out)
      case 'tool-call-end':
        return this.#callEnd(index, out)
      case 'citation-start':
        return this.#cited(message.citations, out)
      case 'message-start':
        this.#id = textIn(event, 'id') || this.#id
        return this.#start(out)
      case 'message-end':
        return this.#end(delta, out)
      default:
        // an error sent in place of an event
        if (event.type === undefined && (event.error || typeof event.message === 'string')) {
          throw new ProviderFault('its stream has an error', event)
        }
    }
  }

  end(): boolean {
    this.done ||= this.#finished
    return this.done
  }

  #chunk(choices: ChunkChoice[]): ChatCompletionChunk {
    const { created, model } = this.#context
    return { id: this.#id, object: 'chat.completion.chunk', created, model, choices }
  }

  #say(delta: Delta, out: ChatCompletionChunk[], logprobs?: unknown): void {
    this.#start(out)
    const choice: ChunkChoice = { index: 0, delta, finish_reason: null }
    const probabilities = logprobsOf(logprobs)
    if (probabilities) choice.logprobs = probabilities
    out.push(this.#chunk([choice]))
  }

  #start(out: ChatCompletionChunk[]): void {
    if (this.#started) return
    this.#started = true
    out.push(this.#chunk([{ index: 0, delta: { role: 'assistant' }, finish_reason: null }]))
  }

  #block(index: number, content: unknown, logprobs: unknown, out: ChatCompletionChunk[]): void {
    this.#starts.set(index, this.#length)
    if (!isFields(content)) return
    if (content.type !== undefined && content.type !== 'text' && content.type !== 'thinking') this.#others.push(content)
    else this.#content(index, content, logprobs, out)
  }

  #content(index: number, content: unknown, logprobs: unknown, out: ChatCompletionChunk[]): void {
    if (!isFields(content)) return
    const text = textIn(content, 'text')
    const thinking = textIn(content, 'thinking')
    if (text) {
      if (!this.#starts.has(index)) this.#starts.set(index, this.#length)
      this.#length += text.length
      this.#say({ content: text }, out, logprobs)
    }
    if (thinking) this.#reason(index, thinking, out)
  }

  #planned(text: string, out: ChatCompletionChunk[]): void {
    if (!text) return
    this.#plan += text
    this.#reason('plan', text, out)
  }

  #reason(from: number | 'plan', text: string, out: ChatCompletionChunk[]): void {
    const apart = this.#reasoned !== undefined && this.#reasoned !== from
    this.#reasoned = from
    this.#say({ reasoning_content: apart ? `\n\n${text}` : text }, out)
  }

  #callStart(index: number, call: unknown, out: ChatCompletionChunk[]): void {
    if (!isFields(call)) return
    const open: OpenCall = { index: this.#calls.size, filled: false }
    this.#calls.set(index, open)
    const whole = toolCall(call, open.index, this.#context)
    const given = isFields(call.function) ? textIn(call.function, 'arguments') : undefined
    open.filled = !!given
    this.#say(
      { tool_calls: [{ ...whole, index: open.index, function: { ...whole.function, arguments: given ?? '' } }] },
      out,
    )
  }

  #callDelta(index: number, call: unknown, out: ChatCompletionChunk[]): void {
    const open = this.#calls.get(index)
    const text = isFields(call) && isFields(call.function) ? textIn(call.function, 'arguments') : undefined
    if (!open || !text) return
    open.filled = true
    this.#say({ tool_calls: [{ index: open.index, function: { arguments: text } }] }, out)
  }

  /** A call without arguments receives none at all, so `{}` is added. */
  #callEnd(index: number, out: ChatCompletionChunk[]): void {
    const open = this.#calls.get(index)
    if (!open || open.filled) return
    open.filled = true
    this.#say({ tool_calls: [{ index: open.index, function: { arguments: '{}' } }] }, out)
  }

  #cited(given: unknown, out: ChatCompletionChunk[]): void {
    const citations = (Array.isArray(given) ? given : [given]).filter(isFields)
    if (citations.length === 0) return
    const annotations = citations.flatMap((citation) =>
      annotationsOf(citation, this.#starts.get(countIn(citation, 'content_index') ?? 0) ?? 0),
    )
    this.#say({ ...(annotations.length > 0 && { annotations }), provider_specific_fields: { citations } }, out)
  }

  #end(delta: Fields, out: ChatCompletionChunk[]): void {
    const native = textIn(delta, 'finish_reason')
    if (native === 'ERROR' || delta.error) {
      throw new ProviderFault('its stream has an error', errorBody({ ...delta, id: this.#id }))
    }
    for (const index of this.#calls.keys()) this.#callEnd(index, out)
    this.#start(out)
    this.#finished = true
    const extras: Fields = { ...(this.#plan && { tool_plan: this.#plan }) }
    if (this.#others.length > 0) extras.content = this.#others
    const choice: ChunkChoice = {
      index: 0,
      delta: Object.keys(extras).length > 0 ? { provider_specific_fields: extras } : {},
      finish_reason: agreeWithCalls(finishReason(native ?? ''), this.#calls.size > 0),
    }
    if (native !== undefined) choice.native_finish_reason = native
    out.push(this.#chunk([choice]))
    this.#count(delta, out)
  }

  #count(delta: Fields, out: ChatCompletionChunk[]): void {
    const usage = usageOf(delta.usage)
    const extras = { ...extrasOf(delta, endFields), ...usageExtras(delta.usage) }
    const more = Object.keys(extras).length > 0 ? { provider_specific_fields: extras } : {}
    if (usage) out.push({ ...this.#chunk([]), usage, ...more })
    else if (Object.keys(more).length > 0) out.push({ ...this.#chunk([]), ...more })
  }
}
