import { z } from 'zod'
import {
  anyObject,
  anyValue,
  boolean,
  component,
  fixed,
  limitAnswers,
  maybeNumber,
  maybeString,
  number,
  string,
  strings,
} from './parts.js'

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

export const membershipAnswer = component(
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
