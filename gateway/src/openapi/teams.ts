import { z } from 'zod'
import { kinds } from '../admin/fields.js'
import { keyRowAnswer } from './keys.js'
import {
  amount,
  anyObject,
  component,
  count,
  fixed,
  flag,
  increaseFields,
  integer,
  keptFields,
  limitFields,
  maybeNumber,
  maybeString,
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
import { membershipAnswer, teamAnswer, userAnswer } from './subject-answers.js'

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
  team_member_key_duration: text.describe('Life of keys of the team that have a user: `1h`, `30d`.'),
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
  ]),
  ...memberTemplate,
}

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
