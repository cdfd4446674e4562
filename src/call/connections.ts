import type { Dispatcher } from 'undici'
import type { Framing } from '../../providers/contract.js'
import { APIConnectionError } from '../errors.js'
import { loadTransport } from '../platform/index.js'
import type { Framer, OnEvent } from '../transport/framer.js'
import type { FetchFunction } from '../types/fetch.js'
import type { ClientOptions } from '../types/options.js'
import { fromEnvironment } from './environment.js'

const framings: Readonly<Record<Framing, () => Promise<MakeFramer>>> = {
  sse: async () => (await import('../transport/sse.js')).sse,
  ndjson: async () => (await import('../transport/ndjson.js')).ndjson,
  'aws-event-stream': async () => (await import('../transport/aws-event-stream.js')).awsEventStream,
  'aws-sse': async () => {
    const [{ awsPieces }, { sse }] = await Promise.all([
      import('../transport/aws-event-stream.js'),
      import('../transport/sse.js'),
    ])
    return (onEvent) => awsPieces(onEvent, sse)
  },
}

export type MakeFramer = (onEvent: OnEvent) => Framer

const proxyNames = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']

/** One dispatcher for each `fetch` function of a caller. */
const overFetch = new WeakMap<FetchFunction, Dispatcher | Promise<Dispatcher>>()

/** Sends through a `fetch` function. The first use loads the code; later ones are synchronous. */
export function fetchDispatcher(fetch: FetchFunction): Dispatcher | Promise<Dispatcher> {
  const known = overFetch.get(fetch)
  if (known) return known
  const made = import('../transport/fetch-dispatcher.js').then(({ FetchDispatcher }) => {
    const dispatcher = new FetchDispatcher(fetch) as unknown as Dispatcher
    overFetch.set(fetch, dispatcher)
    return dispatcher
  })
  overFetch.set(fetch, made)
  return made
}

/** The connections of a client, made with its first call. */
export class Connections {
  readonly #connectTimeout: number
  readonly #proxy: string | false | undefined
  readonly #given: Dispatcher | undefined
  readonly #fetch: FetchFunction | undefined
  #agent: Dispatcher | Promise<Dispatcher> | undefined
  readonly #framers = new Map<Framing, MakeFramer>()
  #closing: Promise<void> | undefined

  constructor({ connectTimeout, proxy, dispatcher, fetch }: ClientOptions) {
    this.#connectTimeout = connectTimeout ?? 10_000
    this.#proxy = proxy
    this.#given = dispatcher
    this.#fetch = fetch
  }

  /** One agent per client, made with its first call. Synchronous after that. */
  dispatcher(): Dispatcher | Promise<Dispatcher> {
    if (this.#closing)
      throw new APIConnectionError('This client has been closed: make a new one.', { retryable: false })
    if (this.#given) return this.#given
    if (this.#fetch) return fetchDispatcher(this.#fetch)
    if (!this.#agent) {
      const made = loadTransport().then(async ({ createAgent }) => {
        const agent = await createAgent({
          connectTimeout: this.#connectTimeout,
          proxy: this.#proxy,
          proxyInEnvironment: fromEnvironment(proxyNames) !== undefined,
        })
        this.#agent = agent
        return agent
      })
      this.#agent = made
      // an invalid proxy URL fails every call until it is corrected
      made.catch(() => {
        this.#agent = undefined
      })
    }
    return this.#agent
  }

  /** A framing, loaded with its first stream. */
  framer(framing: Framing): MakeFramer | Promise<MakeFramer> {
    return this.#framers.get(framing) ?? this.#loadFramer(framing)
  }

  async #loadFramer(framing: Framing): Promise<MakeFramer> {
    const framer = await framings[framing]()
    this.#framers.set(framing, framer)
    return framer
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // a dispatcher from the options belongs to the caller
    const agent = await this.#agent
    await agent?.close()
  }
}
