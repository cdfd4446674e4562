import type { ChunkChoice, Delta } from '../../../src/types/chat.js'
import type { FunctionToolCall } from '../../../src/types/messages.js'
import { answerText, type EncodeState } from '../../shared/encode-state.js'
import { AudioReader } from './audio.js'
import { candidateExtras, mergeCandidate } from './candidate.js'
import { joined } from './deltas.js'
import { finishReason, isFailure, nativeReason } from './finish-reason.js'
import { annotationsOf } from './grounding.js'
import { imageOf } from './images.js'
import { keepParts } from './kept.js'
import { logprobsOf } from './logprobs.js'
import { addPart, fitsMessage, isEmpty, kindOf } from './parts.js'
import { signed, thinkingBlock } from './signatures.js'
import { type Candidate, type Fields, isFields, type Part } from './wire.js'

/** One answer of a response, as it grows: a whole response is the one event of a short stream. */
export class ChoiceReader {
  readonly index: number
  /** The reason in Gemini's word; an event after it may still change it. */
  native: string | undefined
  readonly #memo: EncodeState | undefined
  /** For ids of calls that come without. */
  readonly #prefix: string
  readonly #parts: Part[] = []
  readonly #pieces: Delta[] = []
  readonly #audio: AudioReader
  #candidate: Fields = {}
  #calls = 0
  #thoughts = 0
  /** True while the last part is a thought that may go on. */
  #thinking = false
  /** Whether the tool that stands for `response_format` was called. */
  #answered = false
  /** Words that may yet turn out to stand before the call of that tool. */
  #held = ''

  constructor(index: number, prefix: string, memo: EncodeState | undefined) {
    this.index = index
    this.#prefix = index === 0 ? prefix : `${prefix}_${index}`
    this.#audio = new AudioReader(`audio_${this.#prefix}`)
    this.#memo = memo
  }

  /** Why there is nothing to read: the model failed to write what it meant. */
  get failure(): string | undefined {
    if (!isFailure(this.native) || this.#parts.some((part) => kindOf(part) !== 'thought')) return undefined
    const { finishMessage } = this.#candidate
    return typeof finishMessage === 'string' ? `${this.native}: ${finishMessage}` : this.native
  }

  /** Takes what an event says of the candidate; returns what is new in it. */
  add(candidate: Candidate): ChunkChoice | undefined {
    this.#candidate = mergeCandidate(this.#candidate, candidate)
    this.native = nativeReason(candidate.finishReason) ?? this.native
    const given: unknown = candidate.content?.parts
    for (const part of Array.isArray(given) ? given : []) if (isFields(part)) this.#addPart(part)
    const delta = this.#delta()
    const logprobs = logprobsOf(candidate.logprobsResult)
    if (!delta && !logprobs) return undefined
    return { index: this.index, delta: delta ?? {}, finish_reason: null, ...(logprobs && { logprobs }) }
  }

  /** The end: what was held back, and what OpenAI's shape has no place for. */
  finish(): ChunkChoice {
    this.#closeThought()
    if (this.#held && !this.#answered) this.#pieces.push({ content: this.#held })
    const audio = this.#audio.end()
    if (audio) this.#pieces.push(audio)
    const reason = finishReason(this.native ?? '', this.#calls > 0)
    const { finishMessage } = this.#candidate
    if (reason === 'content_filter' && typeof finishMessage === 'string') this.#pieces.push({ refusal: finishMessage })
    // words around the answer's call have no place in the content
    const annotations = this.#memo?.json ? [] : annotationsOf(this.#candidate, this.#texts())
    if (annotations.length > 0) this.#pieces.push({ annotations })
    const extras = this.#messageExtras()
    if (extras) this.#pieces.push({ provider_specific_fields: extras })
    const fields = candidateExtras(this.#candidate)
    return {
      index: this.index,
      delta: this.#delta() ?? {},
      finish_reason: reason,
      ...(this.native !== undefined && { native_finish_reason: this.native }),
      ...(fields && { provider_specific_fields: fields }),
    }
  }

  #delta(): Delta | undefined {
    return joined(this.#pieces.splice(0))
  }

  #addPart(part: Part): void {
    if (isEmpty(part)) return
    const kind = kindOf(part)
    if (kind !== 'thought') this.#closeThought()
    const before = this.#parts.length
    addPart(this.#parts, part)
    switch (kind) {
      case 'thought':
        return this.#addThought(part.text ?? '', this.#parts.length > before)
      case 'text':
        if (!part.text) return
        if (this.#memo?.json) this.#held += part.text
        else this.#pieces.push({ content: part.text })
        return
      case 'call':
        return this.#addCall(part)
      case 'image':
        this.#pieces.push({ images: [imageOf(part)] })
        return
      case 'audio':
        this.#pieces.push(this.#audio.add(part))
        return
      default:
        if (part.thought && part.inlineData) {
          this.#pieces.push({ provider_specific_fields: { thought_images: [imageOf(part)] } })
        }
    }
  }

  #addThought(text: string, fresh: boolean): void {
    if (fresh) this.#closeThought(this.#parts.at(-2))
    this.#thinking = true
    if (!text) return
    // a thought after other words is a thought of its own
    this.#pieces.push({ reasoning_content: fresh && this.#thoughts > 0 ? `\n\n${text}` : text })
    if (fresh) this.#thoughts++
  }

  /** A thought is whole when something else begins: its block carries the signature. */
  #closeThought(thought = this.#parts.at(-1)): void {
    if (!this.#thinking) return
    this.#thinking = false
    this.#pieces.push({ thinking_blocks: [thinkingBlock(thought?.text ?? '', thought?.thoughtSignature)] })
  }

  #addCall({ functionCall = {}, thoughtSignature }: Part): void {
    const name = functionCall.name ?? ''
    const json = this.#memo?.json
    if (json && json.name === name) {
      this.#answered = true
      this.#pieces.push({ content: answerText(functionCall.args, json) })
      return
    }
    const index = this.#calls++
    const call: FunctionToolCall = {
      id: functionCall.id || `call_${this.#prefix}_${index}`,
      type: 'function',
      function: { name: this.#memo?.names?.[name] ?? name, arguments: JSON.stringify(functionCall.args ?? {}) },
    }
    this.#pieces.push({ tool_calls: [{ index, ...signed(call, thoughtSignature) }] })
  }

  #texts(): string[] {
    return this.#parts.flatMap((part) => (kindOf(part) === 'text' ? [part.text ?? ''] : []))
  }

  #messageExtras(): Fields | undefined {
    const extras: Fields = {}
    let spoken: readonly Part[] = this.#parts.filter((part) => !(part.thought && part.inlineData))
    if (this.#answered) {
      if (this.#held.trim() !== '') extras.preamble = this.#held
      spoken = spoken.filter((part) => kindOf(part) !== 'text')
    }
    if (!fitsMessage(spoken)) extras.content_parts = keepParts(spoken, this.#memo)
    else {
      const signature = spoken.find((part) => kindOf(part) === 'text')?.thoughtSignature
      if (signature !== undefined) extras.thought_signature = signature
    }
    return Object.keys(extras).length > 0 ? extras : undefined
  }
}
