import type { Settings } from '../config/settings.js'
import { type BodyReader, parseJson } from '../http/body.js'
import { clearedCookie, isOwnSite, sessionCookie, sessionKey, setCookie } from '../http/cookies.js'
import { keyOf } from '../http/keys.js'
import type { GatewayResponse, OpenRequest, OpenRoute } from '../http/response.js'
import { badRequest, forbidden } from '../refusal.js'
import type { AdminRoute, Control, Principal } from '../types.js'

interface SessionParts {
  readonly control: Control
  readonly settings: () => Settings
  readonly bodies: BodyReader
  /** All management routes. */
  readonly routes: () => readonly AdminRoute[]
  readonly version: string
}

/** Sessions of browsers: sign in with a key or a one-time link, see the own rights, sign out. */
export function sessionRoutes({ control, settings, bodies, routes, version }: SessionParts): OpenRoute[] {
  const common = () => ({ oidc: settings().control.signIn !== undefined, version })
  const about = (principal: Principal, token: string) => ({
    signed_in: true,
    ...common(),
    role: principal.role,
    master: principal.master,
    user_id: principal.userId,
    user_email: principal.userEmail,
    key_name: principal.keyName,
    key_alias: principal.keyAlias,
    team_id: principal.teamId,
    teams_admin: control.teamsOf(principal),
    expires: isoOf(control.sessions.expires(token)) ?? principal.key?.expires ?? null,
    routes: routes()
      .filter(({ method, path }) => mayCall(control, principal, method, path))
      .map(({ method, path }) => `${method} ${path}`),
  })
  const cookie = (request: OpenRequest, token: string, maxAgeMs: number) =>
    setCookie(sessionCookie, token, '/', maxAgeMs, schemeOf(settings(), request))
  return [
    {
      method: 'GET',
      path: '/session',
      handler: async (request) => {
        const token = keyOf(request.headers, settings().keyHeader)
        try {
          await control.prepare(token)
          if (token !== undefined) return json(200, about(control.authenticate(token, request.ip), token))
        } catch {
          // an ended session is the same as none
        }
        return json(200, { signed_in: false, ...common() })
      },
    },
    {
      method: 'POST',
      path: '/session',
      handler: async (request) => {
        if (!isOwnSite(request.headers))
          throw forbidden("The sign-in must come from a page of the gateway: 'origin' must be the address in 'host'.")
        const { bytes, release } = await bodies.read(request.raw)
        try {
          const { key } = (parseJson(bytes) ?? {}) as { key?: unknown }
          if (typeof key !== 'string' || key === '') throw badRequest("'key' must be in the body.", 'key')
          await control.prepare(key)
          const principal = control.authenticate(key, request.ip)
          const { token, maxAgeMs } = await control.sessions.begin(principal)
          return json(200, about(principal, token), [cookie(request, token, maxAgeMs)])
        } finally {
          release()
        }
      },
    },
    {
      method: 'DELETE',
      path: '/session',
      handler: async (request) => {
        const token = sessionKey(request.headers)
        if (token !== undefined) {
          await control.sessions.end(token)
          await control.signIn.end(token)
        }
        const cleared = clearedCookie(sessionCookie, '/', schemeOf(settings(), request))
        return { status: 204, headers: { 'cache-control': 'no-store' }, cookies: [cleared], body: undefined }
      },
    },
    {
      method: 'GET',
      path: '/session/open',
      handler: async (request) => {
        const given = new URLSearchParams(request.url.slice(request.path.length + 1)).get('token') ?? ''
        const { token, maxAgeMs } = await control.sessions.open(given)
        return {
          status: 303,
          headers: { location: '/ui/', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
          cookies: [cookie(request, token, maxAgeMs)],
          body: '',
        }
      },
    },
  ]
}

const json = (status: number, body: unknown, cookies?: readonly string[]): GatewayResponse => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  ...(cookies && { cookies }),
  body: JSON.stringify(body),
})

const isoOf = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString())

/** Whether browsers reach the gateway by https. The header of a proxy can only make the cookie stricter. */
const schemeOf = ({ control }: Settings, { headers }: OpenRequest): string =>
  control.signIn?.baseUrl ?? (headers['x-forwarded-proto']?.split(',')[0]?.trim() === 'https' ? 'https:' : 'http:')

function mayCall(control: Control, principal: Principal, method: string, path: string): boolean {
  try {
    control.authorizeRoute(principal, method, path)
    return true
  } catch {
    return false
  }
}
