import { APIConnectionError, AuthenticationError } from '../src/errors.js'
import { base64 } from '../src/platform/index.js'
import type { ChatParams, Thinking } from '../src/types/chat.js'
import type { Warning } from '../src/types/meta.js'
import type {
  AuthorizeContext,
  Dialect,
  EncodeContext,
  Encoded,
  HeaderFields,
  Operation,
  Provider,
  RejectedToken,
  Settings,
  Signable,
} from './contract.js'
import { encode as encodeOpenAI } from './dialects/openai/encode.js'
import { defaultQuirks, type OpenAIQuirks, openai, openaiPaths } from './dialects/openai/index.js'
import { parseFields } from './fields.js'
import { openaiOnlyAndFunctions } from './hosts/quirks.js'
import { claudeRules, namedModel } from './models/index.js'
import { dropToken, getToken, type Token, type TokenStore } from './tokens.js'

/** Databricks: OpenAI's wire format at a workspace, with tokens of users or of service principals. */

/** Thinking budgets in tokens by effort, as for Anthropic's own API. */
const budgets: Readonly<Record<string, number>> = Object.freeze({
  minimal: 1024,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 8192,
  max: 16_384,
})

/**
 * Claude takes Anthropic's `thinking` here, and `reasoning_effort` is for other models.
 * https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models
 */
function encode(params: ChatParams, context: EncodeContext<OpenAIQuirks>): Encoded {
  const { reasoning_effort: effort, ...rest } = params
  const model = namedModel(context)
  if (!effort || !/claude/i.test(model)) return encodeOpenAI(params, context)
  const changed = (message: string): Warning => ({ type: 'changed', param: 'reasoning_effort', message })
  const send = (given: ChatParams, message: string): Encoded => {
    const encoded = encodeOpenAI(given, context)
    return { ...encoded, warnings: [...(encoded.warnings ?? []), changed(message)] }
  }
  if (rest.thinking) return send(rest, "Left out: 'thinking' is given.")
  if (effort === 'none') return encodeOpenAI(rest, context)
  if (claudeRules(model).thinking === 'adaptive') {
    const adaptive = { ...rest, thinking: { type: 'adaptive' } as Thinking, output_config: { effort } }
    return send(adaptive, `Sent as adaptive thinking with effort '${effort}'.`)
  }
  const limit = rest.max_completion_tokens ?? rest.max_tokens ?? undefined
  const budget = Math.min(budgets[effort] ?? 4096, Math.max(1024, (limit ?? Number.POSITIVE_INFINITY) - 1))
  const thinking: Thinking = { type: 'enabled', budget_tokens: budget }
  // the answer's limit has to exceed the budget
  const given = limit === undefined ? { ...rest, thinking, max_tokens: budget + 4096 } : { ...rest, thinking }
  return send(given, `Sent as thinking with a budget of ${budget} tokens.`)
}

const dialect: Dialect<OpenAIQuirks> = Object.freeze({
  ...openai,
  chat: Object.freeze({ ...openai.chat, encode } as NonNullable<Dialect<OpenAIQuirks>['chat']>),
})

const servingEndpoints = '/serving-endpoints'

/** `DATABRICKS_HOST` is a workspace with or without `https://`; `DATABRICKS_API_BASE` includes the path. */
function fromEnvironment(value: string): string {
  const url = /^https?:\/\//i.test(value) ? value : `https://${value}`
  return url.replace(/\/+$/, '')
}

const path = (operation: Operation, _: string, __: boolean, ___: Settings, basePath: string): string =>
  basePath === '' ? `${servingEndpoints}${openaiPaths[operation]}` : openaiPaths[operation]

/** https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'databricks',
  name: 'Databricks',
  dialect,
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
    unsupported: openaiOnlyAndFunctions,
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
  { send }: AuthorizeContext,
): Promise<HeaderFields> {
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
const forgetToken = ({ token, status, message, now }: RejectedToken): boolean =>
  (status === 401 || /invalid access token/i.test(message)) && dropToken(tokens, token, now)

async function fetchToken(
  origin: string,
  account: string,
  now: number,
  send: AuthorizeContext['send'],
): Promise<Token> {
  const { status, text } = await send({
    method: 'POST',
    url: `${origin}/oidc/v1/token`,
    headers: {
      authorization: `Basic ${base64(account)}`,
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
