import { APIConnectionError, AuthenticationError } from '../../src/errors.js'
import type { AuthorizeContext, HeaderFields, RejectedToken, Signable } from '../contract.js'
import { parseFields } from '../fields.js'
import { dropToken, getToken, type Token, type TokenStore } from '../tokens.js'

const tokenUrl = 'https://iam.cloud.ibm.com/identity/token'

const tokens: TokenStore = new Map()

/**
 * A token of IBM Cloud for an API key, shared by calls and renewed before it expires after an hour.
 * https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey
 * @throws {AuthenticationError} naming the settings that are missing
 */
export async function iamToken({ url, now }: Signable, { key, send }: AuthorizeContext): Promise<HeaderFields> {
  if (key === undefined) throw new AuthenticationError(noKey, { provider: 'watsonx' })
  const { hostname } = new URL(url)
  // the key of a self-hosted installation must not be sent to IBM Cloud
  if (!hostname.endsWith('.cloud.ibm.com')) {
    throw new AuthenticationError(
      `IBM Cloud tokens must be used with *.cloud.ibm.com; got ${hostname}. For a self-hosted installation, set ` +
        'WATSONX_ZENAPIKEY or WATSONX_TOKEN, or pass authToken in createClient({ providers: { watsonx: { authToken } } }).',
      { provider: 'watsonx' },
    )
  }
  const value = await getToken(tokens, key, now, () => fetchToken(key, now, send))
  return { authorization: `Bearer ${value}` }
}

export const forgetToken = ({ token, status, now }: RejectedToken): boolean =>
  status === 401 && dropToken(tokens, token, now)

const noKey =
  'No API key for IBM watsonx.ai. Set WATSONX_APIKEY (or WATSONX_TOKEN, or WATSONX_ZENAPIKEY for a self-hosted installation), ' +
  'or pass apiKey. Create a key at https://cloud.ibm.com/iam/apikeys.'

async function fetchToken(key: string, now: number, send: AuthorizeContext['send']): Promise<Token> {
  const form = new URLSearchParams({ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: key })
  const { status, text } = await send({
    method: 'POST',
    url: tokenUrl,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
  })
  const body = parseFields(text)
  const { access_token: value, expires_in: seconds } = body
  if (status < 300 && typeof value === 'string' && value !== '') {
    return { value, until: now + (typeof seconds === 'number' ? seconds : 3600) * 1000 }
  }
  const detail = status >= 300 && typeof body.errorMessage === 'string' ? `: ${body.errorMessage}` : ''
  const message = `IBM Cloud refused a token for the API key (status ${status}${detail}).`
  if (status >= 500 || status === 429) throw new APIConnectionError(message, { provider: 'watsonx', status })
  throw new AuthenticationError(`${message} Check apiKey or WATSONX_APIKEY.`, { provider: 'watsonx', status })
}
