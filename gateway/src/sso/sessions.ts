import { randomBytes } from 'node:crypto'
import type { Directory } from '../keys/directory.js'
import { type KeyRing, masterAccount, masterUser } from '../keys/key-ring.js'
import { unauthorized } from '../refusal.js'
import { hashKey } from '../store/secrets.js'
import type { Principal, Session, Sessions } from '../types.js'

/** Collections of documents: sessions, and links that open one. Keys of the API can't reach them. */
const sessions = 'sessions'
const links = 'session_links'

const mark = 'llmux-session-'
const sessionMs = 12 * 60 * 60_000
const linkMs = 15 * 60_000

interface Stored {
  /** Hash of the key that signed in. */
  readonly of: string
  /** Milliseconds since 1970. */
  readonly until: number
}

/**
 * Sessions of browsers that signed in with a key. A session has the rights of its key at each moment: it ends with the key. Its token is
 * stored as a hash, for all processes.
 */
export class KeySessions implements Sessions {
  readonly #directory: Directory
  readonly #ring: KeyRing
  readonly #now: () => number

  constructor(directory: Directory, ring: KeyRing, now: () => number) {
    this.#directory = directory
    this.#ring = ring
    this.#now = now
  }

  /** The caller of a session's token; undefined for a key. @throws a refusal with status 401 if the session has ended */
  authenticate(token: string | undefined): Principal | undefined {
    if (!token?.startsWith(mark)) return undefined
    const found = this.#find(token)
    if (!found) throw unauthorized('The session has ended. Sign in again.')
    return this.#ring.resume(found.of)
  }

  /** Whether a token is one of a session, and not a key. */
  isSession(token: string | undefined): token is string {
    return token?.startsWith(mark) ?? false
  }

  /** Reads the key of a session; undefined if there is nothing to wait for. */
  prepare(token: string): Promise<void> | undefined {
    const found = this.#find(token)
    return found && this.#ring.prepareHash(found.of)
  }

  async begin(principal: Principal): Promise<Session> {
    return this.#begin(principal.keyHash, principal.userId ?? principal.keyHash)
  }

  async link(): Promise<{ readonly token: string; readonly maxAgeMs: number }> {
    const token = randomBytes(24).toString('base64url')
    await this.#sweep(links)
    await this.#change('session link made', links, hashKey(token), { of: masterAccount, until: this.#now() + linkMs })
    return { token, maxAgeMs: linkMs }
  }

  async open(token: string): Promise<Session> {
    const id = hashKey(token)
    const found = this.#directory.documents(links).get(id) as Stored | undefined
    // the removal decides: of two browsers with one link, the first one gets the session
    const first = found !== undefined && (await this.#change('session link used', links, id, undefined))
    if (!first || found.until <= this.#now())
      throw unauthorized('The link was used or is too old. Sign in with the admin key, or restart the gateway.')
    return this.#begin(found.of, masterUser)
  }

  async end(token: string): Promise<void> {
    if (this.#find(token)) await this.#change('signed out', sessions, hashKey(token), undefined)
  }

  expires(token: string): number | undefined {
    return this.#find(token)?.until
  }

  async #begin(of: string, user: string): Promise<Session> {
    const token = `${mark}${randomBytes(32).toString('base64url')}`
    await this.#sweep(sessions)
    await this.#change('signed in', sessions, hashKey(token), { of, until: this.#now() + sessionMs }, user)
    return { token, maxAgeMs: sessionMs }
  }

  #find(token: string): Stored | undefined {
    if (!token.startsWith(mark)) return undefined
    const found = this.#directory.documents(sessions).get(hashKey(token)) as Stored | undefined
    return found && found.until > this.#now() ? found : undefined
  }

  async #sweep(collection: string): Promise<void> {
    for (const [id, value] of [...this.#directory.documents(collection)]) {
      if ((value as Stored).until <= this.#now()) await this.#change('session ended', collection, id, undefined)
    }
  }

  #change(action: string, collection: string, id: string, value: Stored | undefined, user = masterUser) {
    return this.#directory.changeDocument({ user, key: '' }, action, collection, id, value)
  }
}
