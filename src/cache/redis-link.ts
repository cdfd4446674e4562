import { systemClock } from '../call/clock.js'
import { checkNames } from '../call/known-options.js'
import { BadRequestError } from '../errors.js'

/** What is asked of every client of the package `redis`. */
export interface LinkedClient {
  readonly isReady?: boolean
  readonly isOpen?: boolean
}

/** Options of everything of a cache that is in Redis. */
export interface RedisOptions<Client extends LinkedClient> {
  /** `redis[s]://[[user][:password]@]host[:port][/database]`. @default 'redis://localhost:6379' */
  url?: string | undefined
  /** A connected client of the package `redis`, instead of `url`. It stays yours: nobody but you closes it. */
  client?: Client | undefined
  /** Begins the names of all keys. */
  keyPrefix?: string | undefined
  /** How long things are kept where nobody says otherwise, in milliseconds. @default 3_600_000 (one hour) */
  ttl?: number | undefined
  /** The longest that a call waits for Redis, in milliseconds. @default 50 */
  commandTimeout?: number | undefined
  /** The longest that a connection may take to be made, in milliseconds; calls don't wait for it. @default 5_000 */
  connectTimeout?: number | undefined
}

/** What the options say. */
export interface RedisSettings<Client extends LinkedClient> {
  /** Who was given them: `redisCache`, for what it says. */
  readonly maker: string
  readonly url: string | undefined
  readonly client: Client | undefined
  readonly keyPrefix: string
  readonly ttl: number
  readonly commandTimeout: number
  readonly connectTimeout: number
}

const common = ['url', 'client', 'keyPrefix', 'ttl', 'commandTimeout', 'connectTimeout'] as const

export const wrong = (message: string) => new BadRequestError(message, { param: 'cache' })

/**
 * @param more names of further options, which their owner reads
 * @throws {BadRequestError} where an option is wrong
 */
export function settingsOf<Client extends LinkedClient>(
  maker: string,
  options: RedisOptions<Client>,
  own: { keyPrefix: string; isClient: (client: Client) => boolean; more?: readonly string[] },
): RedisSettings<Client> {
  checkNames(maker, options, [...common, ...(own.more ?? [])], 'cache')
  const { url, client, keyPrefix = own.keyPrefix } = options
  if (url !== undefined && client) throw wrong(`${maker}() takes 'url' or 'client', not both.`)
  if (url !== undefined && !isUrl(url)) throw wrong(`'url' of ${maker}() is a URL such as 'redis://localhost:6379'.`)
  if (client && !own.isClient(client)) throw wrong(`'client' of ${maker}() is a client of the package 'redis'.`)
  if (typeof keyPrefix !== 'string') throw wrong(`'keyPrefix' of ${maker}() is a string.`)
  const number = (name: 'ttl' | 'commandTimeout' | 'connectTimeout', standard: number) => {
    const value = options[name] ?? standard
    const most = name === 'ttl' ? Number.MAX_VALUE : longestTime
    if (typeof value === 'number' && value > 0 && value <= most) return value
    throw wrong(
      `'${name}' of ${maker}() is a number of milliseconds, more than 0${name === 'ttl' ? '' : `, ${most} at most`}.`,
    )
  }
  return {
    maker,
    url,
    client,
    keyPrefix,
    ttl: number('ttl', 3_600_000),
    commandTimeout: number('commandTimeout', 50),
    connectTimeout: number('connectTimeout', 5_000),
  }
}

/** Longer than this, a timer of Node's ends at once. */
export const longestTime = 2 ** 31 - 1

/** What the package `redis` would refuse with every call, and quote: there may be a password in it. */
function isUrl(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false
  const { protocol, pathname } = new URL(url)
  return protocol === 'unix:' || (/^rediss?:$/.test(protocol) && /^\/?\d*$/.test(pathname))
}

/** What Redis takes for a time. */
export const lasting = (ttl: number): number => Math.min(Math.max(1, Math.ceil(ttl)), 2 ** 52)

/** A client that was made here, and is closed here. */
interface OwnClient {
  connect(): Promise<unknown>
  close(): Promise<unknown>
  destroy(): void
  unref(): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Failures in a row after which Redis is left alone, and for how long, in milliseconds. */
const mostFailures = 5
const shortestRest = 250
const longestRest = 10_000
/** Commands that may wait for a slow server. */
const mostWaiting = 10_000

/** The way to Redis: one connection, made at first use; nobody waits for it longer than `commandTimeout`. */
export class RedisLink<Client extends LinkedClient> {
  readonly #settings: RedisSettings<Client>
  #own: (Client & OwnClient) | undefined
  #connecting: Promise<void> | undefined
  #failures = 0
  #rests = 0
  #restUntil = 0
  #closed = false

  constructor(settings: RedisSettings<Client>) {
    this.#settings = settings
  }

  async run<Answer>(command: (client: Client) => Promise<Answer>): Promise<Answer> {
    if (this.#closed) throw this.#isClosed()
    if (systemClock.now() < this.#restUntil) {
      throw new Error('Redis failed several times in a row, and is left alone for a moment.')
    }
    const began = systemClock.now()
    try {
      const answer = await within(this.#settings.commandTimeout, this.#send(command))
      this.#failures = 0
      this.#rests = 0
      return answer
    } catch (error) {
      // how to mend it is for people to read, and not a matter of patience; nor is what the server itself refuses
      if (!(error instanceof BadRequestError) && !isReply(error)) this.#failed(began)
      throw error
    }
  }

  async connect(): Promise<void> {
    if (this.#closed) throw this.#isClosed()
    if (!ready(this.#client)) await this.#open()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#connecting?.catch(() => {})
    const client = this.#own
    this.#own = undefined
    if (!client) return
    // what was sent is answered first, but nobody waits for a server that is gone
    await within(this.#settings.commandTimeout, client.close()).catch(() => destroy(client))
  }

  get #client(): Client | undefined {
    return this.#settings.client ?? this.#own
  }

  #isClosed(): Error {
    return new Error(`This ${this.#settings.maker}() is closed.`)
  }

  async #send<Answer>(command: (client: Client) => Promise<Answer>): Promise<Answer> {
    if (!ready(this.#client)) await this.#open()
    const client = this.#client
    if (!client) throw new Error('There is no connection to Redis.')
    return command(client)
  }

  /** Calls that were under way when the rest began say nothing new: a burst of them is one failure, not a long one. */
  #failed(began: number): void {
    if (began < this.#restUntil) return
    this.#failures++
    if (this.#failures < mostFailures) return
    this.#failures = 0
    this.#restUntil = systemClock.now() + Math.min(longestRest, shortestRest * 2 ** this.#rests++)
  }

  #open(): Promise<void> {
    if (this.#settings.client) return Promise.reject(new Error('The Redis client that was given is not connected.'))
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    // it goes on when nobody waits for it any more
    this.#connecting.catch(() => {})
    return this.#connecting
  }

  async #connect(): Promise<void> {
    const { url, connectTimeout, maker } = this.#settings
    const { createClient } = await loadRedis(maker)
    const old = this.#own
    this.#own = undefined
    if (old) destroy(old)
    const client = createClient({
      ...(url !== undefined && { url }),
      disableOfflineQueue: true,
      commandsQueueMaxLength: mostWaiting,
      socket: { reconnectStrategy: false, connectTimeout },
    }) as unknown as Client & OwnClient
    // a failure is told by the commands that meet it
    client.on('error', () => {})
    try {
      await within(connectTimeout, client.connect())
    } catch (error) {
      destroy(client)
      throw error
    }
    // an idle cache doesn't keep a program from ending
    client.unref()
    if (this.#closed) destroy(client)
    else this.#own = client
  }
}

const ready = (client: LinkedClient | undefined): boolean =>
  client !== undefined && (client.isReady ?? client.isOpen ?? true)

/** An error that the server sent: it is there, and doesn't want to (full, read-only, no permission). */
const isReply = (error: unknown) => error instanceof Error && /^[A-Z]{3,} /.test(error.message)

function destroy(client: OwnClient): void {
  try {
    client.destroy()
  } catch {
    // it was closed already
  }
}

function within<Answer>(ms: number, work: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Redis did not answer within ${ms} ms.`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/**
 * `await` in a `try` tells bundlers that the package may be missing.
 * @param maker who needs it, for what is said then
 */
export async function loadRedis(maker: string) {
  try {
    return await import('redis')
  } catch (error) {
    throw new BadRequestError(`${maker}() needs the package 'redis': npm install redis`, { cause: error })
  }
}
