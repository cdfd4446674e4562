import type { Agent, Dispatcher, util } from 'undici'
import { Exchange, type HeaderMap, type UnparsedHeaders, unparsed } from './exchange.js'
import type { AgentOptions, MediaSource } from './transport.js'

export async function createAgent({ connectTimeout, proxy, proxyInEnvironment }: AgentOptions): Promise<Dispatcher> {
  // keep-alive of 30 s, below the usual idle timeout of load balancers (60 s)
  const options = { connect: { timeout: connectTimeout }, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 }
  if (typeof proxy === 'string') {
    const { ProxyAgent } = await import('undici')
    return new ProxyAgent({ ...options, uri: proxy, requestTls: { timeout: connectTimeout } })
  }
  if (proxy !== false && proxyInEnvironment) {
    const { EnvHttpProxyAgent } = await import('undici')
    return new EnvHttpProxyAgent(options)
  }
  ownAgent ??= loadCore().then(agentOf)
  return new (await ownAgent)(options)
}

export const createMediaSource = async (allowPrivate: boolean): Promise<MediaSource> =>
  (await import('./undici-media.js')).createMediaSource(allowPrivate)

interface Core {
  readonly Agent: typeof Agent
  readonly parseHeaders: typeof util.parseHeaders
}

let ownAgent: Promise<typeof Agent> | undefined

/**
 * The agent without fetch, WebSocket, caches and mocks of undici: a third of the CPU time of the whole package, which is most of a first call.
 * These files are not part of undici's documented API, so the package is loaded if they are missing.
 */
async function loadCore(): Promise<Core> {
  try {
    const [agent, core] = await Promise.all([
      import('undici/lib/dispatcher/agent.js'),
      import('undici/lib/core/util.js'),
    ])
    return { Agent: agent.default, parseHeaders: core.default.parseHeaders }
  } catch {
    const { Agent, util } = await import('undici')
    return { Agent, parseHeaders: util.parseHeaders }
  }
}

/**
 * An agent that hands exchanges to undici's core as it wants them. `Agent` itself converts the handlers of undici's newer form, and parses all
 * headers of every response: 6 % of a call. The form of the core is public and typed for all of undici 7.
 */
const agentOf = ({ Agent, parseHeaders }: Core): typeof Agent =>
  class extends Agent {
    override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      return super.dispatch(options, handler instanceof Exchange ? new CoreHandler(handler, parseHeaders) : handler)
    }
  }

/** Handler and controller of one exchange, in the form of undici's core. */
class CoreHandler implements Dispatcher.DispatchHandler, Dispatcher.DispatchController {
  readonly #exchange: Exchange
  readonly #parse: Core['parseHeaders']
  #abort: ((reason?: Error) => void) | undefined
  #resume: (() => void) | undefined
  paused = false
  aborted = false
  reason: Error | null = null

  constructor(exchange: Exchange, parse: Core['parseHeaders']) {
    this.#exchange = exchange
    this.#parse = parse
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    this.#exchange.onRequestStart(this)
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void): boolean {
    this.#resume = resume
    this.#exchange.onResponseStart(this, status, new RawHeaders(headers, this.#parse))
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
  readonly #parse: Core['parseHeaders']
  #raw: Buffer[]
  /** Names and values, in lines. */
  #text: string | undefined
  #map: HeaderMap | undefined

  constructor(raw: Buffer[], parse: Core['parseHeaders']) {
    this.#raw = raw
    this.#parse = parse
  }

  get map(): HeaderMap {
    if (!this.#map) {
      // undici reads texts as it reads bytes
      this.#map = this.#parse(this.#text?.split('\n') ?? this.#raw)
      // they hold the bytes of the socket
      this.#raw = []
      this.#text = undefined
    }
    return this.#map
  }

  /** Keeps one text in place of a view of the socket's bytes for each name and value, which takes five times the memory. */
  release(): void {
    if (this.#map || this.#raw.length === 0) return
    this.#text = this.#raw.map((bytes) => bytes.toString('latin1')).join('\n')
    this.#raw = []
  }

  get(name: string): string | string[] | undefined {
    if (this.#map || this.#text !== undefined) return this.map[name]
    const raw = this.#raw
    let found: string | string[] | undefined
    for (let at = 0; at < raw.length; at += 2) {
      const field = raw[at]
      // few names have the length of the wanted one, and the value of one is not worth parsing all
      if (field?.length !== name.length || field.toString('latin1').toLowerCase() !== name) continue
      const value = String(raw[at + 1]?.toString('latin1'))
      found = found === undefined ? value : [found, value].flat()
    }
    return found
  }
}
