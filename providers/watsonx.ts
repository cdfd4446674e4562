import { BadRequestError } from '../src/errors.js'
import type { Operation, Paths, Provider, Settings } from './contract.js'
import { defaultQuirks, type OpenAIQuirks } from './dialects/openai/index.js'
import { forgetToken, iamToken } from './ibm/iam.js'
import { isDeployment, watsonxText } from './ibm/text.js'

const endpoints: Paths = { chat: 'chat', embedding: 'embeddings', rerank: 'rerank' }

/** The region becomes part of the host that receives credentials, so it must not contain other characters. */
function validRegion(region: string): string {
  if (/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(region)) return region
  throw new BadRequestError(
    `Invalid region '${region.slice(0, 60)}' for IBM watsonx.ai. Use a region such as 'us-south'.`,
    {
      provider: 'watsonx',
      param: 'region',
    },
  )
}

function path(operation: Operation, model: string, stream: boolean, { apiVersion = '' }: Settings): string {
  const end = operation === 'chat' && stream ? 'chat_stream' : (endpoints[operation] ?? operation)
  const place = isDeployment(model) ? `deployments/${encodeURIComponent(model.slice('deployment/'.length))}/` : ''
  return `/ml/v1/${place}text/${end}?version=${encodeURIComponent(apiVersion)}`
}

/**
 * IBM watsonx.ai: chat, embeddings and rerank of models (`watsonx/ibm/granite-3-8b-instruct`) and deployments
 * (`watsonx/deployment/<id>`). A key of IBM Cloud is exchanged for a token, which is cached until it
 * expires.
 * https://cloud.ibm.com/apidocs/watsonx-ai
 */
export const provider: Provider<OpenAIQuirks> = Object.freeze({
  id: 'watsonx',
  name: 'IBM watsonx.ai',
  dialect: watsonxText,
  address: Object.freeze({
    // https://cloud.ibm.com/apidocs/watsonx-ai#endpoint-url
    base: ({ region }: Settings) => (region ? `https://${validRegion(region)}.ml.cloud.ibm.com` : undefined),
    example: 'https://us-south.ml.cloud.ibm.com',
    env: Object.freeze(['WATSONX_URL', 'WATSONX_API_BASE', 'WATSONX_AI_URL', 'WML_URL']),
    orElse: "pass region ('us-south', 'eu-de', …), or set WATSONX_REGION",
    path,
  }),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['WATSONX_APIKEY', 'WATSONX_API_KEY', 'WX_API_KEY']),
        header: 'authorization',
        traded: true,
      } as const),
      Object.freeze({
        option: 'authToken',
        env: Object.freeze(['WATSONX_TOKEN']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
      // self-hosted (Cloud Pak for Data): https://www.ibm.com/docs/en/cloud-paks/cp-data/5.0.x?topic=apis-generating-api-auth-token
      Object.freeze({
        option: 'authToken',
        env: Object.freeze(['WATSONX_ZENAPIKEY']),
        header: 'authorization',
        prefix: 'ZenApiKey ',
      } as const),
    ]),
    required: true,
    url: 'https://cloud.ibm.com/iam/apikeys',
  }),
  settings: Object.freeze([
    Object.freeze({
      option: 'apiVersion',
      env: Object.freeze(['WATSONX_API_VERSION']),
      default: '2025-02-11',
    } as const),
    Object.freeze({ option: 'region', env: Object.freeze(['WATSONX_REGION']) } as const),
    Object.freeze({ option: 'project', env: Object.freeze(['WATSONX_PROJECT_ID', 'WX_PROJECT_ID']) } as const),
    Object.freeze({
      option: 'spaceId',
      env: Object.freeze(['WATSONX_DEPLOYMENT_SPACE_ID', 'WATSONX_SPACE_ID', 'WX_SPACE_ID']),
    } as const),
  ]),
  authorize: (request, _, aid) => iamToken(request, aid),
  forget: forgetToken,
  quirks: Object.freeze({
    ...defaultQuirks,
    // usage is always sent
    streamOptions: false,
    developerAsSystem: true,
    thinking: 'effort',
    replayReasoning: undefined,
    mediaInToolResults: false,
    unsupported: Object.freeze([
      'top_k',
      'user',
      'store',
      'metadata',
      'service_tier',
      'parallel_tool_calls',
      'prediction',
      'modalities',
      'audio',
      'web_search_options',
    ]),
  } as const),
} satisfies Provider<OpenAIQuirks>)
