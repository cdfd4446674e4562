import { timingSafeEqual } from 'node:crypto'
import { unauthorized } from '../refusal.js'
import type { KeyRow } from '../store/rows.js'
import { hashKey } from '../store/secrets.js'
import type { Principal, Role } from '../types.js'
import type { Directory } from './directory.js'
import { unreadable } from './row-loader.js'

/** Used instead of the master key's hash, as in LiteLLM. */
export const masterAccount = 'litellm_proxy_master_key'
/** User of the master key, as in LiteLLM. */
export const masterUser = 'default_user_id'

const userRoles: readonly Role[] = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer']

/** Finds the caller of a key among the keys in memory. */
export class KeyRing {
  readonly #directory: Directory
  readonly #master: Buffer
  readonly #now: () => number
  /** Callers of the keys in use, until the directory changes: the same object for all calls of a key. */
  #principals = new WeakMap<KeyRow, Principal>()
  #version = -1
  /** The last key and its hash: a key is prepared, and then authenticated. */
  #last: readonly [token: string, hash: string] = ['', '']

  constructor(directory: Directory, masterKey: string, now: () => number) {
    this.#directory = directory
    this.#master = Buffer.from(hashKey(masterKey))
    this.#now = now
  }

  /**
   * Reads a key that is not in memory; undefined if there is nothing to wait for.
   * @throws a refusal with status 503 if the database does not answer
   */
  prepare(token: string | undefined): Promise<void> | undefined {
    if (!token) return undefined
    const hash = this.#hashOf(token)
    return this.#isHere(hash) ? undefined : this.#read(hash)
  }

  /** The same for the key of a session. */
  prepareHash(hash: string): Promise<void> | undefined {
    return this.#isHere(hash) ? undefined : this.#read(hash)
  }

  /** Whether a key and its successors are in memory, or are known not to exist. */
  #isHere(hash: string): boolean {
    const row = this.#directory.get('keys', hash)
    if (!row) return this.#directory.knows('keys', hash) || this.#isMaster(hash) || hash === masterAccount
    const next = row.extra.replaced_by
    return typeof next !== 'string' || this.#isHere(next)
  }

  async #read(hash: string): Promise<void> {
    await this.#directory.load('keys', [hash])
    const next = this.#directory.get('keys', hash)?.extra.replaced_by
    if (typeof next === 'string') await this.#read(next)
  }

  /**
   * The last successor of a rotated key that may still be used for a while: the key has its rights and its account.
   * @throws a refusal with status 401 if one of them may not be used any more
   */
  #current(row: KeyRow): KeyRow {
    this.#checkKey(row)
    const next = row.extra.replaced_by
    if (typeof next !== 'string') return row
    const successor = this.#directory.get('keys', next)
    if (successor) return this.#current(successor)
    if (!this.#directory.knows('keys', next)) throw unreadable('The key was not read yet. Try again.')
    throw unauthorized('The key was replaced by another one, which was deleted.', 'token_not_found_in_db', 'key')
  }

  #isMaster(hash: string): boolean {
    return timingSafeEqual(Buffer.from(hash), this.#master)
  }

  #hashOf(token: string): string {
    if (this.#last[0] !== token) this.#last = [token, hashKey(token)]
    return this.#last[1]
  }

  /** @throws a refusal with status 401 */
  authenticate(token: string | undefined): Principal {
    if (!token) throw unauthorized('An API key is required. Send it as `Authorization: Bearer <key>`.')
    const hash = this.#hashOf(token)
    if (this.#isMaster(hash)) return this.#masterPrincipal()
    const row = this.#directory.get('keys', hash)
    if (!row) {
      // the key may exist, so it must not be refused for ever
      if (!this.#directory.knows('keys', hash)) throw unreadable('The key was not read yet. Try again.')
      if (!token.startsWith('sk-'))
        throw unauthorized("The API key is invalid: it must start with 'sk-'.", 'auth_error', 'key')
      throw unauthorized('The API key is invalid.', 'token_not_found_in_db', 'key')
    }
    return this.principalOf(this.#current(row))
  }

  /**
   * The caller of a session.
   * @param hash of the key that signed in
   * @throws a refusal with status 401 if the key may not be used any more
   */
  resume(hash: string): Principal {
    if (hash === masterAccount) return this.#masterPrincipal()
    const row = this.#directory.get('keys', hash)
    if (!row && !this.#directory.knows('keys', hash)) throw unreadable('The key was not read yet. Try again.')
    if (!row) throw unauthorized('The key of the session was deleted. Sign in again.')
    return this.principalOf(this.#current(row))
  }

  #checkKey({ blocked, expires, key_name }: KeyRow): void {
    if (blocked) throw unauthorized('The key is blocked. An admin can unblock it with /key/unblock.')
    if (expires !== null && Date.parse(expires) <= this.#now()) {
      throw unauthorized(`The key has expired at ${expires}.`, 'expired_key', key_name)
    }
  }

  #masterPrincipal(): Principal {
    return {
      master: true,
      role: 'proxy_admin',
      keyHash: masterAccount,
      keyName: null,
      keyAlias: null,
      userId: masterUser,
      userEmail: null,
      teamId: null,
      teamAlias: null,
      organizationId: null,
      metadata: {},
      key: undefined,
      team: undefined,
      user: this.#directory.get('users', masterUser),
      membership: undefined,
    }
  }

  /**
   * The caller of a key. Admins of a team make keys for its members, so the key of a team has no right of its user beyond that team.
   * @throws a refusal if its team or its user is blocked
   */
  principalOf(key: KeyRow): Principal {
    const { changes } = this.#directory
    if (this.#version !== changes) {
      this.#version = changes
      this.#principals = new WeakMap()
    }
    let principal = this.#principals.get(key)
    if (!principal) {
      principal = confined(this.callerOf(key))
      this.#principals.set(key, principal)
    }
    return principal
  }

  /**
   * The user of a key, or of a token in the form of a key, with all rights.
   * @throws a refusal if its team or its user is blocked
   */
  callerOf(key: KeyRow): Principal {
    const { team_id, user_id } = key
    const team = team_id === null ? undefined : this.#directory.get('teams', team_id)
    const user = user_id === null ? undefined : this.#directory.get('users', user_id)
    const organizationId = key.organization_id ?? team?.organization_id ?? null
    if (team?.blocked) throw unauthorized(`The team ${team_id} is blocked. An admin can unblock it with /team/unblock.`)
    if (user?.blocked) throw unauthorized(`The user ${user_id} is blocked.`)
    return {
      master: false,
      role: roleOf(user?.user_role, user !== undefined),
      keyHash: key.token,
      keyName: key.key_name,
      keyAlias: key.key_alias,
      userId: user_id,
      userEmail: user?.user_email ?? null,
      teamId: team_id,
      teamAlias: team?.team_alias ?? null,
      organizationId,
      organization: organizationId === null ? undefined : this.#directory.get('organizations', organizationId),
      metadata: key.metadata,
      key,
      team,
      user,
      membership:
        team_id !== null && user_id !== null ? this.#directory.get('memberships', `${team_id}/${user_id}`) : undefined,
    }
  }
}

function roleOf(role: string | null | undefined, exists: boolean): Role {
  if (!exists) return 'service'
  return userRoles.find((known) => known === role) ?? 'internal_user'
}

const confinedRoles: Readonly<Partial<Record<Role, Role>>> = {
  proxy_admin: 'internal_user',
  proxy_admin_viewer: 'internal_user_viewer',
}

const confined = (principal: Principal): Principal =>
  principal.teamId === null
    ? principal
    : { ...principal, role: confinedRoles[principal.role] ?? principal.role, confinedTo: principal.teamId }

/** Whether rows of a team, or rows without one, are within the reach of the caller. */
export const reaches = ({ confinedTo }: Principal, teamId: string | null): boolean =>
  confinedTo === undefined || confinedTo === teamId

/** Whether the caller is the user of a row. */
export const isOwner = (
  principal: Principal,
  { user_id, team_id }: { readonly user_id: string | null; readonly team_id: string | null },
): boolean => user_id !== null && user_id === principal.userId && reaches(principal, team_id)

/** Whether the caller sees all calls of its user, rather than those of the key. */
export const seesUser = (principal: Principal): principal is Principal & { readonly userId: string } =>
  principal.user !== undefined && principal.userId !== null && principal.confinedTo === undefined

/** Whether the caller sees everything. */
export const isAdmin = ({ role }: Principal): boolean => role === 'proxy_admin'

/** Whether the caller may read everything. */
export const isViewer = ({ role }: Principal): boolean => role === 'proxy_admin' || role === 'proxy_admin_viewer'

/** Whether the caller is an admin of the team. */
export function isTeamAdmin(directory: Directory, principal: Principal, teamId: string | null): boolean {
  const { userId } = principal
  if (userId === null || teamId === null || !reaches(principal, teamId)) return false
  const team = directory.get('teams', teamId)
  return team?.members_with_roles.some(({ user_id, role }) => user_id === userId && role === 'admin') ?? false
}
