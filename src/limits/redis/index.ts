import { type Clock, systemClock } from '../../call/clock.js'
import { checkNames } from '../../call/validate.js'
import { BadRequestError, got } from '../../errors.js'
import type {
  AccountUsage,
  Cooldown,
  KnownUsage,
  LimitAccount,
  LimitObserver,
  LimitStore,
  LocalCall,
  Rejection,
  Reservation,
  ReserveRequest,
  Settlement,
} from '../types.js'
import type { RedisClient } from './connection.js'
import type { Settings } from './settings.js'
import type { RedisStore } from './store.js'

export type { RedisClient } from './connection.js'

/** Options of {@link redisState}. */
export interface RedisStateOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/database]`. @default 'redis://localhost:6379' */
  url?: string | undefined
  /** A connected client of the package `redis`, instead of `url`. You close it yourself. */
  client?: RedisClient | undefined
  /** Prefix of all keys. @default 'llmux' */
  keyPrefix?: string | undefined
  /** Processes with the same namespace share limits. Part of the hash tag: a Cluster keeps a namespace in one slot. @default 'router' */
  namespace?: string | undefined
  /** Longest wait of a call for Redis, in milliseconds. @default 250 */
  commandTimeout?: number | undefined
  /** Longest wait of the first calls for the connection, in milliseconds. @default 1_000 */
  connectTimeout?: number | undefined
  /** Milliseconds after which the calls of a dead process no longer count as in flight. @default 30_000 */
  leaseTtl?: number | undefined
  /**
   * Decisions while Redis is out of reach: `local` decides within this process's share of the limits, `reject` lets calls wait for
   * Redis as they wait for capacity. @default 'local'
   */
  onLoss?: 'local' | 'reject' | undefined
  /** Number of processes that share the limits, as long as Redis has not been reached. @default 1 */
  processes?: number | undefined
  /** Failures in a row after which Redis is left alone for a while. @default 3 */
  allowedFails?: number | undefined
  /** @internal Milliseconds to add to the server's time, for tests of clocks that jump. */
  clockOffset?: (() => number) | undefined
}

/** Options of {@link redisLimits}. */
export interface RedisLimitsOptions extends Omit<RedisStateOptions, 'namespace'> {
  /** Processes with the same namespace share limits. Part of the hash tag: a Cluster keeps a namespace in one slot. @default 'limits' */
  namespace?: string | undefined
  /**
   * Returns usage from a ledger, such as the dollars that a database has for each account. Called for accounts that Redis does not
   * know, before their first grant. @default accounts begin without usage
   */
  seed?: ((accounts: readonly LimitAccount[]) => Promise<readonly (KnownUsage | undefined)[]>) | undefined
}

/**
 * Limits that many processes share through Redis. Needs the package `redis`, which loads with the first call. A decision about all
 * accounts of a call is one atomic script and one round trip.
 *
 * @throws {BadRequestError} if an option is invalid
 * @example
 * const limits = redisLimits({ url: 'redis://localhost:6379' })
 * const found = await limits.reserve({
 *   candidates: [{ id: 'call', accounts: [{ key: 'key:7f3a', requests: 60 }, { key: 'team:search', budget: 100 }], estimate: 0.02 }],
 * })
 */
export function redisLimits(options: RedisLimitsOptions = {}): LimitStore {
  return new RedisLimits(settingsOf('redisLimits', options, 'limits'), true)
}

/**
 * Shares usage, calls in flight, cooldowns, latency and budgets of the Routers of several processes through Redis. Needs the package
 * `redis`, which loads with the first call. It belongs to one Router, which closes it.
 *
 * @throws {BadRequestError} if an option is invalid
 * @example
 * const router = new Router({ modelList, enforceLimits: true, state: redisState({ url: 'redis://localhost:6379' }) })
 */
export function redisState(options: RedisStateOptions = {}): LimitStore {
  return new RedisLimits(settingsOf('redisState', options, 'router'), false)
}

/** Light until its first use: everything else is behind `import()`. */
class RedisLimits implements LimitStore {
  readonly #settings: Settings
  readonly #observers = new Set<LimitObserver>()
  readonly detach?: (observer: LimitObserver) => void
  #store: RedisStore | undefined
  #loading: Promise<RedisStore> | undefined
  #closed = false

  /** @param common whether several Routers may use it, and its creator closes it */
  constructor(settings: Settings, common: boolean) {
    this.#settings = settings
    if (common) this.detach = (observer) => void this.#observers.delete(observer)
  }

  /** @throws {BadRequestError} if another Router uses this `redisState()` */
  attach(observer: LimitObserver): void {
    if (!this.detach && this.#observers.size > 0) {
      throw new BadRequestError(
        'A redisState() belongs to one Router. Create another one with the same options, or use redisLimits().',
        {
          param: 'state',
        },
      )
    }
    this.#observers.add(observer)
  }

  get connected(): boolean {
    // with 'reject' nothing is decided without Redis: calls wait
    return this.#settings.onLoss === 'reject' || (this.#store?.connected ?? true)
  }

  async reserve(request: ReserveRequest): Promise<Reservation | Rejection> {
    if (this.#closed) return closedRejection(request)
    const store = this.#store ?? (await this.#load())
    return store.reserve(request)
  }

  settle(reservation: Reservation, settlement: Settlement): void {
    this.#store?.settle(reservation, settlement)
  }

  release(reservation: Reservation): void {
    this.#store?.settle(reservation, { tokens: 0, cost: 0, refused: true })
  }

  note(call: LocalCall): void {
    this.#whenLoaded((store) => store.note(call))
  }

  cooldown(id: string, cooldown: Cooldown): void {
    this.#whenLoaded((store) => store.cooldown(id, cooldown))
  }

  recovered(id: string): void {
    this.#store?.recovered(id)
  }

  async seed(account: LimitAccount, usage: KnownUsage): Promise<void> {
    await (await this.#load()).seed(account, usage)
  }

  async usage(account: LimitAccount): Promise<AccountUsage> {
    return (await this.#load()).usage(account)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#loading?.catch(() => {})
    await this.#store?.close()
    this.#observers.clear()
  }

  /** A health check may come before the first call. */
  #whenLoaded(use: (store: RedisStore) => void): void {
    if (this.#store) use(this.#store)
    else if (!this.#closed) void this.#load().then(use, () => {})
  }

  #load(): Promise<RedisStore> {
    this.#loading ??= import('./store.js').then((module) => {
      const observers = this.#observers
      this.#store = new module.RedisStore(this.#settings, {
        clock: clockOf(observers),
        update: (usage) => {
          for (const observer of observers) observer.update?.(usage)
        },
        changed: (state, error, processes) => {
          for (const observer of observers) observer.changed?.(state, error, processes)
        },
      })
      return this.#store
    })
    return this.#loading
  }
}

function clockOf(observers: ReadonlySet<LimitObserver>): Clock {
  const [first] = observers
  return first?.clock ?? systemClock
}

const closedRejection = ({ candidates }: ReserveRequest): Rejection => ({
  reasons: candidates.map(() => ({
    kind: 'unreachable',
    reason: 'the shared state is closed',
    retryAfterMs: undefined,
  })),
})

function settingsOf(maker: string, options: RedisLimitsOptions, standardNamespace: string): Settings {
  const wrong = (message: string, param?: string) => new BadRequestError(message, param === undefined ? {} : { param })
  const known = maker === 'redisLimits' ? [...optionNames, 'seed'] : optionNames
  checkNames(maker, options, 'clockOffset' in Object(options) ? [...known, 'clockOffset'] : known)
  const {
    url,
    client,
    keyPrefix = 'llmux',
    namespace = standardNamespace,
    onLoss = 'local',
    seed,
    clockOffset,
  } = options
  const must = (name: string, what: string, value: unknown) =>
    wrong(`'${name}' of ${maker}() must be ${what}; ${got(value)}.`, name)
  if (url !== undefined && client) throw wrong(`${maker}() takes 'url' or 'client', not both. Leave one out.`, 'client')
  // found later, it would look like a server that is down
  if (url !== undefined && (typeof url !== 'string' || !/^rediss?:\/\//i.test(url))) {
    throw must(
      'url',
      'a string that begins with redis:// or rediss://',
      typeof url === 'string' ? 'another scheme' : url,
    )
  }
  if (client && typeof client.evalSha !== 'function')
    throw must('client', "a client of the package 'redis'", typeof client)
  for (const [name, value] of Object.entries({ keyPrefix, namespace })) {
    // braces would end the hash tag early
    if (typeof value !== 'string' || !/^[^{}]+$/.test(value))
      throw must(name, 'a non-empty string without braces', value)
  }
  if (onLoss !== 'local' && onLoss !== 'reject') throw must('onLoss', "'local' or 'reject'", onLoss)
  if (seed !== undefined && typeof seed !== 'function') throw must('seed', 'a function', seed)
  const number = (
    name: 'commandTimeout' | 'connectTimeout' | 'leaseTtl' | 'processes' | 'allowedFails',
    standard: number,
    least: number,
  ) => {
    const value = options[name] ?? standard
    if (typeof value === 'number' && value >= least && Number.isFinite(value)) return value
    throw must(name, `a number, ${least} or more`, value)
  }
  return {
    ...{ maker, url, client, keyPrefix, namespace, onLoss, seed, clockOffset },
    commandTimeout: number('commandTimeout', 250, 1),
    connectTimeout: number('connectTimeout', 1_000, 1),
    leaseTtl: number('leaseTtl', 30_000, 100),
    processes: number('processes', 1, 1),
    allowedFails: number('allowedFails', 3, 1),
  }
}

const optionNames: readonly (keyof RedisStateOptions)[] = [
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
]
