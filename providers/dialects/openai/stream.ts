import type { ChatCompletionChunk, ChunkChoice, Delta, Usage } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { addTop, choiceExtras, logprobsOf } from './decode.js'
import { finishReason } from './finish-reason.js'
import { type Fields, isFields, textIn } from './kit.js'
import { addRare, contentsOf, toolCallDelta } from './message.js'
import type { OpenAIQuirks } from './quirks.js'
import { usageOf } from './usage.js'

/** What is known of a choice that is arriving. */
interface OpenChoice {
  /** Tool calls that have begun, by index. */
  readonly calls: Set<number>
  finished: boolean
}

/**
 * https://platform.openai.com/docs/api-reference/chat-streaming. Chunks are read into objects of one shape: the id is shared,
 * the role stands on the first chunk of a choice only, and usage comes once, at the end.
 */
export class OpenAIStream implements ChatStreamDecoder {
  done = false
  readonly #quirks: OpenAIQuirks
  readonly #context: DecodeContext<OpenAIQuirks>
  readonly #choices = new Map<number, OpenChoice>()
  #id = ''
  #created = 0
  #model = ''
  #usage: Usage | undefined
  #usageSent = false
  /** What came before there was an id to put it under. */
  #early: Fields | undefined

  constructor(context: DecodeContext<OpenAIQuirks>) {
    this.#context = context
    this.#quirks = context.quirks
  }

  push(_event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    if (data.charCodeAt(0) !== OPEN_BRACE) return this.#mark(data, out)
    let body: Fields
    try {
      body = JSON.parse(data)
    } catch {
      throw new ProviderFault('its stream has an event that is not JSON')
    }
    if (body.error) throw new ProviderFault('its stream has an error', body)
    const { choices } = body
    if (!Array.isArray(choices) && (_event === 'error' || body.object === 'error')) {
      throw new ProviderFault('its stream has an error', body)
    }
    if (this.#id === '') this.#identify(body)
    const usage = body.usage ?? (isFields(body.x_groq) ? body.x_groq.usage : undefined)
    if (usage) this.#usage = usageOf(usage, this.#quirks) ?? this.#usage
    const chunk: ChatCompletionChunk = {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices: [],
    }
    if (Array.isArray(choices)) {
      for (let at = 0; at < choices.length; at++) {
        const raw = choices[at]
        if (isFields(raw)) chunk.choices.push(this.#choice(raw, at))
      }
    }
    addTop(body, chunk)
    if (this.#id === '') {
      if (chunk.provider_specific_fields) this.#early = { ...this.#early, ...chunk.provider_specific_fields }
      return
    }
    if (this.#early) {
      chunk.provider_specific_fields = { ...this.#early, ...chunk.provider_specific_fields }
      this.#early = undefined
    }
    if (chunk.choices.length > 0 || chunk.provider_specific_fields) out.push(chunk)
  }

  end(out: ChatCompletionChunk[]): boolean {
    this.#sendUsage(out)
    if (this.done) return true
    if (this.#choices.size === 0) return false
    for (const choice of this.#choices.values()) if (!choice.finished) return false
    return true
  }

  /** `[DONE]`, or an event that is no JSON object. */
  #mark(data: string, out: ChatCompletionChunk[]): void {
    const mark = data.trim()
    if (mark === '[DONE]') {
      this.done = true
      this.#sendUsage(out)
    } else if (mark !== '') throw new ProviderFault('its stream has an event that is not JSON')
  }

  #identify(body: Fields): void {
    const id = textIn(body, 'id')
    if (!id && (!Array.isArray(body.choices) || body.choices.length === 0)) {
      // Azure sends what its filter thinks of the prompt before there is an answer
      this.#created = this.#context.created
      this.#model = textIn(body, 'model') || this.#context.model
      return
    }
    this.#id = id || this.#context.fallbackId
    this.#created =
      typeof body.created === 'number' && body.created > 0 ? Math.floor(body.created) : this.#context.created
    this.#model = textIn(body, 'model') || this.#context.model
  }

  #choice(raw: Fields, position: number): ChunkChoice {
    const index = typeof raw.index === 'number' ? raw.index : position
    let open = this.#choices.get(index)
    const first = open === undefined
    if (!open) {
      open = { calls: new Set(), finished: false }
      this.#choices.set(index, open)
    }
    const rawDelta = raw.delta ?? raw.message
    const delta: Delta = isFields(rawDelta)
      ? this.#delta(rawDelta, index, open, first)
      : first
        ? { role: 'assistant' }
        : {}
    const choice: ChunkChoice = { index, delta, finish_reason: null }
    const reason = raw.finish_reason
    if (typeof reason === 'string' && reason !== '' && !open.finished) {
      open.finished = true
      choice.finish_reason = finishReason(reason)
      choice.native_finish_reason = textIn(raw, 'native_finish_reason') ?? reason
    }
    if (raw.logprobs) choice.logprobs = logprobsOf(raw.logprobs)
    const extras = choiceExtras(raw)
    if (extras) choice.provider_specific_fields = extras
    return choice
  }

  #delta(raw: Fields, index: number, open: OpenChoice, first: boolean): Delta {
    const delta: Delta = first ? { role: 'assistant' } : {}
    const { content, reasoning } = contentsOf(raw)
    if (content !== null) delta.content = content
    if (reasoning) delta.reasoning_content = reasoning
    const refusal = textIn(raw, 'refusal')
    if (refusal) delta.refusal = refusal
    if (Array.isArray(raw.tool_calls) && raw.tool_calls.length > 0) {
      const begins = (call: number) => !open.calls.has(call) && !!open.calls.add(call)
      const prefix = `${this.#context.fallbackId}_${index}`
      delta.tool_calls = raw.tool_calls
        .map((call, position) => toolCallDelta(call, position, prefix, begins))
        .filter((call) => call !== undefined)
    }
    if (isFields(raw.function_call)) delta.function_call = raw.function_call as NonNullable<Delta['function_call']>
    addRare(raw, delta)
    return delta
  }

  #sendUsage(out: ChatCompletionChunk[]): void {
    if (this.#usageSent || !this.#usage) return
    this.#usageSent = true
    const id = this.#id || this.#context.fallbackId
    const base = { id, object: 'chat.completion.chunk' as const, created: this.#created, model: this.#model }
    out.push({ ...base, choices: [], usage: this.#usage })
  }
}

const OPEN_BRACE = 0x7b
