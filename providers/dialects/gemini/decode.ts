import type { ChatCompletion, ChatCompletionChunk, Choice, ChunkChoice, Delta } from '../../../src/types/chat.js'
import type { FunctionToolCall } from '../../../src/types/messages.js'
import type { Warning } from '../../../src/types/meta.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { objectInput } from '../../shared/calls.js'
import { joinDeltas, joinPieces, messageFromDelta } from '../../shared/deltas.js'
import { answerText, type EncodeState, originalName } from '../../shared/encode-state.js'
import { GrowingText } from '../../shared/growing-text.js'
import { decodeAnnotations } from './citations.js'
import { AudioReader, decodeImage } from './content.js'
import { PartialCall } from './partial-call.js'
import { decodePlain } from './plain.js'
import { appendPart, fitsMessage, storeParts } from './replay.js'
import type { GeminiQuirks } from './scope.js'
import { signCall, thinkingBlock } from './thinking.js'
import { decodeUsage, mergeUsage, serviceTier, usageExtras } from './usage.js'
import {
  answerFields,
  type Candidate,
  decodeFinishReason,
  decodeLogprobs,
  type Fields,
  isFailure,
  isFields,
  kindOf,
  mergeCandidate,
  nativeReason,
  type Part,
  toSnake,
  type WireAnswer,
  type WireUsage,
} from './wire.js'

/**
 * Decodes a response of generateContent. A list of responses is a stream that was requested without `alt=sse`.
 * https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
 */
export function decode(body: unknown, context: DecodeContext<GeminiQuirks>): Decoded<ChatCompletion> {
  const plain = decodePlain(body, context)
  if (plain) return plain
  const reader = new ResponseReader(context)
  const choices = new Map<number, ChunkChoice>()
  for (const event of Array.isArray(body) ? body : [body]) mergeChoices(choices, reader.add(event))
  if (reader.empty) throw new ProviderFault("its answer has no 'candidates'")
  mergeChoices(choices, reader.finish())
  return {
    id: reader.id,
    object: 'chat.completion',
    created: reader.created,
    model: reader.model,
    choices: [...choices.values()].map(toChoice),
    ...reader.tail(),
  }
}

function mergeChoices(choices: Map<number, ChunkChoice>, added: readonly ChunkChoice[]): void {
  for (const choice of added) {
    const before = choices.get(choice.index)
    const logprobs = joinLogprobs(before, choice)
    choices.set(choice.index, {
      ...before,
      ...choice,
      delta: before ? joinDeltas(before.delta, choice.delta) : choice.delta,
      ...(logprobs && { logprobs }),
    })
  }
}

function joinLogprobs(before: ChunkChoice | undefined, { logprobs }: ChunkChoice): ChunkChoice['logprobs'] {
  const earlier = before?.logprobs
  if (!earlier || !logprobs) return logprobs ?? earlier
  return { content: [...(earlier.content ?? []), ...(logprobs.content ?? [])], refusal: null }
}

const toChoice = ({ delta, finish_reason, logprobs, ...rest }: ChunkChoice): Choice => ({
  ...rest,
  message: messageFromDelta(delta),
  finish_reason: finish_reason ?? 'stop',
  logprobs: logprobs ?? null,
})

/** https://ai.google.dev/gemini-api/docs/text-generation, `FinishReason.CONTINUATION` */
const continuation: Warning = Object.freeze({
  type: 'changed',
  param: 'max_tokens',
  message:
    "The answer ended at the limit of one request. To continue it, send the request again with the choice's continuation_token.",
})

/** Limits the list of candidates, whose indices come from the wire. */
const maxCandidates = 1024

const isIndex = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < maxCandidates

/** Accumulates the events of one response. A complete answer is a stream of one event. */
export class ResponseReader {
  id: string
  created: number
  model: string
  readonly #context: DecodeContext<GeminiQuirks>
  readonly #encodeState: EncodeState | undefined
  readonly #candidates: (CandidateReader | undefined)[] = []
  #named = false
  #usage: WireUsage | undefined
  #feedback: Fields | undefined
  /** Unknown fields are preserved. */
  #unknown: Fields | undefined

  constructor(context: DecodeContext<GeminiQuirks>) {
    this.#context = context
    this.#encodeState = context.encodeState as EncodeState | undefined
    this.id = context.fallbackId
    this.created = context.created
    this.model = context.model
  }

  /** Reads an event and returns its additions to the choices. @throws {ProviderFault} on an error event */
  add(event: unknown): ChunkChoice[] {
    if (!isFields(event)) throw new ProviderFault('its answer was not an object')
    if (event.error !== undefined && event.error !== null) throw new ProviderFault('its answer was an error', event)
    const answer = event as WireAnswer
    this.#readHead(answer)
    this.#usage = mergeUsage(this.#usage, answer.usageMetadata)
    if (isFields(answer.promptFeedback)) this.#feedback = answer.promptFeedback
    for (const name in event) {
      if (!answerFields.has(name) && event[name] !== null) this.#unknown = { ...this.#unknown, [name]: event[name] }
    }
    const candidates: unknown = answer.candidates
    const added: ChunkChoice[] = []
    for (let position = 0; Array.isArray(candidates) && position < candidates.length; position++) {
      const candidate: unknown = candidates[position]
      if (!isFields(candidate)) continue
      const choice = this.#reader(isIndex(candidate.index) ? candidate.index : position).add(candidate)
      if (choice) added.push(choice)
    }
    this.#checkFailure(event)
    return added
  }

  /** Adds text to a candidate whose last event was text only. */
  addText(index: number, text: string): ChunkChoice | undefined {
    return this.#reader(index).addText(text)
  }

  addUsage(wire: unknown): void {
    this.#usage = mergeUsage(this.#usage, wire)
  }

  /** Whether the answer is known to be complete. */
  get complete(): boolean {
    const readers = this.#readers()
    if (readers.length === 0) return this.#blocked !== undefined
    return readers.every(({ native }) => native !== undefined)
  }

  /** Whether there is no answer at all. */
  get empty(): boolean {
    return this.#candidates.length === 0 && this.#blocked === undefined
  }

  finish(): ChunkChoice[] {
    const readers = this.#readers()
    if (readers.some(({ native }) => native === 'CONTINUATION')) this.#context.warn?.(continuation)
    return readers.length === 0 && this.#blocked !== undefined
      ? [this.#refusedChoice(this.#blocked)]
      : readers.map((reader) => reader.finish())
  }

  /** Usage and other fields of the whole answer, for an answer or the last chunk of a stream. */
  tail(): Pick<ChatCompletionChunk, 'service_tier' | 'provider_specific_fields'> & {
    usage?: NonNullable<ChatCompletionChunk['usage']>
  } {
    const searches = this.#readers().reduce((sum, reader) => sum + reader.searches, 0)
    const places = this.#readers().filter((reader) => reader.citesPlaces).length
    const usage = decodeUsage(this.#usage, searches, places)
    const tier = serviceTier(this.#usage)
    const counted = usageExtras(this.#usage)
    const feedback = this.#blocked === undefined ? this.#feedback : undefined
    const extras: Fields = {
      ...this.#unknown,
      ...(counted && { usage: counted }),
      ...(feedback && { prompt_feedback: feedback }),
    }
    return {
      ...(usage && { usage }),
      ...(tier && { service_tier: tier }),
      ...(Object.keys(extras).length > 0 && { provider_specific_fields: extras }),
    }
  }

  #readers(): CandidateReader[] {
    return this.#candidates.filter((reader) => reader !== undefined)
  }

  /** An answer without usable content is an error, as a retry may succeed. */
  #checkFailure(event: Fields): void {
    let failure: string | undefined
    for (const reader of this.#candidates) {
      if (reader === undefined) continue
      if (reader.failure === undefined) return
      failure ??= reader.failure
    }
    if (failure === undefined) return
    throw new ProviderFault(`its answer is none: it ended with ${failure}`, event)
  }

  /** Why the prompt was blocked. https://ai.google.dev/api/generate-content#BlockReason */
  get #blocked(): string | undefined {
    const reason = this.#feedback?.blockReason
    if (reason === undefined || reason === null) return undefined
    return typeof reason === 'string' ? reason : JSON.stringify(reason)
  }

  #refusedChoice(reason: string): ChunkChoice {
    const message = this.#feedback?.blockReasonMessage
    return {
      index: 0,
      delta: { ...(typeof message === 'string' && { refusal: message }) },
      finish_reason: 'content_filter',
      native_finish_reason: reason,
      provider_specific_fields: { prompt_feedback: this.#feedback },
    }
  }

  /** Takes id and model from the first event, so that all chunks have the same. */
  #readHead({ responseId, modelVersion, createTime }: WireAnswer): void {
    if (this.#named) return
    this.#named = true
    if (typeof responseId === 'string' && responseId !== '') this.id = responseId
    if (typeof modelVersion === 'string' && modelVersion !== '') this.model = modelVersion.replace(/^models\//, '')
    const time = typeof createTime === 'string' ? Date.parse(createTime) : Number.NaN
    if (Number.isFinite(time)) this.created = Math.floor(time / 1000)
  }

  #reader(index: number): CandidateReader {
    let reader = this.#candidates[index]
    if (!reader) {
      reader = new CandidateReader(index, this.id, this.#encodeState)
      this.#candidates[index] = reader
    }
    return reader
  }
}

/** Accumulates one candidate of a response, across events. */
class CandidateReader {
  readonly index: number
  /** The finish reason in Gemini's terms; a later event may change it. */
  native: string | undefined
  readonly #encodeState: EncodeState | undefined
  /** For ids of calls without one. */
  readonly #prefix: string
  readonly #parts: Part[] = []
  /** Text that continues the last part. */
  #more: GrowingText | undefined
  readonly #pieces: Delta[] = []
  readonly #audio: AudioReader
  /** Grounding, safety ratings and other fields of the candidate, as of the last event. */
  #fields: Fields = {}
  readonly #partial = new PartialCall()
  #calls = 0
  #thoughts = 0
  /** True while the last part is a thought that may continue. */
  #thinking = false
  /** Whether the function that replaces `response_format` was called. */
  #answered = false
  /** Text that is dropped if a call of that function follows. */
  #held = ''

  constructor(index: number, prefix: string, encodeState: EncodeState | undefined) {
    this.index = index
    this.#prefix = index === 0 ? prefix : `${prefix}_${index}`
    this.#audio = new AudioReader(`audio_${this.#prefix}`)
    this.#encodeState = encodeState
  }

  /** Why there is no content: the model failed to write its answer. */
  get failure(): string | undefined {
    if (!isFailure(this.native) || this.#parts.some((part) => kindOf(part) !== 'thought')) return undefined
    const { finishMessage } = this.#fields
    return typeof finishMessage === 'string' ? `${this.native}: ${finishMessage}` : this.native
  }

  /** The number of web searches for the candidate. */
  get searches(): number {
    const { groundingMetadata } = this.#fields
    const queries = isFields(groundingMetadata) ? groundingMetadata.webSearchQueries : undefined
    return Array.isArray(queries) ? queries.length : 0
  }

  /** Whether Google Maps was searched. The metadata has the places that were found, and no queries. */
  get citesPlaces(): boolean {
    const { groundingMetadata } = this.#fields
    const chunks = isFields(groundingMetadata) ? groundingMetadata.groundingChunks : undefined
    return Array.isArray(chunks) && chunks.some((chunk) => isFields(chunk) && isFields(chunk.maps))
  }

  /** Reads a candidate of an event and returns the additions. */
  add(candidate: Candidate): ChunkChoice | undefined {
    this.#join()
    this.#fields = mergeCandidate(this.#fields, candidate)
    this.native = nativeReason(candidate.finishReason) ?? this.native
    const given: unknown = candidate.content?.parts
    for (const part of Array.isArray(given) ? given : []) if (isFields(part)) this.#addPart(part)
    const delta = this.#takeDelta()
    const logprobs = decodeLogprobs(candidate.logprobsResult)
    if (!delta && !logprobs) return undefined
    return { index: this.index, delta: delta ?? {}, finish_reason: null, ...(logprobs && { logprobs }) }
  }

  /** Reads an event that continues the text of the last part. */
  addText(text: string): ChunkChoice | undefined {
    this.#more ??= new GrowingText()
    this.#more.add(text)
    if (this.#encodeState?.json) {
      this.#held += text
      return undefined
    }
    return { index: this.index, delta: { content: text }, finish_reason: null }
  }

  /** Adds to the last part the text that has come since. */
  #join(): void {
    const last = this.#parts.at(-1)
    if (this.#more === undefined || last === undefined) return
    this.#parts[this.#parts.length - 1] = { ...last, text: `${last.text}${this.#more.value}` }
    this.#more = undefined
  }

  /** Returns held text and everything that only the end of the answer determines. */
  finish(): ChunkChoice {
    this.#join()
    const cut = this.#partial.end()
    if (cut) this.#addPart(cut)
    this.#closeThought()
    if (this.#held && !this.#answered) this.#pieces.push({ content: this.#held })
    const audio = this.#audio.end()
    if (audio) this.#pieces.push(audio)
    const reason = decodeFinishReason(this.native ?? '', this.#calls > 0)
    const { finishMessage } = this.#fields
    if (reason === 'content_filter' && typeof finishMessage === 'string') this.#pieces.push({ refusal: finishMessage })
    // text around the call that is the answer is not part of the content
    const annotations = this.#encodeState?.json ? [] : decodeAnnotations(this.#fields, this.#texts())
    if (annotations.length > 0) this.#pieces.push({ annotations })
    const extras = this.#messageExtras()
    if (extras) this.#pieces.push({ provider_specific_fields: extras })
    const fields = Object.entries(this.#fields).map(([name, value]) => [toSnake(name), value] as const)
    return {
      index: this.index,
      delta: this.#takeDelta() ?? {},
      finish_reason: reason,
      ...(this.native !== undefined && { native_finish_reason: this.native }),
      ...(fields.length > 0 && { provider_specific_fields: Object.fromEntries(fields) }),
    }
  }

  #takeDelta(): Delta | undefined {
    // most events have one piece
    return this.#pieces.length < 2 ? this.#pieces.pop() : joinPieces(this.#pieces.splice(0))
  }

  #addPart(given: Part): void {
    // streams tend to end with an empty part
    if (given.text === '' && given.thoughtSignature === undefined) return
    const kind = kindOf(given)
    const part = kind === 'call' ? this.#partial.add(given) : given
    if (!part) return
    if (kind !== 'thought') this.#closeThought()
    const before = this.#parts.length
    appendPart(this.#parts, part)
    switch (kind) {
      case 'thought':
        return this.#addThought(part.text ?? '', this.#parts.length > before)
      case 'text':
        if (!part.text) return
        if (this.#encodeState?.json) this.#held += part.text
        else this.#pieces.push({ content: part.text })
        return
      case 'call':
        return this.#addCall(part)
      case 'image':
        this.#pieces.push({ images: [decodeImage(part)] })
        return
      case 'audio':
        this.#pieces.push(this.#audio.add(part))
        return
      default:
        if (part.thought && part.inlineData) {
          this.#pieces.push({ provider_specific_fields: { thought_images: [decodeImage(part)] } })
        }
    }
  }

  #addThought(text: string, fresh: boolean): void {
    if (fresh) this.#closeThought(this.#parts.at(-2))
    this.#thinking = true
    if (!text) return
    // separates a thought from an earlier one
    this.#pieces.push({ reasoning_content: fresh && this.#thoughts > 0 ? `\n\n${text}` : text })
    if (fresh) this.#thoughts++
  }

  /** Emits the block of a thought, with its signature, once another part begins. */
  #closeThought(thought = this.#parts.at(-1)): void {
    if (!this.#thinking) return
    this.#thinking = false
    this.#pieces.push({ thinking_blocks: [thinkingBlock(thought?.text ?? '', thought?.thoughtSignature)] })
  }

  #addCall({ functionCall, thoughtSignature }: Part): void {
    const { id, args: given, ...rest } = functionCall ?? {}
    const args = objectInput(given)
    const name = typeof rest.name === 'string' ? rest.name : ''
    const json = this.#encodeState?.json
    if (json && json.name === name) {
      this.#answered = true
      this.#pieces.push({ content: answerText(args, json) })
      return
    }
    const index = this.#calls++
    const call: FunctionToolCall = {
      id: typeof id === 'string' && id !== '' ? id : `call_${this.#prefix}_${index}`,
      type: 'function',
      function: { name: originalName(this.#encodeState, name), arguments: JSON.stringify(args ?? {}) },
    }
    this.#pieces.push({ tool_calls: [{ index, ...signCall(call, thoughtSignature) }] })
  }

  #texts(): string[] {
    return this.#parts.flatMap((part) => (kindOf(part) === 'text' ? [part.text ?? ''] : []))
  }

  #messageExtras(): Fields | undefined {
    const extras: Fields = {}
    let visible: readonly Part[] = this.#parts.filter((part) => !(part.thought && part.inlineData))
    if (this.#answered) {
      if (this.#held.trim() !== '') extras.preamble = this.#held
      visible = visible.filter((part) => kindOf(part) !== 'text')
    }
    if (!fitsMessage(visible)) extras.content_parts = storeParts(visible, this.#encodeState)
    else {
      const signature = visible.find((part) => kindOf(part) === 'text')?.thoughtSignature
      if (signature !== undefined) extras.thought_signature = signature
    }
    return Object.keys(extras).length > 0 ? extras : undefined
  }
}
