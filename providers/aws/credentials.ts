import { AuthenticationError } from '../../src/errors.js'
import type { Settings, Signable } from '../contract.js'
import { type AwsCredentials, signV4 } from './sigv4.js'

/** A service that signs its requests, for signatures and messages. */
export interface SigningService {
  /** The prefix, for errors. */
  readonly provider: string
  /** The provider's name in messages. */
  readonly name: string
  /** The service's name in signatures. */
  readonly service: string
  /** Other kinds of credentials, as a sentence for the error about missing ones. */
  readonly otherwise: string
}

/** Signs a request with the keys of the settings, or of AWS's credential chain. */
export async function signRequest(
  { method, url, headers, body, now }: Signable,
  settings: Settings,
  signer: SigningService,
): Promise<Record<string, string>> {
  const { region } = settings
  if (!region) throw new AuthenticationError(`${signer.name} requires a region. Pass region, or set AWS_REGION.`)
  const credentials = keysIn(settings, signer) ?? (await fromChain(settings, region, now, signer))
  // proxies change headers, which would break the signature: only the required ones are signed
  const signable: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const stale = name === 'x-amz-date' || name === 'x-amz-security-token'
    if (name === 'content-type' || (name.startsWith('x-amz') && !stale)) signable[name] = value
  }
  return signV4({ method, url, headers: signable, body, now }, credentials, { region, service: signer.service })
}

function keysIn(
  { accessKeyId, secretAccessKey, sessionToken, profile }: Settings,
  { provider, name }: SigningService,
): AwsCredentials | undefined {
  if (profile) return undefined
  if (!accessKeyId && !secretAccessKey) return undefined
  if (!accessKeyId || !secretAccessKey) {
    const [there, missing, variable] = accessKeyId
      ? ['accessKeyId', 'secretAccessKey', 'AWS_SECRET_ACCESS_KEY']
      : ['secretAccessKey', 'accessKeyId', 'AWS_ACCESS_KEY_ID']
    throw new AuthenticationError(`${name} has ${there} without ${missing}. Pass both, or set ${variable}.`, {
      provider,
    })
  }
  // a session token of the environment belongs to temporary keys, not to long-lived ones (AKIA…) of the options
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  return accessKeyId.startsWith('AKIA')
    ? { accessKeyId, secretAccessKey }
    : { accessKeyId, secretAccessKey, sessionToken }
}

interface ChainCredentials extends AwsCredentials {
  readonly expiration?: Date | undefined
}

type Source = () => Promise<ChainCredentials>

interface CachedCredentials {
  readonly source: Source
  found: Promise<ChainCredentials>
  /** Expiry in milliseconds since 1970, if known. */
  until: number | undefined
}

/** By profile and region. */
const cache = new Map<string, Promise<CachedCredentials>>()
const maxCached = 64
/** Credentials are renewed this long before they expire, so that none expires while its request is on the way. */
const margin = 5 * 60_000

/**
 * AWS's own chain: environment, shared files and SSO, web identity, container and instance metadata.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
async function fromChain(
  settings: Settings,
  region: string,
  now: number,
  signer: SigningService,
): Promise<AwsCredentials> {
  const key = `${settings.profile ?? ''} ${region}`
  let entry = cache.get(key)
  if (!entry) {
    if (cache.size >= maxCached) cache.clear()
    entry = open(settings.profile, region, signer)
    cache.set(key, entry)
    entry.catch(() => cache.delete(key))
  }
  const state = await entry
  if (state.until !== undefined && state.until - margin <= now) {
    state.until = undefined
    state.found = state.source()
  }
  try {
    const found = await state.found
    state.until = found.expiration?.getTime()
    return found
  } catch (error) {
    cache.delete(key)
    throw credentialsMissing(signer, settings.profile, error)
  }
}

async function open(profile: string | undefined, region: string, signer: SigningService): Promise<CachedCredentials> {
  const makeSource = await loadChain(signer, profile)
  const source = makeSource({ ...(profile && { profile }), clientConfig: { region } })
  return { source, found: source(), until: undefined }
}

async function loadChain(signer: SigningService, profile: string | undefined) {
  try {
    const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
    return fromNodeProviderChain
  } catch (error) {
    // the error of a missing package differs by loader and bundler
    throw packageMissing(signer, profile, error)
  }
}

const packageMissing = ({ provider, name, otherwise }: SigningService, profile: string | undefined, cause: unknown) =>
  new AuthenticationError(
    `No credentials for ${name}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put accessKeyId and secretAccessKey into createClient({ providers: { ${provider}: { … } } }). ` +
      `${otherwise} ${profile ? `For the profile '${profile}'` : 'For profiles, roles, SSO and instance metadata'}, run: ` +
      'npm install @aws-sdk/credential-providers.',
    { provider, cause },
  )

const credentialsMissing = (
  { provider, name, otherwise }: SigningService,
  profile: string | undefined,
  cause: unknown,
) =>
  new AuthenticationError(
    `No credentials for ${name}: AWS's credential chain${profile ? ` for the profile '${profile}'` : ''} found none ` +
      `(${cause instanceof Error ? cause.message : String(cause)}). Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass ` +
      `accessKeyId and secretAccessKey. ${otherwise}`,
    { provider, cause },
  )
