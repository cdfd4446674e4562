import type { Dispatcher } from 'undici'
import { contentDecoder } from '../platform/index.js'
import type { Decoder } from './content-coding.js'

export type HeaderMap = Readonly<Record<string, string | string[] | undefined>>

/** Headers of a response. Most answers need two of them, so a transport may parse the others when they are read. */
export interface ResponseHeaders {
  /** All headers, with lower-case names. */
  readonly map: HeaderMap
  /** One header by its lower-case name. */
  get(name: string): string | string[] | undefined
  /** Frees the bytes that the headers came in: a stream keeps its headers while it idles. */
  release?(): void
}

class ParsedHeaders implements ResponseHeaders {
  readonly map: HeaderMap
  constructor(map: HeaderMap) {
    this.map = map
  }
  get(name: string): string | string[] | undefined {
    return this.map[name]
  }
}

/** Marks headers that their transport parses later. A plain object may have a header of any name, but no symbols. */
export const unparsed: unique symbol = Symbol('unparsed')

export type UnparsedHeaders = ResponseHeaders & { readonly [unparsed]: true }

export const parsedHeaders = (map: HeaderMap): ResponseHeaders => new ParsedHeaders(map)

const isUnparsed = (headers: HeaderMap | UnparsedHeaders): headers is UnparsedHeaders => unparsed in headers

export interface HttpRequest {
  /** HTTP method. @default 'POST' */
  readonly method?: HttpMethod
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** An iterable is sent as it is read, chunked unless `headers` have its length. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Receives an exchange synchronously, in this order: `head`, any number of `data`, then `end` or `fail` once. */
export interface Reader {
  head(status: number, headers: ResponseHeaders): void
  data(chunk: Uint8Array): void
  end(): void
  fail(error: Error): void
}

/**
 * One HTTP request through undici's dispatch API, which the other transports implement too: no promise, stream or Response object in between.
 * https://undici.nodejs.org/#/docs/api/Dispatcher?id=dispatcherdispatchoptions-handler
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #reader: Reader
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  /** Decodes a body with a `content-encoding`. */
  #decoder: Decoder | undefined
  #cancelled: Error | undefined
  /** The error that ended an encoded body. */
  #broke: Error | undefined

  constructor(dispatcher: Dispatcher, request: HttpRequest, reader: Reader) {
    this.#reader = reader
    const { origin, path, headers, body = null, method = 'POST' } = request
    try {
      // undici's body timeout restarts with keep-alive comments; the call has its own timers
      dispatcher.dispatch(
        // undici sends iterables, which its types leave out
        { origin, path, method, headers, body: body as string, headersTimeout: 0, bodyTimeout: 0 },
        this,
      )
    } catch (error) {
      this.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Closes the socket. The reader gets no further events, except `fail` if `error` is given. */
  cancel(error?: Error): void {
    if (this.#over) return
    this.#over = true
    this.#decoder?.close()
    this.#cancelled = error ?? new Error('The exchange was cancelled.')
    this.#controller?.abort(this.#cancelled)
    if (error) this.#fail(error)
  }

  pause(): void {
    this.#controller?.pause()
    this.#decoder?.pause()
  }

  resume(): void {
    this.#decoder?.resume()
    this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // cancelled before a connection was available
    if (this.#cancelled) controller.abort(this.#cancelled)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, given: HeaderMap | UnparsedHeaders): void {
    if (this.#over || status < 200) return
    const headers = isUnparsed(given) ? given : new ParsedHeaders(given)
    const coding = headers.get('content-encoding')
    if (coding !== undefined) this.#decoder = this.#decoderFor(coding)
    try {
      this.#reader.head(status, headers)
    } catch (error) {
      this.#broken(error)
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#over) return
    if (this.#decoder) this.#decoder.write(chunk)
    else this.#data(chunk)
  }

  onResponseEnd(): void {
    if (this.#over) return
    if (this.#decoder) this.#decoder.end()
    else this.#end()
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#over) return
    if (!this.#decoder) {
      this.#over = true
      return this.#fail(error)
    }
    // the bytes so far are delivered before the error
    this.#broke = error
    this.#decoder.end()
  }

  #decoderFor(coding: string | readonly string[]): Decoder | undefined {
    return contentDecoder(coding, {
      data: (chunk) => {
        if (!this.#over) this.#data(chunk)
      },
      end: () => {
        if (this.#over) return
        if (!this.#broke) return this.#end()
        this.#over = true
        this.#fail(this.#broke)
      },
      fail: (error) => this.#broken(error),
    })
  }

  #data(chunk: Uint8Array): void {
    try {
      this.#reader.data(chunk)
    } catch (error) {
      this.#broken(error)
    }
  }

  #end(): void {
    this.#over = true
    try {
      this.#reader.end()
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** A reader that throws here has no way left to report it; the process must survive all the same. */
  #fail(error: Error): void {
    try {
      this.#reader.fail(error)
    } catch {
      // nothing can be reported any more
    }
  }

  /** A throwing reader fails its own exchange, not the connection pool. */
  #broken(error: unknown): void {
    this.cancel(error instanceof Error ? error : new Error(String(error)))
  }
}
