import type { Decoded } from '../../providers/contract.js'
import { GrowingText } from '../../providers/shared/growing-text.js'
import type {
  AnswerMessage,
  ChatCompletion,
  ChatCompletionChunk,
  Choice,
  ChunkChoice,
  Delta,
  FinishReason,
  Logprobs,
  ToolCallDelta,
  Usage,
} from '../types/chat.js'
import type { FunctionToolCall, ToolCall } from '../types/messages.js'
import type { PricedAnswer } from './billing.js'

/** Assembles a chat answer from its chunks. */
export class Assembler {
  usage: Usage | undefined
  /** Most streams have one choice, and no map. */
  #first: ChoiceParts | undefined
  /** By the index on the wire, which may be any value. */
  #others: Map<number, ChoiceParts> | undefined
  /** True after the first chunk. */
  started = false
  #id = ''
  #created = 0
  #model = ''
  #serviceTier: ChatCompletionChunk['service_tier']
  #fingerprint: string | undefined
  #extras: Record<string, unknown> | undefined

  add(chunk: ChatCompletionChunk): void {
    if (!this.started) {
      this.started = true
      this.#id = chunk.id
      this.#created = chunk.created
      this.#model = chunk.model
    }
    if (chunk.usage) this.usage = chunk.usage
    if (chunk.service_tier) this.#serviceTier = chunk.service_tier
    if (chunk.system_fingerprint) this.#fingerprint = chunk.system_fingerprint
    if (chunk.provider_specific_fields) this.#extras = mergeFields(this.#extras, chunk.provider_specific_fields)
    for (const choice of chunk.choices) this.#parts(choice.index).add(choice)
  }

  /** The native finish reason of the first choice. */
  get nativeFinishReason(): string | undefined {
    const first = this.#others ? this.#sorted()[0] : this.#first
    return first?.native ?? first?.finish
  }

  /** The fields of the answer that its cost depends on. Every stream needs them at its end, and few callers need the whole answer. */
  priced(): PricedAnswer {
    return {
      model: this.#model,
      usage: this.usage,
      service_tier: this.#serviceTier,
      provider_specific_fields: this.#extras,
    }
  }

  /** The answer so far. */
  answer(): Decoded<ChatCompletion> {
    const answer: Decoded<ChatCompletion> = {
      id: this.#id,
      object: 'chat.completion',
      created: this.#created,
      model: this.#model,
      choices: this.#sorted().map((parts) => parts.choice()),
    }
    if (this.usage) answer.usage = this.usage
    if (this.#serviceTier) answer.service_tier = this.#serviceTier
    if (this.#fingerprint) answer.system_fingerprint = this.#fingerprint
    if (this.#extras) answer.provider_specific_fields = this.#extras
    return answer
  }

  #sorted(): ChoiceParts[] {
    if (!this.#first) return []
    if (!this.#others) return [this.#first]
    return [this.#first, ...this.#others.values()].sort((one, other) => one.index - other.index)
  }

  #parts(index: number): ChoiceParts {
    this.#first ??= new ChoiceParts(index)
    if (this.#first.index === index) return this.#first
    this.#others ??= new Map()
    let parts = this.#others.get(index)
    if (!parts) {
      parts = new ChoiceParts(index)
      this.#others.set(index, parts)
    }
    return parts
  }
}

class ChoiceParts {
  readonly index: number
  native: string | undefined
  finish: FinishReason | undefined
  #content: GrowingText | undefined
  #reasoning: GrowingText | undefined
  #refusal: string | undefined
  #logprobs: Logprobs | undefined
  #extras: Record<string, unknown> | undefined
  /** Rare fields. */
  readonly #rest: Partial<AnswerMessage> = {}
  /** By the index on the wire, which may be any value. */
  #tools: Map<number, FunctionToolCall> | undefined
  /** Those that are calls of custom tools. */
  #custom: Map<number, { name: string; input: string }> | undefined

  constructor(index: number) {
    this.index = index
  }

  add(choice: ChunkChoice): void {
    const { delta } = choice
    if (typeof delta.content === 'string') {
      this.#content ??= new GrowingText()
      this.#content.add(delta.content)
    }
    // chunks of each provider have shapes of their own: asking for each field that may be there took most of the time
    for (const name in delta) {
      if (name === 'content') continue
      this.#addMore(delta)
      break
    }
    if (choice.finish_reason) this.finish = choice.finish_reason
    if (choice.native_finish_reason) this.native = choice.native_finish_reason
    if (choice.logprobs) this.#addLogprobs(choice.logprobs)
    if (choice.provider_specific_fields) this.#extras = mergeFields(this.#extras, choice.provider_specific_fields)
  }

  /** Adds everything but the text. */
  #addMore(delta: Delta): void {
    const rest = this.#rest
    if (delta.reasoning_content) {
      this.#reasoning ??= new GrowingText()
      this.#reasoning.add(delta.reasoning_content)
    }
    if (delta.tool_calls) for (const call of delta.tool_calls) this.#addTool(call)
    if (delta.refusal) this.#refusal = (this.#refusal ?? '') + delta.refusal
    if (delta.thinking_blocks) rest.thinking_blocks = [...(rest.thinking_blocks ?? []), ...delta.thinking_blocks]
    if (delta.annotations) rest.annotations = [...(rest.annotations ?? []), ...delta.annotations]
    if (delta.images) rest.images = [...(rest.images ?? []), ...delta.images]
    if (delta.provider_specific_fields) {
      rest.provider_specific_fields = joinFields(rest.provider_specific_fields, delta.provider_specific_fields)
    }
    if (delta.audio) {
      const { audio } = rest
      rest.audio = {
        id: delta.audio.id ?? audio?.id ?? '',
        data: (audio?.data ?? '') + (delta.audio.data ?? ''),
        transcript: (audio?.transcript ?? '') + (delta.audio.transcript ?? ''),
        expires_at: delta.audio.expires_at ?? audio?.expires_at ?? 0,
      }
    }
    if (delta.function_call) {
      const call = rest.function_call
      rest.function_call = {
        name: (call?.name ?? '') + (delta.function_call.name ?? ''),
        arguments: (call?.arguments ?? '') + (delta.function_call.arguments ?? ''),
      }
    }
  }

  #addTool(delta: ToolCallDelta): void {
    this.#tools ??= new Map()
    let call = this.#tools.get(delta.index)
    if (!call) {
      call = { id: '', type: 'function', function: { name: '', arguments: '' } }
      this.#tools.set(delta.index, call)
    }
    if (delta.id) call.id = delta.id
    if (delta.custom) {
      const { name = '', input = '' } = delta.custom
      this.#custom ??= new Map()
      const custom = this.#custom.get(delta.index) ?? { name: '', input: '' }
      this.#custom.set(delta.index, { name: custom.name + name, input: custom.input + input })
    }
    if (delta.function?.name) call.function.name += delta.function.name
    if (delta.function?.arguments) call.function.arguments += delta.function.arguments
    if (delta.provider_specific_fields) {
      call.provider_specific_fields = mergeFields(call.provider_specific_fields, delta.provider_specific_fields)
    }
  }

  #addLogprobs(logprobs: Logprobs): void {
    const { content, refusal } = this.#logprobs ?? { content: null, refusal: null }
    this.#logprobs = {
      content: logprobs.content ? [...(content ?? []), ...logprobs.content] : content,
      refusal: logprobs.refusal ? [...(refusal ?? []), ...logprobs.refusal] : refusal,
    }
  }

  choice(): Choice {
    const tools = [...(this.#tools ?? [])]
      .sort(([one], [other]) => one - other)
      .map(([index, call]): ToolCall => {
        const custom = this.#custom?.get(index)
        return custom ? { id: call.id, type: 'custom', custom } : call
      })
    const message: AnswerMessage = {
      role: 'assistant',
      content: this.#content?.value ?? null,
      refusal: this.#refusal ?? null,
      ...(this.#reasoning !== undefined && { reasoning_content: this.#reasoning.value }),
      ...(tools.length > 0 && { tool_calls: tools }),
      ...this.#rest,
    }
    return {
      index: this.index,
      message,
      finish_reason: this.finish ?? 'stop',
      logprobs: this.#logprobs ?? null,
      ...(this.native !== undefined && { native_finish_reason: this.native }),
      ...(this.#extras && { provider_specific_fields: this.#extras }),
    }
  }
}

/** Fields of a message come in pieces: texts are joined, unless each chunk repeats the same one. */
function joinFields(
  into: Record<string, unknown> | undefined,
  fields: Record<string, unknown>,
): Record<string, unknown> {
  if (!into) return { ...fields }
  const joined = { ...fields }
  for (const [name, value] of Object.entries(fields)) {
    const old = Object.hasOwn(into, name) ? into[name] : undefined
    if (typeof old === 'string' && typeof value === 'string' && old !== value) joined[name] = old + value
  }
  return mergeFields(into, joined)
}

/** Arrays grow, everything else is replaced. */
function mergeFields(
  into: Record<string, unknown> | undefined,
  fields: Record<string, unknown>,
): Record<string, unknown> {
  if (!into) return { ...fields }
  for (const [name, value] of Object.entries(fields)) {
    if (name === '__proto__') continue
    const old = into[name]
    into[name] = Array.isArray(old) && Array.isArray(value) ? [...old, ...value] : value
  }
  return into
}

/** The chunks of a complete answer, for servers that answer `stream: true` with one. */
export function chunksOf(answer: Decoded<ChatCompletion>): ChatCompletionChunk[] {
  const { choices, usage, id, created, model, object: _, ...rest } = answer
  const base = { id, object: 'chat.completion.chunk' as const, created, model }
  const chunks = choices.map(({ index, message, finish_reason, logprobs, ...extra }): ChatCompletionChunk => {
    const { tool_calls, refusal, content, parsed: _, ...fields } = message
    const delta: Delta = {
      ...fields,
      ...(content !== null && { content }),
      ...(refusal !== null && { refusal }),
      ...(tool_calls && {
        tool_calls: tool_calls.map((call, position) =>
          call.type === 'function'
            ? { ...call, index: position }
            : { id: call.id, index: position, custom: call.custom },
        ),
      }),
    }
    return { ...base, ...rest, choices: [{ ...extra, index, delta, finish_reason, ...(logprobs && { logprobs }) }] }
  })
  if (usage) chunks.push({ ...base, choices: [], usage })
  return chunks
}
