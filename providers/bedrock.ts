import { type SigningService, signRequest } from './aws/credentials.js'
import { modelId, modelRegion } from './aws/model.js'
import { regionalHost } from './aws/region.js'
import { awsSettings } from './aws/settings.js'
import type { Operation, Provider, RouteRequest, Settings, Signable } from './contract.js'
import { converseCounting } from './counting.js'
import { converse } from './dialects/converse/index.js'
import { encodeSegment } from './shared/path.js'

const signer: SigningService = Object.freeze({
  provider: 'bedrock',
  name: 'Amazon Bedrock',
  service: 'bedrock',
  otherwise: 'Or use a Bedrock API key: set AWS_BEARER_TOKEN_BEDROCK, or pass apiKey.',
})

/** Operations over InvokeModel. */
const invoked: ReadonlySet<Operation> = new Set<Operation>(['embedding', 'rerank', 'imageGeneration', 'imageEdit'])

/**
 * Amazon Bedrock: Converse, and InvokeModel for embeddings, rerank and images. The model is an id (`amazon.nova-lite-v1:0`), an inference profile
 * (`us.anthropic.claude-sonnet-4-5-20250929-v1:0`) or an ARN. The prefix `converse/` is optional; `invoke/` selects InvokeModel.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/inference-api.html
 */
export const provider: Provider<unknown> = Object.freeze({
  id: 'bedrock',
  name: 'Amazon Bedrock',
  dialect: converse,
  address: Object.freeze({
    base: ({ region = '' }: Settings) => `https://bedrock-runtime.${regionalHost(region, 'bedrock')}`,
    env: Object.freeze(['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_BEDROCK_RUNTIME_ENDPOINT', 'AWS_ENDPOINT_URL']),
    path: (operation: Operation, model: string, stream: boolean) => {
      const call = invoked.has(operation) ? 'invoke' : stream ? 'converse-stream' : 'converse'
      return `/model/${encodeSegment(stripPrefix(model), 'bedrock')}/${call}`
    },
  }),
  auth: Object.freeze({
    // https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['AWS_BEARER_TOKEN_BEDROCK']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: true,
    url: 'https://console.aws.amazon.com/bedrock/home#/api-keys',
  }),
  settings: awsSettings,
  authorize: (request: Signable, settings: Settings) => signRequest(request, settings, signer),
  count: Object.freeze({
    ...converseCounting,
    // accepts model ids only; inference profiles count like their model
    path: (model: string) =>
      `/model/${encodeURIComponent(model.replace(/^(?:us|eu|apac|jp|au|ca|global|us-gov)\./, ''))}/count-tokens`,
  }),
  route,
  modelName: stripPrefix,
  quirks: undefined,
})

/** Words that LiteLLM writes in front of a model's id or ARN. Converse needs none of them. */
const conversePrefix = /^(?:converse|converse_like|nova|nova-2|deepseek_r1|qwen2|qwen3|moonshot)\/(?=.)/

function stripPrefix(model: string): string {
  return modelId(model.replace(conversePrefix, ''))
}

function route(model: string, request?: RouteRequest): Provider | Promise<Provider> {
  const region = modelRegion(
    model
      .replace(conversePrefix, '')
      .replace(/^(?:(?:invoke|llama|openai)(?:\/(?:llama|openai|claude|mistral|titan))?)\//, ''),
  )
  if (!/^(?:invoke|llama|openai)\//.test(model)) return inRegion(provider, region)
  return import('./aws/invoke/index.js').then(({ invokeProvider }) =>
    inRegion(invokeProvider(provider, model, request?.baseModel), region),
  )
}

/** Names come from callers, so the number of cached providers is bounded. */
const maxRegions = 64
const regional = new WeakMap<Provider, Map<string, Provider>>()

/** The provider in the region of a model's name, which outranks the setting. */
function inRegion(base: Provider, region: string | undefined): Provider {
  if (region === undefined) return base
  const cached = regional.get(base) ?? new Map<string, Provider>()
  regional.set(base, cached)
  const known = cached.get(region)
  if (known) return known
  const { route: _, ...rest } = base
  const host = `https://bedrock-runtime.${regionalHost(region, 'bedrock')}`
  const fixed = Object.freeze({ option: 'region', env: Object.freeze([]), default: region } as const)
  const made: Provider = Object.freeze({
    ...rest,
    address: Object.freeze({ ...base.address, base: () => host }),
    settings: Object.freeze(awsSettings.map((setting) => (setting.option === 'region' ? fixed : setting))),
    authorize: (request: Signable, settings: Settings) => signRequest(request, { ...settings, region }, signer),
  })
  if (cached.size >= maxRegions) cached.clear()
  cached.set(region, made)
  return made
}
