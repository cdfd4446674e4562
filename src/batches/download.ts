import type { Dispatcher } from 'undici'
import type { Call } from '../call/call.js'
import { errorBodyLimit, errorBodyTimeout } from '../call/failure.js'
import { exchangeError, headersTimeout, tooLarge } from '../call/json-response.js'
import { PhaseTimer } from '../call/lifetime.js'
import { LLMError, TimeoutError } from '../errors.js'
import { concat, utf8 } from '../platform/index.js'
import { Exchange, type HeaderMap, type HttpRequest, type Reader, type ResponseHeaders } from '../transport/exchange.js'

/** Bytes that wait for the reader before the connection is paused. */
const mostWaiting = 256 * 1024
/** Longest silence of a download that is read, in milliseconds. */
export const longestSilence = 60_000

/** An answer whose body is read as it arrives. A slow reader holds the connection back. */
export class Download implements Reader {
  status = 0
  headers: HeaderMap = {}
  readonly #call: Call
  readonly #headersTimer = new PhaseTimer()
  readonly #silence = new PhaseTimer()
  readonly #opened: (download: Download) => void
  readonly #failed: (error: LLMError) => void
  #exchange: Exchange | undefined
  #waiting: Uint8Array[] = []
  #size = 0
  #paused = false
  #over = false
  #error: LLMError | undefined
  #wake: (() => void) | undefined

  private constructor(call: Call, opened: (download: Download) => void, failed: (error: LLMError) => void) {
    this.#call = call
    this.#opened = opened
    this.#failed = failed
  }

  /** Sends a request and waits for the headers of its answer. @throws {LLMError} without an answer */
  static open(call: Call, dispatcher: Dispatcher, request: HttpRequest): Promise<Download> {
    return new Promise((resolve, reject) => {
      const download = new Download(call, resolve, reject)
      const exchange = new Exchange(dispatcher, request, download)
      download.#exchange = exchange
      call.lifetime.listen((error) => exchange.cancel(error))
      const { headersTimeout: most } = call.limits
      if (most > 0) download.#headersTimer.start(most, () => exchange.cancel(headersTimeout(call)))
    })
  }

  head(status: number, headers: ResponseHeaders): void {
    this.#headersTimer.stop()
    this.status = status
    this.headers = headers.map
    this.#call.status = status
    this.#call.received = headers
    this.#silence.start(
      status < 300 ? longestSilence : errorBodyTimeout,
      () => this.#exchange?.cancel(this.#silent()),
      () => this.#paused,
    )
    this.#opened(this)
  }

  data(chunk: Uint8Array): void {
    this.#silence.touch()
    this.#waiting.push(chunk)
    this.#size += chunk.length
    if (this.#size > mostWaiting && !this.#paused) {
      this.#paused = true
      this.#exchange?.pause()
    }
    this.#notify()
  }

  end(): void {
    this.#finish(undefined)
  }

  fail(error: Error): void {
    this.#finish(LLMError.is(error) ? error : exchangeError(this.#call, error))
  }

  #finish(error: LLMError | undefined): void {
    this.#headersTimer.stop()
    this.#silence.stop()
    this.#over = true
    this.#error = error
    if (error) this.#failed(error)
    this.#notify()
  }

  #silent(): TimeoutError {
    const { provider, target } = this.#call
    return new TimeoutError(`${target.who} sent no more of the file for ${longestSilence} ms.`, {
      phase: 'idle',
      provider: provider.id,
      status: this.status,
    })
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  /**
   * The body. Leaving the loop closes the connection.
   * @throws {LLMError} if it breaks, or is longer than `most` bytes
   */
  async *body(most = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    let size = 0
    try {
      for (;;) {
        const chunks = this.#waiting
        this.#waiting = []
        this.#size = 0
        if (this.#paused) {
          this.#paused = false
          this.#exchange?.resume()
        }
        for (const chunk of chunks) {
          size += chunk.length
          if (size > most) throw tooLarge(this.#call)
          yield chunk
        }
        if (this.#waiting.length > 0) continue
        if (this.#error) throw this.#error
        if (this.#over) return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      this.#exchange?.cancel()
      this.#silence.stop()
    }
  }

  /** The body of a failure, as far as it is of use. A body that breaks is cut: the status is known. */
  async errorText(): Promise<string> {
    const chunks: Uint8Array[] = []
    let size = 0
    try {
      for await (const chunk of this.body()) {
        chunks.push(chunk)
        size += chunk.length
        if (size > errorBodyLimit) break
      }
    } catch {
      // what has arrived is enough
    }
    return utf8(concat(chunks))
  }
}
