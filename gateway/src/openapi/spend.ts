import { z } from 'zod'
import { keyRowAnswer } from './keys.js'
import {
  anyObject,
  anyValue,
  boolean,
  component,
  dayParam,
  fixed,
  integer,
  list,
  maybeString,
  number,
  type Operations,
  open,
  paged,
  string,
  strings,
  text,
  textParam,
} from './parts.js'
import { userAnswer } from './subject-answers.js'

const spend = 'Spend'

/** Filters of sums. */
export const filters = {
  start_date: dayParam,
  end_date: dayParam,
  api_key: textParam.describe('A key, or its hash.'),
  user_id: textParam,
  internal_user_id: textParam,
  team_id: textParam,
  organization_id: textParam,
  customer_id: textParam,
  end_user_id: textParam,
  tag: textParam,
  provider: textParam,
  model_id: textParam.describe('Id of a deployment.'),
  model: textParam,
}

const tagFilters = { start_date: dayParam, end_date: dayParam, api_key: textParam, model: textParam }
export const limit = z.int().min(1).optional().describe('Most rows.')

/** A call of the ledger. */
export const callFields = {
  request_id: string,
  call_type: string,
  api_key: string.describe('Hash of the key.'),
  spend: number.describe('US dollars.'),
  total_tokens: number,
  prompt_tokens: number,
  completion_tokens: number,
  startTime: string,
  endTime: string,
  completionStartTime: string,
  request_duration_ms: number,
  model: string.describe('`provider/model` that answered.'),
  model_id: maybeString,
  model_group: string.describe('Name in the request.'),
  custom_llm_provider: string,
  api_base: string,
  user: string,
  metadata: open({
    status: z.enum(['success', 'failure']),
    user_api_key: string,
    user_api_key_alias: maybeString,
    user_api_key_user_id: maybeString,
    user_api_key_team_id: maybeString,
    user_api_key_org_id: maybeString,
    requester_ip_address: maybeString,
    cost_state: string,
    outcome: string,
    error_information: z
      .object({ error_code: maybeString, error_class: string, error_message: maybeString })
      .nullable(),
  }),
  cache_hit: z.enum(['True', 'False']),
  cache_key: string,
  request_tags: strings,
  team_id: string,
  organization_id: string,
  end_user: string,
  requester_ip_address: string,
  messages: anyValue,
  response: anyValue,
  proxy_server_request: anyValue,
  session_id: maybeString,
  status: z.enum(['success', 'failure']),
  litellm_call_id: string,
  created_at: string,
  updated_at: string,
}

const call = component('Call', open(callFields), 'A call of the ledger.')

const daySummary = open({ startTime: string, spend: number, users: anyObject, models: anyObject })

export const callParams = {
  request_id: textParam,
  api_key: textParam.describe('A key, or its hash.'),
  key_alias: textParam,
  user_id: textParam,
  team_id: textParam,
  organization_id: textParam,
  end_user: textParam,
  customer_id: textParam,
  tags: textParam.describe('One tag.'),
  start_date: textParam.describe('A day, or a time: `2026-11-29`, `2026-11-29 08:00:00`.'),
  end_date: textParam.describe('A day, which is included, or a time.'),
  status_filter: z.enum(['success', 'failure']).optional(),
  outcome: textParam.describe('`success`, or the code of an error.'),
  error_code: z.int().optional().describe('Status of the error.'),
  model: textParam,
  model_group: textParam,
  provider: textParam,
  model_id: textParam.describe('Id of a deployment.'),
  operation: textParam.describe('`chat`, `embedding`, `messages`, …'),
  cost_state: textParam,
  sort_by: z
    .enum([
      'startTime',
      'spend',
      'total_tokens',
      'prompt_tokens',
      'completion_tokens',
      'request_duration_ms',
      'time_to_first_token_ms',
      'model',
    ])
    .optional()
    .describe('Default: `startTime`. Other orders sort up to 10,000 calls; if more fit, the answer is status 400.'),
  sort_order: z.enum(['asc', 'desc']).optional().describe('Default: `desc`.'),
  cache_hit: z.enum(['true', 'false']).optional(),
  min_spend: z.number().optional().describe('US dollars.'),
  max_spend: z.number().optional().describe('US dollars.'),
  min_duration_ms: z.number().optional(),
}

const pagedCalls = {
  tag: spend,
  summary: 'List calls in pages',
  query: z.object({ ...callParams, ...paged('page_size', 50) }),
  answer: open({
    data: z.array(
      open({
        ...callFields,
        session_total_count: integer,
        session_total_duration_ms: number,
        session_llm_count: integer,
        session_models: z.array(z.unknown()),
      }),
    ),
    total: integer,
    searched_from: maybeString.describe(
      'Time from which on calls were searched, if several filters that each fit many calls have ended the search.',
    ),
    page: integer,
    page_size: integer,
    total_pages: integer,
  }),
}

const metrics = component(
  'Metrics',
  z.object({
    spend: number,
    prompt_tokens: number,
    completion_tokens: number,
    cache_read_input_tokens: number,
    cache_creation_input_tokens: number,
    total_tokens: number,
    successful_requests: number,
    failed_requests: number,
    api_requests: number,
    total_response_time_ms: number,
    timed_requests: number,
  }),
  'Sums of calls.',
)

const byKey = z.record(z.string(), z.object({ metrics, metadata: anyObject }))
const part = z.record(z.string(), z.object({ metrics, metadata: anyObject, api_key_breakdown: byKey }))

const activity = component(
  'Activity',
  open({
    results: z.array(
      z.object({
        date: string,
        metrics,
        breakdown: z.object({
          mcp_servers: fixed.emptyObject,
          models: part,
          model_groups: part,
          providers: part,
          endpoints: part,
          api_keys: byKey,
          entities: part,
        }),
      }),
    ),
    metadata: open({
      total_spend: number,
      total_prompt_tokens: number,
      total_completion_tokens: number,
      total_tokens: number,
      total_api_requests: number,
      total_successful_requests: number,
      total_failed_requests: number,
      total_cache_read_input_tokens: number,
      total_cache_creation_input_tokens: number,
      total_response_time_ms: number,
      total_timed_requests: number,
      page: integer,
      total_pages: integer,
      has_more: boolean,
    }),
  }),
  'Calls, tokens and spend by day, with breakdowns.',
)

const requiredDay = z.string().describe('A day such as `2026-11-29`, in UTC.')

const activityOf = (entity: 'user' | 'team' | 'customer' | 'tag') => {
  const [one, several] = {
    user: 'user_id user_ids',
    team: 'team_id team_ids',
    customer: 'customer_id end_user_ids',
    tag: 'tag tags',
  }[entity].split(' ') as [string, string]
  return {
    tag: 'Activity',
    summary: `Activity by ${entity}`,
    query: z.object({
      start_date: requiredDay,
      end_date: requiredDay,
      api_key: textParam,
      model: textParam,
      [one]: textParam,
      [several]: textParam.describe('Separated by commas.'),
    }),
    answer: activity,
  }
}

export const spendOperations: Operations = {
  'GET /global/spend': {
    tag: spend,
    summary: 'Spend of all calls',
    query: z.object(filters),
    answer: z.object({ spend: number, max_budget: number }),
  },
  'GET /global/spend/logs': {
    tag: spend,
    summary: 'Spend by day',
    query: z.object(filters),
    answer: z.array(z.object({ date: string, spend: number })),
  },
  'GET /global/spend/keys': {
    tag: spend,
    summary: 'Spend by key',
    query: z.object({ ...filters, limit }),
    answer: z.array(z.object({ api_key: string, key_alias: maybeString, key_name: maybeString, total_spend: number })),
  },
  'GET /global/spend/teams': {
    tag: spend,
    summary: 'Spend by day and team',
    query: z.object(filters),
    answer: z.object({
      daily_spend: z.array(z.record(z.string(), z.union([string, number]))),
      teams: strings,
      total_spend_per_team: z.array(z.object({ team_id: string, total_spend: number })),
    }),
  },
  'GET /global/spend/models': {
    tag: spend,
    summary: 'Spend by model',
    query: z.object({ ...filters, limit }),
    answer: z.array(z.object({ model: string, total_spend: number })),
  },
  'GET /global/spend/provider': {
    tag: spend,
    summary: 'Spend by provider',
    query: z.object(filters),
    answer: z.array(z.object({ provider: string, spend: number })),
  },
  'GET /global/spend/tags': {
    tag: spend,
    summary: 'Spend by tag',
    query: z.object({ ...tagFilters, tags: textParam.describe('Separated by commas.') }),
    answer: z.object({ spend_per_tag: z.array(z.object({ name: string, spend: number, log_count: number })) }),
  },
  'GET /global/spend/all_tag_names': {
    tag: spend,
    summary: 'Tags of calls',
    answer: z.object({ tag_names: strings }),
  },
  'GET /global/spend/report': {
    tag: spend,
    summary: 'Spend by day and owner, with its models',
    query: z.object({
      ...filters,
      group_by: z
        .enum(['team', 'customer', 'end_user', 'api_key', 'internal_user', 'user', 'model'])
        .optional()
        .describe('Default: `team`.'),
    }),
    answer: z.array(open({ group_by_day: string })),
  },
  'POST /global/spend/end_users': {
    tag: spend,
    summary: 'Spend by customer',
    body: open({ api_key: text, startTime: text, endTime: text }),
    bodyOptional: true,
    answer: z.array(z.object({ end_user: string, total_count: number, total_spend: number })),
  },
  'GET /global/activity': {
    tag: spend,
    summary: 'Calls and tokens by day',
    query: z.object(filters),
    answer: z.object({
      daily_data: z.array(z.object({ date: string, api_requests: number, total_tokens: number })),
      sum_api_requests: number,
      sum_total_tokens: number,
    }),
  },
  'GET /spend/logs': {
    tag: spend,
    summary: 'List calls, or sum them up by day',
    description:
      'With `start_date` and `end_date` the answer is one object a day, unless `summarize=false`. `after` continues a list behind a row. A search with several filters that each fit many calls may end early: the header `x-llmux-searched-from` then has the time that it has reached, which the next request names as `end_date`. A file (`format=csv`) has all calls that fit, unless it has a `limit`.',
    query: z.object({
      ...callParams,
      limit,
      after: textParam.describe('Id of the last call of the page before.'),
      summarize: z.enum(['true', 'false']).optional(),
      format: z.enum(['json', 'csv']).optional(),
    }),
    answer: z.union([z.array(call), z.array(daySummary)]),
    media: 'text/csv',
  },
  'GET /spend/logs/ui': pagedCalls,
  'GET /spend/logs/v2': pagedCalls,
  'GET /spend/keys': {
    tag: spend,
    summary: 'Keys by spend',
    query: z.object({ limit }),
    answer: z.array(keyRowAnswer),
  },
  'GET /spend/users': {
    tag: spend,
    summary: 'Users by spend',
    query: z.object({ user_id: textParam, limit }),
    answer: z.array(userAnswer),
  },
  'GET /spend/tags': {
    tag: spend,
    summary: 'Spend by tag',
    query: z.object({ ...tagFilters, tags: textParam }),
    answer: z.array(z.object({ individual_request_tag: string, log_count: number, total_spend: number })),
  },
  'POST /spend/calculate': {
    tag: spend,
    summary: 'Cost of a request, or of an answer',
    description: 'The body must have `completion_response`, or `model` and `messages`.',
    body: open({ model: text, messages: list, completion_response: anyObject.optional() }),
    answer: z.object({ cost: number }),
  },
  'GET /user/daily/activity': activityOf('user'),
  'GET /user/daily/activity/aggregated': activityOf('user'),
  'GET /team/daily/activity': activityOf('team'),
  'GET /customer/daily/activity': activityOf('customer'),
  'GET /tag/daily/activity': activityOf('tag'),
  'GET /audit': {
    tag: 'Audit',
    summary: 'Changes, newest first',
    query: z.object({
      ...paged('page_size', 10),
      changed_by: textParam,
      changed_by_api_key: textParam,
      action: textParam,
      table_name: textParam,
      object_id: textParam,
    }),
    answer: open({
      audit_logs: z.array(
        z.object({
          id: z.union([string, number]),
          updated_at: string,
          changed_by: string,
          changed_by_api_key: string,
          action: string,
          table_name: string,
          object_id: string,
          before_value: anyValue,
          updated_values: anyValue,
        }),
      ),
      total: integer,
      page: integer,
      page_size: integer,
      total_pages: integer,
    }),
  },
}
