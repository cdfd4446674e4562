import { APIConnectionError, AuthenticationError } from '../src/errors.js'
import type { Headers, Operation, Provider, Refusal, Settings, Signable, SignInAid } from './contract.js'
import { chatPaths, defaultQuirks, type OpenAIQuirks, openai } from './dialects/openai/index.js'
import { parseFields } from './fields.js'
import { dropToken, getToken, type Token, type TokenStore } from './tokens.js'

/** Databricks: OpenAI's wire format at a workspace, with tokens of users or of service principals. */

const servingEndpoints = '/serving-endpoints'

/** `DATABRICKS_HOST` is a workspace with or without `https://`; `DATABRICKS_API_BASE` includes the path. */
function fromEnvironment(value: string): string {
  const url = /^https?:\/\//i.test(value) ? value : `https://${value}`
  return url.replace(/\/+$/, '')
}

const path = (operation: Operation, _: string, __: boolean, ___: Settings, basePath: string): string =>
  basePath === '' ? `${servingEndpoints}${chatPaths[operation]}` : chatPaths[operation]

/** https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'databricks',
  name: 'Databricks',
  dialect: openai,
  address: Object.freeze({
    base: undefined,
    example: 'https://my-workspace.cloud.databricks.com',
    env: Object.freeze(['DATABRICKS_API_BASE', 'DATABRICKS_HOST']),
    fromEnvironment,
    path,
  }),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['DATABRICKS_API_KEY', 'DATABRICKS_TOKEN']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://docs.databricks.com/aws/en/dev-tools/auth/pat',
  }),
  settings: Object.freeze([
    Object.freeze({ option: 'clientId', env: Object.freeze(['DATABRICKS_CLIENT_ID']) } as const),
    Object.freeze({ option: 'clientSecret', env: Object.freeze(['DATABRICKS_CLIENT_SECRET']), secret: true } as const),
  ]),
  authorize: (request, settings, aid) => principalToken(request, settings, aid),
  forget: (refusal) => forgetToken(refusal),
  quirks: Object.freeze({
    ...defaultQuirks,
    // of Claude; other models reason by `reasoning_effort`
    thinking: 'pass',
    replayReasoning: 'summary',
    cacheControl: true,
    base64Embeddings: false,
  } as const),
} satisfies Provider<OpenAIQuirks>)

const tokens: TokenStore = new Map()

/**
 * A token of a service principal, cached until it expires.
 * https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m
 * @throws {AuthenticationError} naming the settings that are missing
 */
async function principalToken(
  { url, now }: Signable,
  { clientId, clientSecret }: Settings,
  { send }: SignInAid,
): Promise<Headers> {
  if (!clientId || !clientSecret) {
    const half = clientId ? 'clientId without clientSecret' : clientSecret ? 'clientSecret without clientId' : ''
    throw new AuthenticationError(
      `No credentials for Databricks${half && `: got ${half}`}. Set DATABRICKS_API_KEY (or DATABRICKS_TOKEN), pass apiKey, or set ` +
        'DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET of a service principal.',
      { provider: 'databricks' },
    )
  }
  const { origin } = new URL(url)
  const key = JSON.stringify([origin, clientId, clientSecret])
  const value = await getToken(tokens, key, now, () => fetchToken(origin, `${clientId}:${clientSecret}`, now, send))
  return { authorization: `Bearer ${value}` }
}

/** Expired tokens may also be refused with a 403: https://github.com/n8n-io/n8n/issues/34147 */
const forgetToken = ({ token, status, message, now }: Refusal): boolean =>
  (status === 401 || /invalid access token/i.test(message)) && dropToken(tokens, token, now)

async function fetchToken(origin: string, account: string, now: number, send: SignInAid['send']): Promise<Token> {
  const { status, text } = await send({
    method: 'POST',
    url: `${origin}/oidc/v1/token`,
    headers: {
      authorization: `Basic ${Buffer.from(account, 'utf8').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: 'grant_type=client_credentials&scope=all-apis',
  })
  const body = parseFields(text)
  const { access_token: value, expires_in: seconds } = body
  if (status < 300 && typeof value === 'string' && value !== '') {
    return { value, until: now + (typeof seconds === 'number' ? seconds : 3600) * 1000 }
  }
  const detail = status >= 300 && typeof body.error_description === 'string' ? `: ${body.error_description}` : ''
  const message = `Databricks refused a token for the service principal (status ${status}${detail}).`
  if (status >= 500 || status === 429) throw new APIConnectionError(message, { provider: 'databricks', status })
  throw new AuthenticationError(`${message} Check clientId and clientSecret, and the workspace.`, {
    provider: 'databricks',
    status,
  })
}
