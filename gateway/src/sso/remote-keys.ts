import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import { refuse, unauthorized } from '../refusal.js'
import { fetchJson } from './fetch-json.js'

type LocalKeys = ReturnType<typeof createLocalJWKSet>

/** Signature algorithms that are accepted: asymmetric ones only. */
export const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** Milliseconds between two attempts to read the same keys. */
const pauseMs = 10_000

/** Public keys of one address. Old keys stay in use while the address does not answer. */
class Source {
  #keys: LocalKeys | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #triedAt = Number.NEGATIVE_INFINITY
  #pending: Promise<void> | undefined

  constructor(
    readonly url: string,
    readonly ttlMs: number,
    readonly now: () => number,
  ) {}

  get keys(): LocalKeys | undefined {
    return this.#keys
  }

  /** Waits for the first keys; later ones are read in the background. */
  async ready(): Promise<void> {
    if (!this.#keys) return await this.refresh()
    if (this.now() - this.#readAt > this.ttlMs) void this.refresh()
  }

  /** Reads the keys again, unless that was tried just now. */
  refresh(): Promise<void> {
    if (this.#pending) return this.#pending
    if (this.now() - this.#triedAt < pauseMs) return Promise.resolve()
    this.#triedAt = this.now()
    this.#pending = this.#read()
      .catch(() => {})
      .finally(() => {
        this.#pending = undefined
      })
    return this.#pending
  }

  async #read(): Promise<void> {
    let found = await fetchJson(this.url)
    // the address of a discovery document is as good
    if (typeof found.jwks_uri === 'string') found = await fetchJson(found.jwks_uri)
    this.#keys = createLocalJWKSet(found as unknown as JSONWebKeySet)
    this.#readAt = this.now()
  }
}

/** The public keys of an identity provider. */
export class RemoteKeys {
  readonly #sources: readonly Source[]

  constructor(urls: readonly string[], ttlMs: number, now: () => number) {
    this.#sources = urls.map((url) => new Source(url, ttlMs, now))
  }

  /**
   * Finds the key of a token. An unknown one makes the keys be read again, at most every ten seconds.
   * @throws a refusal with status 401, or 503 while no keys are known
   */
  async find(header: JWSHeaderParameters): Promise<CryptoKey> {
    await Promise.all(this.#sources.map((source) => source.ready()))
    const found = await this.#search(header)
    if (found) return found
    await Promise.all(this.#sources.map((source) => source.refresh()))
    const late = await this.#search(header)
    if (late) return late
    if (this.#sources.every(({ keys }) => keys === undefined)) {
      throw refuse('The public keys of the identity provider can not be read. Try again, or use a virtual key.', {
        status: 503,
        type: 'service_unavailable_error',
        headers: { 'retry-after': '10' },
      })
    }
    throw unauthorized('The token is signed with a key that the identity provider does not publish.')
  }

  async #search(header: JWSHeaderParameters): Promise<CryptoKey | undefined> {
    for (const { keys } of this.#sources) {
      if (!keys) continue
      try {
        return await keys(header)
      } catch (error) {
        if (error instanceof errors.JWKSMultipleMatchingKeys)
          throw unauthorized("The token must have a 'kid': the identity provider publishes several keys.")
        if (!(error instanceof errors.JOSEError)) throw error
      }
    }
    return undefined
  }
}
