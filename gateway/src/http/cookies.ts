type Headers = Readonly<Record<string, string | undefined>>

/** Cookie with the key of a session. */
export const sessionCookie = 'llmux_session'
/** Cookie of a sign-in that has begun. */
export const signInCookie = 'llmux_sign_in'

/** The value of a cookie of a request. */
export function cookieOf({ cookie }: Headers, name: string): string | undefined {
  for (const part of (cookie ?? '').split(';')) {
    const mark = part.indexOf('=')
    if (mark > 0 && part.slice(0, mark).trim() === name) return part.slice(mark + 1).trim() || undefined
  }
  return undefined
}

/** A `set-cookie` that scripts do not see, and other sites do not send with their requests. */
export function setCookie(name: string, value: string, path: string, maxAgeMs: number, baseUrl: string): string {
  const secure = baseUrl.startsWith('https:') ? '; Secure' : ''
  return `${name}=${value}; Path=${path}; Max-Age=${Math.floor(maxAgeMs / 1000)}; HttpOnly; SameSite=Lax${secure}`
}

export const clearedCookie = (name: string, path: string, baseUrl: string) => setCookie(name, '', path, 0, baseUrl)

/** The key of a browser session. A request that another site has caused does not count. */
export function sessionKey(headers: Headers): string | undefined {
  if (headers.cookie === undefined) return undefined
  const key = cookieOf(headers, sessionCookie)
  return key !== undefined && isOwnSite(headers) ? key : undefined
}

/** Whether a page of the gateway itself, or no page at all, has caused the request. */
export function isOwnSite(headers: Headers): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin, host } = headers
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}
