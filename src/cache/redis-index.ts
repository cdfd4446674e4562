import { hash } from 'node:crypto'
import { systemClock } from '../call/clock.js'
import { BadRequestError } from '../errors.js'
import type { Neighbour, SemanticIndex } from '../types/cache.js'
import { lasting, RedisLink, type RedisOptions, type RedisSettings, settingsOf, wrong } from './redis-link.js'

/** What is used of a client of the package `redis`: of `createClient`, `createCluster` and `createSentinel` alike. */
export interface RedisIndexClient {
  readonly isReady?: boolean
  readonly isOpen?: boolean
  // each kind of client takes a command in its own way
  sendCommand(...args: never[]): Promise<unknown>
}

/** Options of {@link redisIndex}. */
export interface RedisIndexOptions extends RedisOptions<RedisIndexClient> {
  /**
   * Begins the names of all keys and indexes. Vectors of different models don't compare: where `embed` is a function of yours, give each
   * a prefix of its own.
   * @default 'llmux:vectors:'
   */
  keyPrefix?: string | undefined
  /** How long vectors are kept where nobody says otherwise, in milliseconds: as long as the answers. @default 3_600_000 (one hour) */
  ttl?: number | undefined
  /**
   * How Redis looks: `FLAT` one by one, which finds the nearest always; `HNSW` by a graph, which may miss it now and then, stays fast
   * with tens of thousands of vectors in a scope, and takes longer to add one. @default 'FLAT'
   */
  algorithm?: 'FLAT' | 'HNSW' | undefined
}

/** An index in Redis, which can do more than what a call asks of it. */
export interface RedisIndex extends SemanticIndex {
  nearest(scope: string, vector: Float32Array): Promise<Neighbour | undefined>
  add(scope: string, key: string, vector: Float32Array, ttl: number | undefined): Promise<void>
  remove(scope: string, key: string): Promise<void>
  /** Connects before the first call would: that one goes on without the index where the connection takes longer than `commandTimeout`. */
  connect(): Promise<void>
  /** Closes the connection, where it is not a client of yours. Later calls find nothing. */
  close(): Promise<void>
}

/**
 * Keeps the vectors of a `semanticCache()` in Redis, so that all processes that share it find each other's answers by their likeness.
 * Needs the package `redis`, which loads with the first call, and a Redis that can search: Redis 8, Redis Stack, or another with the
 * module RediSearch. Where it can't, is slow, full or gone, calls go on without it.
 *
 * @throws {BadRequestError} where an option is wrong
 * @example
 * const url = 'redis://localhost:6379'
 * const store = redisCache({ url })
 * const index = redisIndex({ url })
 * const client = createClient({ cache: semanticCache({ embed: 'openai/text-embedding-3-small', store, index }) })
 */
export function redisIndex(options: RedisIndexOptions = {}): RedisIndex {
  const settings = settingsOf('redisIndex', options, {
    keyPrefix: 'llmux:vectors:',
    isClient: ({ sendCommand }) => typeof sendCommand === 'function',
    more: ['algorithm'],
  })
  const { algorithm = 'FLAT' } = options
  if (algorithm !== 'HNSW' && algorithm !== 'FLAT') throw wrong("'algorithm' of redisIndex() is 'HNSW' or 'FLAT'.")
  return new Vectors(settings, algorithm)
}

/** Changes with the fields of a hash and with what is said to FT.CREATE. */
const version = 'v1'
/** How long a server that can't search is left alone, in milliseconds. */
const patience = 60_000

/** How many the graph looks at. With Redis's own 10 every third of 40,000 vectors was not found again, with 200 each was, in 1 ms. */
const candidates = 200

/** At once, so that no vector stays for ever because a connection broke in between. */
const keep = `redis.call('HSET', KEYS[1], 'scope', ARGV[1], ARGV[2], ARGV[3])
return redis.call('PEXPIRE', KEYS[1], ARGV[4])`

/**
 * A hash for each answer, with its scope and its vector. The vector's field is named by its length: for each length there is an
 * index over all hashes, which sees those that have such a field.
 */
class Vectors implements RedisIndex {
  readonly #settings: RedisSettings<RedisIndexClient>
  readonly #algorithm: 'HNSW' | 'FLAT'
  readonly #link: RedisLink<RedisIndexClient>
  readonly #prefix: string
  /** The server can't search. It stands until a search has worked. */
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
    // a FLOAT32 has no more digits than these
    const similarity = Math.min(1, Math.round((1 - found.distance) * 1e6) / 1e6)
    return { key: found.id.slice(place.length), similarity }
  }

  refusal(): Error | undefined {
    return this.#refusal && systemClock.now() < this.#refusal.until ? this.#refusal.error : undefined
  }

  async add(scope: string, key: string, vector: Float32Array, ttl = this.#settings.ttl): Promise<void> {
    // nobody would find it, which is told by every search
    if (this.#refusal) return
    const tag = tagOf(scope)
    const place = this.#place(tag, key)
    const lasts = `${lasting(ttl)}`
    const args = ['EVAL', keep, '1', place, tag, fieldOf(vector), bytesOf(vector), lasts]
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
    // the server doesn't go on for nobody
    const timeout = `${Math.ceil(this.#settings.commandTimeout)}`
    try {
      const reply = await send(client, [
        ...['FT.SEARCH', this.#nameFor(vector), query, 'PARAMS', '2', 'vector', bytesOf(vector)],
        ...['RETURN', '1', 'distance', 'LIMIT', '0', '1', 'TIMEOUT', timeout, 'DIALECT', '2'],
      ])
      this.#refusal = undefined
      return foundIn(reply)
    } catch (error) {
      if (!missing.test(messageOf(error))) throw this.#judged(error)
      // it was never there, or somebody has dropped it: what is kept now is found from now on
      await this.#create(client, vector)
      return undefined
    }
  }

  async #create(client: RedisIndexClient, vector: Float32Array): Promise<void> {
    const kind = ['TYPE', 'FLOAT32', 'DIM', `${vector.length}`, 'DISTANCE_METRIC', 'COSINE']
    if (this.#algorithm === 'HNSW') kind.push('EF_RUNTIME', `${candidates}`)
    try {
      await send(client, [
        ...['FT.CREATE', this.#nameFor(vector), 'ON', 'HASH', 'PREFIX', '1', this.#prefix],
        ...['SCHEMA', 'scope', 'TAG', fieldOf(vector), 'VECTOR', this.#algorithm, `${kind.length}`, ...kind],
      ])
    } catch (error) {
      // another process was first
      if (!/already exists/i.test(messageOf(error))) throw this.#judged(error)
    }
  }

  /** Where the server can't search, it is not asked for a while. */
  #judged(error: unknown): unknown {
    const refusal = refusals.find(({ sign }) => sign.test(messageOf(error)))
    if (!refusal) return error
    const told = new BadRequestError(refusal.advice, { param: 'cache', cause: error })
    this.#refusal = { error: told, until: systemClock.now() + patience }
    return told
  }
}

/** What a server says of an index that is not there: RediSearch of all ages, and valkey-search. */
const missing = /no such index|unknown index|index\b.*\bnot found/i

const refusals = [
  {
    sign: /unknown command/i,
    advice:
      "redisIndex() needs a Redis that can search, and this one doesn't know FT.SEARCH. It is in Redis 8, in Redis Stack and in the module RediSearch; Valkey has the module valkey-search. It is looked for again in a minute.",
  },
  {
    sign: /index on db/i,
    advice:
      'redisIndex() needs database 0 of Redis, the only one that it can search: leave the number out of the url. It is looked for again in a minute.',
  },
] as const

/** A scope may be any text, and letters mean something in a query. */
const tagOf = (scope: string) => hash('sha256', scope, 'hex')

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

/** @param key that the command is about: where it is sent, in a Cluster */
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
 * The one that FT.SEARCH found. RESP2 has `[total, id, [name, value, …]]`, RESP3 a map; how a map and a text look is up to the
 * client.
 */
export function foundIn(reply: unknown): Found | undefined {
  const results = read(reply, 'results')
  const [id, values]: readonly unknown[] = Array.isArray(results)
    ? [read(results[0], 'id'), read(results[0], 'extra_attributes')]
    : Array.isArray(reply)
      ? reply.slice(1)
      : []
  // it expired while it was found
  if (id === undefined || !values) return undefined
  const text = textOf(read(values, 'distance'))
  const distance = Number(text)
  return text !== '' && Number.isFinite(distance) ? { id: textOf(id), distance } : undefined
}

/** Of a map as an object, as a Map, or as a list of names and values. */
function read(map: unknown, name: string): unknown {
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
