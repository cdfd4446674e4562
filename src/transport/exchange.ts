import type { Dispatcher } from 'undici'

export type HeaderMap = Readonly<Record<string, string | string[] | undefined>>

export interface HttpRequest {
  /** HTTP method. @default 'POST' */
  readonly method?: 'GET' | 'POST'
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** Receives an exchange synchronously, in this order: `head`, any number of `data`, then `end` or `fail` once. */
export interface Reader {
  head(status: number, headers: HeaderMap): void
  data(chunk: Buffer): void
  end(): void
  fail(error: Error): void
}

/**
 * One HTTP request through undici's dispatch API: no promise, stream or Response object in between.
 * https://undici.nodejs.org/#/docs/api/Dispatcher?id=dispatcherdispatchoptions-handler
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #reader: Reader
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  #cancelled: Error | undefined

  constructor(dispatcher: Dispatcher, request: HttpRequest, reader: Reader) {
    this.#reader = reader
    const { origin, path, headers, body = null, method = 'POST' } = request
    try {
      // undici's body timeout restarts with keep-alive comments; the call has its own timers
      dispatcher.dispatch({ origin, path, method, headers, body, headersTimeout: 0, bodyTimeout: 0 }, this)
    } catch (error) {
      this.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Closes the socket. The reader gets no further events, except `fail` if `error` is given. */
  cancel(error?: Error): void {
    if (this.#over) return
    this.#over = true
    this.#cancelled = error ?? new Error('The exchange was cancelled.')
    this.#controller?.abort(this.#cancelled)
    if (error) this.#reader.fail(error)
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // cancelled before a connection was available
    if (this.#cancelled) controller.abort(this.#cancelled)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HeaderMap): void {
    if (this.#over || status < 200) return
    try {
      this.#reader.head(status, headers)
    } catch (error) {
      this.#broken(error)
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    try {
      this.#reader.data(chunk)
    } catch (error) {
      this.#broken(error)
    }
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    this.#reader.end()
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#over) return
    this.#over = true
    this.#reader.fail(error)
  }

  /** A throwing reader fails its own exchange, not the connection pool. */
  #broken(error: unknown): void {
    this.cancel(error instanceof Error ? error : new Error(String(error)))
  }
}
