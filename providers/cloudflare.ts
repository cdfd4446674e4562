import type {
  DecodeContext,
  Dialect,
  ErrorFacts,
  ErrorKind,
  Failure,
  Operation,
  Provider,
  Settings,
} from './contract.js'
import { decode } from './dialects/openai/decode.js'
import { errorFacts as openaiFacts } from './dialects/openai/errors.js'
import { defaultQuirks, type OpenAIQuirks, openai, openaiPaths } from './dialects/openai/index.js'
import { firstError, withFirstError } from './error-list.js'
import { isFields } from './fields.js'

/** Cloudflare Workers AI: OpenAI's wire format at the address of an account, with errors in Cloudflare's envelope. */

/** In JSON mode the content is an object instead of a string (from recorded traffic). */
function stringifyContent(body: unknown): unknown {
  if (!isFields(body) || !Array.isArray(body.choices)) return body
  const choices = body.choices.map((choice: unknown) => {
    const message = isFields(choice) ? choice.message : undefined
    if (!isFields(choice) || !isFields(message) || !isFields(message.content)) return choice
    return { ...choice, message: { ...message, content: JSON.stringify(message.content) } }
  })
  return { ...body, choices }
}

/** https://developers.cloudflare.com/workers-ai/platform/errors */
const byCode: ReadonlyMap<string, ErrorKind> = new Map<string, ErrorKind>([
  ['5007', 'not_found'],
  ['3042', 'not_found'],
  ['5016', 'permission_denied'],
  ['5018', 'permission_denied'],
  ['3023', 'permission_denied'],
  ['3041', 'permission_denied'],
  ['3007', 'timeout'],
  ['3036', 'quota_exceeded'],
  ['4006', 'quota_exceeded'],
  ['3040', 'overloaded'],
  // https://developers.cloudflare.com/fundamentals/api/reference/errors
  ['10000', 'authentication'],
  ['9109', 'authentication'],
])

function errorFacts(failure: Failure): ErrorFacts {
  const facts = openaiFacts(withFirstError(failure))
  // errors of models may have the code in the message only: "4006: you have used up …"
  const code = firstError(failure.body)?.code || /^(?:\w+: )*(\d{4,5}):/.exec(facts.message)?.[1]
  const kind = code === undefined ? undefined : byCode.get(code)
  return kind ? { ...facts, kind, providerCode: code } : facts
}

const dialect: Dialect<OpenAIQuirks> = Object.freeze({
  ...openai,
  chat: Object.freeze({
    encode: openai.chat?.encode,
    decode: (body: unknown, context: DecodeContext<OpenAIQuirks>) => decode(stringifyContent(body), context),
    stream: openai.chat?.stream,
  } as NonNullable<Dialect<OpenAIQuirks>['chat']>),
  error: errorFacts,
})

/** https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'cloudflare',
  name: 'Cloudflare Workers AI',
  dialect,
  address: Object.freeze({
    base: ({ accountId }: Settings) =>
      accountId && `https://api.cloudflare.com/client/v4/accounts/${encodeURIComponent(accountId)}/ai/v1`,
    env: Object.freeze(['CLOUDFLARE_API_BASE']),
    // LiteLLM's base ends with the path of Cloudflare's native API
    fromEnvironment: (value: string) => value.replace(/\/ai\/run\/?$/, '/ai/v1'),
    orElse: 'set CLOUDFLARE_ACCOUNT_ID, or pass accountId in createClient({ providers: { cloudflare: { … } } })',
    path: (operation: Operation) => openaiPaths[operation],
  }),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['CLOUDFLARE_API_KEY', 'CLOUDFLARE_API_TOKEN']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://dash.cloudflare.com/profile/api-tokens',
  }),
  settings: Object.freeze([
    Object.freeze({ option: 'accountId', env: Object.freeze(['CLOUDFLARE_ACCOUNT_ID']) } as const),
  ]),
  quirks: Object.freeze({ ...defaultQuirks, base64Embeddings: false }),
} satisfies Provider<OpenAIQuirks>)
