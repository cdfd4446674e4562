import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent, request, util } from 'undici'
import { publicLookup } from './addresses.js'
import { Exchange, type HeaderMap, type UnparsedHeaders, unparsed } from './exchange.js'
import type { AgentOptions, MediaSource } from './transport.js'

export function createAgent({ connectTimeout, proxy, proxyInEnvironment }: AgentOptions): Dispatcher {
  // keep-alive of 30 s, below the usual idle timeout of load balancers (60 s)
  const options = { connect: { timeout: connectTimeout }, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 }
  if (typeof proxy === 'string')
    return new ProxyAgent({ ...options, uri: proxy, requestTls: { timeout: connectTimeout } })
  if (proxy !== false && proxyInEnvironment) return new EnvHttpProxyAgent(options)
  return new OwnAgent(options)
}

/**
 * An agent that hands exchanges to undici's core as it wants them. `Agent` itself converts the handlers of undici's newer form, and parses all
 * headers of every response: 6 % of a call. The form of the core is public and typed for all of undici 7.
 */
class OwnAgent extends Agent {
  override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return super.dispatch(options, handler instanceof Exchange ? new CoreHandler(handler) : handler)
  }
}

/** Handler and controller of one exchange, in the form of undici's core. */
class CoreHandler implements Dispatcher.DispatchHandler, Dispatcher.DispatchController {
  readonly #exchange: Exchange
  #abort: ((reason?: Error) => void) | undefined
  #resume: (() => void) | undefined
  paused = false
  aborted = false
  reason: Error | null = null

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    this.#exchange.onRequestStart(this)
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void): boolean {
    this.#resume = resume
    this.#exchange.onResponseStart(this, status, new RawHeaders(headers))
    return !this.paused
  }

  onData(chunk: Buffer): boolean {
    this.#exchange.onResponseData(this, chunk)
    return !this.paused
  }

  onComplete(): void {
    this.#exchange.onResponseEnd()
  }

  onError(error: Error): void {
    this.#exchange.onResponseError(this, error)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.#resume?.()
  }

  abort(reason: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#abort?.(reason)
  }
}

/** Names and values in turn, as undici's parser has cut them from the socket's bytes. */
class RawHeaders implements UnparsedHeaders {
  readonly [unparsed] = true
  #raw: Buffer[]
  #map: HeaderMap | undefined

  constructor(raw: Buffer[]) {
    this.#raw = raw
  }

  get map(): HeaderMap {
    if (!this.#map) {
      this.#map = util.parseHeaders(this.#raw)
      // they hold the bytes of the socket
      this.#raw = []
    }
    return this.#map
  }

  get(name: string): string | string[] | undefined {
    if (this.#map) return this.#map[name]
    const raw = this.#raw
    for (let at = 0; at < raw.length; at += 2) {
      const field = raw[at]
      // few names have the length of the wanted one
      if (field?.length === name.length && field.toString('latin1').toLowerCase() === name) return this.map[name]
    }
    return undefined
  }
}

/** Connects to the checked address itself, which rules out DNS rebinding. */
export function createMediaSource(allowPrivate: boolean): MediaSource {
  const dispatcher = new Agent({
    connect: { timeout: 10_000, lookup: allowPrivate ? anyLookup : publicLookup(lookup) },
    connections: 4,
  })
  return {
    async open(url, signal) {
      const headers = { accept: '*/*', 'user-agent': 'llmux' }
      const response = await request(url, { dispatcher, signal, headers })
      const { 'content-type': contentType, location } = response.headers
      return {
        status: response.statusCode,
        contentType: contentType === undefined ? undefined : String(contentType),
        location: typeof location === 'string' ? location : undefined,
        body: response.body,
        discard: () => void response.body.on('error', () => {}).destroy(),
      }
    },
    close: () => void dispatcher.destroy(),
  }
}

const anyLookup: LookupFunction = (hostname, options, callback) => lookup(hostname, options, callback)
