import { z } from 'zod'
import { kinds } from '../admin/fields.js'
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
  object,
  open,
  string,
  strings,
  text,
  textParam,
} from './parts.js'

const models = 'Models'

const modelInfo = {
  model_name: string.describe('Name that clients use: the model group.'),
  litellm_params: open({ model: string.optional() }).describe('Parameters of the deployment, without secrets.'),
  model_info: open({
    id: string,
    db_model: boolean.describe('Whether the deployment was added at run time.'),
    key: string,
    litellm_provider: maybeString,
    mode: maybeString,
    max_tokens: maybeNumber,
    max_input_tokens: maybeNumber,
    max_output_tokens: maybeNumber,
    input_cost_per_token: maybeNumber.describe('US dollars.'),
    output_cost_per_token: maybeNumber.describe('US dollars.'),
    cache_read_input_token_cost: maybeNumber,
    cache_creation_input_token_cost: maybeNumber,
    supports_vision: boolean,
    supports_audio_input: boolean,
    supports_pdf_input: boolean,
    supports_function_calling: boolean,
    supports_tool_choice: boolean,
    supports_parallel_function_calling: boolean,
    supports_response_schema: boolean,
    supports_reasoning: boolean,
    supports_prompt_caching: boolean,
    supports_web_search: boolean,
  }),
}

const deployment = component('Deployment', z.object(modelInfo), 'A deployment of a model group.')

const group = component(
  'ModelGroup',
  open({
    model_group: string,
    providers: z.array(z.string()),
    max_input_tokens: maybeNumber,
    max_output_tokens: maybeNumber,
    input_cost_per_token: maybeNumber,
    output_cost_per_token: maybeNumber,
    mode: maybeString,
    tpm: maybeNumber,
    rpm: maybeNumber,
    supports_vision: boolean,
    supports_function_calling: boolean,
    supports_parallel_function_calling: boolean,
    supports_reasoning: boolean,
    supports_web_search: boolean,
  }),
)

const modelParams = kinds.object.describe('As `litellm_params` in config.yaml: `model`, `api_key`, `api_base`, …')
const modelFilter = { model: textParam, litellm_model_id: textParam }
const listing = { tag: models, query: z.object(modelFilter), answer: z.object({ data: z.array(deployment) }) }
const modelChange = open({
  model_name: text,
  litellm_params: modelParams.nullish(),
  model_info: object,
})
const changedModel = z.object({ model_id: string, ...modelInfo, updated_at: string, updated_by: string })

export const modelOperations: Operations = {
  'GET /model/info': { ...listing, summary: 'List deployments' },
  'GET /v1/model/info': { ...listing, summary: 'List deployments' },
  'GET /v2/model/info': {
    tag: models,
    summary: 'List deployments in pages',
    query: z.object({
      ...modelFilter,
      page: z.int().min(1).optional(),
      size: z.int().min(1).optional(),
    }),
    answer: z.object({
      data: z.array(deployment),
      total_count: integer,
      current_page: integer,
      total_pages: integer,
      size: integer,
    }),
  },
  'GET /model_group/info': {
    tag: models,
    summary: 'List model groups',
    query: z.object({ model_group: textParam }),
    answer: z.object({ data: z.array(group) }),
  },
  'POST /model/new': {
    tag: models,
    summary: 'Add a deployment',
    description: 'Needs `general_settings.store_model_in_db: true`.',
    body: open({ model_name: kinds.text, litellm_params: modelParams, model_info: object }),
    answer: z.object({
      model_id: string,
      ...modelInfo,
      blocked: boolean,
      created_at: string,
      created_by: string,
      updated_at: string,
      updated_by: string,
    }),
  },
  'POST /model/update': {
    tag: models,
    summary: 'Change a deployment that was added at run time',
    body: modelChange.extend({ model_info: open({ id: z.string().describe('Id of the deployment.') }) }),
    answer: changedModel,
  },
  'PATCH /model/:id/update': {
    tag: models,
    summary: 'Change a deployment that was added at run time',
    body: modelChange,
    answer: changedModel,
  },
  'POST /model/delete': {
    tag: models,
    summary: 'Remove a deployment that was added at run time',
    body: open({ id: z.string() }),
    answer: z.object({ message: string }),
  },
}

const health = 'Health'
const endpoint = open({ model: string, model_id: string })
const alive = { tag: health, summary: 'Whether the process answers. Needs no key', answer: z.string() }

export const healthOperations: Operations = {
  'GET /health/liveliness': alive,
  'GET /health/liveness': alive,
  'GET /health/readiness': {
    tag: health,
    summary: 'Whether calls are accepted; 503 while the gateway ends. Needs no key',
    answer: open({ status: string, db: string }),
  },
  'GET /health': {
    tag: health,
    summary: 'Call each deployment once',
    description: 'Each check costs a few tokens. With `model` the status is 503 if no deployment answers.',
    query: z.object({ model: textParam, model_id: textParam }),
    answer: open({
      healthy_endpoints: z.array(endpoint),
      unhealthy_endpoints: z.array(endpoint),
      healthy_count: integer,
      unhealthy_count: integer,
    }),
  },
  'GET /health/readiness/details': {
    tag: health,
    summary: 'State of the database, the cache and shared limits',
    answer: open({
      status: string,
      db: string,
      database: z.enum(['sqlite', 'postgres']),
      lag_ms: number,
      cache: anyValue,
      state: anyValue,
      version: string,
    }),
  },
  'GET /health/services': {
    tag: health,
    summary: 'Callbacks and alerts that are configured',
    query: z.object({ service: textParam }),
    answer: open({ status: string, services: strings.optional(), message: string.optional() }),
  },
  'GET /health/backlog': {
    tag: health,
    summary: 'Calls in flight',
    answer: z.object({ in_flight_requests: integer }),
  },
}

const operation = 'Operation'
const signIn = 'Sign-in'

const session = component(
  'Session',
  open({
    signed_in: boolean,
    oidc: boolean.describe('Whether an identity provider is configured.'),
    version: string,
    role: z.enum(['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer', 'service']).optional(),
    master: boolean.optional().describe('Whether the caller has the admin key.'),
    user_id: maybeString.optional(),
    user_email: maybeString.optional(),
    key_name: maybeString.optional(),
    key_alias: maybeString.optional(),
    team_id: maybeString.optional(),
    teams_admin: strings.optional().describe('Teams that the caller manages.'),
    expires: maybeString.optional(),
    routes: strings.optional().describe('Management routes that the caller may use, as in `POST /key/generate`.'),
  }),
  'The caller of a browser. Without a session only the first fields.',
)
const done = z.object({ status: string })

export const operationOperations: Operations = {
  'GET /cache/ping': {
    tag: operation,
    summary: 'Check the cache',
    answer: open({ status: string, cache_type: string, ping_response: boolean, set_cache_response: string }),
  },
  'POST /cache/delete': {
    tag: operation,
    summary: 'Remove answers from the cache',
    body: open({ keys: z.array(z.string()).describe('Values of the header `x-litellm-cache-key`.') }),
    answer: done,
  },
  'POST /cache/flushall': { tag: operation, summary: 'Empty the cache', bodyOptional: true, answer: done },
  'POST /utils/token_counter': {
    tag: operation,
    summary: 'Estimate tokens',
    description: 'The body must have `messages` or `prompt`.',
    body: open({
      model: z.string(),
      messages: z.array(z.unknown()).nullish(),
      prompt: z.string().nullish(),
      tools: z.array(z.unknown()).nullish(),
    }),
    answer: z.object({ total_tokens: number, request_model: string, model_used: string, tokenizer_type: string }),
  },
  'GET /utils/supported_openai_params': {
    tag: operation,
    summary: "Parameters of OpenAI's chat API",
    query: z.object({ model: kinds.text }),
    answer: z.object({ supported_openai_params: strings }),
  },
  'POST /config/reload': {
    tag: operation,
    summary: 'Read the configuration again',
    bodyOptional: true,
    answer: open({ status: string, changes: strings }),
  },
  'GET /metrics': { tag: operation, summary: 'Metrics for Prometheus', media: 'text/plain', ownKeyCheck: true },
  'GET /': {
    tag: operation,
    summary: 'Name and version. Needs no key',
    answer: open({ name: string, version: string, docs: string }),
  },
  'GET /openapi.json': {
    tag: operation,
    summary: 'This document. Needs no key',
    answer: open({ openapi: string, info: anyObject, paths: anyObject }),
  },
  'GET /session': { tag: signIn, summary: 'The session of the browser, or the owner of a key', answer: session },
  'POST /session': {
    tag: signIn,
    summary: 'Sign a browser in with a key',
    body: open({ key: z.string() }),
    answer: session,
  },
  'DELETE /session': { tag: signIn, summary: 'Sign a browser out', status: 204 },
  'GET /session/open': {
    tag: signIn,
    summary: 'Sign a browser in with a one-time link',
    query: z.object({ token: z.string() }),
    status: 303,
  },
  'GET /sso/key/generate': {
    tag: signIn,
    summary: 'Begin a sign-in with the identity provider',
    query: z.object({ return_to: textParam.describe('Path of the gateway to go to afterwards.') }),
    status: 303,
  },
  'GET /sso/callback': { tag: signIn, summary: 'End of a sign-in', status: 303 },
  'GET /sso/logout': { tag: signIn, summary: 'Sign out', status: 303 },
  'POST /sso/logout': { tag: signIn, summary: 'Sign out', bodyOptional: true, status: 303 },
}
