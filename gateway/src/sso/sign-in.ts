import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { jwtVerify } from 'jose'
import type { AdminContext } from '../admin/context.js'
import { created } from '../admin/context.js'
import { noLimits } from '../admin/fields.js'
import type { Change } from '../keys/collections.js'
import { allKeys } from '../keys/key-search.js'
import { badRequest, forbidden, refusalOf, refuse, unauthorized } from '../refusal.js'
import type { KeyRow, UserRow } from '../store/rows.js'
import { hashKey, keyName, newKey, type Vault } from '../store/secrets.js'
import type { SqlRunner } from '../store/sql.js'
import type { Role, SignIn } from '../types.js'
import { type Claims, claimOf, textOf, textsOf } from './claims.js'
import { fetchJson, StatusError } from './fetch-json.js'
import { userByEmail, writePerson } from './people.js'
import { algorithms, RemoteKeys } from './remote-keys.js'
import type { SignInSettings } from './sign-in-settings.js'

/** Addresses of the provider. */
interface Endpoints {
  readonly issuer: string | undefined
  readonly authorization: string
  readonly token: string
  readonly userinfo: string | undefined
  /** Undefined if the client identifies itself in the header. */
  readonly secretInBody: boolean
  readonly keys: RemoteKeys | undefined
}

/** A sign-in that has begun, sealed in a cookie of the browser. */
interface Pending {
  readonly purpose: 'sign-in'
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly redirectUri: string
  readonly returnTo: string | undefined
  /** Milliseconds since 1970. */
  readonly until: number
}

const longestMs = 10 * 60_000
const discoveryMs = 60 * 60_000
const random = () => randomBytes(32).toString('base64url')

/** Sign-in of people by OpenID Connect: authorization code with PKCE, and a session that is a key with an end. */
export class OidcSignIn implements SignIn {
  readonly #context: AdminContext
  readonly #vault: Vault
  #endpoints: { readonly of: SignInSettings; readonly at: number; readonly found: Endpoints } | undefined

  constructor(context: AdminContext, vault: Vault) {
    this.#context = context
    this.#vault = vault
  }

  async begin(baseUrl: string, returnTo: string | undefined) {
    const settings = this.#settings()
    const target = returnTo === undefined ? undefined : localPath(returnTo, baseUrl)
    const { authorization } = await this.#find(settings)
    const pending: Pending = {
      purpose: 'sign-in',
      state: random(),
      nonce: random(),
      verifier: random(),
      redirectUri: `${baseUrl}/sso/callback`,
      returnTo: target,
      until: this.#context.now() + longestMs,
    }
    const url = new URL(authorization)
    const parameters = {
      response_type: 'code',
      client_id: settings.clientId,
      redirect_uri: pending.redirectUri,
      scope: settings.scope,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: createHash('sha256').update(pending.verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return { url: url.href, pending: this.#vault.seal(JSON.stringify(pending)), maxAgeMs: longestMs }
  }

  async finish(query: URLSearchParams, sealed: string | undefined) {
    const settings = this.#settings()
    const pending = this.#open(sealed)
    if (!equal(query.get('state') ?? '', pending.state))
      throw unauthorized(`The 'state' is not that of this browser. ${again}`)
    const endpoints = await this.#find(settings)
    const issuer = query.get('iss')
    if (issuer !== null && endpoints.issuer !== undefined && issuer !== endpoints.issuer)
      throw unauthorized("The answer comes from another provider: its 'iss' is not the configured issuer.")
    const code = query.get('code')
    if (!code) {
      const reason = query.get('error') ?? ''
      throw unauthorized(
        `The identity provider refused the sign-in${/^[\w.-]{1,64}$/.test(reason) ? `: ${reason}` : ''}.`,
      )
    }
    const claims = await this.#claims(settings, endpoints, pending, code)
    const { key, user } = await this.#startSession(settings, endpoints, claims)
    return { key, user, returnTo: pending.returnTo, maxAgeMs: settings.sessionMs }
  }

  async end(key: string): Promise<void> {
    const { directory } = this.#context
    await directory.load('keys', [hashKey(key)])
    const row = directory.get('keys', hashKey(key))
    if (row?.metadata.sso_session !== true) return
    const actor = { user: row.user_id ?? row.token, key: row.token }
    await directory.change(actor, 'signed out', (change) => change.remove('keys', row.token))
  }

  #settings(): SignInSettings {
    const { signIn } = this.#context.settings()
    if (signIn) return signIn
    throw refuse('Sign-in is not configured. Set GENERIC_CLIENT_ID and GENERIC_ISSUER.', {
      status: 501,
      type: 'not_implemented_error',
    })
  }

  #open(sealed: string | undefined): Pending {
    let pending: Partial<Pending> | undefined
    try {
      pending = sealed ? JSON.parse(this.#vault.open(sealed)) : undefined
    } catch {}
    if (pending?.purpose !== 'sign-in' || (pending.until ?? 0) <= this.#context.now())
      throw unauthorized(`The sign-in has expired, or it began in another browser. ${again}`)
    return pending as Pending
  }

  async #find(settings: SignInSettings): Promise<Endpoints> {
    const { now } = this.#context
    const known = this.#endpoints
    if (known?.of === settings && now() - known.at < discoveryMs) return known.found
    try {
      const found = await discover(settings, now)
      this.#endpoints = { of: settings, at: now(), found }
      return found
    } catch (error) {
      if (known?.of === settings) return known.found
      throw unreachable(error)
    }
  }

  /** Exchanges the code, and reads the claims of the ID token and of the userinfo endpoint. */
  async #claims(settings: SignInSettings, endpoints: Endpoints, pending: Pending, code: string): Promise<Claims> {
    const { clientId, clientSecret } = settings
    const basic = clientSecret !== undefined && !endpoints.secretInBody
    const encode = (text: string) => encodeURIComponent(text)
    const tokens = await fetchJson(endpoints.token, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(basic && {
          authorization: `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`,
        }),
      },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: pending.redirectUri,
        code_verifier: pending.verifier,
        client_id: clientId,
        ...(clientSecret !== undefined && !basic && { client_secret: clientSecret }),
      }).toString(),
    }).catch((error: unknown) => {
      throw unreachable(error)
    })
    const fromToken = await this.#idClaims(settings, endpoints, pending, tokens.id_token)
    const { userinfo } = endpoints
    if (userinfo === undefined || typeof tokens.access_token !== 'string') {
      if (fromToken) return fromToken
      throw unauthorized('The identity provider gave no ID token and no access token.')
    }
    const info = await fetchJson(userinfo, {
      headers: { accept: 'application/json', authorization: `Bearer ${tokens.access_token}` },
    }).catch((error: unknown) => {
      throw unreachable(error)
    })
    if (fromToken && info.sub !== fromToken.sub)
      throw unauthorized('The ID token and the userinfo endpoint name different subjects.')
    return { ...fromToken, ...info }
  }

  async #idClaims(
    { clientId }: SignInSettings,
    { keys, issuer }: Endpoints,
    pending: Pending,
    token: unknown,
  ): Promise<Claims | undefined> {
    // without an issuer there is nothing to check an ID token against: the userinfo endpoint decides
    if (!keys || issuer === undefined) return undefined
    if (typeof token !== 'string')
      throw unauthorized('The identity provider gave no ID token. The scope must have openid.')
    let payload: Claims
    try {
      const verified = await jwtVerify(token, (header) => keys.find(header), {
        algorithms,
        issuer,
        audience: clientId,
        requiredClaims: ['exp', 'iat', 'sub'],
        clockTolerance: 30,
        currentDate: new Date(this.#context.now()),
      })
      payload = verified.payload
    } catch (error) {
      if (refusalOf(error)?.status === 503) throw error
      throw unauthorized('The ID token of the identity provider is not valid.')
    }
    if (!equal(String(payload.nonce ?? ''), pending.nonce))
      throw unauthorized(`The 'nonce' of the ID token is not that of this sign-in. ${again}`)
    if (payload.azp !== undefined && payload.azp !== clientId)
      throw unauthorized('The ID token was issued to another client.')
    return payload
  }

  /** Creates or updates the user, and a key that is the session, in one change. */
  async #startSession(settings: SignInSettings, endpoints: Endpoints, claims: Claims) {
    const context = this.#context
    const subject = textOf(claims, 'sub')
    const named = textOf(claims, settings.idField) ?? subject
    if (named === undefined) throw unauthorized(`The identity provider gave no '${settings.idField}' and no 'sub'.`)
    const email = claims.email_verified === false ? undefined : textOf(claims, settings.emailField)
    const { emailDomains } = settings
    if (emailDomains && !emailDomains.includes(email?.toLowerCase().split('@').at(-1) ?? ''))
      throw forbidden('The e-mail address is not in ALLOWED_EMAIL_DOMAINS.')
    const linked =
      !context.directory.get('users', named) && email !== undefined && claims.email_verified === true
        ? userByEmail(context, email)?.user_id
        : undefined
    const userId = linked ?? named
    const key = newKey()
    const token = hashKey(key)
    const actor = { user: userId, key: token }
    let keys: KeyRow[] = []
    const before = async (tx: SqlRunner) => {
      keys = await allKeys(context.directory, tx, { user_id: userId })
    }
    const edit = (change: Change) => {
      const user = writePerson(context, change, actor, {
        userId,
        email,
        name: nameOf(claims, settings),
        role: roleOf(claims, settings, userId),
        teams: textsOf(claims, settings.teamsField),
        createUser: true,
        createTeams: settings.upsertTeam,
        syncTeams: settings.teamsField !== undefined,
        subject: `${endpoints.issuer ?? new URL(endpoints.token).origin} ${subject ?? named}`,
      })
      if (!user) throw new Error('A sign-in without a user.')
      if (user.blocked) throw forbidden(`The user ${userId} is blocked.`)
      for (const old of keys) {
        if (old.metadata.sso_session === true && hasEnded(old.expires, context.now())) change.remove('keys', old.token)
      }
      change.put('keys', token, {
        token,
        key_name: keyName(key),
        key_alias: null,
        user_id: userId,
        team_id: null,
        organization_id: null,
        budget_id: null,
        models: [],
        aliases: {},
        metadata: { sso_session: true },
        permissions: {},
        allowed_routes: [],
        key_type: 'default',
        blocked: null,
        expires: new Date(context.now() + settings.sessionMs).toISOString(),
        rotation_count: 0,
        extra: {},
        ...noLimits,
        ...created(context, actor),
      })
      return user
    }
    const user = await context.directory.change(actor, 'signed in', edit, before)
    return { key, user: describe(user) }
  }
}

const describe = ({ user_id, user_role }: UserRow) => ({ id: user_id, role: user_role ?? 'internal_user' })

const again = 'Open /sso/key/generate again.'

const hasEnded = (expires: string | null, now: number) => expires !== null && Date.parse(expires) <= now

function equal(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

function unreachable(error: unknown): Error {
  const status = error instanceof StatusError ? error.status : undefined
  if (status === 400 || status === 401)
    return unauthorized(`The identity provider refused the request of the gateway with status ${status}. ${again}`)
  return refuse("The identity provider can't be used now. The master key and virtual keys work.", {
    status: 503,
    type: 'service_unavailable_error',
    headers: { 'retry-after': '10' },
  })
}

/** A path of this gateway. @throws a refusal for everything that could leave it */
function localPath(given: string, baseUrl: string): string {
  const base = new URL(baseUrl)
  const url = URL.canParse(given, base.origin) ? new URL(given, base.origin) : undefined
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop them from addresses
  const odd = !/^\/(?![/\\])/.test(given) || /[\\\u0000-\u0020\u007f]/.test(given)
  if (odd || url?.origin !== base.origin)
    throw badRequest("'return_to' must be a path of this gateway that begins with one '/'.", 'return_to')
  return `${url.pathname}${url.search}${url.hash}`
}

async function discover(settings: SignInSettings, now: () => number): Promise<Endpoints> {
  const { issuer } = settings
  if (issuer === undefined) {
    return {
      issuer,
      authorization: settings.authorizationEndpoint ?? '',
      token: settings.tokenEndpoint ?? '',
      userinfo: settings.userinfoEndpoint,
      secretInBody: false,
      keys: undefined,
    }
  }
  const found = await fetchJson(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`)
  if (typeof found.issuer !== 'string' || found.issuer.replace(/\/+$/, '') !== issuer.replace(/\/+$/, ''))
    throw new Error('The discovery document answered with another issuer.')
  const address = (name: string) => {
    const value = found[name]
    return typeof value === 'string' && /^https?:\/\//.test(value) ? value : undefined
  }
  const authorization = settings.authorizationEndpoint ?? address('authorization_endpoint')
  const token = settings.tokenEndpoint ?? address('token_endpoint')
  const keys = address('jwks_uri')
  if (!authorization || !token || !keys) throw new Error('The discovery document answered without an endpoint.')
  const methods = textsOf(found, 'token_endpoint_auth_methods_supported')
  return {
    issuer: found.issuer,
    authorization,
    token,
    userinfo: settings.userinfoEndpoint ?? address('userinfo_endpoint'),
    secretInBody: methods.length > 0 && !methods.includes('client_secret_basic'),
    keys: new RemoteKeys([keys], 600_000, now),
  }
}

function nameOf(claims: Claims, settings: SignInSettings): string | undefined {
  const parts = [textOf(claims, settings.firstNameField), textOf(claims, settings.lastNameField)].filter(Boolean)
  return textOf(claims, settings.nameField) ?? (parts.length > 0 ? parts.join(' ') : undefined)
}

/** The strongest role that the provider gives; undefined leaves that of the user. */
function roleOf(claims: Claims, settings: SignInSettings, userId: string): Role | undefined {
  if (settings.adminId === userId) return 'proxy_admin'
  if (settings.roleGroups.length > 0) {
    const groups = textsOf(claims, settings.groupsField)
    const mapped = settings.roleGroups.find(([, names]) => names.some((name) => groups.includes(name)))?.[0]
    return mapped ?? settings.defaultRole ?? 'internal_user'
  }
  if (claimOf(claims, settings.roleField) === undefined) return undefined
  const given = textsOf(claims, settings.roleField)
  return (['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const).find((role) =>
    given.includes(role),
  )
}
