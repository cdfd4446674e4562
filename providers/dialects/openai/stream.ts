import type { ChatCompletionChunk, ChunkChoice, Delta, Usage } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { type Fields, isFields, parseEvent, placeOf, rejectErrorEvent, textIn, withField } from '../../fields.js'
import { namedModel } from '../../models/index.js'
import { RepeatedEvent, valuesOf } from '../../shared/repeated-event.js'
import {
  addChoiceField,
  addExtra,
  addRare,
  argumentsOf,
  callsIn,
  citationsOf,
  contentsOf,
  createdOf,
  isError,
  isServerCall,
  logprobsOf,
  originalName,
  reasoningText,
  textMessage,
  withCost,
} from './decode.js'
import { finishOf, givenReason, throwIfCut } from './finish-reason.js'
import type { OpenAIQuirks } from './quirks.js'
import type { EncodeState } from './scope.js'
import { ToolDeltas } from './tools.js'
import { usageOf } from './usage.js'

/** Fields that are read from the first chunk only, and padding. */
const ignored = valuesOf('created', 'obfuscation', 'p')

/** Removes the text of a chunk's only choice, and what is ignored. */
function takeContent(event: Fields): unknown {
  const { choices } = event as { choices?: readonly { delta?: Fields }[] }
  const delta = choices?.[0]?.delta
  const content = delta?.content
  delete event.created
  delete event.obfuscation
  delete event.p
  delete delta?.content
  delete delta?.obfuscation
  return content
}

/** State of a choice that is arriving. */
interface OpenChoice {
  tools: ToolDeltas | undefined
  finished: boolean
  /** Ended with `stop`, which calls or another reason may still follow. */
  stopped: boolean
  /** Reasoning whose signature has not come yet. */
  unsigned: string
  /** Whether there is text, reasoning or the like. */
  hasContent: boolean
  /** A call in the old form: its name is sent once, by some hosts with every piece of the arguments. */
  functionName: string | undefined
}

/**
 * https://platform.openai.com/docs/api-reference/chat-streaming. Chunks are read into objects of one shape: the id is shared, the role is
 * on the first chunk of a choice only, and usage comes once, at the end.
 */
export class OpenAIStream implements ChatStreamDecoder {
  done = false
  readonly #context: DecodeContext<OpenAIQuirks>
  readonly #state: EncodeState | undefined
  #choices: OpenChoice[] = []
  // most streams repeat and cite nothing
  #repeated: DeltaDedupe | undefined
  #citations: DeltaDedupe | undefined
  #id = ''
  #created = 0
  #model = ''
  #usage: Usage | undefined
  /** A chunk with usage only: Groq and OpenRouter name the service tier there, which has a price of its own. */
  #last: ChatCompletionChunk | undefined
  /** Fields that came before the first choice. */
  #early: Fields | undefined
  readonly #texts = new RepeatedEvent('content', takeContent, ignored)
  /** The chunk of the learned event. */
  #pattern: ChatCompletionChunk | undefined
  #patternIndex = 0

  constructor(context: DecodeContext<OpenAIQuirks>) {
    this.#context = context
    this.#state = context.encodeState as EncodeState | undefined
  }

  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const pattern = this.#pattern
    if (pattern !== undefined && event !== 'error') {
      const content = this.#texts.match(data)
      if (content !== undefined && content !== '') {
        out.push({ ...pattern, choices: [{ index: this.#patternIndex, delta: { content }, finish_reason: null }] })
        return
      }
    }
    const text = data.charCodeAt(0) === OPEN_BRACE ? data : data.trim()
    if (text === '') return
    if (text === '[DONE]') {
      this.done = true
      this.#finishOpen(out)
      this.#flush(out)
      return
    }
    rejectErrorEvent(event, text)
    const body = parseEvent(text)
    const { choices } = body
    if (body.error || (!Array.isArray(choices) && isError(body))) {
      throw new ProviderFault('its stream has an error', body)
    }
    // Azure sends the verdict of its filter on the prompt before the answer, under an empty id
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
        if (!choice) continue
        // an empty array would get room for 17
        if (chunk.choices.length === 0) chunk.choices = [choice]
        else chunk.choices.push(choice)
      }
    }
    this.#addTop(body, chunk)
    // a field that changes back is new again, so the chunk must be read
    if (chunk.provider_specific_fields) this.#pattern = undefined
    if (chunk.choices.length > 0 || chunk.provider_specific_fields) {
      out.push(chunk)
      this.#learn(data, chunk)
    } else this.#last = chunk
  }

  /** A chunk with nothing but text is like most that follow. */
  #learn(data: string, chunk: ChatCompletionChunk): void {
    const [choice] = chunk.choices
    if (!choice || chunk.choices.length !== 1 || chunk.provider_specific_fields) return
    const { delta } = choice
    if (typeof delta.content !== 'string' || choice.finish_reason || choice.logprobs || choice.provider_specific_fields)
      return
    for (const name in delta) if (name !== 'content') return
    if (!this.#texts.learn(data, delta.content)) return
    this.#pattern = { ...chunk, choices: none }
    this.#patternIndex = choice.index
  }

  /** A stream that was cut has no finish reason; some servers send `[DONE]` all the same, and others never send a reason. */
  end(out: ChatCompletionChunk[]): boolean {
    this.#flush(out)
    const open = this.#choices.filter((choice) => choice !== undefined)
    return open.length > 0 && open.every((choice) => choice.finished || (this.done && isWhole(choice)))
  }

  /** Ends calls of a stream that has its end mark and no finish reason. */
  #finishOpen(out: ChatCompletionChunk[]): void {
    for (const [index, open] of this.#choices.entries()) {
      if (!open?.tools?.hasCalls || (open.finished && !open.stopped) || !isWhole(open)) continue
      open.finished = true
      const delta: Delta = {}
      this.#close(delta, open)
      out.push({ ...this.#head(), choices: [{ index, delta, finish_reason: 'tool_calls' }] })
    }
  }

  #head(): ChatCompletionChunk {
    return {
      id: this.#id || this.#context.fallbackId,
      object: 'chat.completion.chunk',
      created: this.#created || this.#context.created,
      model: this.#model || this.#context.model,
      choices: [],
    }
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
        // padding against measuring the length of tokens: OpenAI's, and Mistral's
        case 'obfuscation':
        case 'p':
          continue
        case 'usage':
          this.#readUsage(withCost(body))
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
      this.#repeated ??= new DeltaDedupe()
      const added = this.#repeated.added(name, value)
      if (added === undefined) continue
      extras = withField(extras, name, added)
    }
    if (extras) chunk.provider_specific_fields = extras
  }

  #readUsage(raw: unknown): void {
    if (!raw) return
    const usage = usageOf(raw, this.#context.quirks, namedModel(this.#context))
    // some hosts end with zeros
    if (usage && (usage.total_tokens > 0 || !this.#usage)) this.#usage = usage
    // the usage of the learned event is no longer the last
    this.#pattern = undefined
  }

  /** Sources of the answer as a whole belong to its first choice. */
  #cite(body: Fields, chunk: ChatCompletionChunk): void {
    const delta = chunk.choices[0]?.delta
    if (!delta || delta.annotations) return
    this.#citations ??= new DeltaDedupe()
    const citations = this.#citations.added('citations', citationsOf(body))
    if (citations) delta.annotations = citations as NonNullable<Delta['annotations']>
  }

  #keep(body: Fields): void {
    const { id: _, object: __, created: ___, model: ____, choices: _____, usage: ______, ...rest } = body
    this.#readUsage(withCost(body))
    this.#repeated ??= new DeltaDedupe()
    const extras = this.#repeated.addedOf(rest)
    if (extras) this.#early = { ...this.#early, ...extras }
  }

  #choice(raw: Fields, position: number): ChunkChoice | undefined {
    const index = placeOf(raw.index) ?? position
    let open = this.#choices[index]
    const first = open === undefined
    if (!open) {
      open = {
        tools: undefined,
        finished: false,
        stopped: false,
        unsigned: '',
        hasContent: false,
        functionName: undefined,
      }
      // an empty array would get room for 17
      if (index === 0 && this.#choices.length === 0) this.#choices = [open]
      else this.#choices[index] = open
    }
    const delta: Delta = first ? { role: 'assistant' } : {}
    const rawDelta = raw.delta ?? raw.message ?? textMessage(raw)
    if (isFields(rawDelta)) {
      if (rawDelta.role === 'tool') this.#keepResult(rawDelta, delta)
      else this.#read(rawDelta, delta, open, index)
    }
    if (!open.hasContent) open.hasContent = hasContent(delta)
    const choice: ChunkChoice = { index, delta, finish_reason: null }
    const reason = givenReason(raw)
    if (reason !== undefined && (!open.finished || open.stopped)) {
      throwIfCut(reason, raw)
      this.#close(delta, open)
      const finish = finishOf(reason, !!open.tools?.hasCalls, open.functionName !== undefined)
      const again = open.finished && finish === 'stop'
      open.finished = true
      open.stopped = finish === 'stop'
      if (!again) choice.finish_reason = finish
      if (!again) choice.native_finish_reason = textIn(raw, 'native_finish_reason') || reason
    }
    if (raw.logprobs) choice.logprobs = logprobsOf(raw.logprobs)
    if (raw.usage) this.#readUsage(raw.usage)
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

  /** Adds the arguments of calls that came without any. */
  #close(delta: Delta, open: OpenChoice): void {
    const rest = open.tools?.close() ?? []
    if (rest.length > 0) delta.tool_calls = [...(delta.tool_calls ?? []), ...rest]
  }

  /** The result of a tool that the host ran itself. */
  #keepResult(raw: Fields, delta: Delta): void {
    addExtra(delta, 'server_tool_results', [raw])
  }

  #read(raw: Fields, delta: Delta, open: OpenChoice, index: number): void {
    for (const name in raw) {
      const value = raw[name]
      if (value === null || value === undefined) continue
      switch (name) {
        case 'role':
        case 'name':
        case 'obfuscation':
        case 'index':
          break
        case 'content':
          if (Array.isArray(value)) addParts(value, delta, open)
          // an empty text matters only at the beginning of the answer
          if (typeof value !== 'string' || (value === '' && delta.role === undefined)) break
          delta.content = value
          break
        case 'reasoning':
        case 'reasoning_content':
          // hosts that send both names send one text twice
          if (typeof value === 'string' && value !== '') delta.reasoning_content = value
          break
        case 'reasoning_details': {
          const text = reasoningText(raw)
          if (text) delta.reasoning_content = text
          addRare(name, value, delta)
          break
        }
        case 'refusal':
          if (typeof value === 'string' && value !== '') delta.refusal = value
          break
        case 'tool_calls':
          this.#readCalls(value, delta, open, index)
          break
        case 'function_call':
          if (isFields(value)) this.#readFunctionCall(value, delta, open)
          break
        default:
          addRare(name, value, delta)
      }
    }
  }

  #readCalls(value: unknown, delta: Delta, open: OpenChoice, index: number): void {
    const all = callsIn(value)
    const own = this.#state?.serverTools ? all.filter((call) => !isServerCall(call, this.#state)) : all
    if (own.length < all.length) {
      addExtra(
        delta,
        'server_tool_calls',
        all.filter((call) => !own.includes(call)),
      )
    }
    if (own.length === 0) return
    open.tools ??= new ToolDeltas(`${this.#context.fallbackId}_${index}`, this.#state?.names)
    const calls = open.tools.read(own)
    if (calls.length > 0) delta.tool_calls = calls
  }

  #readFunctionCall(raw: Fields, delta: Delta, open: OpenChoice): void {
    const call: NonNullable<Delta['function_call']> = {}
    const name = textIn(raw, 'name')
    if (name && open.functionName === undefined) {
      call.name = originalName(name, this.#state?.names)
      open.functionName = call.name
    }
    if (raw.arguments !== undefined && raw.arguments !== null) call.arguments = argumentsOf(raw.arguments)
    delta.function_call = call
    open.hasContent = true
  }

  /** Emits usage, and extras without a chunk of their own. */
  #flush(out: ChatCompletionChunk[]): void {
    if (!this.#usage && !this.#early) return
    const chunk = this.#head()
    if (this.#usage) chunk.usage = this.#usage
    if (this.#last?.service_tier) chunk.service_tier = this.#last.service_tier
    if (this.#last?.system_fingerprint) chunk.system_fingerprint = this.#last.system_fingerprint
    if (this.#early) chunk.provider_specific_fields = this.#early
    this.#usage = undefined
    this.#early = undefined
    out.push(chunk)
  }
}

/** Whether nothing shows that a choice without a finish reason was cut. */
const isWhole = ({ hasContent, tools }: OpenChoice): boolean => (tools ? tools.complete : hasContent)

const hasContent = (delta: Delta): boolean =>
  !!(delta.content || delta.reasoning_content || delta.refusal || delta.audio || delta.images)

function hasAny(delta: Delta): boolean {
  for (const _ in delta) return true
  return false
}

/** A list of parts, of Mistral and Databricks. A signature covers all reasoning before it. */
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

const OPEN_BRACE = 0x7b
const none: ChunkChoice[] = []

/**
 * Removes repetitions: hosts repeat fields of the whole answer on every chunk (`provider`, `citations`). Of a list that has grown only the
 * new elements pass, because readers of chunks append lists.
 */
class DeltaDedupe {
  // most streams repeat nothing
  #plain: Map<string, unknown> | undefined
  #written: Map<string, string> | undefined

  /** The part of a value that is new; undefined if nothing is. */
  added(name: string, value: unknown): unknown {
    if (typeof value !== 'object' || value === null) {
      this.#plain ??= new Map()
      if (this.#plain.get(name) === value) return undefined
      this.#plain.set(name, value)
      return value
    }
    if (Array.isArray(value) && value.length === 0) return undefined
    const text = JSON.stringify(value)
    this.#written ??= new Map()
    const before = this.#written.get(name)
    if (before === text) return undefined
    this.#written.set(name, text)
    if (!Array.isArray(value) || before === undefined || !text.startsWith(`${before.slice(0, -1)},`)) return value
    return value.slice((JSON.parse(before) as unknown[]).length)
  }

  /** The same for all fields of an object; undefined if none is left. */
  addedOf(fields: Fields): Fields | undefined {
    let left: Fields | undefined
    for (const name in fields) {
      const value = this.added(name, fields[name])
      if (value === undefined) continue
      left = withField(left, name, value)
    }
    return left
  }
}
