import { z } from 'zod'
import {
  anyObject,
  anyValue,
  boolean,
  component,
  integer,
  maybeNumber,
  maybeString,
  number,
  type Operations,
  open,
  string,
} from './parts.js'
import { callFields, callParams, filters, limit } from './spend.js'

const tag = 'Spend'

const measured = {
  spend: number.describe('US dollars.'),
  calls: integer,
  failures: integer,
  input_tokens: integer,
  output_tokens: integer,
  cached_tokens: integer.describe('Input tokens that a provider had in its cache.'),
  cache_hits: integer.describe('Answers out of the cache of the gateway.'),
  unknown_costs: integer.describe('Calls without a known price.'),
  retries: integer,
  fallbacks: integer,
  saved: number.describe('US dollars that answers out of the cache would have cost.'),
  mean_duration_ms: maybeNumber,
  mean_first_token_ms: maybeNumber,
}

const measures = component('Measures', open(measured), 'Sums of calls.')
const point = component('Point', open({ period: string.describe('A day or an hour.'), ...measured }))

const percentiles = component(
  'Percentiles',
  z.object({ p50: number, p90: number, p95: number, p99: number }),
  'Milliseconds.',
).nullable()

const activityFields = {
  daily_data: z.array(z.object({ date: string, api_requests: number, total_tokens: number })),
  sum_api_requests: number,
  sum_total_tokens: number,
}

const dimensions = [
  'all',
  'key',
  'user',
  'team',
  'organization',
  'customer',
  'tag',
  'group',
  'model',
  'provider',
] as const

/** Time series and single calls: routes of the dashboard. */
export const usageOperations: Operations = {
  'GET /spend/usage': {
    tag,
    summary: 'Time series of calls, tokens, spend and times, by one dimension',
    description:
      'Without dates: the last 30 days, or 24 hours. The largest names have series of their own; the series with the name `null` is all others.',
    query: z.object({
      ...filters,
      grain: z.enum(['day', 'hour']).optional().describe('Default: `day`.'),
      group_by: z
        .enum([...dimensions, 'deployment', 'outcome'])
        .optional()
        .describe('Default: `all`.'),
      order_by: z.enum(['spend', 'calls', 'failures', 'input_tokens', 'output_tokens']).optional(),
      limit: limit.describe('Most series, up to 100. Default: 10.'),
      format: z.enum(['json', 'csv']).optional(),
    }),
    answer: open({
      grain: z.enum(['day', 'hour']),
      group_by: string,
      start: string,
      end: string,
      total: measures,
      points: z.array(point),
      series: z.array(open({ name: maybeString, label: maybeString, total: measures, points: z.array(point) })),
    }),
    media: 'text/csv',
  },
  'GET /spend/latency': {
    tag,
    summary: 'Percentiles of the newest calls',
    query: z.object({ ...callParams, limit: limit.describe('Calls. Default: 2,000.') }),
    answer: open({
      calls: integer,
      failures: integer,
      since: maybeString,
      duration_ms: percentiles,
      first_token_ms: percentiles.describe('Streams, to their first content.'),
    }),
  },
  'GET /spend/logs/ui/:request_id': {
    tag,
    summary: 'One call with its attempts, the parts of its cost, and its content if it is stored',
    answer: open({
      ...callFields,
      content_stored: boolean,
      attempts: z.array(anyObject),
      usage_object: anyValue,
      cost_breakdown: anyValue,
      request_headers: anyValue,
      original_spend: number,
      rated_at: maybeString.describe('Time of a later correction of the price.'),
    }),
  },
  'GET /global/activity/model': {
    tag,
    summary: 'Calls and tokens by day and model group',
    query: z.object({ ...filters, limit }),
    answer: z.array(open({ model: string, ...activityFields })),
  },
  'GET /global/activity/cache_hits': {
    tag,
    summary: 'Answers out of the cache by day',
    query: z.object(filters),
    answer: open({
      daily_data: z.array(
        open({ date: string, api_requests: number, cache_hits: number, cached_tokens: number, saved: number }),
      ),
      sum_api_requests: number,
      sum_cache_hits: number,
    }),
  },
}
