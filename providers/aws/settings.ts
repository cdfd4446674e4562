import type { Setting } from '../contract.js'

/** The settings of every AWS provider. */
export const awsSettings: readonly Setting[] = Object.freeze([
  Object.freeze({
    option: 'region',
    env: Object.freeze(['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_REGION_NAME']),
    example: 'us-east-1',
    required: true,
  } as const),
  Object.freeze({ option: 'accessKeyId', env: Object.freeze(['AWS_ACCESS_KEY_ID']) } as const),
  Object.freeze({ option: 'secretAccessKey', env: Object.freeze(['AWS_SECRET_ACCESS_KEY']), secret: true } as const),
  Object.freeze({ option: 'sessionToken', env: Object.freeze(['AWS_SESSION_TOKEN']), secret: true } as const),
  // AWS's credential chain reads AWS_PROFILE; keys in the environment have priority there too
  Object.freeze({ option: 'profile', env: Object.freeze([]) } as const),
])
