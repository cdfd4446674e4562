import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

/** A signing key with its public name. */
export interface SigningKey {
  readonly kid: string
  readonly jwk: JWK
  readonly privateKey: CryptoKey
}

export async function signingKey(kid: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { kid, privateKey, jwk: { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' } }
}

export interface Account {
  readonly sub: string
  readonly [claim: string]: unknown
}

interface ProviderOptions {
  readonly keys: readonly SigningKey[]
  readonly port?: number
  /** Where the gateway is called back. */
  readonly redirectUri?: string
  /** Claims of machines, by client. */
  readonly machines?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** The person who signs in next. */
  readonly person?: () => Account
}

export interface TestProvider {
  readonly issuer: string
  readonly port: number
  readonly requests: string[]
  /** A token by the client credentials grant. */
  token(client: string, resource: string): Promise<string>
  stop(): Promise<void>
}

type Interactions = {
  prompt: { name: string; details: Record<string, unknown> }
  params: Record<string, unknown>
  grantId?: string
  session?: { accountId: string }
}

/** The parts of oidc-provider that the tests use; the package has no types. */
interface Provider {
  callback(): (request: IncomingMessage, response: ServerResponse) => void
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interactions>
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  readonly Grant: new (options: object) => { addOIDCScope(scope: string): void; save(): Promise<string> }
}

const secret = 'test-secret-that-is-long-enough-for-basic'

/** Starts a real OpenID provider on loopback. */
export async function startProvider(options: ProviderOptions): Promise<TestProvider> {
  const requests: string[] = []
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`)
    handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const { machines = {}, redirectUri } = options
  const name = 'oidc-provider'
  const { default: Provider } = (await import(name)) as { default: new (issuer: string, config: object) => Provider }
  const provider = new Provider(issuer, {
    jwks: { keys: options.keys.map(({ jwk }) => jwk) },
    cookies: { keys: ['a-key-for-cookies-of-the-test'] },
    clients: [
      ...Object.keys(machines).map((client_id) => ({
        client_id,
        client_secret: secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      })),
      ...(redirectUri ? [{ client_id: 'gateway', client_secret: secret, redirect_uris: [redirectUri] }] : []),
    ],
    pkce: { required: () => true },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['preferred_username', 'name', 'role'],
      groups: ['groups'],
    },
    scopes: ['openid', 'email', 'profile', 'groups', 'litellm_proxy_admin', 'small_only'],
    conformIdTokenClaims: true,
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ ...options.person?.(), sub }),
    }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    extraTokenClaims: (_context: unknown, { clientId }: { clientId: string }) => machines[clientId],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: 'litellm_proxy_admin small_only',
          audience: resource.replace('urn:', ''),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  })
  const answer = provider.callback()
  handle = (request, response) => {
    if (request.url?.startsWith('/interaction/')) interact(provider, options, request, response)
    else answer(request, response)
  }
  return {
    issuer,
    port,
    requests,
    async token(client, resource) {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: `urn:${resource}` }),
      })
      const body = (await response.json()) as { access_token?: string }
      if (!body.access_token) throw new Error(`no token: ${JSON.stringify(body)}`)
      return body.access_token
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Signs the person in and grants everything, without a page. */
async function interact(
  provider: Provider,
  { person }: ProviderOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: person?.().sub } })
    return
  }
  const grant = new provider.Grant({ accountId: session?.accountId, clientId: params.client_id })
  grant.addOIDCScope(String(params.scope))
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

export const clientSecret = secret

/** A token that the provider never issued, signed with one of its keys. */
export const sign = (key: SigningKey, claims: JWTPayload, header: object = {}): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header }).sign(key.privateKey)
