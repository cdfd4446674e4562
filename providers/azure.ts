import { AuthenticationError, BadRequestError } from '../src/errors.js'
import { hasOperation, usesResponses, withoutPrefix } from './api-choice.js'
import {
  type Auth,
  type HeaderFields,
  type Operation,
  type Provider,
  type RouteRequest,
  type Setting,
  type Settings,
  type Signable,
  storedActions,
} from './contract.js'
import { defaultQuirks, type OpenAIQuirks, openai, openaiPaths, openaiQuirks } from './dialects/openai/index.js'
import { defaultShape, rerankDialect } from './dialects/rerank/index.js'
import { responsesOperation } from './dialects/responses/operation.js'
import { modelRules } from './models/index.js'
import { missingPackage } from './optional.js'
import { encodeSegment } from './shared/path.js'

/** Azure OpenAI: OpenAI's dialect at an address with the deployment in its path, or at the `v1` base with it in the body. */

const version: Setting = Object.freeze({
  option: 'apiVersion',
  env: Object.freeze(['AZURE_API_VERSION', 'OPENAI_API_VERSION']),
  default: '2024-10-21',
})

/** Names of the API that has no dated versions. https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle */
const undated: ReadonlySet<string> = new Set(['v1', 'preview', 'latest'])

function deploymentPath(
  operation: Operation,
  model: string,
  _: boolean,
  { apiVersion = '' }: Settings,
  basePath: string,
): string {
  const query = apiVersion === 'v1' ? '' : `?api-version=${encodeURIComponent(apiVersion)}`
  if (operation === 'responses') return responsesPath(apiVersion, query, basePath)
  if (operation === 'compactResponse') {
    const [path, search] = responsesPath(apiVersion, query, basePath).split('?')
    return `${path}/compact${search === undefined ? '' : `?${search}`}`
  }
  if (basePath.endsWith('/openai/v1')) return `${openaiPaths[operation]}${undated.has(apiVersion) ? query : ''}`
  if (undated.has(apiVersion)) return `/openai/v1${openaiPaths[operation]}${query}`
  const root = basePath.endsWith('/openai') ? '' : '/openai'
  return `${root}/deployments/${encodeSegment(model, 'azure')}${openaiPaths[operation]}${query}`
}

/** The first dated version with the Responses API. For older ones, such as the default, the API is at the `v1` base. */
const firstWithResponses = '2025-03-01-preview'

/** https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/responses */
function responsesPath(apiVersion: string, query: string, basePath: string): string {
  const dated = !undated.has(apiVersion)
  if (basePath.endsWith('/openai/v1')) return `${openaiPaths.responses}${dated ? '' : query}`
  const root = basePath.endsWith('/openai') ? '' : '/openai'
  if (!dated) return `${root}/v1${openaiPaths.responses}${query}`
  return apiVersion >= firstWithResponses
    ? `${root}${openaiPaths.responses}${query}`
    : `${root}/v1${openaiPaths.responses}`
}

const keys = (env: readonly string[], tokens: readonly string[]): Auth =>
  Object.freeze({
    schemes: Object.freeze([
      Object.freeze({ option: 'apiKey', env: Object.freeze(env), header: 'api-key' } as const),
      Object.freeze({
        option: 'authToken',
        env: Object.freeze(tokens),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://portal.azure.com',
  })

/** Azure serves OpenAI's models by OpenAI's rules. A deployment may also be a model of another maker: such histories are not checked. */
const quirks: OpenAIQuirks = Object.freeze({
  ...openaiQuirks,
  strictHistory: false,
  replayReasoning: defaultQuirks.replayReasoning,
})

/** https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'azure',
  name: 'Azure OpenAI',
  dialect: Object.freeze({
    ...openai,
    responses: responsesOperation,
    storedResponses: storedActions,
    operations: Object.freeze([
      'textCompletion',
      'compactResponse',
      'speech',
      'transcription',
      'imageGeneration',
      'imageEdit',
    ] as const),
  }),
  route: (model: string, request?: RouteRequest) => {
    refuseSeries(model)
    const own = hasOperation(model, request)
    if (own !== undefined) return own ? (provider as Provider) : chatOnly
    return usesResponses(model, request) ? (bridge ?? loadBridge()) : (provider as Provider)
  },
  address: Object.freeze({
    base: undefined,
    example: 'https://my-resource.openai.azure.com',
    env: Object.freeze(['AZURE_API_BASE', 'AZURE_OPENAI_ENDPOINT']),
    path: deploymentPath,
  }),
  auth: keys(['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'], ['AZURE_AD_TOKEN', 'AZURE_OPENAI_AD_TOKEN']),
  settings: Object.freeze([version]),
  authorize: entraToken,
  quirks,
})

/** For operations that the model does not have itself. */
const chatOnly = Object.freeze({ ...provider, dialect: openai }) as Provider

/** The model of a series that LiteLLM's names begin with, for the message. */
const series: ReadonlyMap<string, string> = new Map([
  ['o_series', 'o3'],
  ['gpt5_series', 'gpt-5'],
])

/** Zones in names of LiteLLM's price table. */
const zones: ReadonlySet<string> = new Set(['eu', 'us', 'global', 'global-standard'])

/**
 * @throws {BadRequestError} for `o_series/my-deployment` and `eu/my-deployment`: series and zones are no part of a deployment's name;
 *   `baseModel` names the model.
 */
function refuseSeries(model: string): void {
  const slash = model.indexOf('/')
  const head = model.slice(0, Math.max(0, slash))
  const example = zones.has(head) ? model.slice(slash + 1) : series.get(head)
  if (example === undefined) return
  throw new BadRequestError(
    `'model' must be the name of the deployment alone; got 'azure/${model}'. ` +
      `Pass model: 'azure/${model.slice(slash + 1)}' and the model behind it, such as baseModel: '${example}'.`,
    { provider: 'azure', param: 'model' },
  )
}

let bridge: Provider | undefined

/** Chat over the Responses API. */
async function loadBridge(): Promise<Provider> {
  bridge = await bridged(provider)
  return bridge
}

async function bridged(host: Provider<OpenAIQuirks>): Promise<Provider> {
  const [{ overResponses }, { openaiResponses }] = await Promise.all([
    import('./responses.js'),
    import('./dialects/responses/index.js'),
  ])
  return overResponses(host as Provider, { ...openaiResponses, strictHistory: false }) as Provider
}

/** Models of the catalogue that are not OpenAI's. https://learn.microsoft.com/en-us/rest/api/aifoundry/modelinference */
const catalogue: Provider<OpenAIQuirks> = Object.freeze({
  id: 'azure_ai',
  name: 'Azure AI Foundry',
  dialect: Object.freeze({
    ...openai,
    rerank: rerankDialect({ ...defaultShape, host: 'Azure AI Foundry', maxTokensPerDoc: true }),
  }),
  address: Object.freeze({
    base: undefined,
    example: 'https://my-resource.services.ai.azure.com',
    env: Object.freeze(['AZURE_AI_API_BASE', 'AZURE_AI_ENDPOINT']),
    path(operation: Operation, _: string, __: boolean, { apiVersion = '' }: Settings, basePath: string): string {
      // https://learn.microsoft.com/en-us/azure/ai-foundry/how-to/deploy-models-cohere-rerank: a serverless endpoint ranks at /v1/rerank
      if (operation === 'rerank') return /\/v\d$/.test(basePath) ? '/rerank' : '/providers/cohere/v2/rerank'
      if (basePath.endsWith('/v1')) return openaiPaths[operation]
      const root = basePath.endsWith('/models') ? '' : '/models'
      return `${root}${openaiPaths[operation]}?api-version=${encodeURIComponent(apiVersion)}`
    },
  }),
  auth: keys(['AZURE_AI_API_KEY'], ['AZURE_AI_AD_TOKEN']),
  settings: Object.freeze([
    Object.freeze({
      option: 'apiVersion',
      env: Object.freeze(['AZURE_AI_API_VERSION']),
      default: '2024-05-01-preview',
    } as const),
  ]),
  authorize: entraToken,
  quirks: Object.freeze({ ...defaultQuirks, base64Embeddings: false, maxInputTokens: openaiQuirks.maxInputTokens }),
})

/** OpenAI's models in the catalogue, by OpenAI's rules. */
const catalogueOfOpenAI: Provider<OpenAIQuirks> = Object.freeze({
  ...catalogue,
  dialect: Object.freeze({ ...openai, responses: responsesOperation }),
  address: Object.freeze({
    ...catalogue.address,
    path: (...[operation, model, stream, settings, basePath]: Parameters<typeof catalogue.address.path>) =>
      operation === 'responses'
        ? foundryResponsesPath(basePath)
        : catalogue.address.path(operation, model, stream, settings, basePath),
  }),
  quirks: Object.freeze({ ...quirks, base64Embeddings: false }),
})

/** https://learn.microsoft.com/en-us/azure/ai-foundry/foundry-models/concepts/endpoints */
function foundryResponsesPath(basePath: string): string {
  if (!basePath.endsWith('/models')) {
    return basePath.endsWith('/openai/v1') ? openaiPaths.responses : `/openai/v1${openaiPaths.responses}`
  }
  throw new BadRequestError(
    `'apiBase' must be the address of the resource without '/models' for a call over its Responses API; got a base with the path '${basePath}'. ` +
      "Remove '/models' from it.",
    { provider: 'azure_ai', param: 'apiBase' },
  )
}

/** `azure_ai/`: the models of the catalogue, and Claude, which speaks Anthropic's dialect there as everywhere. */
export const foundry: Provider<OpenAIQuirks> = Object.freeze({
  ...catalogue,
  route: (model: string, request?: RouteRequest) => {
    const rules = modelRules(request?.baseModel ?? withoutPrefix(model))
    if (rules?.maker === 'anthropic') return claude()
    if (rules?.maker !== 'openai' || rules.family.startsWith('gpt-oss')) return catalogue as Provider
    return usesResponses(model, request) ? (foundryBridge ?? loadFoundryBridge()) : (catalogueOfOpenAI as Provider)
  },
})

let foundryBridge: Provider | undefined

/** Chat of the catalogue's OpenAI models over the Responses API. */
async function loadFoundryBridge(): Promise<Provider> {
  foundryBridge = await bridged(catalogueOfOpenAI)
  return foundryBridge
}

let claudeOnAzure: Provider | undefined

async function claude(): Promise<Provider> {
  if (claudeOnAzure) return claudeOnAzure
  const [{ provider: own }, { anthropicCounting }] = await Promise.all([
    import('./anthropic.js'),
    import('./counting.js'),
  ])
  const messages = (basePath: string) => (basePath.endsWith('/anthropic') ? '/v1/messages' : '/anthropic/v1/messages')
  claudeOnAzure = Object.freeze({
    ...own,
    id: 'azure_ai',
    name: 'Azure AI Foundry',
    address: Object.freeze({
      base: undefined,
      example: 'https://my-resource.services.ai.azure.com',
      env: catalogue.address.env,
      path: (_: Operation, __: string, ___: boolean, ____: Settings, basePath: string) => messages(basePath),
    }),
    count: Object.freeze({
      ...anthropicCounting,
      path: (_: string, __: Settings, basePath: string) => `${messages(basePath)}/count_tokens`,
    }),
    auth: Object.freeze({
      ...catalogue.auth,
      schemes: Object.freeze(
        catalogue.auth.schemes.map((scheme) =>
          scheme.option === 'apiKey' ? Object.freeze({ ...scheme, header: 'x-api-key' }) : scheme,
        ),
      ),
    }),
    authorize: entraToken,
  }) as Provider
  return claudeOnAzure
}

interface Token {
  token: string
  expiresOnTimestamp: number
}

interface MachineCredential {
  getToken(scope: string): Promise<Token | null>
}

let credential: Promise<MachineCredential> | undefined
let held: Token | undefined
const scope = 'https://cognitiveservices.azure.com/.default'
/** Time before the expiry of a token at which it is renewed, in milliseconds. */
const margin = 120_000

/** A token of Entra ID for the identity of the machine (managed identity, CLI, environment). */
async function entraToken(request: Signable): Promise<HeaderFields> {
  if (!held || held.expiresOnTimestamp - margin < request.now) {
    credential ??= signIn()
    held = await tokenOf(await credential)
  }
  return held ? { authorization: `Bearer ${held.token}` } : {}
}

async function tokenOf(machine: MachineCredential): Promise<Token | undefined> {
  try {
    return (await machine.getToken(scope)) ?? undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AuthenticationError(`Azure issued no token for this machine: ${reason.replace(/\.+$/, '')}. ${waysIn}.`, {
      cause: error,
    })
  }
}

const waysIn =
  'Set AZURE_API_KEY (AZURE_AI_API_KEY for azure_ai), pass apiKey, or put authToken into createClient({ providers: { azure: { … } } })'

async function signIn(): Promise<MachineCredential> {
  try {
    const { DefaultAzureCredential } = await import('@azure/identity')
    return new DefaultAzureCredential()
  } catch (error) {
    credential = undefined
    throw missingPackage(`No key for Azure. ${waysIn}`, '@azure/identity', 'to sign in as this machine', error)
  }
}
