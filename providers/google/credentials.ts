import { AuthenticationError } from '../../src/errors.js'
import type { HeaderFields, Settings } from '../contract.js'
import { missingPackage } from '../optional.js'

const scopes = ['https://www.googleapis.com/auth/cloud-platform']

interface Client {
  getAccessToken(): Promise<string | null | undefined>
}

/** One client per set of credentials, which caches and renews its token. */
const clients = new Map<string, Promise<Client>>()
const maxClients = 100

/**
 * A Google Cloud token: of the service account in `credentials` (its JSON or the path of its file), else of the machine's default
 * credentials. https://cloud.google.com/docs/authentication/application-default-credentials
 * @throws {AuthenticationError} with the setting or package that is missing
 */
export async function googleToken({ credentials = '' }: Settings): Promise<HeaderFields> {
  let client = clients.get(credentials)
  if (!client) {
    client = signIn(credentials)
    if (clients.size >= maxClients) clients.clear()
    clients.set(credentials, client)
    client.catch(() => clients.delete(credentials))
  }
  try {
    const token = await (await client).getAccessToken()
    if (token) return { authorization: `Bearer ${token}` }
  } catch (error) {
    if (error instanceof AuthenticationError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new AuthenticationError(
      `Google Cloud gave no token: ${reason.replace(/\.+$/, '')}. Pass credentials (the JSON of a service ` +
        'account), set GOOGLE_APPLICATION_CREDENTIALS, or pass authToken.',
      { cause: error },
    )
  }
  throw new AuthenticationError('Google Cloud gave no token. Pass credentials or authToken.')
}

async function signIn(credentials: string): Promise<Client> {
  const { GoogleAuth } = await load()
  if (!credentials) return new GoogleAuth({ scopes })
  if (!credentials.trimStart().startsWith('{')) return new GoogleAuth({ scopes, keyFile: credentials })
  return new GoogleAuth({ scopes, credentials: parse(credentials) })
}

async function load() {
  try {
    return await import('google-auth-library')
  } catch (error) {
    const problem =
      'No credentials for Vertex AI: pass apiKey, or put authToken into createClient({ providers: { vertex_ai: { … } } })'
    throw missingPackage(
      problem,
      'google-auth-library',
      'to use a service account or the credentials of this machine',
      error,
    )
  }
}

function parse(json: string): object {
  try {
    return JSON.parse(json)
  } catch {
    // the text is a secret and must not be shown
    throw new AuthenticationError(
      "'credentials' must be valid JSON or the path of a file; got malformed JSON. Check that it is complete.",
    )
  }
}
