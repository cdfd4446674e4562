import { estimateTokens } from 'llmux'
import type { GatewayCache } from '../cache.js'
import type { Settings } from '../config/settings.js'
import { keyOf } from '../http/keys.js'
import type { OpenRoute } from '../http/response.js'
import { type MetricDump, writeMetrics } from '../metrics/registry.js'
import { metricsType } from '../metrics/server.js'
import type { ModelCatalog } from '../models/catalog.js'
import { badRequest, notFound, refuse } from '../refusal.js'
import type { AdminRoute, Control } from '../types.js'

export interface OperationParts {
  readonly control: Control
  readonly catalog: ModelCatalog
  /** The metrics of all processes of the gateway. */
  readonly metrics: () => Promise<readonly MetricDump[]> | readonly MetricDump[]
  readonly cache: GatewayCache | undefined
  readonly settings: () => Settings
  /** Reads the configuration again. Throws a refusal if it is wrong, and keeps the old one. */
  readonly reload: () => Promise<{ readonly changes: readonly string[] }>
  readonly version: string
}

/** Metrics, and the page that a browser gets. */
export function pages({ control, metrics, settings, version }: OperationParts): OpenRoute[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      handler: async ({ headers, path, ip }) => {
        const { port } = settings().metrics
        if (port !== undefined) throw notFound(`Metrics are on port ${port}.`)
        if (!settings().metrics.public) {
          const key = keyOf(headers, settings().keyHeader)
          await control.prepare(key)
          const principal = control.authenticate(key, ip)
          control.authorizeRoute(principal, 'GET', path)
        }
        return {
          status: 200,
          headers: { 'content-type': metricsType },
          body: writeMetrics(await metrics()),
        }
      },
    },
    {
      method: 'GET',
      path: '/',
      handler: ({ headers }) => {
        if (headers.accept?.includes('text/html'))
          return { status: 303, headers: { location: '/ui/', vary: 'accept' }, body: '' }
        return {
          status: 200,
          headers: { 'content-type': 'application/json', vary: 'accept' },
          body: JSON.stringify({ name: 'llmux-gateway', version, docs: 'https://github.com/llmux/llmux#readme' }),
        }
      },
    },
  ]
}

const chatParams = [
  ...[
    'frequency_penalty',
    'logit_bias',
    'logprobs',
    'top_logprobs',
    'max_tokens',
    'max_completion_tokens',
    'modalities',
  ],
  ...[
    'n',
    'presence_penalty',
    'seed',
    'stop',
    'stream',
    'stream_options',
    'temperature',
    'top_p',
    'tools',
    'tool_choice',
  ],
  ...['parallel_tool_calls', 'response_format', 'reasoning_effort', 'service_tier', 'user', 'metadata', 'store'],
  ...['safety_identifier', 'prompt_cache_key', 'prediction', 'audio', 'web_search_options'],
]

export function operationRoutes({ catalog, cache, reload }: OperationParts): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/cache/ping',
      handler: async () => {
        if (!cache)
          throw refuse('No cache is configured: litellm_settings.cache.', { status: 503, type: 'cache_ping_error' })
        await cache.ping()
        return { status: 'healthy', cache_type: cache.type, ping_response: true, set_cache_response: 'success' }
      },
    },
    {
      method: 'POST',
      path: '/cache/delete',
      handler: async ({ body }) => {
        const { keys } = (body ?? {}) as { keys?: unknown }
        if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'string'))
          throw badRequest("'keys' must be a list of cache keys: the values of x-litellm-cache-key.", 'keys')
        if (!cache) throw badRequest('No cache is configured: litellm_settings.cache.')
        await cache.remove(keys as string[])
        return { status: 'success' }
      },
    },
    {
      method: 'POST',
      path: '/cache/flushall',
      handler: async () => {
        if (!cache) throw badRequest('No cache is configured: litellm_settings.cache.')
        await cache.clear()
        return { status: 'success' }
      },
    },
    {
      method: 'POST',
      path: '/utils/token_counter',
      handler: ({ body }) => {
        const { model, messages, prompt, tools } = (body ?? {}) as Record<string, unknown>
        if (typeof model !== 'string') throw badRequest("'model' must be in the body.", 'model')
        if (messages == null && prompt == null)
          throw badRequest("'messages' or 'prompt' must be in the body.", 'messages')
        if (prompt != null && typeof prompt !== 'string')
          throw badRequest(`'prompt' must be a string; got ${JSON.stringify(prompt).slice(0, 80)}.`, 'prompt')
        const [entry] = catalog.deployments(model)
        const used = entry?.config.params.baseModel ?? entry?.config.params.model ?? model
        const request = {
          model: used,
          ...(messages != null ? { messages } : { text: prompt }),
          ...(tools != null && { tools }),
        }
        return {
          total_tokens: estimateTokens(request as Parameters<typeof estimateTokens>[0]).tokens,
          request_model: model,
          model_used: used,
          tokenizer_type: 'estimate',
        }
      },
    },
    {
      method: 'GET',
      path: '/utils/supported_openai_params',
      handler: ({ query }) => {
        if (typeof query.model !== 'string') throw badRequest("'model' must be in the query.", 'model')
        return { supported_openai_params: chatParams }
      },
    },
    {
      method: 'POST',
      path: '/config/reload',
      handler: async () => ({ status: 'success', ...(await reload()) }),
    },
  ]
}
