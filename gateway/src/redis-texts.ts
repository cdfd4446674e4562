import type { RedisClient } from 'llmux'
import type { SharedTexts } from './store/sql-texts.js'

/** Most bytes of all texts. */
const mostBytes = 128 * 1024 * 1024
/** Milliseconds that a reader waits for Redis. */
const longestWaitMs = 1_000

const monthMs = 30 * 24 * 3_600_000

const prefix = 'llmux:{gateway}:text'

// an index by time and the sizes beside it keep the sum below the limit; texts that have expired leave both here
const put = `
local now, life, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local function forget(key)
  local size = tonumber(redis.call('HGET', KEYS[3], key) or 0)
  redis.call('HDEL', KEYS[3], key)
  redis.call('ZREM', KEYS[2], key)
  return redis.call('HINCRBY', KEYS[3], '', 0 - size)
end
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - life, 'LIMIT', 0, 100)) do forget(key) end
forget(KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', life)
redis.call('ZADD', KEYS[2], now, KEYS[1])
redis.call('HSET', KEYS[3], KEYS[1], #ARGV[1])
local sum = redis.call('HINCRBY', KEYS[3], '', #ARGV[1])
while sum > most do
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not oldest then redis.call('DEL', KEYS[3]) break end
  redis.call('DEL', oldest)
  sum = forget(oldest)
end
return 1`

const get = "return redis.call('GET', KEYS[1])"

const remove = `
local size = tonumber(redis.call('HGET', KEYS[3], KEYS[1]) or 0)
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], KEYS[1])
redis.call('HDEL', KEYS[3], KEYS[1])
redis.call('HINCRBY', KEYS[3], '', 0 - size)
return 1`

/** Options of {@link redisTexts}. */
interface RedisTextsOptions {
  readonly client: Pick<RedisClient, 'eval'>
  /** Milliseconds that a text lives. @default 30 days */
  readonly keepMs?: number | undefined
  /** @default 128 MiB */
  readonly mostBytes?: number
}

/** Texts in Redis that all replicas read. They expire, and the oldest are dropped beyond a limit of bytes. */
export function redisTexts({ client, keepMs = monthMs, mostBytes: most = mostBytes }: RedisTextsOptions): SharedTexts {
  const run = (script: string, name: string, ...values: (string | number)[]) =>
    within(
      client.eval(script, {
        keys: [`${prefix}:${name}`, `${prefix}s`, `${prefix}-sizes`],
        arguments: values.map(String),
      }),
    )
  return {
    async put(texts) {
      await Promise.all(texts.map(([name, text]) => run(put, name, text, Date.now(), keepMs, most)))
    },
    async get(name) {
      const found = await run(get, name)
      return typeof found === 'string' ? found : undefined
    },
    async remove(names) {
      await Promise.all(names.map((name) => run(remove, name)))
    },
  }
}

/** A server that hangs must not hold up a call. */
async function within<Value>(answer: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Redis does not answer.')), longestWaitMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
