/** What each field of a request is. The casing tells the two halves apart; these tables tell the words without casing, and the typos. */

/** camelCase: stays in the process. */
export const callOptions: ReadonlySet<string> = new Set([
  'apiKey',
  'apiBase',
  'organization',
  'project',
  'apiVersion',
  'baseModel',
  'region',
  'location',
  'headers',
  'signal',
  'timeout',
  'headersTimeout',
  'firstTokenTimeout',
  'idleTimeout',
  'maxRetries',
  'maxRetryDelay',
  'dropParams',
  'maxResponseBytes',
  'maxMediaBytes',
  'allowPrivateMedia',
  'callbacks',
  'tags',
  'traceId',
  'cache',
  'dispatcher',
  'vectorType',
])

/** Options that belong to `createClient()`. */
export const clientOptions: ReadonlySet<string> = new Set([
  'providers',
  'connectTimeout',
  'proxy',
  'redact',
  'beforeSend',
  'callbackQueue',
  'callbackTimeout',
  'logger',
])

/** Options of a provider's account: too many for a call, and none of them changes from call to call. */
export const accountOptions: ReadonlySet<string> = new Set([
  'authToken',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
  'profile',
  'credentials',
  'accountId',
  'spaceId',
  'clientId',
  'clientSecret',
])

/** Other libraries' words for ours. */
export const otherWords: Readonly<Record<string, string>> = {
  base_url: 'apiBase',
  baseUrl: 'apiBase',
  baseURL: 'apiBase',
  api_url: 'apiBase',
  num_retries: 'maxRetries',
  numRetries: 'maxRetries',
  request_timeout: 'timeout',
  stream_timeout: 'firstTokenTimeout',
  extra_headers: 'headers',
  default_headers: 'headers',
  abort_signal: 'signal',
  abortSignal: 'signal',
  maxOutputTokens: 'max_completion_tokens',
  stopSequences: 'stop',
  stop_sequences: 'stop',
  additional_drop_params: 'dropParams',
}

export const toCamel = (name: string) => name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
export const toSnake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
