import type { Dispatcher } from 'undici'
import type { FetchFunction, FetchInit, FetchResponse } from '../types/fetch.js'
import { ContentEncodingError } from './content-coding.js'
import { fetchFailure, isDecodingFailure } from './fetch-failure.js'

/**
 * The part of undici's dispatcher that calls use, over `fetch`.
 * https://undici.nodejs.org/#/docs/api/Dispatcher
 */
export class FetchDispatcher {
  readonly #fetch: FetchFunction
  readonly #pending = new Set<FetchExchange>()
  #closing: Promise<void> | undefined
  #idle: (() => void) | undefined

  constructor(fetch: FetchFunction) {
    this.#fetch = fetch
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#closing) throw Object.assign(new Error('The client is closed'), { code: 'UND_ERR_CLOSED' })
    const exchange = new FetchExchange(handler)
    this.#pending.add(exchange)
    void exchange.run(this.#fetch, options).finally(() => {
      this.#pending.delete(exchange)
      if (this.#pending.size === 0) this.#idle?.()
    })
    return true
  }

  /** Waits for the requests in flight. Later ones fail. */
  close(): Promise<void> {
    this.#closing ??= new Promise<void>((resolve) => {
      if (this.#pending.size === 0) resolve()
      else this.#idle = resolve
    })
    return this.#closing
  }
}

type Reader = ReturnType<NonNullable<FetchResponse['body']>['getReader']>

/** One request. It is its own controller: a paused one reads no further. */
class FetchExchange implements Dispatcher.DispatchController {
  readonly #handler: Dispatcher.DispatchHandler
  readonly #stop = new AbortController()
  #reason: Error | null = null
  #paused = false
  #continue: (() => void) | undefined

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler
  }

  get aborted(): boolean {
    return this.#reason !== null
  }

  get reason(): Error | null {
    return this.#reason
  }

  get paused(): boolean {
    return this.#paused
  }

  abort(reason: Error): void {
    if (this.#reason) return
    this.#reason = reason
    this.#stop.abort(reason)
    this.resume()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#continue?.()
    this.#continue = undefined
  }

  async run(fetch: FetchFunction, options: Dispatcher.DispatchOptions): Promise<void> {
    let encoded = false
    try {
      this.#handler.onRequestStart?.(this, undefined)
      const { url, init } = requestOf(options, this.#stop.signal, (error) => {
        // what `fetch` makes of it differs by runtime
        this.#reason ??= error
      })
      const answered = fetch(url, init)
      answered.then((late) => this.#discardIfOver(late), noop)
      const response = await this.#whileOpen(answered)
      const headers = headersOf(response)
      encoded = headers['content-encoding'] !== undefined
      // fetch has decoded the body
      delete headers['content-encoding']
      this.#handler.onResponseStart?.(this, response.status, headers)
      if (response.body) await this.#read(response.body.getReader())
      if (this.#reason) throw this.#reason
      this.#handler.onResponseEnd?.(this, {})
    } catch (error) {
      this.#handler.onResponseError?.(this, this.#reason ?? failureOf(error, encoded, options))
    }
  }

  async #read(reader: Reader): Promise<void> {
    try {
      for (;;) {
        if (this.#paused) {
          await new Promise<void>((resolve) => {
            this.#continue = resolve
          })
        }
        if (this.#reason) throw this.#reason
        const { done, value } = await this.#whileOpen(reader.read())
        if (done) return
        if (value && value.length > 0) this.#handler.onResponseData?.(this, value as Buffer)
      }
    } catch (error) {
      // a body that nothing reads would keep its connection
      reader.cancel(error).catch(noop)
      throw error
    }
  }

  /** Closes a response that came after the abort. */
  #discardIfOver({ body }: FetchResponse): void {
    if (this.#reason) body?.getReader().cancel().catch(noop)
  }

  /** Some functions in the place of `fetch` ignore the signal. */
  async #whileOpen<Value>(work: Promise<Value>): Promise<Value> {
    const { signal } = this.#stop
    let end = () => {}
    const aborted = new Promise<never>((_, reject) => {
      end = () => reject(this.#reason)
      signal.addEventListener('abort', end)
    })
    try {
      return await Promise.race([work, aborted])
    } finally {
      signal.removeEventListener('abort', end)
    }
  }
}

const noop = () => {}

function requestOf(
  { origin, path, method, headers, body }: Dispatcher.DispatchOptions,
  signal: AbortSignal,
  onFailure: (error: Error) => void,
) {
  return {
    url: `${origin}${path}`,
    init: {
      method,
      headers: headers as Record<string, string>,
      redirect: 'manual' as const,
      signal,
      ...bodyOf(body, onFailure),
    },
  }
}

/** A stream has to be sent with `duplex`. https://fetch.spec.whatwg.org/#dom-requestinit-duplex */
function bodyOf(body: unknown, onFailure: (error: Error) => void): Pick<FetchInit, 'body' | 'duplex'> {
  if (typeof body === 'string' || body instanceof Uint8Array) return { body }
  if (typeof body !== 'object' || body === null) return {}
  return { body: streamOf(body as AsyncIterable<Uint8Array>, onFailure), duplex: 'half' }
}

function streamOf(chunks: AsyncIterable<Uint8Array>, onFailure: (error: Error) => void): ReadableStream<Uint8Array> {
  const items = chunks[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await items.next()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        onFailure(error instanceof Error ? error : new Error(String(error)))
        throw error
      }
    },
    async cancel() {
      await items.return?.()
    },
  })
}

function headersOf({ headers }: FetchResponse): Record<string, string> {
  const all: Record<string, string> = {}
  headers.forEach((value, name) => {
    all[name.toLowerCase()] = value
  })
  return all
}

function failureOf(error: unknown, encoded: boolean, { headers }: Dispatcher.DispatchOptions): Error {
  const failure = fetchFailure(error)
  if (encoded && isDecodingFailure(error)) {
    return new ContentEncodingError(`its body could not be decoded: ${failure.message}`, { cause: failure })
  }
  try {
    new Headers(headers as Record<string, string>)
    return failure
  } catch (invalid) {
    const message = invalid instanceof Error ? invalid.message : String(invalid)
    return Object.assign(new Error(message, { cause: invalid }), { code: 'UND_ERR_INVALID_ARG' })
  }
}
