import { systemClock } from '../../call/clock.js'
import { BadRequestError } from '../../errors.js'
import type { Cooldown } from '../../limits/types.js'
import type { Ask, Lease, LocalCall, NoRoom, RouterState, Settlement, StateHost } from '../state.js'
import type { RedisClient } from './client.js'
import type { Settings, Store } from './store.js'

export type { RedisClient } from './client.js'

/** Options of {@link redisState}. */
export interface RedisStateOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/database]`. @default 'redis://localhost:6379' */
  url?: string | undefined
  /** A connected client of the package `redis`, instead of `url`. It stays yours: nobody but you closes it. */
  client?: RedisClient | undefined
  /** Begins the names of all keys. @default 'llmux' */
  keyPrefix?: string | undefined
  /** Routers of one namespace share limits. It is a part of the hash tag: in a Cluster all of it lives in one slot. @default 'router' */
  namespace?: string | undefined
  /** The longest that a call waits for Redis, in milliseconds. @default 50 */
  commandTimeout?: number | undefined
  /** The longest wait of the first calls for the connection, in milliseconds. @default 1_000 */
  connectTimeout?: number | undefined
  /** Milliseconds after which the calls of a process that has died no longer count as under way. @default 30_000 */
  leaseTtl?: number | undefined
  /**
   * What becomes of calls while Redis is gone: `local` decides by this process's own counts and its share of the limits,
   * `reject` has them wait for Redis as they wait for room. @default 'local'
   */
  onLoss?: 'local' | 'reject' | undefined
  /** How many processes share the limits, for as long as Redis has not been asked yet. @default 1 */
  processes?: number | undefined
  /** Failures in a row after which Redis is left alone for a while. @default 3 */
  allowedFails?: number | undefined
  /** @internal Milliseconds of the window of `rpm` and `tpm`: shorter in tests. */
  window?: number | undefined
}

/**
 * Keeps what the Routers of several processes must agree on in Redis: usage, calls under way, cooldowns, latency and budgets.
 * Requirements the package `redis`, which loads with the first call. Every decision is one round trip.
 *
 * @throws {BadRequestError} where an option is wrong
 * @example
 * const router = new Router({ modelList, enforceLimits: true, state: redisState({ url: 'redis://localhost:6379' }) })
 */
export function redisState(options: RedisStateOptions = {}): RouterState {
  return new RedisState(settingsOf(options))
}

/** What a Router holds: light, and everything that weighs behind `import()`. */
class RedisState implements RouterState {
  readonly #settings: Settings
  #host: StateHost = nobody
  #store: Store | undefined
  #loading: Promise<Store> | undefined
  #closed = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** @throws {BadRequestError} where another Router has it */
  attach(host: StateHost): void {
    if (this.#host !== nobody)
      throw wrong('A redisState() belongs to one Router: make another one with the same options.')
    this.#host = host
  }

  get connected(): boolean {
    // calls are to wait where nothing is decided without Redis
    return this.#settings.onLoss === 'reject' || (this.#store?.connected ?? true)
  }

  async reserve(ask: Ask): Promise<Lease | NoRoom | undefined> {
    if (this.#closed) return undefined
    const store = this.#store ?? (await this.#load())
    return store.reserve(ask)
  }

  settle(lease: Lease, settlement: Settlement): void {
    this.#store?.settle(lease, settlement)
  }

  note(call: LocalCall): void {
    if (this.#store) this.#store.note(call)
    // a health check may come before the first call: it is told with that
    else if (!this.#closed)
      void this.#load().then(
        (store) => store.note(call),
        () => {},
      )
  }

  cooldown(id: string, cooldown: Cooldown): void {
    this.#store?.cooldown(id, cooldown)
  }

  recovered(id: string): void {
    this.#store?.recovered(id)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#loading?.catch(() => {})
    await this.#store?.close()
  }

  #load(): Promise<Store> {
    this.#loading ??= import('./store.js').then((module) => {
      this.#store = new module.Store(this.#settings, this.#host)
      return this.#store
    })
    return this.#loading
  }
}

const nobody: StateHost = {
  clock: systemClock,
  update: () => {},
  changed: () => {},
  counts: () => ({ deployments: [], budgets: [] }),
}

function settingsOf(options: RedisStateOptions): Settings {
  if (typeof options !== 'object' || options === null) throw wrong('redisState() takes an object such as { url }.')
  const { url, client, keyPrefix = 'llmux', namespace = 'router', onLoss = 'local' } = options
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw wrong(`redisState() has no option '${name}'.`, name)
  }
  if (url !== undefined && client) throw wrong("redisState() takes 'url' or 'client', not both.", 'client')
  if (url !== undefined && typeof url !== 'string') throw wrong("'url' of redisState() is a string.", 'url')
  // found out later, it would look like a Redis that is gone
  if (url !== undefined && !/^rediss?:\/\//i.test(url))
    throw wrong("'url' of redisState() begins with redis:// or rediss://.", 'url')
  if (client && typeof client.evalSha !== 'function') {
    throw wrong("'client' of redisState() is a client of the package 'redis'.", 'client')
  }
  for (const [name, value] of Object.entries({ keyPrefix, namespace })) {
    // braces end a hash tag before its time
    if (typeof value !== 'string' || !/^[^{}]+$/.test(value)) {
      throw wrong(`'${name}' of redisState() is a text without braces.`, name)
    }
  }
  if (onLoss !== 'local' && onLoss !== 'reject') throw wrong("'onLoss' of redisState() is local or reject.", 'onLoss')
  const number = (name: keyof RedisStateOptions, standard: number, least: number) => {
    const value = options[name] ?? standard
    if (typeof value === 'number' && value >= least && Number.isFinite(value)) return value
    throw wrong(`'${name}' of redisState() is a number, ${least} or more.`, name)
  }
  return {
    url,
    client,
    keyPrefix,
    namespace,
    onLoss,
    commandTimeout: number('commandTimeout', 50, 1),
    connectTimeout: number('connectTimeout', 1_000, 1),
    leaseTtl: number('leaseTtl', 30_000, 100),
    processes: number('processes', 1, 1),
    failures: number('allowedFails', 3, 1),
    window: number('window', 60_000, slotsOfWindow),
  }
}

/** No slot is shorter than a millisecond. */
const slotsOfWindow = 240

const names: readonly (keyof RedisStateOptions)[] = [
  'url',
  'client',
  'keyPrefix',
  'namespace',
  'commandTimeout',
  'connectTimeout',
  'leaseTtl',
  'onLoss',
  'processes',
  'allowedFails',
  'window',
]
const known: ReadonlySet<string> = new Set(names)

const wrong = (message: string, param?: string) => new BadRequestError(message, param === undefined ? {} : { param })
