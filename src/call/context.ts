import type { Dispatcher } from 'undici'
import { ModelRegistry } from '../../pricing/index.js'
import type { CompatibleRow } from '../../providers/compatible.js'
import type { Framing, Provider } from '../../providers/contract.js'
import { providerPrefixes } from '../../providers/prefixes.js'
import { checkCache } from '../cache/policy.js'
import { CacheState } from '../cache/state.js'
import { BadRequestError, got, shortened } from '../errors.js'
import { closestName } from '../suggest.js'
import type { CallOptions, ClientOptions, ProviderOptions } from '../types/options.js'
import { type CallLimits, defaultCallLimits, resolveCallLimits } from './call-limits.js'
import { type Clock, systemClock } from './clock.js'
import { Connections, fetchDispatcher, type MakeFramer } from './connections.js'
import type { KnownTargets } from './known-targets.js'
import { suggestion } from './option-issues.js'
import { allClientOptions, callOptions, providerOptions, sensitive } from './options.js'
import type { OwnProviders } from './resolve.js'
import { checkOption } from './validate.js'

const noOptions: ProviderOptions = Object.freeze({})

/** State shared by the calls of one client. */
export class ClientContext {
  readonly clock: Clock
  readonly limits: CallLimits
  readonly dropParams: boolean
  readonly headers: CallOptions['headers']
  readonly own: OwnProviders
  readonly aliases: ClientOptions['modelAlias']
  /** Prices and facts of models: the table and this client's additions. */
  readonly registry: ModelRegistry
  readonly cache: CacheState
  /** Made with the first call. */
  targets: KnownTargets | undefined
  readonly #options: ClientOptions
  readonly #providers: Readonly<Record<string, ProviderOptions | undefined>>
  readonly #connections: Connections

  /** @param shared connections and providers of another client, see {@link withProvider} */
  constructor(
    options: ClientOptions = {},
    registry = new ModelRegistry(),
    clock: Clock = systemClock,
    shared?: { connections: Connections; own: OwnProviders },
  ) {
    checkClientOptions(options, shared === undefined)
    this.#options = options
    this.own = shared?.own ?? new Map()
    this.#connections = shared?.connections ?? new Connections(options)
    this.clock = clock
    this.registry = registry
    this.limits = resolveCallLimits(options, defaultCallLimits)
    this.dropParams = options.dropParams ?? false
    this.cache = new CacheState(options.cache)
    this.headers = options.headers
    this.aliases = options.modelAlias
    this.#providers = { ...options.providers }
  }

  providerOptions(id: string): ProviderOptions {
    return Object.hasOwn(this.#providers, id) ? (this.#providers[id] ?? noOptions) : noOptions
  }

  /** The call's own dispatcher, else one agent per client, made with its first call. Synchronous after that. */
  dispatcher({ dispatcher, fetch }: CallOptions): Dispatcher | Promise<Dispatcher> {
    return dispatcher ?? (fetch ? fetchDispatcher(fetch) : this.#connections.dispatcher())
  }

  /** A framing, loaded with its first stream. */
  framer(framing: Framing): MakeFramer | Promise<MakeFramer> {
    return this.#connections.framer(framing)
  }

  /**
   * A client with the same connections and providers and other options for one provider: a deployment of a Router. With another
   * base it does not get this client's credentials.
   * @param registry its prices. @default this client's
   */
  withProvider(id: string, options: ProviderOptions, registry = this.registry): ClientContext {
    const { apiBase, organization, project, apiVersion, region, location } = this.providerOptions(id)
    const mine =
      options.apiBase === undefined || options.apiBase === apiBase
        ? this.providerOptions(id)
        : given({ organization, project, apiVersion, region, location })
    return new ClientContext(
      { ...this.#options, providers: { ...this.#providers, [id]: { ...mine, ...given(options) } } },
      registry,
      this.clock,
      { connections: this.#connections, own: this.own },
    )
  }

  register(provider: Provider | CompatibleRow): void {
    if (!provider || typeof provider.id !== 'string' || !/^[a-z][a-z0-9_.-]*$/i.test(provider.id)) {
      throw new BadRequestError(
        "registerProvider() takes { id, base, … }: 'id' is the prefix, letters, digits, '_', '-' and '.'.",
      )
    }
    this.own.set(provider.id, provider)
    this.targets?.clear()
  }

  async close(): Promise<void> {
    await this.#connections.close()
    // the writes of the last calls are included
    await this.cache.drain()
  }
}

function given<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>
}

function checkClientOptions(options: ClientOptions, checkIds: boolean): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new BadRequestError(`The options of createClient() must be an object; ${got(options)}.`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (allClientOptions.has(name)) {
      checkOption(name, value)
      continue
    }
    if (providerOptions.has(name)) {
      throw new BadRequestError(
        `'${shortened(name)}' is an option of a provider: createClient({ providers: { openai: { ${shortened(name)} } } }).`,
        { param: name },
      )
    }
    if (callOptions.has(name)) {
      throw new BadRequestError(`'${shortened(name)}' is an option of a call, not of createClient().`, { param: name })
    }
    throw new BadRequestError(
      `Unknown option '${shortened(name)}' of createClient(). ${suggestion(name, [...allClientOptions])}`,
      {
        param: name,
      },
    )
  }
  const { headers, providers, cache } = options
  checkCache(cache, true)
  for (const name of Object.keys(headers ?? {})) {
    if (sensitive.test(name.toLowerCase())) {
      throw new BadRequestError(
        `The header '${shortened(name)}' would be sent to every provider. Put it under one: { providers: { openai: { headers } } }.`,
        { param: 'headers' },
      )
    }
  }
  checkProviders(providers, checkIds)
  checkAliases(options.modelAlias)
}

function checkAliases(aliases: ClientOptions['modelAlias']): void {
  if (aliases === undefined) return
  if (typeof aliases !== 'object' || aliases === null || Array.isArray(aliases)) {
    throw new BadRequestError(
      `'modelAlias' must be an object such as { fast: 'openai/gpt-4o-mini' }; ${got(aliases)}.`,
      {
        param: 'modelAlias',
      },
    )
  }
  for (const [name, model] of Object.entries(aliases)) {
    if (typeof model === 'string' && model !== '' && !Object.hasOwn(aliases, model)) continue
    throw new BadRequestError(
      `'modelAlias.${shortened(name)}' must be a model, 'provider/model', and no other alias; ${got(model)}.`,
      { param: 'modelAlias' },
    )
  }
}

/** @param checkIds false for a deployment of a Router: its first call reports an unknown provider */
function checkProviders(providers: ClientOptions['providers'], checkIds: boolean): void {
  if (providers === undefined || providers === null) return
  if (typeof providers !== 'object' || Array.isArray(providers)) {
    throw new BadRequestError(`'providers' must be an object such as { openai: { apiKey } }; ${got(providers)}.`, {
      param: 'providers',
    })
  }
  for (const [id, configured] of Object.entries(providers)) {
    // an id that resembles none may be registered later
    const intended = !checkIds || providerPrefixes.has(id) ? undefined : closestName(id, providerPrefixes)
    if (intended && !/\d/.test(id)) {
      throw new BadRequestError(`Unknown provider 'providers.${shortened(id)}'. Did you mean '${intended}'?`, {
        param: 'providers',
      })
    }
    if (!configured || typeof configured !== 'object') {
      throw new BadRequestError(
        `'providers.${shortened(id)}' must be an object such as { apiKey }; ${got(configured)}.`,
        {
          param: 'providers',
        },
      )
    }
    for (const [name, value] of Object.entries(configured)) {
      if (!providerOptions.has(name)) {
        throw new BadRequestError(
          `Unknown option 'providers.${shortened(id)}.${shortened(name)}'. ${suggestion(name, [...providerOptions])}`,
          { param: 'providers' },
        )
      }
      if (value !== undefined) checkOption(name, value, `providers.${id}.${name}`)
    }
  }
}
