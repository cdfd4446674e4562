import { regionalHost } from './aws/region.js'
import type { Provider, Settings } from './contract.js'
import { countIn, type Fields, fieldsIn, isFields, textIn } from './fields.js'

/** A page of a provider's list of models. */
export interface ModelPage {
  readonly entries: readonly Fields[]
  /** The request of the next page. */
  readonly next?: PagePath | undefined
}

/** Path with query under the base. */
export type PagePath = string | ((settings: Settings, basePath: string) => string)

/** Lists of models that differ from OpenAI's. */
interface ModelList {
  readonly first: PagePath
  /** Further lists of the same provider. */
  readonly more?: readonly PagePath[]
  /** Base of the list, if it is not the provider's. */
  readonly base?: (settings: Settings) => string
  read(body: unknown): { readonly entries: readonly Fields[]; readonly next?: PagePath | undefined }
  /** The name of a model. @default `id`, `name` or `model` */
  id?(entry: Fields): string | undefined
}

/** A list at the top level or in one of its usual fields. */
const entriesIn = (body: unknown): readonly Fields[] => {
  if (Array.isArray(body)) return fieldsIn(body)
  const fields = isFields(body) ? body : {}
  return fieldsIn(fields.data ?? fields.models ?? fields.results ?? fields.items)
}

const token = (body: unknown, name: string): string | undefined =>
  (isFields(body) && textIn(body, name) && encodeURIComponent(String(body[name]))) || undefined

/** https://platform.openai.com/docs/api-reference/models/list */
const openai: ModelList = { first: '/models', read: (body) => ({ entries: entriesIn(body) }) }

/** OpenAI's list under the version, for hosts whose base has none. */
const versioned: ModelList = {
  ...openai,
  first: (_, basePath) => (/\/v\d\w*$/.test(basePath) ? '/models' : '/v1/models'),
}

const gemini = (under: string) => (_: Settings, basePath: string) =>
  `${/\/v\d\w*$/.test(basePath) ? '' : '/v1beta'}${under}`

const lists: Readonly<Record<string, ModelList>> = {
  // https://platform.claude.com/docs/en/api/models/list
  anthropic: {
    first: '/v1/models?limit=1000',
    read(body) {
      const last = token(body, 'last_id')
      const more = isFields(body) && body.has_more === true && last !== undefined
      return { entries: entriesIn(body), next: more ? `/v1/models?limit=1000&after_id=${last}` : undefined }
    },
  },
  // https://ai.google.dev/api/models#method:-models.list
  gemini: {
    first: gemini('/models?pageSize=1000'),
    read(body) {
      const next = token(body, 'nextPageToken')
      return { entries: entriesIn(body), next: next && gemini(`/models?pageSize=1000&pageToken=${next}`) }
    },
    id: ({ name }) => (typeof name === 'string' ? name.replace(/^models\//, '') : undefined),
  },
  // https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/publishers.models/list
  vertex_ai: {
    first: '/v1beta1/publishers/google/models?pageSize=100',
    read(body) {
      const next = token(body, 'nextPageToken')
      return {
        entries: isFields(body) ? fieldsIn(body.publisherModels) : [],
        next: next && `/v1beta1/publishers/google/models?pageSize=100&pageToken=${next}`,
      }
    },
    id: ({ name }) => (typeof name === 'string' ? name.replace(/^publishers\/google\/models\//, '') : undefined),
  },
  // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html, API_ListInferenceProfiles.html
  bedrock: {
    base: ({ region = '' }) => `https://bedrock.${regionalHost(region, 'bedrock')}`,
    first: '/foundation-models',
    more: ['/inference-profiles?maxResults=1000'],
    read(body) {
      const next = token(body, 'nextToken')
      const { modelSummaries, inferenceProfileSummaries } = isFields(body) ? body : {}
      return {
        entries: fieldsIn(modelSummaries ?? inferenceProfileSummaries),
        next: next && `/inference-profiles?maxResults=1000&nextToken=${next}`,
      }
    },
    id: (entry) => textIn(entry, 'modelId') ?? textIn(entry, 'inferenceProfileId'),
  },
  // models, not deployments, which only the management API lists
  azure: { ...openai, first: azurePath },
  azure_ai: { ...openai, first: azurePath },
  // https://huggingface.co/docs/inference-providers/hub-api, https://docs.perplexity.ai/api-reference/models-get
  huggingface: versioned,
  perplexity: versioned,
  // https://docs.cohere.com/reference/list-models
  cohere: {
    first: '/v1/models?page_size=1000',
    read(body) {
      const next = token(body, 'next_page_token')
      return { entries: entriesIn(body), next: next && `/v1/models?page_size=1000&page_token=${next}` }
    },
  },
  // https://docs.ollama.com/api/tags
  ollama: { first: '/api/tags', read: openai.read },
  ollama_chat: { first: '/api/tags', read: openai.read },
  // https://ibm.github.io/watsonx-ai-node-sdk/
  watsonx: {
    first: '/ml/v1/foundation_model_specs?version=2025-02-11&limit=200',
    read(body) {
      const next = isFields(body) && isFields(body.next) ? textIn(body.next, 'href') : undefined
      const url = next !== undefined && URL.canParse(next) ? new URL(next) : undefined
      return {
        entries: isFields(body) ? fieldsIn(body.resources) : [],
        next: url && `${url.pathname}${url.search}`,
      }
    },
    id: (entry) => textIn(entry, 'model_id'),
  },
  // https://replicate.com/docs/reference/http#collections.get: the list of all public models has hundreds of pages
  replicate: {
    first: '/v1/collections/language-models',
    read: openai.read,
    id: ({ owner, name }) => (typeof owner === 'string' && typeof name === 'string' ? `${owner}/${name}` : undefined),
  },
  // https://elevenlabs.io/docs/api-reference/models/list
  elevenlabs: { first: '/v1/models', read: openai.read, id: (entry) => textIn(entry, 'model_id') },
  // https://developers.deepgram.com/reference/manage/models/list
  deepgram: {
    first: '/v1/models',
    read: (body) => ({ entries: isFields(body) ? [...fieldsIn(body.stt), ...fieldsIn(body.tts)] : [] }),
    id: (entry) => textIn(entry, 'canonical_name'),
  },
}

function azurePath({ apiVersion = '' }: Settings, basePath: string): string {
  if (basePath.endsWith('/openai/v1')) return '/models'
  const root = basePath.endsWith('/openai') ? '' : '/openai'
  const dated = /^\d{4}-/.test(apiVersion) && !basePath.endsWith('/models')
  return dated && apiVersion !== '2024-05-01-preview'
    ? `${root}/models?api-version=${encodeURIComponent(apiVersion)}`
    : `${root}/v1/models`
}

/** Providers whose models have no list under their address. */
const without: ReadonlySet<string> = new Set([
  ...['sagemaker', 'sagemaker_chat', 'databricks', 'jina_ai', 'voyage', 'cloudflare', 'snowflake'],
])

/** The list of a provider; undefined if it has none. */
export const modelListOf = ({ id }: Provider): ModelList | undefined =>
  without.has(id) ? undefined : Object.hasOwn(lists, id) ? lists[id] : openai

/** A model of any provider in one shape; undefined for an entry without a name. */
export function readModel(list: ModelList, entry: Fields, prefix: string) {
  const id = list.id ? list.id(entry) : (textIn(entry, 'id') ?? textIn(entry, 'name') ?? textIn(entry, 'model'))
  if (!id) return undefined
  const name = [
    entry.display_name,
    entry.displayName,
    entry.modelName,
    entry.inferenceProfileName,
    entry.label,
    entry.name,
  ]
    .filter((one) => typeof one === 'string' && one !== id && !one.endsWith(`/${id}`))
    .at(0) as string | undefined
  const created = countIn(entry, 'created') ?? secondsOf(entry.created_at)
  const owner = textIn(entry, 'owned_by') ?? textIn(entry, 'providerName') ?? textIn(entry, 'provider')
  const { limits, top_provider: best, model_limits: modelLimits } = entry
  const context =
    first(entry, ['context_window', 'context_length', 'max_context_length', 'max_model_len', 'max_input_tokens']) ??
    first(entry, ['inputTokenLimit']) ??
    (isFields(modelLimits) ? countIn(modelLimits, 'max_sequence_length') : undefined)
  const output =
    first(entry, ['max_output_tokens', 'max_completion_tokens', 'outputTokenLimit', 'max_tokens']) ??
    (isFields(best) ? countIn(best, 'max_completion_tokens') : undefined) ??
    (isFields(limits) ? countIn(limits, 'max_output_tokens') : undefined)
  return {
    model: `${prefix}/${id}`,
    id,
    ...(name !== undefined && { name }),
    ...(created !== undefined && created > 0 && { created }),
    ...(owner !== undefined && { owned_by: owner }),
    ...(context !== undefined && context > 0 && { context_window: context }),
    ...(output !== undefined && output > 0 && { max_output_tokens: output }),
    raw: entry,
  }
}

const first = (entry: Fields, names: readonly string[]): number | undefined =>
  names.map((name) => countIn(entry, name)).find((count) => count !== undefined)

function secondsOf(date: unknown): number | undefined {
  const time = typeof date === 'string' ? Date.parse(date) : Number.NaN
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000)
}
