import type { AuthScheme, Encoded, Operation, Provider, Settings } from '../../providers/contract.js'
import { AuthenticationError, BadRequestError } from '../errors.js'
import type { CallOptions, ProviderOptions } from '../types/options.js'
import { isHome, isOwnHost, locate, originOf, parseBase } from './base-url.js'
import { fromEnvironment } from './environment.js'
import { sensitive } from './options.js'

/** Address and credentials of a call. */
export interface Target {
  /** The base, for messages. */
  readonly base: string
  /** Name of the server, for messages: the provider at its own host, else the address. */
  readonly who: string
  readonly origin: string
  readonly path: string
  /** The base with its path and query, for comparisons: a query may hold a secret. */
  readonly place: string
  /** Lower-case names. */
  readonly headers: Record<string, string>
  /** Whether the base is the provider's own. */
  readonly ownHost: boolean
  /** Whether the call brought a base that the client's credentials don't belong to. */
  readonly isGuest: () => boolean
  readonly settings: Settings
  /** The key that is exchanged for a token. */
  readonly tradedKey: string | undefined
  /** Values that must not be printed. */
  readonly secrets: string[]
  readonly keySource: 'call' | 'client' | 'environment' | 'none'
  /** Whether the provider may sign the request or fetch a token for it: not for the base of a single call. */
  readonly authorized: boolean
  /** The environment variable of the key. */
  readonly keyName: string | undefined
  /** Reason for withholding an existing key, as a sentence. */
  readonly withheld: string | undefined
}

interface Credential {
  scheme: AuthScheme
  value: string
  source: 'call' | 'client' | 'environment'
  name: string | undefined
}

/**
 * Finds the address and the credential of a call. A credential is sent only to the base that it was configured with: the call's key
 * to the call's base, the client's key to the client's base, the environment's key to the environment's base or the provider's own
 * host. A base with higher precedence never gets a key with lower precedence, unless the origin is the same.
 * @throws {AuthenticationError} if the provider's own host needs a key and there is none
 * @throws {BadRequestError} if the base is invalid
 */
export function findTarget(
  provider: Provider,
  call: { operation: Operation; model: string; stream: boolean },
  options: CallOptions,
  configured: ProviderOptions,
): Target {
  const { operation, model, stream } = call
  const credential = findCredential(provider, options, configured)
  const settings = settingsOf(provider, model, options, configured, credential)
  const ownBase = typeof provider.address.base === 'function' ? provider.address.base(settings) : provider.address.base
  // the environment is slow to read: only without a base in the options
  const farBase = () => environmentBase(provider) ?? ownBase
  const nearBase = options.apiBase ?? configured.apiBase
  const base = nearBase ?? farBase()
  if (base === undefined) {
    const names = provider.address.env.join(' or ')
    const { orElse, example } = provider.address
    throw new BadRequestError(
      `${provider.name} has no address of its own: pass apiBase${example ? ` (such as ${example})` : ''}` +
        `${names ? `, or set ${names}` : ''}${orElse ? `; or ${orElse}` : ''}.`,
      {
        provider: provider.id,
        model,
        param: 'apiBase',
      },
    )
  }
  const ownHost = ownBase !== undefined && isOwnHost(provider, parseBase(base, provider).origin, ownBase)
  const pathUnder = (basePath: string) => provider.address.path(operation, model, stream, settings, basePath, ownHost)
  const url = locate(base, pathUnder, provider)
  const belongs = credential === undefined || belongsTo(credential, url.origin, options, configured, farBase)
  if (!credential && !provider.authorize && provider.auth.required !== false && (ownHost || nearBase === undefined)) {
    throw missingKey(provider, model)
  }
  const isForeign = () =>
    options.apiBase !== undefined &&
    options.apiBase !== configured.apiBase &&
    (ownBase === undefined
      ? !isHome(url.origin, configured.apiBase ?? farBase()) ||
        (hasEnvironmentSecret(provider, options, configured) &&
          !isHomeOfEnvironment(url.origin, options, configured, farBase()))
      : !ownHost)
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': userAgent,
    ...provider.headers,
  }
  const secrets: string[] = secretsIn(provider, settings)
  const traded = credential !== undefined && belongs && credential.scheme.traded === true
  if (credential && belongs) {
    if (/[^\x20-\x7e]/.test(credential.value)) {
      throw new AuthenticationError(
        `The key for ${provider.name}${credential.name ? ` in ${credential.name}` : ''} has characters that no key has ` +
          '(a line break in the middle, a typographic quote?). Copy it again.',
        { provider: provider.id, model },
      )
    }
    if (credential.value.startsWith('os.environ/')) {
      const name = credential.value.slice('os.environ/'.length)
      throw new AuthenticationError(
        `The key for ${provider.name} is the text '${credential.value}': only a Router puts what the environment has in its place. ` +
          `Pass process.env.${name}, or leave it out where ${name} is the provider's usual name.`,
        { provider: provider.id, model },
      )
    }
    if (!credential.scheme.traded)
      headers[credential.scheme.header] = `${credential.scheme.prefix ?? ''}${credential.value}`
    secrets.push(credential.value)
  }
  for (const { option, env, header } of provider.optionHeaders ?? []) {
    const value = options[option] ?? configured[option] ?? (ownHost ? fromEnvironment(env)?.value : undefined)
    if (value) headers[header] = value
  }
  return {
    base: url.shown,
    who: ownHost || ownBase === undefined ? provider.name : `The server at ${url.origin}`,
    origin: url.origin,
    path: url.path,
    place: url.place,
    headers,
    ownHost,
    isGuest: guestCheck(provider, url.origin, options.apiBase, configured, ownBase),
    settings,
    secrets,
    keySource: credential && belongs ? credential.source : 'none',
    tradedKey: traded ? credential.value : undefined,
    authorized: provider.authorize !== undefined && (traded || (!(credential && belongs) && !isForeign())),
    keyName: credential?.name,
    withheld: credential && !belongs ? whyWithheld(credential, url.origin, configured, farBase) : undefined,
  }
}

/** The environment is slow to read, and few calls need this. A known target keeps the function, so it holds no call's options. */
const guestCheck =
  (
    provider: Provider,
    origin: string,
    apiBase: string | undefined,
    configured: ProviderOptions,
    ownBase: string | undefined,
  ) =>
  () =>
    apiBase !== undefined && !isHome(origin, configured.apiBase ?? environmentBase(provider) ?? ownBase)

/** Whether the base of a call is the provider's own host. */
export function goesToOwnHost(
  provider: Provider,
  options: Pick<CallOptions, 'apiBase'>,
  configured: ProviderOptions,
): boolean {
  const { base: own } = provider.address
  const base = options.apiBase ?? configured.apiBase ?? environmentBase(provider)
  if (base === undefined || typeof own !== 'string') return true
  return isOwnHost(provider, originOf(base) ?? '', own)
}

function environmentBase({ address }: Provider): string | undefined {
  const value = fromEnvironment(address.env)?.value
  return value !== undefined && address.fromEnvironment ? address.fromEnvironment(value) : value
}

const noSettings: Settings = Object.freeze({})

function settingsOf(
  provider: Provider,
  model: string,
  options: CallOptions,
  configured: ProviderOptions,
  credential: Credential | undefined,
): Settings {
  if (!provider.settings) return noSettings
  const settings: Record<string, string> = {}
  const onCall = options as Readonly<Record<string, unknown>>
  // a server of the caller has its own rules
  const elsewhere = (options.apiBase ?? configured.apiBase) !== undefined
  for (const { option, env, default: usual, example, required, requiredUnless } of provider.settings) {
    const given = onCall[option] ?? configured[option]
    const value = (typeof given === 'string' && given.trim()) || fromEnvironment(env)?.value || usual
    if (value) settings[option] = value
    else if (required || (requiredUnless && !elsewhere && credential?.scheme.option !== requiredUnless)) {
      const names = env.join(' or ')
      throw new BadRequestError(
        `${provider.name} needs ${option}${example ? ` (such as ${example})` : ''}: pass it with the call${names ? `, or set ${names}` : ''}, ` +
          `or createClient({ providers: { ${asKey(provider.id)}: { ${option} } } }).`,
        { provider: provider.id, model, param: option },
      )
    }
  }
  return settings
}

const secretsIn = ({ settings: all = [] }: Provider, settings: Settings): string[] =>
  all.flatMap(({ option, secret }) => (secret && settings[option] !== undefined ? [settings[option]] : []))

/**
 * Adds the headers of the dialect, of the client and of the call; later ones take precedence. Lists that both the dialect and the caller
 * have (beta flags) are joined. Credentials in the client's headers belong to its base: a call with another base doesn't send them.
 * @param configured headers of the client and of its provider
 */
export function withHeaders(
  target: Target,
  encoded: Encoded,
  configured: readonly (CallOptions['headers'] | undefined)[],
  own: CallOptions['headers'] | undefined,
): Target {
  const { headers } = target
  const lists = encoded.headers ?? none
  if (lists !== none) Object.assign(headers, lists)
  let { secrets, authorized, withheld } = target
  const add = (extra: CallOptions['headers'] | undefined, isOwn: boolean) => {
    if (extra === undefined || extra === null) return
    for (const [key, value] of Object.entries(extra)) {
      if (value === undefined) continue
      const name = key.toLowerCase()
      const isSecret = sensitive.test(name)
      if (isSecret && !isOwn && name !== 'idempotency-key' && target.isGuest()) {
        withheld ??= `The client's header '${name}' belongs to its base and was not sent to ${target.origin}: pass headers together with apiBase.`
        continue
      }
      headers[name] = name in lists && lists[name] !== value ? join(lists[name], value) : value
      // a given authorization header replaces a signature or token
      if (name === 'authorization') authorized = false
      if (isSecret) secrets = [...secrets, ...valuesIn(value)]
    }
  }
  for (const extra of configured) add(extra, false)
  add(own, true)
  return secrets === target.secrets && withheld === target.withheld
    ? target
    : { ...target, secrets, authorized, withheld }
}

/** The target with more path and query after its own. */
export function withSubpath(target: Target, subpath: string): Target {
  const [path = '', query] = target.path.split('?')
  const [under = '', added] = subpath.split('?')
  const queries = [query, added].filter(Boolean).join('&')
  return { ...target, path: `${path}${under}${queries && `?${queries}`}` }
}

const none: Readonly<Record<string, string>> = Object.freeze({})

/** The credential in a header, with and without its prefix (`Bearer`). */
const valuesIn = (value: string): string[] => [value, value.replace(/^\w+ /, '')]

/** Adds a credential that was obtained during the call, such as a token, to the values that must not be printed. */
export function keepSecret({ secrets }: Target, value: string): void {
  for (const one of valuesIn(value)) if (!secrets.includes(one)) secrets.push(one)
}

const join = (list: string | undefined, value: string) =>
  [...new Set(`${list ?? ''},${value}`.split(',').map((item) => item.trim()))].filter(Boolean).join(',')

const userAgent = 'llmux'

function findCredential(provider: Provider, options: CallOptions, configured: ProviderOptions): Credential | undefined {
  const { schemes } = provider.auth
  const [first] = schemes
  const key = options.apiKey?.trim()
  if (key && first) return { scheme: first, value: key, source: 'call', name: undefined }
  for (const scheme of schemes) {
    const value = configured[scheme.option]?.trim()
    if (value) return { scheme, value, source: 'client', name: undefined }
  }
  for (const scheme of schemes) {
    const found = fromEnvironment(scheme.env)
    if (found) return { scheme, value: found.value, source: 'environment', name: found.name }
  }
  return undefined
}

function belongsTo(
  credential: Credential,
  origin: string,
  options: CallOptions,
  configured: ProviderOptions,
  farBase: () => string | undefined,
): boolean {
  switch (credential.source) {
    case 'call':
      return true
    case 'client': {
      if (options.apiBase === undefined) return true
      const home = configured.apiBase ?? farBase()
      return isHome(origin, home)
    }
    case 'environment':
      if (options.apiBase === undefined && configured.apiBase === undefined) return true
      return isHomeOfEnvironment(origin, options, configured, farBase())
  }
}

/**
 * The home of a credential from the environment is the environment's base or the provider's own host. A provider without either, such as
 * Azure or a self-hosted server, is at home at the client's base, but never at a base that a call brings along.
 */
function isHomeOfEnvironment(
  origin: string,
  options: CallOptions,
  configured: ProviderOptions,
  home: string | undefined,
): boolean {
  if (home !== undefined) return originOf(home) === origin
  return options.apiBase === undefined || originOf(configured.apiBase ?? '') === origin
}

/** True if a secret setting, such as the client secret of a service principal, comes from the environment. */
function hasEnvironmentSecret({ settings = [] }: Provider, options: CallOptions, configured: ProviderOptions): boolean {
  const onCall = options as Readonly<Record<string, unknown>>
  return settings.some(
    ({ option, env, secret }) =>
      secret && !(onCall[option] ?? configured[option]) && fromEnvironment(env) !== undefined,
  )
}

function whyWithheld(
  credential: Credential,
  origin: string,
  configured: ProviderOptions,
  farBase: () => string | undefined,
): string {
  const home = originOf((credential.source === 'client' ? configured.apiBase : undefined) ?? farBase() ?? '')
  const what = credential.name ? `The key in ${credential.name}` : "The client's key"
  if (home === undefined) {
    return `${what} has no base URL configured and was not sent to ${origin}: pass apiKey together with apiBase.`
  }
  return `${what} belongs to ${home} and was not sent to ${origin}: pass apiKey together with apiBase.`
}

const asKey = (id: string) => (/^[a-z_$][\w$]*$/i.test(id) ? id : `'${id}'`)

function missingKey(provider: Provider, model: string): AuthenticationError {
  const names = provider.auth.schemes.flatMap((scheme) => scheme.env).join(' or ')
  return new AuthenticationError(
    `No API key for ${provider.name}: ${names ? `set ${names} in the environment, or ` : ''}pass apiKey with the call, or ` +
      `createClient({ providers: { ${asKey(provider.id)}: { apiKey } } }).` +
      (provider.auth.url ? ` Keys are made at ${provider.auth.url}.` : ''),
    { provider: provider.id, model },
  )
}
