import { type SignerOf, signed } from './aws/credentials.js'
import { regional } from './aws/region.js'
import { awsSettings } from './aws/settings.js'
import type { Operation, Provider, Settings, Signable } from './contract.js'
import { converseCounting } from './counting.js'
import { converse } from './dialects/converse/index.js'

const signer: SignerOf = Object.freeze({
  provider: 'bedrock',
  name: 'Amazon Bedrock',
  service: 'bedrock',
  otherwise: 'Or use a key of Bedrock: set AWS_BEARER_TOKEN_BEDROCK, or pass apiKey.',
})

/**
 * Amazon Bedrock, by Converse and, for embeddings, InvokeModel. The model is an id of Bedrock (`amazon.nova-lite-v1:0`), an inference
 * profile (`us.anthropic.claude-sonnet-4-5-20250929-v1:0`) or an ARN; `converse/` before it changes nothing, `invoke/` has chats go by
 * InvokeModel, too.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/inference-api.html
 */
export const provider: Provider<unknown> = Object.freeze({
  id: 'bedrock',
  name: 'Amazon Bedrock',
  dialect: converse,
  address: Object.freeze({
    base: ({ region = '' }: Settings) => `https://bedrock-runtime.${regional(region, 'bedrock')}`,
    env: Object.freeze(['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_BEDROCK_RUNTIME_ENDPOINT', 'AWS_ENDPOINT_URL']),
    path: (operation: Operation, model: string, stream: boolean) => {
      const call = operation === 'embedding' ? 'invoke' : stream ? 'converse-stream' : 'converse'
      return `/model/${encodeURIComponent(bare(model))}/${call}`
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
  authorize: (request: Signable, settings: Settings) => signed(request, settings, signer),
  count: Object.freeze({
    ...converseCounting,
    // takes the model itself only: profiles of areas count as it does
    path: (model: string) =>
      `/model/${encodeURIComponent(model.replace(/^(?:us|eu|apac|jp|au|ca|global|us-gov)\./, ''))}/count-tokens`,
  }),
  route,
  modelName: bare,
  quirks: undefined,
})

function bare(model: string): string {
  return model.replace(/^converse\//, '')
}

function route(model: string): Provider | Promise<Provider> {
  if (!/^(?:invoke|llama|openai)\//.test(model)) return provider
  return import('./aws/invoke/index.js').then(({ invoked }) => invoked(provider, model))
}
