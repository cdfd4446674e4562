import type { ChatCompletionChunk, ChunkChoice } from '../../../src/types/chat.js'
import { type DecodeContext, ProviderFault } from '../../contract.js'
import type { EncodeState } from '../../shared/encode-state.js'
import { ChoiceReader } from './choice.js'
import { placeOf } from './kit.js'
import type { GeminiQuirks } from './quirks.js'
import { mergeUsage, serviceTier, usageExtras, usageOf } from './usage.js'
import { type Candidate, type Fields, isFields, type WireAnswer, type WireUsage } from './wire.js'

const known: ReadonlySet<string> = new Set([
  'candidates',
  'promptFeedback',
  'usageMetadata',
  'modelVersion',
  'responseId',
  'createTime',
  'error',
])

/** A response as its events come in. */
export class AnswerReader {
  id: string
  created: number
  model: string
  readonly #memo: EncodeState | undefined
  readonly #choices: (ChoiceReader | undefined)[] = []
  #named = false
  #usage: WireUsage | undefined
  #feedback: Fields | undefined
  /** What nobody has heard of is kept. */
  #unknown: Fields | undefined

  constructor(context: DecodeContext<GeminiQuirks>) {
    this.#memo = context.encodeState as EncodeState | undefined
    this.id = context.fallbackId
    this.created = context.created
    this.model = context.model
  }

  /** Takes an event; returns what it adds to the choices. @throws {ProviderFault} where it is an error */
  add(event: unknown): ChunkChoice[] {
    if (!isFields(event)) throw new ProviderFault('its answer was not an object')
    if (event.error !== undefined && event.error !== null) throw new ProviderFault('its answer was an error', event)
    const answer = event as WireAnswer
    this.#head(answer)
    this.#usage = mergeUsage(this.#usage, answer.usageMetadata)
    if (isFields(answer.promptFeedback)) this.#feedback = answer.promptFeedback
    for (const name in event) {
      if (!known.has(name) && event[name] !== null) this.#unknown = { ...this.#unknown, [name]: event[name] }
    }
    const candidates: unknown = answer.candidates
    const added: ChunkChoice[] = []
    for (const [position, candidate] of (Array.isArray(candidates) ? candidates : []).entries()) {
      if (!isFields(candidate)) continue
      const choice = this.#reader(placeOf((candidate as Candidate).index) ?? position).add(candidate)
      if (choice) added.push(choice)
    }
    this.#checkFailure(event)
    return added
  }

  /** Whether anything says that the answer is complete. */
  get complete(): boolean {
    const choices = this.#choices.filter((choice) => choice !== undefined)
    if (choices.length === 0) return this.#blocked !== undefined
    return choices.every(({ native }) => native !== undefined)
  }

  /** Whether there is an answer at all. */
  get empty(): boolean {
    return this.#choices.length === 0 && this.#blocked === undefined
  }

  finish(): ChunkChoice[] {
    const choices = this.#choices.filter((choice) => choice !== undefined)
    return choices.length === 0 && this.#blocked !== undefined
      ? [this.#refused(this.#blocked)]
      : choices.map((choice) => choice.finish())
  }

  /** Usage and what goes with it, for an answer or for the last chunk of a stream. */
  tail(): Pick<ChatCompletionChunk, 'service_tier' | 'provider_specific_fields'> & {
    usage?: NonNullable<ChatCompletionChunk['usage']>
  } {
    const usage = usageOf(this.#usage)
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

  /** An answer of which nothing can be used is no answer, and may well be one at the next try. */
  #checkFailure(event: Fields): void {
    const [first, ...others] = this.#choices.filter((choice) => choice !== undefined)
    const failure = first?.failure
    if (failure === undefined || others.some((choice) => choice.failure === undefined)) return
    throw new ProviderFault(`its answer is none: it ended with ${failure}`, event)
  }

  /** Why the prompt was not answered. https://ai.google.dev/api/generate-content#BlockReason */
  get #blocked(): string | undefined {
    const reason = this.#feedback?.blockReason
    return reason === undefined || reason === null ? undefined : String(reason)
  }

  #refused(reason: string): ChunkChoice {
    const message = this.#feedback?.blockReasonMessage
    return {
      index: 0,
      delta: { ...(typeof message === 'string' && { refusal: message }) },
      finish_reason: 'content_filter',
      native_finish_reason: reason,
      provider_specific_fields: { prompt_feedback: this.#feedback },
    }
  }

  /** The first event says who answers; all chunks have the one id. */
  #head({ responseId, modelVersion, createTime }: WireAnswer): void {
    if (this.#named) return
    this.#named = true
    if (responseId) this.id = responseId
    if (modelVersion) this.model = modelVersion.replace(/^models\//, '')
    const time = typeof createTime === 'string' ? Date.parse(createTime) : Number.NaN
    if (Number.isFinite(time)) this.created = Math.floor(time / 1000)
  }

  #reader(index: number): ChoiceReader {
    let reader = this.#choices[index]
    if (!reader) {
      reader = new ChoiceReader(index, this.id, this.#memo)
      this.#choices[index] = reader
    }
    return reader
  }
}
