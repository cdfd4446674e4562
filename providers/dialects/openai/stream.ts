import type { ChatCompletionChunk, ChunkChoice, Delta, Usage } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { parseEvent } from '../../fields.js'
import { citationsOf } from './citations.js'
import { addChoiceField, createdOf, isError, logprobsOf } from './decode.js'
import { finishReason } from './finish-reason.js'
import { type Fields, isFields, placeOf, textIn, withField } from './kit.js'
import { addRare, argumentsOf, contentsOf } from './message.js'
import type { OpenAIQuirks } from './quirks.js'
import { Repeated } from './repeated.js'
import { ToolDeltas } from './tool-deltas.js'
import { usageOf } from './usage.js'

/** What is known of a choice that is arriving. */
interface OpenChoice {
  tools: ToolDeltas | undefined
  finished: boolean
  /** Reasoning whose signature has not come yet. */
  unsigned: string
}

/**
 * https://platform.openai.com/docs/api-reference/chat-streaming. Chunks are read into objects of one shape: the id is shared,
 * the role stands on the first chunk of a choice only, and usage comes once, at the end.
 */
export class OpenAIStream implements ChatStreamDecoder {
  done = false
  readonly #context: DecodeContext<OpenAIQuirks>
  readonly #choices: OpenChoice[] = []
  readonly #repeated = new Repeated()
  readonly #citations = new Repeated()
  #id = ''
  #created = 0
  #model = ''
  #usage: Usage | undefined
  /** A chunk that had nothing but usage: Groq and OpenRouter name the service tier there, which has a price of its own. */
  #last: ChatCompletionChunk | undefined
  /** What came before there was an answer to put it on. */
  #early: Fields | undefined

  constructor(context: DecodeContext<OpenAIQuirks>) {
    this.#context = context
  }

  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const text = data.charCodeAt(0) === OPEN_BRACE ? data : data.trim()
    if (text === '') return
    if (text === '[DONE]') {
      this.done = true
      this.#flush(out)
      return
    }
    const body = parseEvent(text)
    const { choices } = body
    if (body.error || event === 'error' || (!Array.isArray(choices) && isError(body))) {
      throw new ProviderFault('its stream has an error', body)
    }
    // Azure says what its filter thinks of the prompt before there is an answer, under an empty id
    if (this.#id === '') {
      if (!body.id && (!Array.isArray(choices) || choices.length === 0)) return this.#keep(body)
      this.#id = textIn(body, 'id') || this.#context.fallbackId
      this.#created = createdOf(body, this.#context)
      this.#model = textIn(body, 'model') || this.#context.model
    }
    const chunk: ChatCompletionChunk = {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices: [],
    }
    if (Array.isArray(choices)) {
      for (let at = 0; at < choices.length; at++) {
        const choice = isFields(choices[at]) ? this.#choice(choices[at], at) : undefined
        if (choice) chunk.choices.push(choice)
      }
    }
    this.#addTop(body, chunk)
    if (chunk.choices.length > 0 || chunk.provider_specific_fields) out.push(chunk)
    else this.#last = chunk
  }

  end(out: ChatCompletionChunk[]): boolean {
    this.#flush(out)
    return this.done || (this.#choices.length > 0 && this.#choices.every((choice) => choice.finished))
  }

  #addTop(body: Fields, chunk: ChatCompletionChunk): void {
    let extras = this.#early
    this.#early = undefined
    for (const name in body) {
      switch (name) {
        case 'id':
        case 'object':
        case 'created':
        case 'model':
        case 'choices':
        // padding against eavesdroppers who measure: OpenAI's, and Mistral's
        case 'obfuscation':
        case 'p':
          continue
        case 'usage':
          this.#readUsage(body.usage)
          continue
        case 'service_tier':
          if (typeof body.service_tier !== 'string' || !body.service_tier) continue
          chunk.service_tier = body.service_tier as NonNullable<typeof chunk.service_tier>
          continue
        case 'system_fingerprint':
          if (typeof body.system_fingerprint !== 'string' || !body.system_fingerprint) continue
          chunk.system_fingerprint = body.system_fingerprint
          continue
        case 'x_groq':
          if (isFields(body.x_groq)) this.#readUsage(body.x_groq.usage)
          break
        case 'citations':
        case 'search_results':
          this.#cite(body, chunk)
      }
      const value = body[name]
      if (value === null || value === undefined) continue
      const news = this.#repeated.news(name, value)
      if (news === undefined) continue
      extras = withField(extras, name, news)
    }
    if (extras) chunk.provider_specific_fields = extras
  }

  #readUsage(raw: unknown): void {
    if (raw) this.#usage = usageOf(raw, this.#context.quirks, this.#context.model) ?? this.#usage
  }

  /** Sources of the answer as a whole are cited by its first choice. */
  #cite(body: Fields, chunk: ChatCompletionChunk): void {
    const delta = chunk.choices[0]?.delta
    if (!delta || delta.annotations) return
    const citations = this.#citations.news('citations', citationsOf(body))
    if (citations) delta.annotations = citations as NonNullable<Delta['annotations']>
  }

  #keep(body: Fields): void {
    const { id: _, object: __, created: ___, model: ____, choices: _____, usage, ...rest } = body
    this.#readUsage(usage)
    const extras = this.#repeated.all(rest)
    if (extras) this.#early = { ...this.#early, ...extras }
  }

  #choice(raw: Fields, position: number): ChunkChoice | undefined {
    const index = placeOf(raw.index) ?? position
    let open = this.#choices[index]
    const first = open === undefined
    if (!open) {
      open = { tools: undefined, finished: false, unsigned: '' }
      this.#choices[index] = open
    }
    const delta: Delta = first ? { role: 'assistant' } : {}
    const rawDelta = raw.delta ?? raw.message
    if (isFields(rawDelta)) this.#read(rawDelta, delta, open, index)
    const choice: ChunkChoice = { index, delta, finish_reason: null }
    const reason = raw.finish_reason
    if (typeof reason === 'string' && reason !== '' && !open.finished) {
      open.finished = true
      choice.finish_reason = finishReason(reason)
      choice.native_finish_reason = textIn(raw, 'native_finish_reason') || reason
    }
    if (raw.logprobs) choice.logprobs = logprobsOf(raw.logprobs)
    // Together repeats the text of the delta beside it
    for (const name in raw) if (name !== 'text' || rawDelta === undefined) addChoiceField(name, raw[name], choice)
    if (
      first ||
      delta.content !== undefined ||
      hasAny(delta) ||
      choice.finish_reason ||
      choice.logprobs ||
      choice.provider_specific_fields
    )
      return choice
    return undefined
  }

  #read(raw: Fields, delta: Delta, open: OpenChoice, index: number): void {
    for (const name in raw) {
      const value = raw[name]
      if (value === null || value === undefined) continue
      switch (name) {
        case 'role':
        case 'name':
        case 'obfuscation':
          break
        case 'content':
          if (Array.isArray(value)) addParts(value, delta, open)
          // an empty text says something only where the answer begins
          if (typeof value !== 'string' || (value === '' && delta.role === undefined)) break
          delta.content = value
          break
        case 'reasoning':
        case 'reasoning_content':
          // both names stand for the same text: hosts that send both send it twice
          if (typeof value === 'string' && value !== '') delta.reasoning_content = value
          break
        case 'refusal':
          if (typeof value === 'string' && value !== '') delta.refusal = value
          break
        case 'tool_calls': {
          open.tools ??= new ToolDeltas(`${this.#context.fallbackId}_${index}`)
          const calls = open.tools.read(value)
          if (calls.length > 0) delta.tool_calls = calls
          break
        }
        case 'function_call':
          if (isFields(value)) delta.function_call = functionCall(value)
          break
        default:
          addRare(name, value, delta)
      }
    }
  }

  /** What was held back: usage, and extras that no chunk came for. */
  #flush(out: ChatCompletionChunk[]): void {
    if (!this.#usage && !this.#early) return
    const chunk: ChatCompletionChunk = {
      id: this.#id || this.#context.fallbackId,
      object: 'chat.completion.chunk',
      created: this.#created || this.#context.created,
      model: this.#model || this.#context.model,
      choices: [],
    }
    if (this.#usage) chunk.usage = this.#usage
    if (this.#last?.service_tier) chunk.service_tier = this.#last.service_tier
    if (this.#last?.system_fingerprint) chunk.system_fingerprint = this.#last.system_fingerprint
    if (this.#early) chunk.provider_specific_fields = this.#early
    this.#usage = undefined
    this.#early = undefined
    out.push(chunk)
  }
}

function hasAny(delta: Delta): boolean {
  for (const _ in delta) return true
  return false
}

/** A list of parts, of Mistral and Databricks. A signature is of all the reasoning that came before it. */
function addParts(parts: readonly unknown[], delta: Delta, open: OpenChoice): void {
  const { content, reasoning, blocks } = contentsOf(parts)
  if (blocks.length > 0) {
    delta.thinking_blocks = blocks.map((block, at) =>
      at === 0 ? { ...block, thinking: open.unsigned + block.thinking } : block,
    )
    open.unsigned = ''
  } else open.unsigned += reasoning
  if (content !== null) delta.content = content
  if (reasoning) delta.reasoning_content = (delta.reasoning_content ?? '') + reasoning
}

function functionCall(raw: Fields): NonNullable<Delta['function_call']> {
  const call: NonNullable<Delta['function_call']> = {}
  const name = textIn(raw, 'name')
  if (name) call.name = name
  if (raw.arguments !== undefined && raw.arguments !== null) call.arguments = argumentsOf(raw.arguments)
  return call
}

const OPEN_BRACE = 0x7b
