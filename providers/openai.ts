import { hasOperation, usesResponses } from './api-choice.js'
import { type Provider, storedActions } from './contract.js'
import { gatewayQuirks, type OpenAIQuirks, openai, openaiPaths, openaiQuirks } from './dialects/openai/index.js'
import { responsesOperation } from './dialects/responses/operation.js'

/** OpenAI's own API; with an `apiBase`, any compatible server. https://platform.openai.com/docs/api-reference */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'openai',
  name: 'OpenAI',
  dialect: Object.freeze({
    ...openai,
    responses: responsesOperation,
    storedResponses: storedActions,
    operations: 'all' as const,
  }),
  route: (model, request) => {
    const own = hasOperation(model, request)
    if (own !== undefined) return own ? (provider as Provider) : chatOnly
    return usesResponses(model, request) ? (bridge ?? loadBridge()) : (provider as Provider)
  },
  address: Object.freeze({
    base: 'https://api.openai.com/v1',
    // https://developers.openai.com/api/docs/guides/your-data (data residency)
    ownHosts: Object.freeze(/^https:\/\/[a-z]{2}\.api\.openai\.com$/),
    env: Object.freeze(['OPENAI_BASE_URL', 'OPENAI_API_BASE']),
    path: (operation) => openaiPaths[operation],
  } satisfies Provider['address']),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['OPENAI_API_KEY']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://platform.openai.com/api-keys',
  }),
  optionHeaders: Object.freeze([
    Object.freeze({
      option: 'organization',
      env: Object.freeze(['OPENAI_ORGANIZATION', 'OPENAI_ORG_ID']),
      header: 'openai-organization',
    } as const),
    Object.freeze({
      option: 'project',
      env: Object.freeze(['OPENAI_PROJECT', 'OPENAI_PROJECT_ID']),
      header: 'openai-project',
    } as const),
  ]),
  quirks: gatewayQuirks,
  ownQuirks: openaiQuirks,
} satisfies Provider<OpenAIQuirks>)

/** For operations that the model does not have itself. */
const chatOnly = Object.freeze({ ...provider, dialect: openai }) as Provider

let bridge: Provider | undefined

/** Chat over the Responses API. */
async function loadBridge(): Promise<Provider> {
  const [{ overResponses }, { openaiResponses, plainResponses }] = await Promise.all([
    import('./responses.js'),
    import('./dialects/responses/index.js'),
  ])
  bridge = overResponses(provider as Provider, plainResponses, openaiResponses) as Provider
  return bridge
}
