import { z } from 'zod'
import { kinds } from '../admin/fields.js'
import {
  amount,
  anyObject,
  anyValue,
  boolean,
  component,
  fixed,
  flag,
  increaseFields,
  integer,
  keptFields,
  limitAnswers,
  limitFields,
  maybeBoolean,
  maybeNumber,
  maybeString,
  number,
  type Operation,
  type Operations,
  object,
  open,
  paged,
  rates,
  string,
  strings,
  text,
  textParam,
  texts,
  times,
  word,
} from './parts.js'

const keyFields = {
  key_alias: text.describe('A name for people. Unique.'),
  user_id: text.describe('Owner of the key. For callers who are no admins: themselves.'),
  team_id: text,
  organization_id: text,
  budget_id: text.describe('A budget that fills in the limits that the key leaves open.'),
  ...limitFields,
  models: texts.describe('Models that the key may use: names, access groups, `all-team-models`. Empty: all.'),
  aliases: z.record(z.string(), z.string()).nullish().describe('Names of models, and the models that they stand for.'),
  permissions: object,
  allowed_routes: texts.describe(
    'Paths (`/v1/chat/completions`, `/key/*`) or groups of routes: `llm_api_routes`, `info_routes`, `management_routes`.',
  ),
  key_type: word(['default', 'llm_api', 'management', 'read_only']),
  blocked: flag,
  duration: text.describe('Life of the key: `30s`, `1h`, `30d`. `null` or `-1`: for ever.'),
  metadata: object,
  tags: texts.describe('Tags of all calls of the key.'),
  model_rpm_limit: rates.describe('Requests in any 60 seconds, by model.'),
  model_tpm_limit: rates.describe('Tokens in any 60 seconds, by model.'),
  tag_rpm_limit: rates.describe('Requests in any 60 seconds, by tag.'),
  ...increaseFields,
  budget_fallbacks: object.describe('Models that take the calls of a model whose budget is used up.'),
  ...keptFields([
    'guardrails',
    'prompts',
    'enforced_params',
    'disable_global_guardrails',
    'agent_id',
    'project_id',
    'config',
    'router_settings',
    'tpd_limit',
    'policies',
    'access_group_ids',
    'allowed_cache_controls',
    'object_permission',
    'auto_rotate',
    'rotation_interval',
  ]),
}

export const newKeyBody = component(
  'NewKey',
  open({
    ...keyFields,
    key: text.describe('The key itself, `sk-…`. Default: a random one.'),
    spend: amount.describe('US dollars that count as spent.'),
  }),
)

const keyChange = component(
  'KeyChange',
  open({ ...keyFields, key: kinds.text.describe('The key, or its hash.'), spend: amount }),
)

/** A budget as other objects show it. */
export const embeddedBudget = component(
  'EmbeddedBudget',
  open({ soft_budget: maybeNumber, max_budget: maybeNumber }),
  'The shared budget of an object.',
).nullable()

/** Fields that rows keep for LiteLLM's clients. */
const extra = {
  temp_budget_increase: anyValue.optional(),
  temp_budget_expiry: anyValue.optional(),
  replaced_by: anyValue.optional(),
}

const keyAnswer = {
  key_name: string.describe('`sk-...` and the last four characters.'),
  key_alias: maybeString,
  soft_budget_cooldown: boolean,
  spend: number.describe('US dollars in the current period.'),
  total_spend: number.describe('US dollars in all.'),
  expires: maybeString,
  models: strings,
  aliases: z.record(z.string(), z.string()),
  config: anyObject,
  router_settings: anyObject,
  user_id: maybeString,
  team_id: maybeString,
  agent_id: anyValue,
  project_id: anyValue,
  permissions: anyObject,
  metadata: anyObject,
  blocked: maybeBoolean,
  tpd_limit: anyValue,
  ...limitAnswers,
  allowed_cache_controls: z.array(z.unknown()),
  allowed_routes: strings,
  key_type: string,
  policies: z.array(z.unknown()),
  access_group_ids: z.array(z.unknown()),
  model_spend: fixed.emptyObject,
  budget_fallbacks: anyObject,
  budget_id: maybeString,
  organization_id: maybeString,
  object_permission_id: fixed.none,
  ...times,
  settings_updated_at: maybeString,
  last_active: maybeString,
  rotation_count: integer,
  auto_rotate: anyValue,
  rotation_interval: anyValue,
  last_rotation_at: fixed.none,
  key_rotation_at: fixed.none,
  litellm_budget_table: embeddedBudget,
  litellm_organization_table: fixed.none,
  object_permission: anyValue,
  ...extra,
}

const keyInfoAnswer = component('KeyInfo', z.object(keyAnswer), 'A virtual key, without its value.')

export const keyRowAnswer = component(
  'Key',
  z.object({ token: string.describe('Hash of the key.'), ...keyAnswer, org_id: maybeString }),
  'A virtual key as a row of a list.',
)

const generatedFields = {
  key_alias: maybeString,
  duration: fixed.none,
  models: strings,
  spend: number,
  max_budget: maybeNumber,
  user_id: maybeString,
  team_id: maybeString,
  agent_id: anyValue,
  max_parallel_requests: maybeNumber,
  metadata: anyObject,
  tpm_limit: maybeNumber,
  rpm_limit: maybeNumber,
  budget_duration: maybeString,
  budget_limits: z.array(z.unknown()).nullable(),
  allowed_cache_controls: z.array(z.unknown()),
  config: anyObject,
  permissions: anyObject,
  model_max_budget: anyObject,
  budget_fallbacks: anyObject,
  model_rpm_limit: fixed.none,
  model_tpm_limit: fixed.none,
  guardrails: fixed.none,
  blocked: maybeBoolean,
  aliases: z.record(z.string(), z.string()),
  key: string.describe('The key. It is shown only here.'),
  budget_id: maybeString,
  tags: fixed.none,
  allowed_routes: strings,
  router_settings: anyObject,
  access_group_ids: z.array(z.unknown()),
  key_name: string,
  key_type: string,
  expires: maybeString,
  token_id: string.describe('Hash of the key.'),
  organization_id: maybeString,
  project_id: anyValue,
  soft_budget: maybeNumber,
  litellm_budget_table: embeddedBudget,
  token: string.describe('Hash of the key.'),
  tpd_limit: anyValue.optional(),
  policies: anyValue.optional(),
  object_permission: anyValue.optional(),
  auto_rotate: anyValue.optional(),
  rotation_interval: anyValue.optional(),
  ...extra,
  ...times,
}

const generatedKeyAnswer = component('GeneratedKey', z.object(generatedFields), 'A new key.')

/** Fields of a new key that the answer for a new user has as well. */
export const generatedKeyFields = generatedFields

const keyNamed = open({ key: kinds.text.describe('The key, or its hash.') })

const regenerateBody = open({
  ...keyFields,
  key: text,
  new_key: text.describe('The new value, `sk-…`. Default: a random one.'),
  grace_period: text.describe('How long the old value stays valid: `1h`. Default: not at all.'),
  spend: amount,
})

const resetAnswer = z.object({
  key_hash: string,
  spend: number,
  max_budget: maybeNumber,
  budget_duration: maybeString,
})

const tag = 'Keys'
const regenerate = (summary: string): Operation => ({
  tag,
  summary,
  body: regenerateBody,
  bodyOptional: true,
  answer: generatedKeyAnswer,
})

export const keyOperations: Operations = {
  'POST /key/generate': { tag, summary: 'Create a key', body: newKeyBody, answer: generatedKeyAnswer },
  'POST /key/service-account/generate': {
    tag,
    summary: 'Create a key of a team that belongs to no user',
    body: newKeyBody.extend({ team_id: kinds.text }),
    answer: generatedKeyAnswer,
  },
  'GET /key/info': {
    tag,
    summary: 'Show a key',
    query: z.object({ key: textParam.describe('The key, or its hash. Default: the key of the request.') }),
    answer: z.object({ key: string, info: keyInfoAnswer.extend({ status: z.enum(['active', 'blocked', 'expired']) }) }),
  },
  'POST /v2/key/info': {
    tag,
    summary: 'Show several keys',
    body: open({ keys: texts }),
    answer: z.object({ key: strings, info: z.array(keyInfoAnswer) }),
  },
  'POST /key/update': {
    tag,
    summary: 'Change a key',
    body: keyChange,
    answer: keyInfoAnswer.extend({ key: string, token: string }),
  },
  'POST /key/bulk_update': {
    tag,
    summary: 'Change up to 1,000 keys',
    body: open({ keys: z.array(keyChange).max(1_000) }),
    answer: z.object({
      total_requested: integer,
      successful_updates: z.array(z.object({ key: string, key_info: keyInfoAnswer })),
      failed_updates: z.array(z.object({ key: anyValue, key_info: fixed.none, failed_reason: string })),
    }),
  },
  'POST /key/delete': {
    tag,
    summary: 'Delete keys',
    description: 'The body must have `keys` or `key_aliases`.',
    body: open({ keys: texts.describe('Keys, or their hashes.'), key_aliases: texts }),
    answer: z.object({ deleted_keys: strings }),
  },
  'POST /key/block': { tag, summary: 'Block a key', body: keyNamed, answer: keyRowAnswer },
  'POST /key/unblock': { tag, summary: 'Unblock a key', body: keyNamed, answer: keyRowAnswer },
  'POST /key/regenerate': regenerate('Give a key a new value'),
  'POST /key/:key/regenerate': regenerate('Give a key a new value'),
  'POST /key/reset_spend': {
    tag,
    summary: 'Reset the spend of a key',
    body: open({ key: kinds.text, reset_to: amount.describe('US dollars. Default: 0.') }),
    answer: resetAnswer,
  },
  'POST /key/:key/reset_spend': {
    tag,
    summary: 'Reset the spend of a key',
    body: open({ reset_to: amount.describe('US dollars. Default: 0.') }),
    bodyOptional: true,
    answer: resetAnswer,
  },
  'GET /key/list': {
    tag,
    summary: 'List keys',
    query: z.object({
      ...paged('size', 10),
      user_id: textParam,
      team_id: textParam,
      organization_id: textParam,
      key_alias: textParam,
      key_hash: textParam,
      include_team_keys: z
        .enum(['true', 'false'])
        .optional()
        .describe('Also keys of the teams that the caller manages.'),
      return_full_object: z.enum(['true', 'false']).optional().describe('Rows instead of hashes.'),
      sort_by: z
        .enum(['created_at', 'updated_at', 'spend', 'max_budget', 'key_alias', 'user_id', 'team_id'])
        .optional(),
      sort_order: z.enum(['asc', 'desc']).optional(),
    }),
    answer: z.object({
      keys: z.array(z.union([keyRowAnswer, string])).describe('Rows with `return_full_object=true`, else hashes.'),
      total_count: integer,
      current_page: integer,
      total_pages: integer,
    }),
  },
  'GET /key/aliases': {
    tag,
    summary: 'List the aliases of keys',
    query: z.object({ ...paged('size', 50), search: textParam }),
    answer: z.object({
      aliases: strings,
      total_count: integer,
      current_page: integer,
      total_pages: integer,
      size: integer,
    }),
  },
  'POST /key/health': {
    tag,
    summary: 'Check a key',
    bodyOptional: true,
    answer: z.object({ key: string, logging_callbacks: fixed.none }),
  },
}
