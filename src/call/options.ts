/** What each field of a request is. The casing tells the two halves apart; these tables tell the words without casing, and the typos. */

/** snake_case: travels to the model. */
export const chatParams: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'temperature',
  'top_p',
  'top_k',
  'n',
  'stop',
  'max_tokens',
  'max_completion_tokens',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'seed',
  'user',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'response_format',
  'reasoning_effort',
  'thinking',
  'verbosity',
  'modalities',
  'audio',
  'prediction',
  'web_search_options',
  'service_tier',
  'metadata',
  'store',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'cache_control',
  'stream',
  'stream_options',
  'extra_body',
])

export const embeddingParams: ReadonlySet<string> = new Set([
  'model',
  'input',
  'dimensions',
  'encoding_format',
  'user',
  'extra_body',
])

export const rerankParams: ReadonlySet<string> = new Set([
  'model',
  'query',
  'documents',
  'top_n',
  'return_documents',
  'rank_fields',
  'max_tokens_per_doc',
  'extra_body',
])

export const responsesParams: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'reasoning',
  'text',
  'include',
  'previous_response_id',
  'conversation',
  'store',
  'background',
  'truncation',
  'metadata',
  'service_tier',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'user',
  'stream',
  'stream_options',
  'extra_body',
])

export const moderationParams: ReadonlySet<string> = new Set(['model', 'input', 'extra_body'])

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
