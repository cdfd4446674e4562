import { systemClock } from '../call/clock.js'
import { BadRequestError, got } from '../errors.js'
import { digest } from '../platform/index.js'
import type { Neighbour, SemanticIndex } from '../types/cache.js'
import { expiryMs, invalid, RedisLink, type RedisOptions, type RedisSettings, readSettings } from './redis-link.js'

/** The method used of a client of the `redis` package, made by `createClient`, `createCluster` or `createSentinel`. */
export interface RedisIndexClient {
  /** True if commands can be sent. */
  readonly isReady?: boolean
  /** True if the client is connected, for clients without `isReady`. */
  readonly isOpen?: boolean
  // the three kinds of client have different signatures
  /** Runs a command. The kinds of clients take its arguments differently. */
  sendCommand(...args: never[]): Promise<unknown>
}

/** Options of {@link redisIndex}. */
export interface RedisIndexOptions extends RedisOptions<RedisIndexClient> {
  /**
   * Prefix of all keys and indexes. Vectors of different models are not comparable: if `embed` is your own function, use one prefix
   * per model.
   * @default 'llmux:vectors:'
   */
  keyPrefix?: string | undefined
  /** Default time to live of a vector, in milliseconds. Match the store's. @default 3_600_000 (one hour) */
  ttl?: number | undefined
  /**
   * How Redis looks: `FLAT` one by one, which finds the nearest always; `HNSW` by a graph, which may miss it now and then, stays fast
   * with tens of thousands of vectors in a scope, and takes longer to add one. @default 'FLAT'
   */
  algorithm?: 'FLAT' | 'HNSW' | undefined
}

/** A semantic index in Redis. */
export interface RedisIndex extends SemanticIndex {
  /** Returns the most similar entry of a scope. */
  nearest(scope: string, vector: Float32Array): Promise<Neighbour | undefined>
  /** Adds the vector of a cached answer. */
  add(scope: string, key: string, vector: Float32Array, ttl: number | undefined): Promise<void>
  /** Removes the vector of an answer. */
  remove(scope: string, key: string): Promise<void>
  /** Connects ahead of the first call, which otherwise skips the index if connecting takes longer than `commandTimeout`. */
  connect(): Promise<void>
  /** Closes the connection unless it is a `client` you passed. Later searches find nothing. */
  close(): Promise<void>
}

/**
 * Stores the vectors of a `semanticCache()` in Redis, so that all processes find each other's answers. Needs the package `redis`,
 * loaded on first use, and a server with vector search: Redis 8, Redis Stack, or the RediSearch module. If the server can't search,
 * is slow, full or unreachable, calls continue without it.
 *
 * @throws {BadRequestError} if an option is invalid
 * @example
 * const url = 'redis://localhost:6379'
 * const store = redisCache({ url })
 * const index = redisIndex({ url })
 * const client = createClient({ cache: semanticCache({ embed: 'openai/text-embedding-3-small', store, index }) })
 */
export function redisIndex(options: RedisIndexOptions = {}): RedisIndex {
  const settings = readSettings('redisIndex', options, {
    keyPrefix: 'llmux:vectors:',
    isClient: ({ sendCommand }) => typeof sendCommand === 'function',
    more: ['algorithm'],
  })
  const { algorithm = 'FLAT' } = options
  if (algorithm !== 'HNSW' && algorithm !== 'FLAT')
    throw invalid(`'algorithm' of redisIndex() must be 'FLAT' or 'HNSW'; ${got(algorithm)}.`)
  return new Vectors(settings, algorithm)
}

/** Version of the hash fields and of the index schema. */
const version = 'v1'
/** Pause after a server turned out to have no vector search, in milliseconds. */
const unsupportedPauseMs = 60_000

/** HNSW candidates per search. Redis' default of 10 missed a third of 40,000 stored vectors; 200 found all, in 1 ms. */
const hnswCandidates = 200

/** Sets the hash and its expiry atomically, so that a broken connection leaves no hash without expiry. */
const storeScript = `redis.call('HSET', KEYS[1], 'scope', ARGV[1], ARGV[2], ARGV[3])
return redis.call('PEXPIRE', KEYS[1], ARGV[4])`

/**
 * One hash per answer, with its scope and its vector. The vector's field is named by its length, and each length has an index over
 * all hashes with that field.
 */
class Vectors implements RedisIndex {
  readonly #settings: RedisSettings<RedisIndexClient>
  readonly #algorithm: 'HNSW' | 'FLAT'
  readonly #link: RedisLink<RedisIndexClient>
  readonly #prefix: string
  /** Set while the server is known to lack vector search; a successful search clears it. */
  #refusal: { readonly error: BadRequestError; readonly until: number } | undefined

  constructor(settings: RedisSettings<RedisIndexClient>, algorithm: 'HNSW' | 'FLAT') {
    this.#settings = settings
    this.#algorithm = algorithm
    this.#link = new RedisLink(settings)
    this.#prefix = `${settings.keyPrefix}${version}:`
  }

  async nearest(scope: string, vector: Float32Array): Promise<Neighbour | undefined> {
    const tag = tagOf(scope)
    const found = await this.#link.run((client) => this.#search(client, tag, vector))
    const place = this.#place(tag, '')
    if (!found?.id.startsWith(place)) return undefined
    // FLOAT32 precision
    const similarity = Math.min(1, Math.round((1 - found.distance) * 1e6) / 1e6)
    return { key: found.id.slice(place.length), similarity }
  }

  refusal(): Error | undefined {
    return this.#refusal && systemClock.now() < this.#refusal.until ? this.#refusal.error : undefined
  }

  async add(scope: string, key: string, vector: Float32Array, ttl = this.#settings.ttl): Promise<void> {
    // searches already report the failure
    if (this.#refusal) return
    const tag = tagOf(scope)
    const place = this.#place(tag, key)
    const lasts = `${expiryMs(ttl)}`
    const args = ['EVAL', storeScript, '1', place, tag, fieldOf(vector), bytesOf(vector), lasts]
    await this.#link.run((client) => send(client, args, place))
  }

  async remove(scope: string, key: string): Promise<void> {
    if (this.#refusal) return
    const place = this.#place(tagOf(scope), key)
    await this.#link.run((client) => send(client, ['UNLINK', place], place))
  }

  connect(): Promise<void> {
    return this.#link.connect()
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  #place(tag: string, key: string): string {
    return `${this.#prefix}${tag}:${key}`
  }

  #nameFor(vector: Float32Array): string {
    return `${this.#prefix}${vector.length}:${this.#algorithm}`
  }

  async #search(client: RedisIndexClient, tag: string, vector: Float32Array): Promise<Found | undefined> {
    const refusal = this.refusal()
    if (refusal) throw refusal
    const query = `(@scope:{${tag}})=>[KNN 1 @${fieldOf(vector)} $vector AS distance]`
    // the server stops when the caller does
    const timeout = `${Math.ceil(this.#settings.commandTimeout)}`
    try {
      const reply = await send(client, [
        ...['FT.SEARCH', this.#nameFor(vector), query, 'PARAMS', '2', 'vector', bytesOf(vector)],
        ...['RETURN', '1', 'distance', 'LIMIT', '0', '1', 'TIMEOUT', timeout, 'DIALECT', '2'],
      ])
      this.#refusal = undefined
      return parseSearchReply(reply)
    } catch (error) {
      if (!missingIndex.test(messageOf(error))) throw this.#asUnsupported(error)
      // the index doesn't exist yet or was dropped
      await this.#create(client, vector)
      return undefined
    }
  }

  async #create(client: RedisIndexClient, vector: Float32Array): Promise<void> {
    const kind = ['TYPE', 'FLOAT32', 'DIM', `${vector.length}`, 'DISTANCE_METRIC', 'COSINE']
    if (this.#algorithm === 'HNSW') kind.push('EF_RUNTIME', `${hnswCandidates}`)
    try {
      await send(client, [
        ...['FT.CREATE', this.#nameFor(vector), 'ON', 'HASH', 'PREFIX', '1', this.#prefix],
        ...['SCHEMA', 'scope', 'TAG', fieldOf(vector), 'VECTOR', this.#algorithm, `${kind.length}`, ...kind],
      ])
    } catch (error) {
      // another process created it first
      if (!/already exists/i.test(messageOf(error))) throw this.#asUnsupported(error)
    }
  }

  /** Recognises errors of servers without vector search and pauses further requests. */
  #asUnsupported(error: unknown): unknown {
    const refusal = refusals.find(({ sign }) => sign.test(messageOf(error)))
    if (!refusal) return error
    const unsupported = new BadRequestError(refusal.advice, { param: 'cache', cause: error })
    this.#refusal = { error: unsupported, until: systemClock.now() + unsupportedPauseMs }
    return unsupported
  }
}

/** Error text for a missing index, of all RediSearch versions and valkey-search. */
const missingIndex = /no such index|unknown index|index\b.*\bnot found/i

const refusals = [
  {
    sign: /unknown command/i,
    advice:
      'redisIndex() needs a server with vector search, and this one does not support FT.SEARCH. Use Redis 8, Redis Stack, the RediSearch module, or valkey-search. The next check is in a minute.',
  },
  {
    sign: /index on db/i,
    advice:
      'redisIndex() needs database 0, the only one with vector search. Omit the database number from the URL. The next check is in a minute.',
  },
] as const

/** A hex digest, since query syntax gives some characters of a scope a meaning. */
const tagOf = (scope: string) => digest('sha256', scope, 'hex')

const fieldOf = (vector: Float32Array) => `v${vector.length}`

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength)

type Command = readonly (string | Buffer)[]

interface Cluster {
  sendCommand(key: string | undefined, readonly: boolean, command: Command): Promise<unknown>
}
interface Sentinel {
  sendCommand(readonly: boolean, command: Command): Promise<unknown>
}
interface Client {
  sendCommand(command: Command): Promise<unknown>
}

/** @param key routes the command to its node of a Cluster */
function send(client: RedisIndexClient, command: Command, key?: string): Promise<unknown> {
  const readonly = command[0] === 'FT.SEARCH'
  if ('masters' in client) return (client as unknown as Cluster).sendCommand(key, readonly, command)
  if ('getSentinelNode' in client) return (client as unknown as Sentinel).sendCommand(readonly, command)
  return (client as unknown as Client).sendCommand(command)
}

interface Found {
  readonly id: string
  readonly distance: number
}

/**
 * Parses a reply of FT.SEARCH. RESP2 gives `[total, id, [name, value, …]]`, RESP3 a map; the client decides the type of maps and
 * strings.
 */
export function parseSearchReply(reply: unknown): Found | undefined {
  const results = readField(reply, 'results')
  const [id, values]: readonly unknown[] = Array.isArray(results)
    ? [readField(results[0], 'id'), readField(results[0], 'extra_attributes')]
    : Array.isArray(reply)
      ? reply.slice(1)
      : []
  // it expired during the search
  if (id === undefined || !values) return undefined
  const text = textOf(readField(values, 'distance'))
  const distance = Number(text)
  return text !== '' && Number.isFinite(distance) ? { id: textOf(id), distance } : undefined
}

/** Reads a field of a map given as an object, a Map, or an array of alternating names and values. */
function readField(map: unknown, name: string): unknown {
  if (Array.isArray(map)) {
    for (let at = 0; at + 1 < map.length; at += 2) if (textOf(map[at]) === name) return map[at + 1]
    return undefined
  }
  if (map instanceof Map) {
    for (const [key, value] of map) if (textOf(key) === name) return value
    return undefined
  }
  return typeof map === 'object' && map !== null ? (map as Readonly<Record<string, unknown>>)[name] : undefined
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || Buffer.isBuffer(value) ? value.toString() : ''

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
