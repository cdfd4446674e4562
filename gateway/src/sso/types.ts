import type { Principal } from '../types.js'

/** Sign-in of people with an OpenID provider. All methods reject with a refusal. */
export interface SignIn {
  /**
   * Begins a sign-in: the address of the provider, and the text that the browser must bring back.
   * @param returnTo path of the gateway to go to afterwards
   */
  begin(
    baseUrl: string,
    returnTo: string | undefined,
  ): Promise<{ readonly url: string; readonly pending: string; readonly maxAgeMs: number }>
  /** Ends a sign-in: the user is created or updated, and gets a key with an end. */
  finish(
    query: URLSearchParams,
    pending: string | undefined,
  ): Promise<{
    readonly key: string
    readonly user: { readonly id: string; readonly role: string }
    readonly returnTo: string | undefined
    readonly maxAgeMs: number
  }>
  /** Deletes the key of a session. Other keys stay. */
  end(key: string): Promise<void>
}

/** A session that has begun. */
export interface Session {
  /** Value of the cookie. */
  readonly token: string
  readonly maxAgeMs: number
}

/** Sessions of browsers that signed in with a key or with a one-time link. */
export interface Sessions {
  /** Begins a session with the rights of the caller. */
  begin(principal: Principal): Promise<Session>
  /** Makes a token that opens one session of the admin. */
  link(): Promise<Session>
  /**
   * Begins a session with the token of a link.
   * @throws a refusal with status 401 if the token was used or is too old
   */
  open(token: string): Promise<Session>
  /** Ends a session. Other tokens and keys stay. */
  end(token: string): Promise<void>
  /** End of a session in milliseconds since 1970; undefined for other tokens. */
  expires(token: string): number | undefined
}
