import { type CacheOption, memoryCache, redisCache } from 'llmux'
import type { CacheSettings } from './config/settings.js'

/** The cache of answers, with the operations of its routes. */
export interface GatewayCache {
  readonly type: 'local' | 'redis'
  /** For the Router. */
  readonly option: CacheOption
  /** @throws if the cache doesn't answer */
  ping(): Promise<void>
  remove(keys: readonly string[]): Promise<void>
  clear(): Promise<void>
  close(): Promise<void>
}

/** Creates the cache. A Redis that cannot be reached makes misses, and is tried again. */
export async function openCache(settings: CacheSettings): Promise<GatewayCache> {
  const { ttl, namespace } = settings
  const common = {
    ...(ttl !== undefined && { ttl }),
    // as LiteLLM: the keys of providers are those of the gateway, and all callers share answers
    shareAcrossKeys: true,
  }
  if (settings.store === 'memory' || !settings.redis) {
    const store = memoryCache()
    return {
      type: 'local',
      option: { store, ...common, ...(namespace !== undefined && { namespace }) },
      ping: async () => {},
      // an entry of an empty text is a miss
      remove: async (keys) => {
        for (const key of keys) await store.set(key, '', 1)
      },
      clear: async () => store.clear(),
      close: async () => {},
    }
  }
  const { url } = settings.redis
  const keyPrefix = `${namespace ?? 'llmux'}:cache:`
  const store = redisCache({ url, keyPrefix })
  // a missing Redis must not delay the start: calls work without it
  store.connect().catch(() => {})
  const use = async <Value>(run: (client: RedisConnection) => Promise<Value>): Promise<Value> => {
    const { createClient } = await import('redis')
    const client = createClient({ url, socket: { connectTimeout: 2_000, reconnectStrategy: false } })
    client.on('error', () => {})
    try {
      await client.connect()
      return await run(client as unknown as RedisConnection)
    } finally {
      client.destroy()
    }
  }
  return {
    type: 'redis',
    option: { store, ...common },
    ping: () => use(async (client) => void (await client.ping())),
    remove: (keys) =>
      use(async (client) => void (keys.length > 0 && (await client.del(keys.map((key) => `${keyPrefix}${key}`))))),
    clear: () =>
      use(async (client) => {
        for await (const found of client.scanIterator({ MATCH: `${keyPrefix}*`, COUNT: 500 })) {
          const keys = [found].flat()
          if (keys.length > 0) await client.del(keys)
        }
      }),
    close: () => store.close(),
  }
}

/** The commands that are used here. */
interface RedisConnection {
  ping(): Promise<unknown>
  del(keys: readonly string[]): Promise<unknown>
  scanIterator(options: { MATCH: string; COUNT: number }): AsyncIterable<string | string[]>
}
