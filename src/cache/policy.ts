import { BadRequestError, got } from '../errors.js'
import type {
  CacheCallOptions,
  CacheFailure,
  CacheOption,
  CacheSettings,
  CacheStore,
  SemanticStore,
} from '../types/cache.js'

const defaultMaxEntryBytes = 1024 * 1024

/** Effective cache settings of one call. */
export interface CachePolicy {
  readonly store: CacheStore
  readonly ttl: number | undefined
  readonly maxAge: number
  readonly noStore: boolean
  readonly namespace: string
  readonly coalesce: boolean
  readonly shareAcrossKeys: boolean
  readonly salt: string | undefined
  readonly maxEntryBytes: number
  readonly onError: ((failure: CacheFailure) => void) | undefined
}

/** Every accepted value of a `cache` option. */
export type CacheInput = CacheOption | CacheCallOptions | false | null | undefined

/** Combines a call's settings with those of its client. Undefined if neither has a store. */
export function resolvePolicy(
  option: CacheOption | CacheCallOptions,
  defaults: CachePolicy | undefined,
): CachePolicy | undefined {
  const settings: CacheCallOptions = isStore(option) ? { store: option } : option
  const store = settings.store ?? defaults?.store
  if (!store) return undefined
  return {
    store,
    ttl: settings.ttl ?? defaults?.ttl,
    maxAge: settings.maxAge ?? defaults?.maxAge ?? Number.POSITIVE_INFINITY,
    noStore: settings.noStore ?? defaults?.noStore ?? false,
    namespace: settings.namespace ?? defaults?.namespace ?? '',
    coalesce: settings.coalesce ?? defaults?.coalesce ?? false,
    shareAcrossKeys: settings.shareAcrossKeys ?? defaults?.shareAcrossKeys ?? false,
    salt: settings.salt ?? defaults?.salt,
    maxEntryBytes: settings.maxEntryBytes ?? defaults?.maxEntryBytes ?? defaultMaxEntryBytes,
    onError: settings.onError ?? defaults?.onError,
  }
}

export const isStore = (option: object): option is CacheStore =>
  'get' in option && typeof option.get === 'function' && 'set' in option && typeof option.set === 'function'

export const isSemantic = (store: CacheStore): store is SemanticStore => 'semantic' in store

const kinds: Readonly<Record<keyof CacheSettings | 'noStore', 'store' | 'number' | 'string' | 'boolean' | 'function'>> =
  {
    store: 'store',
    ttl: 'number',
    maxAge: 'number',
    namespace: 'string',
    coalesce: 'boolean',
    shareAcrossKeys: 'boolean',
    salt: 'string',
    maxEntryBytes: 'number',
    onError: 'function',
    noStore: 'boolean',
  }

/**
 * Validates a `cache` option.
 * @param requireStore true for a client or Router; the settings of a call may rely on their client's store
 * @throws {BadRequestError} if the option is invalid
 */
export function checkCache(value: unknown, requireStore = false): void {
  if (value === undefined || value === null || value === false) return
  if (typeof value !== 'object')
    throw invalid(`'cache' must be ${expected.store}, { store, ttl, … } or false; ${got(value)}.`)
  if (isStore(value)) return
  for (const name of Object.keys(value)) {
    const setting: unknown = value[name as keyof typeof value]
    if (!Object.hasOwn(kinds, name)) {
      throw invalid(`'cache' has an unknown option '${name}'. Known options: ${Object.keys(kinds).join(', ')}.`)
    }
    const kind = kinds[name as keyof typeof kinds]
    if (setting !== undefined && !fits(kind, setting)) {
      throw invalid(`'cache.${name}' must be ${expected[kind]}; ${got(setting)}.`)
    }
  }
  if (requireStore && !('store' in value && value.store)) {
    throw invalid(`'cache.store' must be ${expected.store}; ${got(undefined)}.`)
  }
}

function fits(kind: (typeof kinds)[keyof typeof kinds], value: unknown): boolean {
  switch (kind) {
    case 'store':
      return typeof value === 'object' && value !== null && isStore(value)
    case 'number':
      return typeof value === 'number' && value >= 0 && Number.isFinite(value)
    case 'string':
      return typeof value === 'string'
    case 'boolean':
      return typeof value === 'boolean'
    case 'function':
      return typeof value === 'function'
  }
}

const expected = {
  store: 'memoryCache(), redisCache(), an object with get() and set()',
  number: 'a non-negative number (times in milliseconds, sizes in bytes)',
  string: 'a string',
  boolean: 'a boolean',
  function: 'a function',
} as const

const invalid = (message: string) => new BadRequestError(message, { param: 'cache' })

/** @throws {BadRequestError} if an operation without cache support is given one */
export function refuseCache(option: CacheInput, operation: string): void {
  if (option) throw invalid(`'cache' is not supported by ${operation}(); ${got(option)}. Omit it or pass false.`)
}
