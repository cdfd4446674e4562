import type { Dispatcher } from 'undici'
import { ModelRegistry } from '../../pricing/index.js'
import type { CompatibleRow } from '../../providers/compatible.js'
import type { Framing, Provider } from '../../providers/contract.js'
import { APIConnectionError, BadRequestError } from '../errors.js'
import type { Framer, OnEvent } from '../transport/framer.js'
import type { CallOptions, ClientOptions, ProviderOptions } from '../types/options.js'
import { defaultLimits, type Limits, limitsOf } from './call.js'
import { checkOption } from './check.js'
import { type Clock, systemClock } from './clock.js'
import { fromEnvironment } from './environment.js'
import { accountOptions, callOptions, clientOptions } from './names.js'
import type { OwnProviders } from './resolve.js'
import { sensitive } from './target.js'

const framings: Readonly<Record<Framing, () => Promise<MakeFramer>>> = {
  sse: async () => (await import('../transport/sse.js')).sse,
  ndjson: async () => (await import('../transport/ndjson.js')).ndjson,
  'aws-event-stream': async () => (await import('../transport/aws-event-stream.js')).awsEventStream,
}

type MakeFramer = (onEvent: OnEvent) => Framer

const perCallOnly = new Set([
  'apiKey',
  'apiBase',
  'organization',
  'project',
  'apiVersion',
  'baseModel',
  'region',
  'location',
  'signal',
  'vectorType',
])
const providerFields = new Set([
  ...['apiKey', 'apiBase', 'organization', 'project', 'apiVersion', 'region', 'location', 'headers'],
  ...accountOptions,
])
const noOptions: ProviderOptions = Object.freeze({})
const proxyNames = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']

/** What the calls of one client share. */
export class ClientContext {
  readonly clock: Clock
  readonly limits: Limits
  readonly dropParams: boolean
  readonly headers: CallOptions['headers']
  readonly own: OwnProviders = new Map()
  /** Prices and facts of models: the table, with this client's own on top. */
  readonly registry: ModelRegistry
  readonly #providers: Readonly<Record<string, ProviderOptions>>
  readonly #connectTimeout: number
  readonly #proxy: string | false | undefined
  readonly #given: Dispatcher | undefined
  #agent: Dispatcher | Promise<Dispatcher> | undefined
  readonly #framers = new Map<Framing, MakeFramer>()
  #closing: Promise<void> | undefined

  constructor(options: ClientOptions = {}, registry = new ModelRegistry(), clock: Clock = systemClock) {
    checkClientOptions(options)
    this.clock = clock
    this.registry = registry
    this.limits = limitsOf(options, defaultLimits)
    this.dropParams = options.dropParams ?? false
    this.headers = options.headers
    this.#providers = { ...options.providers }
    this.#connectTimeout = options.connectTimeout ?? 10_000
    this.#proxy = options.proxy
    this.#given = options.dispatcher
  }

  providerOptions(id: string): ProviderOptions {
    return Object.hasOwn(this.#providers, id) ? (this.#providers[id] ?? noOptions) : noOptions
  }

  /** One agent per client, made with its first call. Synchronous after that. */
  dispatcher(): Dispatcher | Promise<Dispatcher> {
    if (this.#closing)
      throw new APIConnectionError('This client has been closed: make a new one.', { retryable: false })
    if (this.#given) return this.#given
    if (!this.#agent) {
      const made = import('../transport/agent.js').then(({ createAgent }) => {
        const agent = createAgent({
          connectTimeout: this.#connectTimeout,
          proxy: this.#proxy,
          proxyInEnvironment: fromEnvironment(proxyNames) !== undefined,
        })
        this.#agent = agent
        return agent
      })
      this.#agent = made
      // a proxy that is no URL: said to every call until it is mended
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

  register(provider: Provider | CompatibleRow): void {
    if (!provider || typeof provider.id !== 'string' || !/^[a-z][a-z0-9_.-]*$/i.test(provider.id)) {
      throw new BadRequestError(
        "registerProvider() takes { id, base, … }: 'id' is the prefix, letters, digits, '_', '-' and '.'.",
      )
    }
    this.own.set(provider.id, provider)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // a dispatcher that was given belongs to the giver
    const agent = await this.#agent
    await agent?.close()
  }
}

function checkClientOptions(options: ClientOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (perCallOnly.has(name)) {
      const instead =
        name === 'signal' || name === 'vectorType'
          ? 'with the call'
          : `under its provider: { providers: { openai: { ${name} } } }`
      throw new BadRequestError(`'${name}' is not an option of createClient(): give it ${instead}.`, { param: name })
    }
    if (callOptions.has(name)) checkOption(name, value)
    else if (!clientOptions.has(name)) {
      throw new BadRequestError(
        `Unknown option '${name}' of createClient(). It has ${[...clientOptions, ...callOptions].filter((known) => !perCallOnly.has(known)).join(', ')}.`,
        { param: name },
      )
    }
  }
  const { connectTimeout, proxy, headers, providers } = options
  if (connectTimeout !== undefined && (typeof connectTimeout !== 'number' || !(connectTimeout >= 0))) {
    throw new BadRequestError("'connectTimeout' is a number of milliseconds, 0 or more.", { param: 'connectTimeout' })
  }
  if (proxy !== undefined && proxy !== false && !(typeof proxy === 'string' && URL.canParse(proxy))) {
    throw new BadRequestError("'proxy' is a URL such as 'http://proxy:3128', or false.", { param: 'proxy' })
  }
  for (const name of Object.keys(headers ?? {})) {
    if (sensitive.test(name.toLowerCase())) {
      throw new BadRequestError(
        `The header '${name}' would go to every provider. Put it under the one it belongs to: { providers: { openai: { headers } } }.`,
        { param: 'headers' },
      )
    }
  }
  checkProviders(providers)
}

function checkProviders(providers: ClientOptions['providers']): void {
  for (const [id, given] of Object.entries(providers ?? {})) {
    if (!given || typeof given !== 'object') {
      throw new BadRequestError(`'providers.${id}' is an object such as { apiKey }.`, { param: 'providers' })
    }
    for (const [name, value] of Object.entries(given)) {
      if (!providerFields.has(name)) {
        throw new BadRequestError(
          `Unknown option 'providers.${id}.${name}'. There are ${[...providerFields].join(', ')}.`,
          {
            param: 'providers',
          },
        )
      }
      if (value !== undefined && name !== 'headers' && typeof value !== 'string') {
        throw new BadRequestError(`'providers.${id}.${name}' is a string; got ${typeof value}.`, { param: 'providers' })
      }
      if (name === 'headers' && value !== undefined) checkOption('headers', value)
    }
  }
}
