import { unauthorized } from '../refusal.js'
import { sessionKey } from './cookies.js'

type Headers = Readonly<Record<string, string | undefined>>

/** Headers of the APIs whose clients the gateway serves, in order of precedence. */
const others = ['x-litellm-api-key', 'x-api-key', 'api-key', 'x-goog-api-key', 'ocp-apim-subscription-key'] as const

const bearer = /^bearer\s+(.+)$/i

/**
 * The key of a request.
 * @param own name of the only header that counts, if there is one
 * @throws a refusal with status 401 for another scheme than Bearer
 */
export function keyOf(headers: Headers, own: string | undefined): string | undefined {
  if (own !== undefined && own !== 'authorization') return plain(headers[own]) ?? sessionKey(headers)
  if (own === undefined) {
    for (const name of others) {
      const found = plain(headers[name])
      if (found !== undefined) return found
    }
  }
  const { authorization } = headers
  if (!authorization) return sessionKey(headers)
  const key = bearer.exec(authorization)?.[1]?.trim()
  if (!key && !/^bearer\s*$/i.test(authorization))
    throw unauthorized("The header 'authorization' must be 'Bearer' and a key.", 'auth_error')
  return key || undefined
}

const plain = (value: string | undefined) => (value && (bearer.exec(value)?.[1] ?? value).trim()) || undefined
