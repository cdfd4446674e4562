import { BadRequestError } from '../src/errors.js'
import { type SignerOf, signed } from './aws/credentials.js'
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
 * profile (`us.anthropic.claude-sonnet-4-5-20250929-v1:0`) or an ARN.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/inference-api.html
 */
export const provider: Provider<unknown> = Object.freeze({
  id: 'bedrock',
  name: 'Amazon Bedrock',
  dialect: converse,
  address: Object.freeze({
    base: ({ region = '' }: Settings) => `https://bedrock-runtime.${checked(region)}.${domainOf(region)}`,
    env: Object.freeze(['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_BEDROCK_RUNTIME_ENDPOINT', 'AWS_ENDPOINT_URL']),
    path: (operation: Operation, model: string, stream: boolean) => {
      const call = operation === 'embedding' ? 'invoke' : stream ? 'converse-stream' : 'converse'
      return `/model/${encodeURIComponent(model.replace(/^converse\//, ''))}/${call}`
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
  settings: Object.freeze([
    Object.freeze({
      option: 'region',
      env: Object.freeze(['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_REGION_NAME']),
      required: true,
    } as const),
    Object.freeze({ option: 'accessKeyId', env: Object.freeze(['AWS_ACCESS_KEY_ID']) } as const),
    Object.freeze({ option: 'secretAccessKey', env: Object.freeze(['AWS_SECRET_ACCESS_KEY']), secret: true } as const),
    Object.freeze({ option: 'sessionToken', env: Object.freeze(['AWS_SESSION_TOKEN']), secret: true } as const),
    // AWS_PROFILE is read by AWS's own chain, and stands behind keys in the environment there as here
    Object.freeze({ option: 'profile', env: Object.freeze([]) } as const),
  ]),
  authorize: (request: Signable, settings: Settings) => signed(request, settings, signer),
  count: Object.freeze({
    ...converseCounting,
    // takes the model itself only: profiles of areas count as it does
    path: (model: string) =>
      `/model/${encodeURIComponent(model.replace(/^converse\//, '').replace(/^(?:us|eu|apac|jp|au|ca|global|us-gov)\./, ''))}/count-tokens`,
  }),
  quirks: undefined,
})

/** The domains of AWS's partitions, by the beginning of a region. https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
const domains: readonly (readonly [start: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
]

const domainOf = (region: string): string => domains.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com'

/** The region is part of the host that credentials go to. */
function checked(region: string): string {
  if (/^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(region)) return region
  throw new BadRequestError(`'${region.slice(0, 60)}' is no region of AWS: it is something like us-east-1.`, {
    provider: 'bedrock',
    param: 'region',
  })
}
