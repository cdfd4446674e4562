import type { Dispatcher } from 'undici'
import type { PollRequest } from '../../providers/contract.js'
import { AbortError, LLMError } from '../errors.js'
import { afterPromises } from '../platform/index.js'
import { ContentEncodingError } from '../transport/content-coding.js'
import { Exchange, type HttpRequest, type Reader, type ResponseHeaders } from '../transport/exchange.js'
import { type Framer, firstByte } from '../transport/framer.js'
import type { ChatCompletion } from '../types/chat.js'
import type { CallMeta } from '../types/meta.js'
import type { StreamParts } from './answer-stream.js'
import { isJSON } from './byte-stream.js'
import type { Call } from './call.js'
import type { MakeFramer } from './connections.js'
import { connectionError, errorBodyLimit, errorBodyTimeout, errorFromResponse, invalidResponse } from './failure.js'
import {
  exchangeError,
  headersTimeout,
  streamInterrupted,
  streamTimeout,
  textOf,
  toLLMError,
  tooLarge,
} from './json-response.js'
import { PhaseTimer } from './lifetime.js'
import { metaOf, withMeta } from './meta.js'
import { Pipe, type PipeSource } from './pipe.js'
import { firstRequest, nextRequest, withPollDelay } from './poll.js'
import { type Complete, earlyUsage, type StreamAccumulator, type StreamSetup } from './stream-accumulator.js'

/** Sends a call once, as a stream. Resolves with the first content, so that earlier failures can be retried unseen. */
export function sendStream<Item, Answer extends object, Stream>(
  call: Call,
  dispatcher: Dispatcher,
  framer: MakeFramer,
  setup: StreamSetup<Item, Answer, Stream>,
): Promise<Stream> {
  return new Promise((resolve, reject) => new StreamReader(call, dispatcher, framer, setup, resolve, reject))
}

/** Time for hosts to close the response after the end mark, in milliseconds. */
const linger = 1000

/** It is the stream's parts too: idle streams are many, and a closure for each part took half a kilobyte. */
class StreamReader<Item, Answer extends object, Stream> implements Reader, PipeSource, StreamParts<Item, Answer> {
  readonly #call: Call
  readonly #setup: StreamSetup<Item, Answer, Stream>
  readonly #resolve: (stream: Stream) => void
  readonly #reject: (error: LLMError) => void
  readonly #reading: StreamAccumulator<Item, Answer>
  readonly #framer: Framer
  readonly pipe = new Pipe<Item>(this)
  #meta: CallMeta | undefined
  readonly #timer = new PhaseTimer()
  #exchange: Exchange | undefined
  /** Bytes of an error body, or of an answer that is no stream. */
  readonly #body: Uint8Array[] = []
  readonly #out: Item[] = []
  #mode: 'unknown' | 'events' | 'body' | 'over' = 'unknown'
  #bytes = 0
  #committed = false
  #crashed = false
  /** The last event, for messages. */
  #lastData = ''
  #sentAt: number | undefined
  #lingering: NodeJS.Timeout | undefined
  /** Input that came together with the first content, before the caller has received that. */
  #held: (Uint8Array | Error | 'end')[] | undefined
  readonly #dispatcher: Dispatcher
  #waiting: NodeJS.Timeout | undefined

  constructor(
    call: Call,
    dispatcher: Dispatcher,
    framer: MakeFramer,
    setup: StreamSetup<Item, Answer, Stream>,
    resolve: (stream: Stream) => void,
    reject: (error: LLMError) => void,
  ) {
    this.#call = call
    this.#setup = setup
    this.#resolve = resolve
    this.#reject = reject
    this.#reading = setup.read()
    this.#framer =
      this.#reading.framer?.(this.#out) ??
      framer((event, data) => {
        this.#lastData = data
        if (!this.#reading.done) this.#reading.push(event, data, this.#out)
      })
    this.#dispatcher = dispatcher
    if (call.pollRequest) this.#follow(call.pollRequest)
    else this.#send(firstRequest(call))
    call.lifetime.listen((error) => this.cancel(error))
  }

  #send(request: HttpRequest): void {
    this.#call.beginAttempt()
    this.#exchange = new Exchange(this.#dispatcher, request, this)
    this.#startTimer()
  }

  /** Polls for the answer after a receipt. */
  #follow(next: PollRequest): void {
    this.#call.pollRequest = next
    this.#mode = 'unknown'
    this.#body.length = 0
    this.#bytes = 0
    let request: HttpRequest
    try {
      request = nextRequest(this.#call, next)
    } catch (error) {
      return this.fail(toLLMError(this.#call, error, () => ''))
    }
    if (next.afterMs) this.#waiting = setTimeout(() => this.#send(request), next.afterMs)
    else this.#send(request)
  }

  // --- called by the exchange. Decoders may throw anywhere on hostile input, so every entry is guarded ------------------

  head(status: number, headers: ResponseHeaders): void {
    this.#call.status = status
    this.#call.received = headers
    this.#call.headersAt = this.#call.clock.now()
    if (status >= 300) {
      this.#mode = 'body'
      this.#timer.start(errorBodyTimeout, () => this.#cutErrorBody())
    } else this.#startTimer()
  }

  data(chunk: Uint8Array): void {
    if (this.#held) {
      this.#held.push(chunk)
      return
    }
    try {
      this.#data(chunk)
    } catch (error) {
      this.#crash(error)
    }
  }

  end(): void {
    if (this.#held) {
      this.#held.push('end')
      return
    }
    try {
      this.#ended()
    } catch (error) {
      this.#crash(error)
    }
  }

  fail(error: Error): void {
    if (this.#held) {
      this.#held.push(error)
      return
    }
    try {
      this.#failed(error)
    } catch (thrown) {
      this.#crash(thrown)
    }
  }

  /**
   * Holds further input back until the caller has received the first content. A short answer, or the first burst of a long one, comes in one
   * packet, and all of it would else be decoded before the first promise is settled.
   */
  #hold(): void {
    if (!afterPromises) return
    this.#held = []
    afterPromises(() => this.#release())
  }

  #release(): void {
    const held = this.#held
    if (!held) return
    this.#held = undefined
    for (const one of held) {
      if (one === 'end') this.end()
      else if (one instanceof Error) this.fail(one)
      else this.data(one)
    }
  }

  /** Ends an error body that is endless or stalls: its status is known. */
  #cutErrorBody(): void {
    this.#exchange?.cancel()
    this.end()
  }

  /** Ends the stream after an unexpected exception, as an invalid response. */
  #crash(thrown: unknown): void {
    if (this.#crashed) return
    this.#crashed = true
    this.#mode = 'over'
    this.#timer.stop()
    clearTimeout(this.#waiting)
    this.#exchange?.cancel()
    const error = toLLMError(this.#call, thrown, () => '')
    if (!this.#committed) return this.#reject(error)
    error.attempts = this.#call.attempts
    if (this.#call.finishedAt === undefined) this.#call.settle(undefined, {}, error)
    this.pipe.finish(error)
  }

  #data(chunk: Uint8Array): void {
    if (this.#mode === 'over') return
    this.#bytes += chunk.length
    if (this.#bytes > this.#call.limits.maxResponseBytes) return this.fail(tooLarge(this.#call))
    // the first byte distinguishes a stream from JSON and HTML; headers are often wrong
    if (this.#mode === 'unknown') {
      const kind = this.#kindOf(chunk)
      if (!kind) return
      this.#mode = kind
    }
    if (this.#mode === 'body') {
      this.#body.push(chunk)
      if (this.#call.status >= 300 && this.#bytes >= errorBodyLimit) this.#cutErrorBody()
      return
    }
    let fault: unknown
    try {
      this.#framer.push(chunk)
    } catch (error) {
      fault = error
    }
    this.#deliver()
    this.pipe.count(chunk.length)
    if (fault !== undefined) this.fail(this.#fault(fault))
    else if (this.#reading.done) this.#end()
  }

  /** Only server-sent events differ from a body in their first byte. Undefined for white space, which both may begin with. */
  #kindOf(chunk: Uint8Array): 'events' | 'body' | undefined {
    if (this.#reading.framer) return isJSON(this.#call.headers) ? 'body' : 'events'
    if (this.#call.provider.dialect.framing !== 'sse') return 'events'
    const first = firstByte(chunk)
    if (first === undefined) return undefined
    return first === 0x7b || first === 0x5b || first === 0x3c ? 'body' : 'events'
  }

  #ended(): void {
    clearTimeout(this.#lingering)
    if (this.#mode === 'over') return
    if (this.#mode === 'body') return this.#endBody()
    try {
      this.#framer.end()
    } catch (error) {
      this.#deliver()
      // half an event at the end is a cut, not garbage
      const found = this.#fault(error)
      return this.fail(found.code === 'invalid_response' && this.#reading.started ? this.#cut() : found)
    }
    this.#end()
  }

  /** Ends the call with an error: the reader's if it has begun, else the attempt's. */
  #failed(error: Error): void {
    if (this.#mode === 'over') return
    if (LLMError.is(error)) return this.#stop(this.#withPartial(error))
    const { status } = this.#call
    if (status === 0) return this.#stop(connectionError(this.#call.errorContext(), error))
    if (status >= 300) return this.#endBody()
    if (ContentEncodingError.is(error) && !this.#reading.started) return this.#stop(exchangeError(this.#call, error))
    // the socket closed; nothing is missing if the answer was complete
    let complete = false
    try {
      complete = this.#mode === 'events' && this.#reading.end(this.#out)
    } catch {
      // the broken connection is the better explanation
    }
    if (complete) return this.#finish()
    this.#deliver()
    this.#stop(this.#cut(error))
  }

  // --- called by the pipe --------------------------------------------------------------------------------------------

  /** Not before the first content: until then the caller has no stream to read, and an event may be larger than the queue. */
  pause(): boolean {
    if (!this.#committed) return false
    this.#exchange?.pause()
    return true
  }

  resume(): void {
    this.#exchange?.resume()
  }

  leave(): void {
    this.#release()
    if (this.#mode === 'over') return
    const { provider, model } = this.#call
    const partial = this.#committed ? this.partial() : undefined
    this.#stop(new AbortError('The stream was left before its end.', { provider: provider.id, model, partial }))
  }

  // ------------------------------------------------------------------------------------------------------------------

  #deliver(): void {
    const out = this.#out
    if (out.length === 0) return
    let content = false
    // most events are one item, and the length of an array is set more slowly than an item is removed
    if (out.length === 1) content = this.#pass(out.pop() as Item)
    else {
      for (const item of out) if (this.#pass(item)) content = true
      out.length = 0
    }
    if (!content) return
    if (this.#committed) this.#timer.touch()
    else {
      this.#commit()
      this.#hold()
    }
  }

  /** Passes an item on to the reader. @returns true if it is content */
  #pass(item: Item): boolean {
    const weight = this.#reading.add(item)
    if (weight === 'hidden') return false
    this.pipe.put(item)
    if (this.#call.recorder?.chunks) this.#call.recorder.chunk(item as object)
    return weight === 'content'
  }

  #commit(): void {
    this.#committed = true
    // no attempt follows, and a stream may idle for hours
    this.#call.body = ''
    this.#call.received.release?.()
    this.#call.firstTokenAt = this.#call.clock.now()
    this.#call.recorder?.firstToken()
    this.#startTimer()
    this.#resolve(this.#setup.stream(this))
  }

  #end(): void {
    let complete: boolean
    try {
      complete = this.#reading.end(this.#out)
    } catch (error) {
      this.#deliver()
      return this.fail(this.#fault(error))
    }
    if (complete) return this.#finish()
    this.#deliver()
    if (!this.#reading.started && this.#bytes > 0) {
      const { status, headers } = this.#call
      const what = 'with something that is not a stream of events'
      return this.fail(invalidResponse(this.#call.errorContext(), status, headers, what, ''))
    }
    this.fail(this.#cut())
  }

  /** The natural end. */
  #finish(): void {
    this.#deliver()
    this.#mode = 'over'
    this.#timer.stop()
    this.#call.nativeFinishReason = this.#reading.nativeFinishReason
    this.#call.settle(this.#reading.usage, this.#reading.billing())
    if (!this.#committed) this.#commit()
    this.#timer.stop()
    this.pipe.finish()
    // the connection is reusable after the end of the response
    this.#lingering = setTimeout(() => this.#exchange?.cancel(), linger)
    this.#lingering.unref?.()
  }

  #stop(error: LLMError): void {
    this.#mode = 'over'
    this.#timer.stop()
    clearTimeout(this.#waiting)
    clearTimeout(this.#lingering)
    this.#exchange?.cancel()
    if (!this.#committed) return this.#reject(error)
    error.attempts = this.#call.attempts
    const { usage, billing } = earlyUsage(this.#reading, this.#setup)
    this.#call.settle(usage, billing, error)
    this.pipe.finish(error)
  }

  #endBody(): void {
    const { status, headers } = this.#call
    const text = textOf(this.#body)
    if (status >= 300) return this.fail(errorFromResponse(this.#call.errorContext(), status, headers, text))
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch {
      const what = 'with something that is neither a stream of events nor JSON'
      return this.fail(invalidResponse(this.#call.errorContext(), status, headers, what, text))
    }
    const next = this.#call.provider.poll?.(body, true)
    if (next) return this.#follow(withPollDelay(this.#call, next))
    this.#call.pollRequest = undefined
    try {
      // some servers answer `stream: true` with a complete answer
      this.#reading.pushAnswer(body, this.#out)
    } catch (error) {
      return this.fail(toLLMError(this.#call, error, () => text))
    }
    this.#finish()
  }

  #fault(error: unknown): LLMError {
    // the same poll would fail again: the next attempt starts over
    this.#call.pollRequest = undefined
    return this.#withPartial(toLLMError(this.#call, error, () => this.#lastData))
  }

  #cut(cause?: Error): LLMError {
    return streamInterrupted(this.#call, cause, this.#reading.started ? this.partial() : undefined)
  }

  #withPartial(error: LLMError): LLMError {
    if (this.#reading.started && !error.partial) {
      const value = this.partial()
      if (value) Object.defineProperty(error, 'partial', { value, enumerable: false, configurable: true })
    }
    return error
  }

  // --- the parts of the stream ---------------------------------------------------------------------------------------

  get meta(): CallMeta {
    this.#meta ??= metaOf(this.#call)
    return this.#meta
  }

  soFar(): Complete<Answer> {
    return withMeta(this.#reading.answer(), this.meta)
  }

  partial(): ChatCompletion | undefined {
    try {
      return withMeta(this.#reading.partial(), this.meta)
    } catch {
      return undefined
    }
  }

  async complete(): Promise<Answer> {
    return this.#setup.complete(this.soFar())
  }

  cancel(error: LLMError): void {
    this.#release()
    this.fail(error)
  }

  // ------------------------------------------------------------------------------------------------------------------

  /** Starts the timeout of the current phase: headers, first token or idle. */
  #startTimer(): void {
    const call = this.#call
    const { headersTimeout: forHeaders, firstTokenTimeout, idleTimeout } = call.limits
    if (this.#committed) {
      this.#timer.start(
        idleTimeout,
        () =>
          this.fail(
            streamTimeout(call, 'idle', `nothing but silence or keep-alives for idleTimeout (${idleTimeout} ms)`),
          ),
        () => this.pipe.backlogged,
      )
      return
    }
    const now = call.clock.now()
    this.#sentAt ??= now
    const left =
      firstTokenTimeout > 0 ? Math.max(1, firstTokenTimeout - (now - this.#sentAt)) : Number.POSITIVE_INFINITY
    if (call.status === 0 && forHeaders > 0 && forHeaders < left) {
      this.#timer.start(forHeaders, () => this.fail(headersTimeout(call)))
    } else if (firstTokenTimeout > 0) {
      this.#timer.start(left, () =>
        this.fail(streamTimeout(call, 'first_token', `no content within firstTokenTimeout (${firstTokenTimeout} ms)`)),
      )
    } else this.#timer.stop()
  }
}
