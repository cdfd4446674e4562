import { AuthenticationError } from '../../src/errors.js'
import type { Settings, Signable } from '../contract.js'
import { type AwsCredentials, signV4 } from './sigv4.js'

/** What of a provider the messages need. */
export interface SignerOf {
  /** The prefix, for errors. */
  readonly provider: string
  /** The provider's name in messages. */
  readonly name: string
  /** The service's name in signatures. */
  readonly service: string
  /** Other ways to pay, as a sentence for the error that says that there are no credentials. */
  readonly otherwise: string
}

/** Signs a request with the keys in the settings, or with what AWS's own chain of credentials finds. */
export async function signed(
  { method, url, headers, body, now }: Signable,
  settings: Settings,
  signer: SignerOf,
): Promise<Record<string, string>> {
  const { region } = settings
  if (!region)
    throw new AuthenticationError(`${signer.name} signs requests for a region: pass region, or set AWS_REGION.`)
  const credentials = keysIn(settings, signer) ?? (await fromChain(settings, region, now, signer))
  // what a proxy adds or rewrites would break the signature: only what AWS asks for is signed
  const signable: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const stale = name === 'x-amz-date' || name === 'x-amz-security-token'
    if (name === 'content-type' || (name.startsWith('x-amz') && !stale)) signable[name] = value
  }
  return signV4({ method, url, headers: signable, body, now }, credentials, { region, service: signer.service })
}

function keysIn(
  { accessKeyId, secretAccessKey, sessionToken, profile }: Settings,
  { provider, name }: SignerOf,
): AwsCredentials | undefined {
  if (profile) return undefined
  if (!accessKeyId && !secretAccessKey) return undefined
  if (!accessKeyId || !secretAccessKey) {
    const [there, missing, variable] = accessKeyId
      ? ['accessKeyId', 'secretAccessKey', 'AWS_SECRET_ACCESS_KEY']
      : ['secretAccessKey', 'accessKeyId', 'AWS_ACCESS_KEY_ID']
    throw new AuthenticationError(`${name} has ${there} without ${missing}: pass both, or set ${variable}.`, {
      provider,
    })
  }
  // a token in the environment belongs to the keys beside it, not to long-lived ones (AKIA…) from nearer
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  return accessKeyId.startsWith('AKIA')
    ? { accessKeyId, secretAccessKey }
    : { accessKeyId, secretAccessKey, sessionToken }
}

interface Found extends AwsCredentials {
  readonly expiration?: Date | undefined
}

type Source = () => Promise<Found>

interface Kept {
  readonly source: Source
  found: Promise<Found>
  /** Milliseconds since 1970, where it is known. */
  until: number | undefined
}

/** One entry for each profile and region: they are few. */
const kept = new Map<string, Promise<Kept>>()
const mostKept = 64
/** Asked anew so long before the end, so that no request is signed with keys that die on the way. */
const margin = 5 * 60_000

/**
 * AWS's own chain: environment, shared files and SSO, web identity, container and instance metadata.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
async function fromChain(settings: Settings, region: string, now: number, signer: SignerOf): Promise<AwsCredentials> {
  const key = `${settings.profile ?? ''} ${region}`
  let entry = kept.get(key)
  if (!entry) {
    if (kept.size >= mostKept) kept.clear()
    entry = open(settings.profile, region, signer)
    kept.set(key, entry)
    entry.catch(() => kept.delete(key))
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
    kept.delete(key)
    throw nothingFound(signer, settings.profile, error)
  }
}

async function open(profile: string | undefined, region: string, signer: SignerOf): Promise<Kept> {
  const makeSource = await loadChain(signer, profile)
  const source = makeSource({ ...(profile && { profile }), clientConfig: { region } })
  return { source, found: source(), until: undefined }
}

async function loadChain(signer: SignerOf, profile: string | undefined) {
  try {
    const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
    return fromNodeProviderChain
  } catch (error) {
    // each loader and bundler has words of its own for a package that isn't there
    throw notInstalled(signer, profile, error)
  }
}

const notInstalled = ({ provider, name, otherwise }: SignerOf, profile: string | undefined, cause: unknown) =>
  new AuthenticationError(
    `No credentials for ${name}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put accessKeyId and secretAccessKey into createClient({ providers: { ${provider}: { … } } }). ` +
      `${otherwise} ${profile ? `For the profile '${profile}'` : 'For profiles, roles, SSO and instance metadata'}, run: ` +
      'npm install @aws-sdk/credential-providers',
    { provider, cause },
  )

const nothingFound = ({ provider, name, otherwise }: SignerOf, profile: string | undefined, cause: unknown) =>
  new AuthenticationError(
    `No credentials for ${name}: AWS's chain of credentials${profile ? ` for the profile '${profile}'` : ''} gave none ` +
      `(${cause instanceof Error ? cause.message : String(cause)}). Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass ` +
      `accessKeyId and secretAccessKey. ${otherwise}`,
    { provider, cause },
  )
