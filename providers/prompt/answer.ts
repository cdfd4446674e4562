import type { ChatCompletion, ChatCompletionChunk, FinishReason, Usage } from '../../src/types/chat.js'
import type { ChatStreamDecoder, DecodeContext, Decoded } from '../contract.js'

/** A piece of output from a plain-text host: the whole answer or one event. */
export interface Piece {
  readonly text?: string
  /** The host's finish reason. */
  readonly finish?: string
  readonly usage?: Usage
  /** True if nothing follows. */
  readonly done?: boolean
  readonly id?: string
  /** Fields that OpenAI's shape doesn't have. */
  readonly extras?: Readonly<Record<string, unknown>>
}

const reasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['length', 'length'],
  ['max_tokens', 'length'],
  // watsonx.ai
  ['token_limit', 'length'],
  ['time_limit', 'length'],
  ['content_filtered', 'content_filter'],
  ['content_filter', 'content_filter'],
])

const reasonOf = (native: string): FinishReason => reasons.get(native.toLowerCase()) ?? 'stop'

export const usageOf = (prompt: number, completion: number): Usage => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
})

/** Makes a complete answer of one piece. */
export function answerOf(piece: Piece, context: DecodeContext): Decoded<ChatCompletion> {
  const { text = '', finish, usage, id, extras } = piece
  return {
    id: id ?? context.fallbackId,
    object: 'chat.completion',
    created: context.created,
    model: context.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        finish_reason: reasonOf(finish ?? 'stop'),
        logprobs: null,
        ...(finish !== undefined && { native_finish_reason: finish }),
      },
    ],
    ...(usage && { usage }),
    ...(extras && { provider_specific_fields: { ...extras } }),
  }
}

/** A stream of pieces. @param read reads an event; undefined if it carries nothing */
export class TextStream implements ChatStreamDecoder {
  done = false
  readonly #context: DecodeContext
  readonly #read: (event: string | undefined, data: string) => Piece | undefined
  #started = false
  #finished = false
  #usage: Usage | undefined

  constructor(context: DecodeContext, read: (event: string | undefined, data: string) => Piece | undefined) {
    this.#context = context
    this.#read = read
  }

  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const piece = this.#read(event, data)
    if (!piece) return
    if (piece.text) {
      const role = this.#started ? {} : ({ role: 'assistant' } as const)
      this.#started = true
      out.push(
        this.#chunk([{ index: 0, delta: { ...role, content: piece.text }, finish_reason: null, logprobs: null }]),
      )
    }
    if (piece.usage) this.#usage = piece.usage
    if (piece.finish !== undefined && !this.#finished) this.#finish(piece.finish, out)
    if (!piece.done) return
    this.#last(out)
    this.done = true
  }

  end(out: ChatCompletionChunk[]): boolean {
    if (this.#finished && !this.done) this.#last(out)
    return this.#finished
  }

  #finish(native: string, out: ChatCompletionChunk[]): void {
    this.#finished = true
    const delta = this.#started ? {} : ({ role: 'assistant', content: '' } as const)
    out.push(
      this.#chunk([{ index: 0, delta, finish_reason: reasonOf(native), logprobs: null, native_finish_reason: native }]),
    )
  }

  #last(out: ChatCompletionChunk[]): void {
    if (this.#usage) out.push({ ...this.#chunk([]), usage: this.#usage })
    this.#usage = undefined
  }

  #chunk(choices: ChatCompletionChunk['choices']): ChatCompletionChunk {
    const { fallbackId, created, model } = this.#context
    return { id: fallbackId, object: 'chat.completion.chunk', created, model, choices }
  }
}
