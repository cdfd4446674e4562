import { BadRequestError } from '../src/errors.js'
import type { Auth, Dialect, Provider, Setting, Settings } from './contract.js'
import { anthropicCounting, vertexCounting } from './counting.js'
import { type GeminiQuirks, gemini, methodOf } from './dialects/gemini/index.js'
import type { OpenAIQuirks } from './dialects/openai/index.js'
import { googleToken } from './google/credentials.js'
import { encodeSegment } from './shared/path.js'

/** Vertex AI: Gemini, Claude, Mistral and the models of Model Garden, each in its own dialect, at one address with one sign-in. */

const project = {
  option: 'project',
  example: 'my-project-123456',
  env: Object.freeze(['VERTEXAI_PROJECT', 'VERTEX_PROJECT', 'GOOGLE_CLOUD_PROJECT']),
} as const

const settingsWith = (first: Setting): readonly Setting[] =>
  Object.freeze([
    Object.freeze(first),
    Object.freeze({
      option: 'location',
      env: Object.freeze(['VERTEXAI_LOCATION', 'VERTEX_LOCATION', 'GOOGLE_CLOUD_LOCATION']),
      default: 'global',
    } as const),
    Object.freeze({ option: 'credentials', env: Object.freeze(['VERTEXAI_CREDENTIALS']), secret: true } as const),
  ])

/** Express mode (a key and no project) is available for Google's own models. */
const settings = settingsWith({ ...project, requiredUnless: 'apiKey' })
const partnerSettings = settingsWith({ ...project, required: true })

/** The location is part of the host that receives the credentials. https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations */
function locationBase({ location = 'global' }: Settings): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com'
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(location)) {
    const message = `Invalid Vertex AI location '${location.slice(0, 60)}'. Use 'global' or a region such as 'us-central1'.`
    throw new BadRequestError(message, { provider: 'vertex_ai', param: 'location' })
  }
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com`
  return `https://${location}-aiplatform.googleapis.com`
}

/** The parent of models. Express mode has no project, and a base may contain the version. */
function parent({ project, location = 'global' }: Settings, basePath: string): string {
  const version = /\/v\d\w*$/.test(basePath) ? '' : '/v1'
  if (!project) return version
  return `${version}/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}`
}

const auth: Auth = Object.freeze({
  schemes: Object.freeze([
    Object.freeze({ option: 'apiKey', env: Object.freeze(['VERTEX_API_KEY']), header: 'x-goog-api-key' } as const),
    Object.freeze({
      option: 'authToken',
      env: Object.freeze(['VERTEX_ACCESS_TOKEN']),
      header: 'authorization',
      prefix: 'Bearer ',
    } as const),
  ]),
  required: true,
  url: 'https://console.cloud.google.com/vertex-ai',
})

/** Common to all models. */
const shared = {
  id: 'vertex_ai',
  name: 'Vertex AI',
  auth,
  settings,
  authorize: (_: unknown, given: Settings) => googleToken(given),
} as const

type Path = Provider['address']['path']

const address = (path: Path) =>
  Object.freeze({ base: locationBase, env: Object.freeze(['VERTEX_API_BASE', 'VERTEXAI_API_BASE']), path })

const publisher = (name: string, model: string, under: string) =>
  `${under}/publishers/${name}/models/${encodeSegment(model, 'vertex_ai')}`

/** Tuned models are endpoints, by their number: `gemini/<id>` as LiteLLM writes them, `endpoints/<id>` or the number alone. */
const endpointId = /^(?:gemini\/|endpoints\/)?(\d+)$/

function googlePath(model: string, under: string): string {
  const [, id] = endpointId.exec(model) ?? []
  if (id !== undefined) return `${under}/endpoints/${id}`
  return publisher('google', model.replace(/^(?:gemini|models|publishers\/google\/models)\//, ''), under)
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference */
const google: Provider<GeminiQuirks> = Object.freeze({
  ...shared,
  dialect: gemini,
  address: address((operation, model, stream, given, basePath) => {
    const path = googlePath(model, parent(given, basePath))
    if (operation === 'embedding') return `${path}:predict`
    return path + methodOf(operation, model, stream)
  }),
  count: Object.freeze({
    ...vertexCounting,
    path: (model: string, given: Settings, basePath: string) =>
      `${googlePath(model, parent(given, basePath))}:countTokens`,
  }),
  quirks: Object.freeze({
    urls: 'all',
    // recorded in August 2025
    accepted: Object.freeze({ 'gemini-2.5-pro': Object.freeze(['presence_penalty', 'frequency_penalty']) }),
    embeddings: 'predict',
    maxInputs: 250,
  } as const),
})

/** Routes models to the endpoint of their publisher, by name. */
export const provider: Provider<GeminiQuirks> = Object.freeze({ ...google, route })

const googleName = /^(?:(?:gemini|endpoints)\/\d+$|(?:gemini|models|publishers\/google\/models)\/)/

function route(model: string): Provider | Promise<Provider> {
  if (model.startsWith('semantic-ranker-')) return cached('ranking', ranking)
  if (model.startsWith('claude-')) return cached('claude', claude)
  if (/^(?:mistral|codestral|ministral)-/.test(model)) return cached('mistral', mistral)
  if (model.includes('/') && !googleName.test(model)) return cached('garden', garden)
  return google as Provider
}

const built = new Map<string, Promise<Provider>>()

function cached(name: string, build: () => Promise<Provider>): Promise<Provider> {
  const known = built.get(name) ?? build()
  built.set(name, known)
  return known
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude */
async function claude(): Promise<Provider> {
  const { anthropic } = await import('./dialects/anthropic/index.js')
  return Object.freeze({
    ...shared,
    settings: partnerSettings,
    dialect: anthropic,
    address: address(
      (_, model, stream, given, basePath) => `${publisher('anthropic', model, parent(given, basePath))}:${raw(stream)}`,
    ),
    // https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/count-tokens
    count: Object.freeze({
      ...anthropicCounting,
      path: (_: string, given: Settings, basePath: string) =>
        `${publisher('anthropic', 'count-tokens', parent(given, basePath))}:rawPredict`,
    }),
    quirks: Object.freeze({ bodyVersion: 'vertex-2023-10-16', bodyModel: false }),
  }) as Provider
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral */
async function mistral(): Promise<Provider> {
  const [{ openai }, { compatible }, { hosts }] = await Promise.all([
    import('./dialects/openai/index.js'),
    import('./compatible.js'),
    import('./hosts/index.js'),
  ])
  const row = hosts.find(({ id }) => id === 'mistral')
  const { quirks } = compatible(row ?? { id: 'mistral' })
  return Object.freeze({
    ...shared,
    settings: partnerSettings,
    dialect: chatOnly(openai),
    address: address(
      (_, model, stream, given, basePath) => `${publisher('mistralai', model, parent(given, basePath))}:${raw(stream)}`,
    ),
    quirks,
  }) as Provider
}

const chatOnly = ({ embedding: _, ...dialect }: Dialect<OpenAIQuirks>): Dialect<OpenAIQuirks> => Object.freeze(dialect)

/** Llama and other open models. https://cloud.google.com/vertex-ai/generative-ai/docs/maas/call-open-model-apis */
async function garden(): Promise<Provider> {
  const { defaultQuirks, openai, openaiPaths } = await import('./dialects/openai/index.js')
  return Object.freeze({
    ...shared,
    settings: partnerSettings,
    dialect: openai,
    address: address((operation, model, _, given, basePath) => {
      // deployed models have an endpoint each, which LiteLLM writes as `openai/<id>`
      const endpoint = /^openai\/(\d+)$/.exec(model)?.[1] ?? 'openapi'
      return `${parent(given, basePath)}/endpoints/${endpoint}${openaiPaths[operation]}`
    }),
    quirks: defaultQuirks,
  }) as Provider
}

/** Ranking is a service of its own, at another host. https://cloud.google.com/generative-ai-app-builder/docs/ranking */
async function ranking(): Promise<Provider> {
  const [{ googleRerank }, { errorFacts }] = await Promise.all([
    import('./dialects/rerank/hosted.js'),
    import('./dialects/gemini/errors.js'),
  ])
  const dialect: Dialect = Object.freeze({ framing: 'sse', rerank: googleRerank, error: errorFacts })
  return Object.freeze({
    ...shared,
    settings: partnerSettings,
    dialect,
    address: Object.freeze({
      base: ({ location = 'global' }: Settings) =>
        `https://${/^(?:us|eu)$/.test(location) ? `${location}-` : ''}discoveryengine.googleapis.com`,
      env: Object.freeze(['VERTEX_RANKING_API_BASE']),
      path: (_, __, ___, { project = '', location = 'global' }) => {
        // regions have no ranking
        const place = /^(?:us|eu)$/.test(location) ? location : 'global'
        return `/v1/projects/${encodeURIComponent(project)}/locations/${place}/rankingConfigs/default_ranking_config:rank`
      },
    } satisfies Provider['address']),
    quirks: Object.freeze({}),
  }) as Provider
}

const raw = (stream: boolean) => (stream ? 'streamRawPredict' : 'rawPredict')
