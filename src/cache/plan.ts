import { BadRequestError } from '../errors.js'
import type {
  CacheCallOptions,
  CacheFailure,
  CacheOption,
  CacheSettings,
  CacheStore,
  SemanticStore,
} from '../types/cache.js'

const defaultEntry = 1024 * 1024

/** How one call uses a cache. */
export interface Plan {
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

/** What is given for `cache`. */
export type Given = CacheOption | CacheCallOptions | false | null | undefined

/** Undefined where there is no store. */
export function planOf(given: CacheOption | CacheCallOptions, own: Plan | undefined): Plan | undefined {
  const settings: CacheCallOptions = isStore(given) ? { store: given } : given
  const store = settings.store ?? own?.store
  if (!store) return undefined
  return {
    store,
    ttl: settings.ttl ?? own?.ttl,
    maxAge: settings.maxAge ?? own?.maxAge ?? Number.POSITIVE_INFINITY,
    noStore: settings.noStore ?? own?.noStore ?? false,
    namespace: settings.namespace ?? own?.namespace ?? '',
    coalesce: settings.coalesce ?? own?.coalesce ?? false,
    shareAcrossKeys: settings.shareAcrossKeys ?? own?.shareAcrossKeys ?? false,
    salt: settings.salt ?? own?.salt,
    maxEntryBytes: settings.maxEntryBytes ?? own?.maxEntryBytes ?? defaultEntry,
    onError: settings.onError ?? own?.onError,
  }
}

export const isStore = (option: object): option is CacheStore =>
  'get' in option && typeof option.get === 'function' && 'set' in option && typeof option.set === 'function'

export const isSemantic = (store: CacheStore): store is SemanticStore => 'semantic' in store

const kinds: Readonly<Record<keyof CacheSettings | 'noStore', 'store' | 'amount' | 'text' | 'switch' | 'function'>> = {
  store: 'store',
  ttl: 'amount',
  maxAge: 'amount',
  namespace: 'text',
  coalesce: 'switch',
  shareAcrossKeys: 'switch',
  salt: 'text',
  maxEntryBytes: 'amount',
  onError: 'function',
  noStore: 'switch',
}

/**
 * @param own whether it is a client's or a Router's, which needs a store: a call's options may be about the client's
 * @throws {BadRequestError} where `cache` is not what it may be
 */
export function checkCache(value: unknown, own = false): void {
  if (value === undefined || value === null || value === false) return
  if (typeof value !== 'object') {
    throw wrong("'cache' is memoryCache(), redisCache(), an object with get and set, { store, ttl, … } or false.")
  }
  if (isStore(value)) return
  for (const name of Object.keys(value)) {
    const one: unknown = value[name as keyof typeof value]
    if (!Object.hasOwn(kinds, name)) {
      throw wrong(`'cache' has no option '${name}'. There are ${Object.keys(kinds).join(', ')}.`)
    }
    const kind = kinds[name as keyof typeof kinds]
    if (one !== undefined && !fits(kind, one)) throw wrong(`'cache.${name}' is ${words[kind]}.`)
  }
  if (own && !('store' in value && value.store)) throw wrong(`'cache.store' is missing: ${words.store}.`)
}

function fits(kind: (typeof kinds)[keyof typeof kinds], value: unknown): boolean {
  switch (kind) {
    case 'store':
      return typeof value === 'object' && value !== null && isStore(value)
    case 'amount':
      return typeof value === 'number' && value >= 0 && Number.isFinite(value)
    case 'text':
      return typeof value === 'string'
    case 'switch':
      return typeof value === 'boolean'
    case 'function':
      return typeof value === 'function'
  }
}

const words = {
  store: 'memoryCache(), redisCache(), or an object with get and set',
  amount: 'a number, 0 or more: times are milliseconds, sizes bytes',
  text: 'a string',
  switch: 'true or false',
  function: 'a function',
} as const

const wrong = (message: string) => new BadRequestError(message, { param: 'cache' })

/** @throws {BadRequestError} where a call that is never cached asks for it */
export function refuseCache(given: Given, operation: string): void {
  if (given) throw wrong(`Answers of ${operation}() are not cached: leave 'cache' out, or say false.`)
}
