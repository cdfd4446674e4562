import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { AdminContext } from '../admin/context.js'
import { emptyKey } from '../admin/empty-rows.js'
import type { KeyRing } from '../keys/key-ring.js'
import { forbidden, unauthorized } from '../refusal.js'
import type { KeyRow } from '../store/rows.js'
import { hashKey } from '../store/secrets.js'
import type { Principal, Role } from '../types.js'
import { type Claims, scopesOf, textOf, textsOf } from './claims.js'
import type { JwtSettings } from './jwt-settings.js'
import { upsertPerson } from './people.js'
import { algorithms, RemoteKeys } from './remote-keys.js'

/** User, team and rights of a verified token. */
interface Identity {
  /** Used instead of a key's hash: the same for all tokens of one subject. */
  readonly account: string
  readonly admin: boolean
  readonly userId: string | undefined
  readonly email: string | undefined
  /** Role that the token gives to the user. */
  readonly role: Role | undefined
  /** A team that the token names must exist; of groups, those that do count. */
  readonly teams: readonly string[]
  readonly teamRequired: boolean
  readonly organizationId: string | undefined
  readonly customerId: string | undefined
  readonly models: readonly string[]
  readonly routes: readonly string[]
  /** Milliseconds since 1970. */
  readonly until: number
  readonly settings: JwtSettings
}

const mostTokens = 10_000
const longestToken = 16_384
const longestMs = 5 * 60_000
/** Seconds by which two clocks may differ. */
const tolerance = 30

/** Whether a key has the form of a signed token. */
const isToken = (key: string): boolean => /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(key) && key.length <= longestToken

/** Tokens of an identity provider as keys. */
export class JwtKeys {
  readonly #context: AdminContext
  readonly #ring: KeyRing
  /** Verified tokens by the hash of the whole token, oldest first. */
  readonly #known = new Map<string, Identity>()
  #keys: { readonly of: string; readonly keys: RemoteKeys } | undefined

  constructor(context: AdminContext, ring: KeyRing) {
    this.#context = context
    this.#ring = ring
  }

  /** Whether a key is a token, and tokens are configured. */
  accepts(key: string | undefined): boolean {
    return this.#context.settings().jwt !== undefined && key !== undefined && isToken(key)
  }

  /**
   * Verifies a token, and creates its user and team if that is configured, so that `authenticate()` finds it. Undefined if there is
   * nothing to wait for.
   */
  prepare(key: string | undefined): Promise<void> | undefined {
    const settings = this.#context.settings().jwt
    if (!settings || key === undefined || !isToken(key)) return undefined
    const hash = hashKey(key)
    const known = this.#known.get(hash)
    if (known && known.settings === settings && known.until > this.#context.now() && !this.#lacksRows(known)) return
    return this.#verify(key, hash, settings)
  }

  /** The caller of a token; undefined for other keys. */
  authenticate(key: string | undefined): Principal | undefined {
    const settings = this.#context.settings().jwt
    if (!settings || key === undefined || !isToken(key)) return undefined
    const known = this.#known.get(hashKey(key))
    if (!known || known.settings !== settings || known.until <= this.#context.now())
      throw unauthorized('The token has expired or was not verified.', 'expired_key')
    return this.#principal(known)
  }

  /** Whether a user or a team has to be created. */
  #lacksRows({ userId, teams, settings }: Identity): boolean {
    const { directory } = this.#context
    return (
      (settings.upsertUser && userId !== undefined && !directory.get('users', userId)) ||
      (settings.upsertTeam && teams.some((id) => !directory.get('teams', id)))
    )
  }

  async #verify(token: string, hash: string, settings: JwtSettings): Promise<void> {
    const of = `${settings.ttlMs} ${settings.urls.join(' ')}`
    if (this.#keys?.of !== of)
      this.#keys = { of, keys: new RemoteKeys(settings.urls, settings.ttlMs, this.#context.now) }
    const { keys } = this.#keys
    const { now } = this.#context
    let payload: JWTPayload
    try {
      const verified = await jwtVerify(token, (header) => keys.find(header), {
        algorithms,
        requiredClaims: ['exp'],
        clockTolerance: tolerance,
        currentDate: new Date(now()),
        ...(settings.audiences && { audience: [...settings.audiences] }),
        ...(settings.issuers && { issuer: [...settings.issuers] }),
      })
      payload = verified.payload
    } catch (error) {
      throw refusalFor(error)
    }
    const until = Math.min(((payload.exp ?? 0) + tolerance) * 1000, now() + longestMs)
    const identity = identityOf(payload, settings, until)
    await this.#upsert(identity)
    this.#known.delete(hash)
    this.#known.set(hash, identity)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= mostTokens) break
      this.#known.delete(oldest)
    }
  }

  async #upsert({ userId, email, role, teams, account, settings }: Identity): Promise<void> {
    const actor = { user: userId ?? account, key: account }
    await upsertPerson(this.#context, actor, 'token accepted', {
      userId: userId ?? account,
      email,
      role: settings.syncRoles ? role : undefined,
      teams,
      createUser: userId !== undefined && settings.upsertUser,
      createTeams: settings.upsertTeam,
      syncTeams: userId !== undefined && settings.joinTeams,
    })
  }

  #principal(identity: Identity): Principal {
    const { directory } = this.#context
    const { userId, teams, admin, settings } = identity
    if (userId !== undefined && !admin && !directory.get('users', userId)) {
      throw unauthorized(
        `The user '${userId}' of the token does not exist. Create it with /user/new, or set litellm_jwtauth.user_id_upsert.`,
      )
    }
    const found = teams.flatMap((id) => directory.get('teams', id) ?? [])
    if (found.length === 0 && teams.length > 0 && identity.teamRequired && !admin) {
      throw unauthorized(
        `The team '${teams[0]}' of the token does not exist. Create it with /team/new, or set litellm_jwtauth.team_id_upsert.`,
      )
    }
    if (found.length === 0 && !admin && (userId === undefined || settings.enforceTeam)) {
      throw unauthorized(
        settings.enforceTeam
          ? 'The token names no team that exists, and litellm_jwtauth.enforce_team_based_model_access is set.'
          : 'The token names no user and no team. Set litellm_jwtauth.user_id_jwt_field, team_id_jwt_field or team_ids_jwt_field.',
      )
    }
    // a blocked team counts only if there is no other
    const open = found.filter(({ blocked }) => !blocked)
    const [first, ...rest] = (open.length > 0 ? open : found).map(({ team_id }) => this.#principalIn(identity, team_id))
    if (!first) return this.#principalIn(identity, null)
    return rest.length > 0 ? { ...first, alternatives: rest } : first
  }

  #principalIn(identity: Identity, teamId: string | null): Principal {
    const { account, admin, userId, customerId } = identity
    const row: KeyRow = {
      token: account,
      key_name: 'jwt',
      ...emptyKey,
      user_id: userId ?? null,
      team_id: teamId,
      organization_id: identity.organizationId ?? null,
      models: identity.models,
      allowed_routes: identity.routes,
      created_at: epoch,
      created_by: account,
      updated_at: epoch,
      updated_by: account,
      spend_epoch: 0,
    }
    const principal = this.#ring.callerOf(row)
    return {
      ...principal,
      ...(admin && { role: 'proxy_admin' as const }),
      ...(customerId !== undefined && { customerId }),
    }
  }
}

const epoch = new Date(0).toISOString()

/** Reads the claims. @throws a refusal if they are not enough */
function identityOf(payload: JWTPayload, settings: JwtSettings, until: number): Identity {
  const claims: Claims = payload
  const scopes = scopesOf(claims)
  const roles = textsOf(claims, settings.rolesField)
  const mapped = settings.roleMappings.find(({ role }) => roles.includes(role))?.internalRole
  if (settings.enforceRoles && !mapped && !scopes.has(settings.adminScope))
    throw forbidden('The token has no role that litellm_jwtauth.role_mappings knows.')
  const object = textOf(claims, settings.objectField)
  const email = textOf(claims, settings.emailField)
  const { emailDomain } = settings
  if (emailDomain !== undefined && !email?.toLowerCase().endsWith(`@${emailDomain.toLowerCase()}`))
    throw forbidden(`The e-mail address of the token must be one of '${emailDomain}'.`)
  const { allowedRoles } = settings
  if (allowedRoles && !textsOf(claims, settings.userRolesField).some((role) => allowedRoles.includes(role)))
    throw forbidden('The token has none of the roles of litellm_jwtauth.user_allowed_roles.')
  const scoped = settings.scopeMappings.filter(({ scope }) => scopes.has(scope))
  const admin = scopes.has(settings.adminScope) || mapped === 'proxy_admin'
  if (settings.enforceScopes && scoped.length === 0 && !admin)
    throw forbidden('The token has none of the scopes of litellm_jwtauth.scope_mappings.')
  const userId = textOf(claims, settings.userField) ?? (mapped === 'internal_user' ? object : undefined)
  const team = textOf(claims, settings.teamField) ?? (mapped === 'team' ? object : undefined)
  const groups = textsOf(claims, settings.teamsField)
  const named = [...(team === undefined ? [] : [team]), ...groups]
  const teams = named.length > 0 ? named : settings.defaultTeam !== undefined ? [settings.defaultTeam] : []
  const subject = `${payload.iss ?? ''}\n${payload.sub ?? userId ?? team ?? ''}`
  return {
    account: hashKey(`jwt\n${subject}`),
    admin,
    userId,
    email: claims.email_verified === false ? undefined : email,
    role: roleOf(claims, settings),
    teams: [...new Set(teams)].slice(0, 200),
    teamRequired: groups.length === 0,
    organizationId: textOf(claims, settings.organizationField),
    customerId: textOf(claims, settings.customerField)?.slice(0, 256),
    models: [...new Set(scoped.flatMap(({ models }) => models))],
    routes: admin
      ? settings.adminRoutes
      : scoped.some(({ routes }) => routes.length > 0)
        ? scoped.flatMap(({ routes }) => routes)
        : userId === undefined
          ? settings.teamRoutes
          : [],
    until,
    settings,
  }
}

/** The first role of `jwt_litellm_role_map` that the token has. */
function roleOf(claims: Claims, settings: JwtSettings): Role | undefined {
  const roles = [...textsOf(claims, settings.rolesField), ...textsOf(claims, settings.userRolesField)]
  return settings.roleMap.find(({ from }) => roles.includes(from))?.to
}

/** A reason in clear words, without a part of the token. */
function refusalFor(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return unauthorized('The token has expired.', 'expired_key')
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error
    if (reason === 'missing') return unauthorized(`The token must have the claim '${claim}'.`)
    if (claim === 'aud') return unauthorized("The audience of the token, 'aud', is not this gateway.")
    if (claim === 'iss') return unauthorized("The issuer of the token, 'iss', is not the configured one.")
    if (claim === 'nbf') return unauthorized("The token is not valid yet: see its claim 'nbf'.")
    return unauthorized(`The claim '${claim}' of the token is not valid.`)
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return unauthorized('The signature of the token is not valid.')
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return unauthorized(`The token must be signed with one of ${algorithms.join(', ')}.`)
  if (error instanceof errors.JOSEError || error instanceof TypeError)
    return unauthorized('The token is not a signed token that can be read.')
  return error
}
