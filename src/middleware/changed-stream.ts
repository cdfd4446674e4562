import type { AnswerStream, StreamParts } from '../call/answer-stream.js'
import { Assembler } from '../call/assemble.js'
import { CompletionStream } from '../call/completion-stream.js'
import { withMeta } from '../call/meta.js'
import { Gate, Pipe, type PipeSource } from '../call/pipe.js'
import { RawEvent } from '../call/raw-event.js'
import { parseAnswer } from '../call/structured.js'
import { isSchema } from '../call/validate.js'
import { AbortError } from '../errors.js'
import type { ChatCompletion, ChatCompletionChunk, ResponseFormatInput } from '../types/chat.js'
import type { ChunkCall, Middleware } from '../types/middleware.js'
import { answered, type PassingCall } from './passing-call.js'

type AnyStream = AnswerStream<object, object>

/** A stream whose chunks and answer pass the hooks of a middleware. */
export function changedStream(inner: AnyStream, middleware: Middleware, call: PassingCall): AnyStream {
  const Made = inner.constructor as new (parts: StreamParts<object, object>) => AnyStream
  return new Made(new ChangedStream(inner, middleware, call).parts())
}

class ChangedStream implements PipeSource {
  readonly #inner: AnyStream
  readonly #items: AsyncIterator<object, undefined>
  readonly #middleware: Middleware
  readonly #call: PassingCall
  readonly #pipe = new Pipe<object>(this)
  /** Assembles the changed chunks. Only chat has chunks that can be assembled without the provider's events. */
  readonly #assembler: Assembler | undefined
  #answer: object | undefined
  readonly #gate = new Gate()
  #left = false

  constructor(inner: AnyStream, middleware: Middleware, call: PassingCall) {
    this.#inner = inner
    this.#items = inner.rawItems()
    this.#middleware = middleware
    this.#call = call
    this.#assembler = inner instanceof CompletionStream && middleware.onChunk ? new Assembler() : undefined
    void this.#pump()
  }

  parts(): StreamParts<object, object> {
    return {
      pipe: this.#pipe,
      meta: this.#inner.meta,
      soFar: () => this.#soFar() as never,
      partial: () => this.#partial(),
      complete: async () => this.#answer ?? this.#soFar(),
      cancel: (error: AbortError) => {
        this.#left = true
        this.#inner.abort(error.cause)
        this.#pipe.finish(error)
      },
    }
  }

  pause(): boolean {
    return this.#gate.pause()
  }

  resume(): void {
    this.#gate.resume()
  }

  leave(): void {
    this.#left = true
    this.resume()
    this.#inner.abort('left')
    this.#pipe.finish(new AbortError('The stream was left before its end.', { partial: this.#partial() }))
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const result = await this.#items.next()
        if (result.done) break
        await this.#put(result.value)
        if (this.#gate.closed) await this.#gate.closed
      }
      this.#answer = await this.#complete()
      this.#pipe.finish()
    } catch (error) {
      if (this.#left) return
      const failure = error instanceof Error ? error : new AbortError('The stream ended.', { cause: error })
      const partial = this.#partial()
      if (partial) Object.defineProperty(failure, 'partial', { value: partial, enumerable: false, configurable: true })
      // an error of a hook leaves the provider's stream open
      this.#left = true
      this.#inner.abort(error)
      this.#pipe.finish(failure)
    }
  }

  async #put(item: object): Promise<void> {
    const { onChunk } = this.#middleware
    if (!onChunk) return this.#pipe.put(item)
    const chunk = item instanceof RawEvent ? item.parse() : item
    this.#call.chunk = chunk
    const hooked = this.#middleware.onChunk?.(this.#call as unknown as ChunkCall)
    const given = hooked instanceof Promise ? await hooked : hooked
    for (const one of given === undefined ? [chunk] : Array.isArray(given) ? given : [given as object]) {
      this.#assembler?.add(one as ChatCompletionChunk)
      this.#pipe.put(one)
    }
  }

  async #complete(): Promise<object> {
    const whole = this.#assembler ? this.#soFar() : await this.#inner.final()
    const format = (this.#call.request as { response_format?: ResponseFormatInput }).response_format
    const parsed = this.#assembler && isSchema(format) ? await parseAnswer(whole as ChatCompletion, format) : whole
    return this.#middleware.onResponse ? answered(this.#middleware, this.#call, parsed) : parsed
  }

  #soFar(): object {
    if (!this.#assembler) return this.#inner.soFar
    const { meta } = this.#inner
    const answer = this.#assembler.answer()
    // the chunk with the usage may be hidden from readers
    if (!answer.usage && meta.usage && 'completion_tokens' in meta.usage) answer.usage = meta.usage
    return withMeta(answer, meta)
  }

  #partial(): ChatCompletion | undefined {
    if (!(this.#inner instanceof CompletionStream)) return undefined
    try {
      return this.#soFar() as ChatCompletion
    } catch {
      return undefined
    }
  }
}
