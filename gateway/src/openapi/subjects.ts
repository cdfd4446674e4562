import { z } from 'zod'
import { kinds } from '../admin/fields.js'
import { generatedKeyFields, keyRowAnswer, newKeyBody } from './keys.js'
import {
  amount,
  anyObject,
  anyValue,
  boolean,
  component,
  count,
  fixed,
  flag,
  increaseFields,
  integer,
  keptFields,
  limitAnswers,
  limitFields,
  list,
  maybeNumber,
  maybeString,
  number,
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
  word,
} from './parts.js'

const member = component(
  'TeamMember',
  open({
    role: z.enum(['admin', 'user']),
    user_id: text,
    user_email: text,
  }),
  'A member has a `user_id`, a `user_email`, or both.',
)

/** Limits of new members. */
const memberTemplate = {
  team_member_budget: amount,
  team_member_budget_duration: kinds.duration.nullish(),
  team_member_rpm_limit: count,
  team_member_tpm_limit: count,
  team_member_max_parallel_requests: count,
  team_member_monthly_request_limit: count,
  team_member_budget_limits: limitFields.budget_limits,
  team_member_model_max_budget: limitFields.model_max_budget,
  team_member_budget_id: text,
}

const teamFields = {
  team_alias: text,
  organization_id: text,
  ...limitFields,
  ...increaseFields,
  models: texts.describe('Models that the team may use. Empty: all.'),
  model_aliases: object,
  blocked: flag,
  metadata: object,
  tags: texts,
  model_rpm_limit: rates,
  model_tpm_limit: rates,
  ...keptFields([
    'guardrails',
    'prompts',
    'disable_global_guardrails',
    'team_member_permissions',
    'router_settings',
    'tpd_limit',
    'policies',
    'access_group_ids',
    'default_team_member_models',
    'object_permission',
    'team_member_key_duration',
  ]),
  ...memberTemplate,
}

const storedMember = z.object({ user_id: maybeString, user_email: maybeString, role: z.enum(['admin', 'user']) })

const teamAnswerFields = {
  team_alias: maybeString,
  team_id: string,
  organization_id: maybeString,
  admins: fixed.empty,
  members: fixed.empty,
  members_with_roles: z.array(storedMember),
  team_member_permissions: z.array(z.unknown()),
  metadata: anyObject,
  tpd_limit: anyValue,
  soft_budget: maybeNumber,
  ...limitAnswers,
  models: strings,
  blocked: boolean,
  router_settings: anyObject,
  access_group_ids: z.array(z.unknown()),
  default_team_member_models: z.array(z.unknown()),
  spend: number.describe('US dollars in the current period.'),
  model_id: fixed.none,
  model_spend: fixed.emptyObject,
  policies: z.array(z.unknown()),
  allow_team_guardrail_config: boolean,
  litellm_model_table: z.object({ model_aliases: anyObject }).nullable(),
  object_permission: anyValue,
  object_permission_id: fixed.none,
  team_member_budget: anyValue.optional(),
  team_member_budget_duration: anyValue.optional(),
  team_member_rpm_limit: anyValue.optional(),
  team_member_tpm_limit: anyValue.optional(),
  team_member_key_duration: anyValue.optional(),
  created_at: string,
  updated_at: string,
}

export const teamAnswer = component('Team', z.object(teamAnswerFields))

const membershipAnswer = component(
  'TeamMembership',
  z.object({
    user_id: maybeString,
    team_id: string,
    budget_id: maybeString,
    spend: number,
    total_spend: number,
    litellm_budget_table: z
      .object({
        budget_id: maybeString,
        max_budget: maybeNumber,
        budget_duration: maybeString,
        tpm_limit: maybeNumber,
        rpm_limit: maybeNumber,
        allowed_models: strings,
      })
      .nullable(),
    budget_source: z.enum(['member', 'none']),
  }),
  'Spend and limits of a user in a team.',
)

const userAnswerFields = {
  user_id: string,
  user_alias: maybeString,
  team_id: fixed.none,
  sso_user_id: anyValue,
  organization_id: fixed.none,
  object_permission_id: fixed.none,
  teams: strings,
  user_role: maybeString,
  blocked: boolean,
  spend: number.describe('US dollars in the current period.'),
  total_spend: number.optional(),
  user_email: maybeString,
  models: strings,
  metadata: anyObject,
  ...limitAnswers,
  allowed_cache_controls: fixed.empty,
  policies: z.array(z.unknown()),
  model_spend: fixed.emptyObject,
  temp_budget_increase: anyValue.optional(),
  temp_budget_expiry: anyValue.optional(),
  created_at: string,
  updated_at: string,
  litellm_organization_table: fixed.none,
  organization_memberships: fixed.empty,
  object_permission: anyValue,
}

export const userAnswer = component('User', z.object(userAnswerFields))

const memberLimits = {
  max_budget_in_team: amount.describe('US dollars of the member in this team.'),
  rpm_limit: count,
  tpm_limit: count,
  budget_duration: kinds.duration.nullish(),
  allowed_models: texts,
  model_max_budget: object,
  ...increaseFields,
}

const addMembers = open({
  team_id: kinds.text,
  member: z
    .union([member, z.array(member)])
    .nullish()
    .describe('A member, or a list. Required, unless `members` is sent.'),
  members: z.array(member).nullish(),
  ...memberLimits,
})

const teams = 'Teams'
const teamNamed = open({ team_id: kinds.text })
const teamModels = open({ team_id: kinds.text, models: kinds.texts.min(1) })
const addedMembers = teamAnswer.extend({
  updated_users: z.array(userAnswer),
  updated_team_memberships: z.array(membershipAnswer),
})

export const teamOperations: Operations = {
  'POST /team/new': {
    tag: teams,
    summary: 'Create a team',
    body: open({
      ...teamFields,
      team_id: text.describe('Default: a random id.'),
      members_with_roles: z.array(member).nullish(),
    }),
    answer: teamAnswer,
  },
  'POST /team/update': {
    tag: teams,
    summary: 'Change a team',
    body: open({ ...teamFields, team_id: kinds.text, spend: amount }),
    answer: z.object({ team_id: string, data: teamAnswer }),
  },
  'GET /team/info': {
    tag: teams,
    summary: 'Show a team with its keys and members',
    query: z.object({ team_id: z.string().max(2_000) }),
    answer: z.object({
      team_id: string,
      team_info: teamAnswer.extend({
        model_max_budget_usage: fixed.emptyObject,
        caller_edit_access: z.object({ kind: z.enum(['unrestricted', 'members', 'none']) }),
      }),
      keys: z.array(keyRowAnswer),
      team_memberships: z.array(membershipAnswer),
    }),
  },
  'GET /team/list': {
    tag: teams,
    summary: 'List teams with their keys and members',
    query: z.object({ user_id: textParam, organization_id: textParam, team_alias: textParam, team_id: textParam }),
    answer: z.array(teamAnswer.extend({ team_memberships: z.array(membershipAnswer), keys: z.array(keyRowAnswer) })),
  },
  'GET /v2/team/list': {
    tag: teams,
    summary: 'List teams in pages',
    query: z.object({
      ...paged('page_size', 10),
      user_id: textParam,
      organization_id: textParam,
      team_alias: textParam,
      team_id: textParam,
    }),
    answer: z.object({
      teams: z.array(teamAnswer.extend({ members_count: integer })),
      total: integer,
      page: integer,
      page_size: integer,
      total_pages: integer,
    }),
  },
  'POST /team/delete': {
    tag: teams,
    summary: 'Delete teams and their keys',
    body: open({ team_ids: kinds.texts.min(1) }),
    answer: z.object({ deleted_teams: strings }),
  },
  'POST /team/block': { tag: teams, summary: 'Block a team', body: teamNamed, answer: teamAnswer },
  'POST /team/unblock': { tag: teams, summary: 'Unblock a team', body: teamNamed, answer: teamAnswer },
  'POST /team/member_add': { tag: teams, summary: 'Add members', body: addMembers, answer: addedMembers },
  'POST /team/bulk_member_add': { tag: teams, summary: 'Add members', body: addMembers, answer: addedMembers },
  'POST /team/member_update': {
    tag: teams,
    summary: 'Change the role or the limits of a member',
    body: open({
      team_id: kinds.text,
      user_id: text,
      user_email: text,
      role: word(['admin', 'user']),
      ...memberLimits,
    }),
    answer: z.object({
      user_id: maybeString,
      user_email: maybeString,
      team_id: string,
      max_budget_in_team: maybeNumber,
      tpm_limit: maybeNumber,
      rpm_limit: maybeNumber,
      budget_duration: maybeString,
      allowed_models: strings.nullable(),
      model_max_budget: anyObject,
    }),
  },
  'POST /team/member_delete': {
    tag: teams,
    summary: 'Remove a member, and delete its keys of the team',
    body: open({ team_id: kinds.text, user_id: text, user_email: text }),
    answer: teamAnswer,
  },
  'POST /team/model/add': { tag: teams, summary: 'Allow models', body: teamModels, answer: teamAnswer },
  'POST /team/model/delete': { tag: teams, summary: 'Take models away', body: teamModels, answer: teamAnswer },
  'GET /team/available': { tag: teams, summary: 'Teams that the caller may join: none', answer: fixed.empty },
}

const userFields = {
  user_alias: text,
  user_email: text,
  user_role: word(['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer']),
  ...limitFields,
  models: texts,
  metadata: object,
  blocked: flag,
  ...increaseFields,
  ...keptFields(['sso_user_id', 'object_permission', 'policies']),
}

const userChange = component(
  'UserChange',
  open({
    ...userFields,
    user_id: text.describe('The user; or `user_email`. An unknown id creates the user.'),
    spend: amount,
  }),
)
const users = 'Users'
const usersNamed = open({ user_ids: kinds.texts.min(1) })
const usersBlocked = z.object({ blocked_users: z.array(userAnswer) })
const userBlock = open({ user_ids: kinds.texts.min(1).optional(), user_id: text })

export const userOperations: Operations = {
  'POST /user/new': {
    tag: users,
    summary: 'Create a user, and a key',
    body: newKeyBody.extend({
      ...userFields,
      user_id: text.describe('Default: a random id.'),
      teams: list.describe('Ids of teams, or objects with a `team_id`.'),
      auto_create_key: flag.describe('Default: true.'),
      spend: amount,
    }),
    answer: z.object({
      ...Object.fromEntries(Object.entries(generatedKeyFields).map(([name, field]) => [name, field.optional()])),
      key: string.describe('The key; empty without one.'),
      key_name: maybeString,
      token: maybeString,
      user_id: string,
      models: strings,
      max_budget: maybeNumber,
      spend: number,
      user_email: maybeString,
      user_role: maybeString,
      user_alias: maybeString,
      teams: strings.nullable(),
    }),
  },
  'POST /user/update': {
    tag: users,
    summary: 'Change a user',
    body: userChange,
    answer: z.object({ user_id: string, data: userAnswer }),
  },
  'POST /user/bulk_update': {
    tag: users,
    summary: 'Change several users, or all',
    body: open({ users: z.array(userChange).nullish(), all_users: flag, user_updates: object }),
    answer: z.object({
      results: z.array(
        z.object({
          user_id: anyValue,
          success: boolean,
          error: string.optional(),
          updated_user: userAnswer.optional(),
        }),
      ),
      total_requested: integer,
      successful_updates: integer,
      failed_updates: integer,
    }),
  },
  'GET /user/info': {
    tag: users,
    summary: 'Show a user with keys and teams',
    query: z.object({ user_id: textParam.describe('Default: the user of the key.'), user_email: textParam }),
    answer: z.object({
      user_id: maybeString,
      user_info: userAnswer.extend({ model_max_budget_usage: fixed.emptyObject }).nullable(),
      keys: z.array(keyRowAnswer.extend({ team_alias: maybeString })),
      teams: z.array(teamAnswer),
    }),
  },
  'GET /v2/user/info': {
    tag: users,
    summary: 'Show a user',
    query: z.object({ user_id: textParam, user_email: textParam }),
    answer: userAnswer,
  },
  'GET /user/list': {
    tag: users,
    summary: 'List users in pages',
    query: z.object({
      ...paged('page_size', 25),
      role: textParam,
      user_email: textParam.describe('A part of the address.'),
      user_ids: textParam.describe('Ids, separated by commas.'),
      team: textParam.describe('Id of a team.'),
    }),
    answer: z.object({
      users: z.array(userAnswer.extend({ key_count: integer })),
      total: integer,
      page: integer,
      page_size: integer,
      total_pages: integer,
    }),
  },
  'POST /user/delete': {
    tag: users,
    summary: 'Delete users and their keys',
    body: usersNamed,
    answer: integer.describe('Number of deleted users.'),
  },
  'POST /user/block': { tag: users, summary: 'Block users', body: userBlock, answer: usersBlocked },
  'POST /user/unblock': { tag: users, summary: 'Unblock users', body: userBlock, answer: usersBlocked },
}
