import type { Dispatcher } from 'undici'
import type { ChatDialect, ChatStreamDecoder } from '../../providers/contract.js'
import { AbortError, LLMError, StreamInterruptedError, TimeoutError } from '../errors.js'
import { Exchange, type HeaderMap, type Reader } from '../transport/exchange.js'
import type { Framer, OnEvent } from '../transport/framer.js'
import type { ChatCompletion, ChatCompletionChunk, ChunkChoice, Usage } from '../types/chat.js'
import { Assembler, chunksOf } from './assemble.js'
import { billingOf, type Call } from './call.js'
import { connectionError, errorBodyLimit, errorFromResponse, invalidResponse } from './failure.js'
import { PhaseTimer } from './lifetime.js'
import { metaOf, withMeta } from './meta.js'
import { Pipe, type Source } from './pipe.js'
import { CompletionStream } from './stream.js'
import { faultToError, headersTimeout, textOf, tooLarge } from './whole.js'

/** What a stream is read with. */
export interface StreamSetup {
  readonly dialect: ChatDialect
  readonly framer: (onEvent: OnEvent) => Framer
  /** Whether the caller asked for the usage chunk. */
  readonly includeUsage: boolean
  /** Usage of an answer that did not come to its end. */
  readonly estimate: (answer: ChatCompletion) => Usage | undefined
  /** Checks the whole answer against the schema of `response_format`. */
  readonly complete: (answer: ChatCompletion) => ChatCompletion | Promise<ChatCompletion>
}

/**
 * Sends a call once, as a stream. Resolves with the first content chunk: what fails before that can be tried again unseen.
 */
export function sendStream(call: Call, dispatcher: Dispatcher, setup: StreamSetup): Promise<CompletionStream> {
  return new Promise((resolve, reject) => new StreamReader(call, dispatcher, setup, resolve, reject))
}

/** Hosts that keep the connection open after the end mark get this long to close the answer, in milliseconds. */
const linger = 1000

class StreamReader implements Reader, Source {
  readonly #call: Call
  readonly #setup: StreamSetup
  readonly #resolve: (stream: CompletionStream) => void
  readonly #reject: (error: LLMError) => void
  readonly #decoder: ChatStreamDecoder
  readonly #framer: Framer
  readonly #assembler = new Assembler()
  readonly #pipe = new Pipe(this)
  readonly #timer = new PhaseTimer()
  #exchange: Exchange | undefined
  /** Bytes that are not a stream: an error body, or a whole answer. */
  readonly #body: Buffer[] = []
  readonly #out: ChatCompletionChunk[] = []
  #mode: 'unknown' | 'events' | 'body' | 'over' = 'unknown'
  #bytes = 0
  #committed = false
  #sentAt: number | undefined
  #lingering: NodeJS.Timeout | undefined

  constructor(
    call: Call,
    dispatcher: Dispatcher,
    setup: StreamSetup,
    resolve: (stream: CompletionStream) => void,
    reject: (error: LLMError) => void,
  ) {
    this.#call = call
    this.#setup = setup
    this.#resolve = resolve
    this.#reject = reject
    this.#decoder = setup.dialect.stream(call.decodeContext())
    this.#framer = setup.framer((event, data) => {
      if (!this.#decoder.done) this.#decoder.push(event, data, this.#out)
    })
    call.begin()
    this.#exchange = new Exchange(dispatcher, { ...call.target, body: call.body }, this)
    call.lifetime.listen((error) => this.fail(error))
    this.#startTimer()
  }

  // --- told by the exchange -----------------------------------------------------------------------------------------

  head(status: number, headers: HeaderMap): void {
    this.#call.status = status
    this.#call.headers = headers
    if (status >= 300) this.#mode = 'body'
    this.#startTimer()
  }

  data(chunk: Buffer): void {
    if (this.#mode === 'over') return
    this.#bytes += chunk.length
    if (this.#bytes > this.#call.limits.maxResponseBytes) return this.fail(tooLarge(this.#call))
    // a stream begins with a field name, a comment or a line end; JSON and HTML say at once what they are, whatever the headers say
    if (this.#mode === 'unknown') this.#mode = this.#saysBody(chunk) ? 'body' : 'events'
    if (this.#mode === 'body') {
      if (this.#call.status < 300 || this.#bytes - chunk.length < errorBodyLimit) this.#body.push(chunk)
      return
    }
    let fault: unknown
    try {
      this.#framer.push(chunk)
    } catch (error) {
      fault = error
    }
    this.#deliver()
    if (fault !== undefined) this.fail(this.#fault(fault))
    else if (this.#decoder.done) this.#end()
  }

  /** Only server-sent events can be told from a body by their first byte: the other framings begin with whatever they like. */
  #saysBody(chunk: Buffer): boolean {
    return this.#call.provider.dialect.framing === 'sse' && beginsWithBody(chunk)
  }

  end(): void {
    clearTimeout(this.#lingering)
    if (this.#mode === 'over') return
    if (this.#mode === 'body') return this.#endBody()
    try {
      this.#framer.end()
    } catch (error) {
      this.#deliver()
      // half an event at the very end is a cut, and not garbage
      const found = this.#fault(error)
      return this.fail(found.code === 'invalid_response' && this.#assembler.touched ? this.#cut() : found)
    }
    this.#end()
  }

  /** Ends the call with an error: the reader's if it has begun, else the attempt's. */
  fail(error: Error): void {
    if (this.#mode === 'over') return
    if (LLMError.is(error)) return this.#stop(this.#withPartial(error))
    const { status } = this.#call
    if (status === 0) return this.#stop(connectionError(this.#call.scene(), error))
    if (status >= 300) return this.#endBody()
    // the socket closed. Where the answer had already come to its end, nothing is missing
    if (this.#mode === 'events' && this.#decoder.end(this.#out)) return this.#finish()
    this.#deliver()
    this.#stop(this.#cut(error))
  }

  // --- asked by the pipe --------------------------------------------------------------------------------------------

  pause(): void {
    this.#exchange?.pause()
  }

  resume(): void {
    this.#exchange?.resume()
  }

  leave(): void {
    const { provider, model } = this.#call
    const partial = this.#committed ? this.#soFar() : undefined
    this.#stop(new AbortError('The stream was left before its end.', { provider: provider.id, model, partial }))
  }

  // ------------------------------------------------------------------------------------------------------------------

  #deliver(): void {
    const out = this.#out
    if (out.length === 0) return
    let content = false
    for (const chunk of out) {
      this.#assembler.add(chunk)
      // the usage chunk is always asked of the provider, for `meta`; the caller sees it who asked for it
      if (chunk.usage && chunk.choices.length === 0 && !this.#setup.includeUsage) continue
      this.#pipe.put(chunk)
      if (!content) content = hasContent(chunk)
    }
    out.length = 0
    if (!content) return
    if (this.#committed) this.#timer.touch()
    else this.#commit()
  }

  #commit(): void {
    this.#committed = true
    this.#call.firstTokenAt = this.#call.clock.now()
    this.#startTimer()
    this.#resolve(new CompletionStream(this.#parts()))
  }

  #end(): void {
    if (this.#decoder.end(this.#out)) return this.#finish()
    this.#deliver()
    if (!this.#assembler.touched && this.#bytes > 0) {
      const { status, headers } = this.#call
      const what = 'with something that is not a stream of events'
      return this.fail(invalidResponse(this.#call.scene(), status, headers, what, ''))
    }
    this.fail(this.#cut())
  }

  /** The natural end. */
  #finish(): void {
    this.#deliver()
    this.#mode = 'over'
    this.#timer.stop()
    this.#call.nativeFinishReason = this.#assembler.nativeFinishReason
    this.#call.settle(this.#assembler.usage, billingOf(this.#assembler.answer()))
    if (!this.#committed) this.#commit()
    this.#timer.stop()
    this.#pipe.finish()
    // the connection is used again when the answer is over on the wire too
    this.#lingering = setTimeout(() => this.#exchange?.cancel(), linger).unref()
  }

  #stop(error: LLMError): void {
    this.#mode = 'over'
    this.#timer.stop()
    this.#exchange?.cancel()
    if (!this.#committed) return this.#reject(error)
    error.attempts = this.#call.attempts
    this.#settleEarly()
    this.#pipe.finish(error)
  }

  /** The stream was left or cut: usage that has not come is counted on what has. */
  #settleEarly(): void {
    const { usage } = this.#assembler
    const answer = this.#soFar()
    const counted = usage ?? this.#setup.estimate(answer)
    this.#call.settle(counted, { ...billingOf(answer), ...(!usage && counted && { estimated: true }) })
  }

  #endBody(): void {
    const { status, headers } = this.#call
    const text = textOf(this.#body)
    if (status >= 300) return this.fail(errorFromResponse(this.#call.scene(), status, headers, text))
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch {
      const what = 'with something that is neither a stream of events nor JSON'
      return this.fail(invalidResponse(this.#call.scene(), status, headers, what, text))
    }
    try {
      // some servers answer `stream: true` with a whole answer
      this.#out.push(...chunksOf(this.#setup.dialect.decode(body, this.#call.decodeContext())))
    } catch (error) {
      return this.fail(faultToError(this.#call, error, () => text))
    }
    this.#finish()
  }

  #fault(error: unknown): LLMError {
    return this.#withPartial(faultToError(this.#call, error, () => ''))
  }

  #cut(cause?: Error): LLMError {
    const { provider, model, status, target } = this.#call
    return new StreamInterruptedError(
      `${target.who} closed the stream before the answer's end${cause ? ` (${cause.message})` : ''}. ` +
        `What had arrived is on 'partial'.`,
      { provider: provider.id, model, status, cause, partial: this.#assembler.touched ? this.#soFar() : undefined },
    )
  }

  #withPartial(error: LLMError): LLMError {
    if (this.#assembler.touched && !error.partial) {
      Object.defineProperty(error, 'partial', { value: this.#soFar(), enumerable: false, configurable: true })
    }
    return error
  }

  #soFar(): ChatCompletion {
    return withMeta(this.#assembler.answer(), metaOf(this.#call))
  }

  #parts() {
    return {
      pipe: this.#pipe,
      meta: metaOf(this.#call),
      soFar: () => this.#soFar(),
      complete: async () => this.#setup.complete(this.#soFar()),
      cancel: (error: AbortError) => this.fail(error),
    }
  }

  /** One timer for whichever clock is running: headers, then first token, then idle. */
  #startTimer(): void {
    const call = this.#call
    const { headersTimeout: forHeaders, firstTokenTimeout, idleTimeout } = call.limits
    if (this.#committed) {
      this.#timer.start(
        idleTimeout,
        () =>
          this.fail(timedOut(call, 'idle', `nothing but silence or keep-alives for idleTimeout (${idleTimeout} ms)`)),
        () => this.#pipe.backlogged,
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
        this.fail(timedOut(call, 'first_token', `no content within firstTokenTimeout (${firstTokenTimeout} ms)`)),
      )
    } else this.#timer.stop()
  }
}

const timedOut = ({ provider, model, status, target }: Call, phase: 'first_token' | 'idle', what: string) =>
  new TimeoutError(`${target.who} sent ${what}.`, {
    phase,
    provider: provider.id,
    model,
    status: status || undefined,
  })

/** Text, reasoning, a tool call, a refusal, audio, an image, or the end: something that the caller can see. */
function hasContent(chunk: ChatCompletionChunk): boolean {
  for (const choice of chunk.choices) if (isContent(choice)) return true
  return false
}

function isContent({ delta, finish_reason }: ChunkChoice): boolean {
  return !!(
    delta.content ||
    delta.reasoning_content ||
    delta.tool_calls ||
    delta.refusal ||
    finish_reason ||
    delta.thinking_blocks ||
    delta.audio ||
    delta.function_call ||
    delta.images
  )
}

/** `{`, `[` or `<` as the first character that is no white space. */
function beginsWithBody(chunk: Buffer): boolean {
  for (const byte of chunk) {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) continue
    return byte === 0x7b || byte === 0x5b || byte === 0x3c
  }
  return false
}
