import type { Provider } from '../../providers/contract.js'
import { BadRequestError, got } from '../errors.js'

/** Base URLs of calls, parsed once: parsing costs more than the rest of finding a target. */

interface ParsedBase {
  readonly origin: string
  /** Without a slash at its end. */
  readonly path: string
  readonly search: string
  readonly shown: string
  /** Addresses under the base by path: calls repeat them. */
  readonly located: Map<string, Located>
}

/** The address of an operation under a base. */
export interface Located {
  readonly origin: string
  readonly shown: string
  readonly place: string
  readonly path: string
}

const parsed = new Map<string, ParsedBase>()
const parsedLimit = 256
const longPath = 500

/**
 * The address of a path under a base.
 * @throws {BadRequestError} if the base is invalid
 */
export function locate(base: string, pathUnder: (basePath: string) => string, provider: Provider): Located {
  const parts = parseBase(base, provider)
  const path = pathUnder(parts.path)
  const known = parts.located.get(path)
  if (known) return known
  const located = addPath(parts, path, provider)
  // some paths name the model of the call, which may be any text
  if (parts.located.size >= parsedLimit) parts.located.clear()
  if (path.length < longPath) parts.located.set(path, located)
  return located
}

function addPath({ origin, path: basePath, search, shown }: ParsedBase, path: string, provider: Provider): Located {
  const [plain = '', query] = path.split('?')
  if (plain.length > 1 && basePath.endsWith(plain)) throw badBase(provider, `give the base only, without ${plain}`)
  // `https://host/v1` and `https://host` are both in use as the base of APIs whose paths begin with a version
  const prefix = /^\/v\d+\//.test(plain) ? basePath.replace(/\/v\d+$/, '') : basePath
  const queries = [search.slice(1), query].filter(Boolean).join('&')
  return {
    origin,
    shown,
    place: `${origin}${basePath}${search}`,
    path: `${prefix}${plain}${queries ? `?${queries}` : ''}`,
  }
}

/** Parses a base. The few bases of a process are kept. */
export function parseBase(base: string, provider: Provider): ParsedBase {
  const known = parsed.get(base)
  if (known) return known
  const url = URL.canParse(base) ? new URL(base) : undefined
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw badBase(provider, `it must be a URL that begins with https:// or http://; ${got(base)}`)
  }
  if (url.username || url.password)
    throw badBase(provider, 'it must not hold a user name or password: use apiKey or headers')
  const path = url.pathname.replace(/\/+$/, '')
  const shown = `${url.origin}${url.pathname}`
  const result = { origin: url.origin, path, search: url.search, shown, located: new Map() }
  if (parsed.size >= parsedLimit) parsed.clear()
  parsed.set(base, result)
  return result
}

const badBase = (provider: Provider, why: string) =>
  new BadRequestError(`The apiBase for ${provider.name} can't be used: ${why}.`, {
    provider: provider.id,
    param: 'apiBase',
  })

const origins = new Map<string, string | undefined>()

/** The origin of a base; undefined if it is no URL. */
export function originOf(base: string): string | undefined {
  if (origins.has(base)) return origins.get(base)
  const origin = URL.canParse(base) ? new URL(base).origin : undefined
  if (origins.size >= parsedLimit) origins.clear()
  origins.set(base, origin)
  return origin
}

/** Whether an origin is one of the provider's own. */
export const isOwnHost = ({ address }: Provider, origin: string, ownBase: string) =>
  sameOrigin(origin, ownBase) || address.ownHosts?.test(origin) === true

const sameOrigin = (origin: string, base: string) => originOf(base) === origin
/** Keys that were configured without a base belong to every host. */
export const isHome = (origin: string, home: string | undefined) => home === undefined || originOf(home) === origin
