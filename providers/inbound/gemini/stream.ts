import type { ChatCompletionChunk, ChunkChoice, Logprobs, ToolCallDelta, Usage } from '../../../src/types/chat.js'
import type { Annotation, FunctionToolCall } from '../../../src/types/messages.js'
import type { Fields } from '../../fields.js'
import { joinFields } from '../../shared/deltas.js'
import type { InboundContext, InboundStreamEncoder } from '../contract.js'
import { replayedFields } from '../seal.js'
import { audioParts, callPart, ending, headOf, imagePart, stateOf, thinkingFormat, withState } from './encode.js'
import { encodeUsage } from './usage.js'
import type { AnswerPart, Candidate, GenerateContentAnswer } from './wire.js'

/**
 * Encodes chunks as answers that hold one addition each. Calls are sent whole, and wait for the end of the answer or for other content,
 * so that the signatures of the turn can go with the first of them.
 * https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
export class GeminiStream implements InboundStreamEncoder<GenerateContentAnswer> {
  readonly #context: InboundContext
  readonly #candidates = new Map<number, CandidateWriter>()
  #usage: Usage | undefined

  constructor(context: InboundContext) {
    this.#context = context
  }

  push(chunk: ChatCompletionChunk, out: GenerateContentAnswer[]): void {
    if (chunk.usage) this.#usage = chunk.usage
    for (const choice of chunk.choices) {
      let writer = this.#candidates.get(choice.index)
      if (!writer) {
        writer = new CandidateWriter()
        this.#candidates.set(choice.index, writer)
      }
      const parts = writer.read(choice)
      if (parts.length > 0) out.push(this.#event([{ index: choice.index, content: { role: 'model', parts } }]))
    }
  }

  end(out: GenerateContentAnswer[]): void {
    const candidates = [...this.#candidates].map(([index, writer]): Candidate => ({ ...writer.end(), index }))
    out.push({
      ...this.#event(candidates),
      ...(this.#usage && { usageMetadata: encodeUsage(this.#usage) }),
    })
  }

  #event(candidates: Candidate[]): GenerateContentAnswer {
    return { ...(candidates.length > 0 && { candidates }), ...headOf(this.#context) }
  }
}

/** State of one candidate. */
class CandidateWriter {
  #calls: FunctionToolCall[] = []
  /** Positions of the waiting calls by their index. */
  readonly #places = new Map<number, FunctionToolCall>()
  #fields: Fields = {}
  #foreign: Fields[] = []
  #reasoned = false
  #reasoning = ''
  #signed = false
  #text = ''
  #refusal = ''
  #annotations: Annotation[] = []
  #logprobs: Logprobs | undefined
  #finish: ChunkChoice | undefined

  /** Reads a delta and returns the parts to send. */
  read(choice: ChunkChoice): AnswerPart[] {
    const { delta } = choice
    const parts: AnswerPart[] = []
    if (delta.reasoning_content) {
      parts.push(...this.#flush(), { text: delta.reasoning_content, thought: true })
      this.#reasoned = true
      this.#reasoning += delta.reasoning_content
    }
    for (const block of (delta.thinking_blocks ?? []) as unknown as readonly Fields[])
      parts.push(...this.#thought(block))
    if (delta.content) {
      parts.push(...this.#flush(), { text: delta.content })
      this.#text += delta.content
    }
    if (delta.images) parts.push(...delta.images.flatMap(imagePart))
    if (delta.audio) parts.push(...audioParts(delta.audio))
    for (const call of delta.tool_calls ?? []) this.#addCall(call)
    if (delta.refusal) this.#refusal += delta.refusal
    if (delta.annotations) this.#annotations.push(...delta.annotations)
    if (delta.provider_specific_fields) this.#fields = joinFields(this.#fields, delta.provider_specific_fields)
    if (choice.logprobs?.content) {
      this.#logprobs = { content: [...(this.#logprobs?.content ?? []), ...choice.logprobs.content], refusal: null }
    }
    if (choice.finish_reason) this.#finish = choice
    return parts
  }

  /** A signature of Gemini's ends its thought; blocks of other providers wait for a call. */
  #thought(block: Fields): AnswerPart[] {
    const { thinking, signature, format } = block
    this.#signed = true
    if (format !== thinkingFormat) {
      this.#foreign.push(block)
      return []
    }
    const text = this.#reasoned ? '' : String(thinking ?? '')
    this.#reasoned = false
    if (typeof signature !== 'string') return text === '' ? [] : [{ text, thought: true }]
    return [{ text, thought: true, thoughtSignature: signature }]
  }

  #addCall({ index, ...delta }: ToolCallDelta): void {
    let call = this.#places.get(index)
    if (!call) {
      call = { id: '', type: 'function', function: { name: '', arguments: '' } }
      this.#places.set(index, call)
      this.#calls.push(call)
    }
    if (delta.id) call.id = delta.id
    call.function.name += delta.function?.name ?? delta.custom?.name ?? ''
    call.function.arguments += delta.function?.arguments ?? ''
    if (delta.custom?.input) {
      // free text becomes the field of an object
      const before = call.function.arguments === '' ? '' : String(JSON.parse(call.function.arguments).input)
      call.function.arguments = JSON.stringify({ input: before + delta.custom.input })
    }
    if (delta.provider_specific_fields) {
      call.provider_specific_fields = joinFields(call.provider_specific_fields ?? {}, delta.provider_specific_fields)
    }
  }

  #flush(): AnswerPart[] {
    return this.#calls.splice(0).map(callPart)
  }

  end(): Omit<Candidate, 'index'> {
    const parts: AnswerPart[] = []
    if (this.#text === '' && this.#refusal !== '') parts.push({ text: this.#refusal })
    const calls = [...this.#calls]
    parts.push(...this.#flush())
    const { thought_signature: signature, ...others } = replayedFields(this.#fields) ?? {}
    if (typeof signature === 'string') parts.push({ text: '', thoughtSignature: signature })
    const reasoning = calls.length > 0 && !this.#signed ? this.#reasoning : undefined
    const all = withState(parts, stateOf(others, this.#foreign, reasoning, calls))
    const { finish_reason, ...choice } = this.#finish ?? { index: 0, delta: {}, finish_reason: 'stop' as const }
    const message = { annotations: this.#annotations, refusal: this.#refusal, content: this.#text }
    return {
      content: { role: 'model', parts: all.length > 0 ? all : [{ text: '' }] },
      ...ending({ ...choice, finish_reason: finish_reason ?? 'stop', logprobs: this.#logprobs ?? null }, message),
    }
  }
}
