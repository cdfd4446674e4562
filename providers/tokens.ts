/** An access token with its expiry. */
export interface Token {
  readonly value: string
  /** Milliseconds since 1970. */
  readonly until: number
}

interface Kept {
  readonly coming: Promise<Token>
  /** When it was requested, in milliseconds since 1970. */
  readonly since: number
  /** The token, once it has arrived. */
  token?: Token
}

export type TokenStore = Map<string, Kept>

/** Tokens are renewed this long before they expire, in milliseconds, so that none expires in flight. */
const margin = 60_000
/** A rejected token younger than this, in milliseconds, was not revoked: a new one would be rejected too. */
const young = 10_000
/** Maximum number of cached accounts. */
const mostKept = 100

/**
 * Returns a cached token, or fetches a new one if it is missing or about to expire. Concurrent calls share one
 * request.
 * @param key identifies the account
 * @param now milliseconds since 1970
 */
export async function getToken(
  store: TokenStore,
  key: string,
  now: number,
  fetchToken: () => Promise<Token>,
): Promise<string> {
  const known = store.get(key)
  if (known) {
    const { value, until } = await known.coming
    if (until - margin > now) return value
    // another call may have started the renewal meanwhile
    const other = store.get(key)
    if (other && other !== known) return (await other.coming).value
  }
  const coming = fetchToken()
  const fresh: Kept = { coming, since: now }
  if (store.size >= mostKept) store.clear()
  store.set(key, fresh)
  coming.then(
    (token) => {
      fresh.token = token
    },
    () => {
      if (store.get(key) === fresh) store.delete(key)
    },
  )
  return (await coming).value
}

/**
 * Drops a token that was rejected before it expired, for example after a change of the account. Returns false if it
 * has just been issued.
 * @param now milliseconds since 1970
 */
export function dropToken(store: TokenStore, value: string, now: number): boolean {
  for (const [key, { token, since }] of store) {
    if (token?.value !== value) continue
    if (now - since < young) return false
    store.delete(key)
  }
  return true
}
