/** A token, and until when it is good. */
export interface Token {
  readonly value: string
  /** Milliseconds since 1970. */
  readonly until: number
}

interface Kept {
  readonly coming: Promise<Token>
  /** When it was asked for, in milliseconds since 1970. */
  readonly since: number
  /** It, once it has come. */
  token?: Token
}

export type TokenStore = Map<string, Kept>

/** A token is renewed this long before its end, in milliseconds, so that none dies on the way. */
const margin = 60_000
/** A token that is younger and refused was not taken back, in milliseconds: another would be refused too. */
const young = 10_000
/** Accounts that are kept at the same time. */
const mostKept = 100

/**
 * A token out of a store, or a new one where there is none that will last. Calls that ask at the same time share one request.
 * @param key whose token it is
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
    // another call may have begun to renew it in the meantime
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
 * Drops a token that was refused before its end, as it is when its account was changed. False where it has just been made.
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
