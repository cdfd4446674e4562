/** A token, and until when it is good. */
export interface Token {
  readonly value: string
  /** Milliseconds since 1970. */
  readonly until: number
}

export type TokenStore = Map<string, Promise<Token>>

/** A token is renewed this long before its end, in milliseconds, so that none dies on the way. */
const margin = 60_000
/** Accounts that are kept at the same time. */
const mostKept = 100

/**
 * A token out of a store, or a new one where there is none that will last. Calls that ask at the same time share one request.
 * @param key whose token it is
 * @param now milliseconds since 1970
 */
export async function keptToken(
  store: TokenStore,
  key: string,
  now: number,
  fetchToken: () => Promise<Token>,
): Promise<string> {
  const known = store.get(key)
  if (known) {
    const { value, until } = await known
    if (until - margin > now) return value
    // another call may have begun to renew it in the meantime
    const other = store.get(key)
    if (other && other !== known) return (await other).value
  }
  const fresh = fetchToken()
  if (store.size >= mostKept) store.clear()
  store.set(key, fresh)
  fresh.catch(() => {
    if (store.get(key) === fresh) store.delete(key)
  })
  return (await fresh).value
}
