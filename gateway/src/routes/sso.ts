import type { Settings } from '../config/settings.js'
import { clearedCookie, cookieOf, sessionCookie, sessionKey, setCookie, signInCookie } from '../http/cookies.js'
import type { GatewayResponse, OpenRequest, OpenRoute } from '../http/response.js'
import { isLoopback } from '../master-key.js'
import { badRequest } from '../refusal.js'
import type { Control } from '../types.js'
import { withPage } from './sign-in-page.js'

interface SsoParts {
  readonly control: Control
  readonly settings: () => Settings
}

/** Sign-in with an identity provider, under LiteLLM's paths. */
export function ssoRoutes({ control, settings }: SsoParts): OpenRoute[] {
  const baseOf = (request: OpenRequest) => baseUrl(settings(), request)
  const logout = async (request: OpenRequest): Promise<GatewayResponse> => {
    const base = baseOf(request)
    const key = sessionKey(request.headers)
    if (key !== undefined) await control.signIn.end(key)
    const { logoutUrl } = settings().control.signIn ?? {}
    const cookies = [clearedCookie(sessionCookie, '/', base)]
    return logoutUrl === undefined ? page('Signed out.\n', cookies) : redirect(logoutUrl, cookies)
  }
  return [
    {
      method: 'GET',
      path: '/sso/key/generate',
      handler: (request) =>
        withPage(request, async () => {
          const base = baseOf(request)
          const returnTo = queryOf(request).get('return_to') ?? undefined
          const { url, pending, maxAgeMs } = await control.signIn.begin(base, returnTo)
          return redirect(url, [setCookie(signInCookie, pending, '/sso', maxAgeMs, base)])
        }),
    },
    {
      method: 'GET',
      path: '/sso/callback',
      handler: (request) =>
        withPage(request, async () => {
          const base = baseOf(request)
          const done = await control.signIn.finish(queryOf(request), cookieOf(request.headers, signInCookie))
          const cookies = [
            clearedCookie(signInCookie, '/sso', base),
            setCookie(sessionCookie, done.key, '/', done.maxAgeMs, base),
          ]
          return done.returnTo === undefined
            ? page(`Signed in as ${done.user.id} (${done.user.role}).\n`, cookies)
            : redirect(done.returnTo, cookies)
        }),
    },
    { method: 'GET', path: '/sso/logout', handler: logout },
    { method: 'POST', path: '/sso/logout', handler: logout },
  ]
}

const queryOf = ({ url, path }: OpenRequest) => new URLSearchParams(url.slice(path.length + 1))

const page = (text: string, cookies: readonly string[]): GatewayResponse => ({
  status: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  cookies,
  body: text,
})

const redirect = (location: string, cookies: readonly string[]): GatewayResponse => ({
  status: 303,
  headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  cookies,
  body: '',
})

/** The address under which browsers reach the gateway. A header of the client decides on it only on this machine. */
function baseUrl({ control }: Settings, { headers }: OpenRequest): string {
  const configured = control.signIn?.baseUrl
  if (configured !== undefined) return configured
  const host = headers.host ?? ''
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined
  if (url && isLoopback(url.hostname)) return url.origin
  throw badRequest('PROXY_BASE_URL must be set to the public address of the gateway.')
}
