import { EventEmitter } from 'node:events'
import type { Dispatcher } from 'undici'
import { asHandler, type Handler } from './handler.js'
import type { LoggedRequest } from './request-log.js'
import type { Stage } from './stage.js'
import { Presence, play, type Sink } from './steps.js'
import type { Headers } from './wire/wire.js'

/** Network data arrives in separate turns of the event loop. Captured at load, so that fake timers do not stop it. */
const { setImmediate: immediate, clearImmediate: clear } = globalThis
const nextTurn = (done: () => void): (() => void) => {
  const turn = immediate(done)
  return () => clear(turn)
}

type Done = (() => void) | undefined

/** The part of undici's dispatcher that requests use. https://undici.nodejs.org/#/docs/api/Dispatcher */
export class MockDispatcher extends EventEmitter {
  readonly #stage: Stage
  readonly #open = new Set<Exchange>()
  closed = false
  destroyed = false

  constructor(stage: Stage) {
    super()
    this.#stage = stage
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const exchange = new Exchange(asHandler(handler))
    if (this.closed) {
      queueMicrotask(() => exchange.fail(problem('ClientClosedError', 'UND_ERR_CLOSED', 'The client is closed')))
      return true
    }
    this.#open.add(exchange)
    exchange
      .run(this.#stage, options)
      .catch((error: unknown) => exchange.fail(error instanceof Error ? error : new Error(String(error))))
      .finally(() => this.#open.delete(exchange))
    return true
  }

  /** Requests in flight continue. */
  close(done?: Done): Promise<void> {
    this.closed = true
    done?.()
    return Promise.resolve()
  }

  destroy(error?: Error | null | Done, done?: Done): Promise<void> {
    this.closed = true
    this.destroyed = true
    const reason =
      error instanceof Error ? error : problem('ClientDestroyedError', 'UND_ERR_DESTROYED', 'The client is destroyed')
    for (const exchange of this.#open) exchange.abort(reason)
    const callback = typeof error === 'function' ? error : done
    callback?.()
    return Promise.resolve()
  }
}

/** One request and its response; also the controller passed to undici's handlers. */
class Exchange implements Dispatcher.DispatchController, Sink {
  readonly #handler: Handler
  readonly #presence = new Presence()
  #request: LoggedRequest | undefined
  #over = false
  #resume: (() => void) | undefined
  paused = false
  aborted = false
  reason: Error | null = null
  rawHeaders: Buffer[] | null = null
  rawTrailers: Buffer[] | null = null

  constructor(handler: Handler) {
    this.#handler = handler
  }

  async run(stage: Stage, options: Dispatcher.DispatchOptions): Promise<void> {
    const text = await readBody(options.body)
    if (this.#over) return
    this.#handler.onRequestStart(this, {})
    if (this.#over) return
    const { request, steps } = stage.take({
      method: options.method,
      path: options.path,
      headers: readHeaders(options.headers),
      text,
    })
    this.#request = request
    await play(steps, this, this.#presence)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.#resume?.()
  }

  abort(reason: Error): void {
    if (this.#over) return
    this.aborted = true
    this.reason = reason
    this.#finish('left')
    this.#handler.onResponseError(this, reason)
  }

  fail(error: Error): void {
    if (this.#over) return
    this.#finish('broken')
    this.#handler.onResponseError(this, error)
  }

  head(status: number, headers: Headers): void {
    if (this.#request) this.#request.status = status
    this.#tell(() => this.#handler.onResponseStart(this, status, { ...headers }, ''))
  }

  write(bytes: Buffer): Promise<void> | undefined {
    // a copy: the handler may keep or change it
    this.#tell(() => this.#handler.onResponseData(this, Buffer.from(bytes)))
    if (this.#over) return undefined
    if (!this.paused) return this.#presence.wait(nextTurn)
    return this.#presence.wait((done) => {
      this.#resume = done
      return () => {
        this.#resume = undefined
      }
    })
  }

  end(): void {
    if (this.#over) return
    this.#finish('completed')
    this.#handler.onResponseEnd(this, {})
  }

  break(reset: boolean): void {
    if (reset) return this.fail(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }))
    this.fail(problem('SocketError', 'UND_ERR_SOCKET', 'other side closed'))
  }

  #finish(end: 'completed' | 'broken' | 'left'): void {
    this.#over = true
    this.#presence.leave()
    this.#request?.close(end)
  }

  /** A handler that throws ends its own exchange, as in undici. */
  #tell(call: () => void): void {
    if (this.#over) return
    try {
      call()
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

function problem(name: string, code: string, message: string): Error {
  const error = Object.assign(new Error(message), { code })
  error.name = name
  return error
}

async function readBody(body: unknown): Promise<string> {
  if (body === null || body === undefined) return ''
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8')
  if (!isIterable(body)) return ''
  const chunks: Buffer[] = []
  for await (const chunk of body)
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
}

/** undici takes an object, a flat list of names and values, or an iterable of pairs. */
function readHeaders(headers: Dispatcher.DispatchOptions['headers']): Record<string, string> {
  const out: Record<string, string> = {}
  const add = (name: unknown, value: unknown): void => {
    if (value === undefined || value === null) return
    out[String(name).toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value)
  }
  if (!headers) return out
  if (Array.isArray(headers) && typeof headers[0] === 'string') {
    for (let i = 0; i < headers.length; i += 2) add(headers[i], headers[i + 1])
    return out
  }
  const pairs = isIterable(headers) ? (headers as Iterable<readonly [string, unknown]>) : Object.entries(headers)
  for (const [name, value] of pairs) add(name, value)
  return out
}
