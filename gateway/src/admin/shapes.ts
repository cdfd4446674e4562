import { effectiveLimits, resetAt } from '../limits/accounts.js'
import type {
  BudgetRow,
  CustomerRow,
  KeyRow,
  MembershipRow,
  OrganizationRow,
  SubjectLimits,
  TagRow,
  TeamRow,
  UserRow,
} from '../store/rows.js'
import { type AdminContext, spendOf } from './context.js'

/** A budget as another row shows it. */
const budgetOf = ({ directory }: AdminContext, id: string | null, own?: Partial<SubjectLimits>) => {
  const row = id === null ? undefined : directory.get('budgets', id)
  if (row) return embeddedBudget(row)
  return own?.soft_budget == null ? null : { soft_budget: own.soft_budget, max_budget: own.max_budget ?? null }
}

/** Limits that LiteLLM doesn't have are shown where they are set. */
const ownLimits = [
  ...(['itpm_limit', 'otpm_limit', 'monthly_request_limit', 'budget_mode', 'over_budget', 'budget_fallbacks'] as const),
]
const furtherLimits = (row: SubjectLimits) =>
  Object.fromEntries(ownLimits.flatMap((name) => (row[name] == null ? [] : [[name, row[name]]])))

const limitFields = ({ directory, now }: AdminContext, row: SubjectLimits) => ({
  tpm_limit: row.tpm_limit,
  rpm_limit: row.rpm_limit,
  max_parallel_requests: row.max_parallel_requests,
  max_budget: row.max_budget,
  budget_duration: row.budget_duration,
  budget_reset_at: resetAt(effectiveLimits(directory, row), now()),
  model_max_budget: row.model_max_budget,
  budget_limits: row.budget_limits,
  ...furtherLimits(row),
})

const times = ({ created_at, created_by, updated_at, updated_by }: KeyRow | BudgetRow) => ({
  created_at,
  created_by,
  updated_at,
  updated_by,
})

/** A key in the form of `/key/info`, without its token. */
export function keyInfo(context: AdminContext, row: KeyRow) {
  return {
    key_name: row.key_name,
    key_alias: row.key_alias,
    soft_budget_cooldown: false,
    ...spendOf(context, `key:${row.token}`, row),
    expires: row.expires,
    models: row.models,
    aliases: row.aliases,
    config: {},
    router_settings: {},
    user_id: row.user_id,
    team_id: row.team_id,
    agent_id: null,
    project_id: null,
    permissions: row.permissions,
    metadata: row.metadata,
    blocked: row.blocked,
    tpd_limit: null,
    ...limitFields(context, row),
    allowed_cache_controls: [],
    allowed_routes: row.allowed_routes,
    key_type: row.key_type,
    policies: [],
    access_group_ids: [],
    model_spend: {},
    budget_fallbacks: {},
    budget_id: row.budget_id,
    organization_id: row.organization_id,
    object_permission_id: null,
    ...times(row),
    settings_updated_at: row.updated_at === row.created_at ? null : row.updated_at,
    last_active: null,
    rotation_count: row.rotation_count,
    auto_rotate: false,
    rotation_interval: null,
    last_rotation_at: null,
    key_rotation_at: null,
    litellm_budget_table: budgetOf(context, row.budget_id, row),
    litellm_organization_table: null,
    object_permission: null,
    ...row.extra,
  }
}

/** Keys as rows of a list. */
export async function keyRows(context: AdminContext, rows: readonly KeyRow[]) {
  await context.ledger.read(rows.map(({ token }) => `key:${token}`))
  return rows.map((row) => keyRow(context, row))
}

/** A key as a row of a list, after its spend was read. */
export const keyRow = (context: AdminContext, row: KeyRow) => ({
  token: row.token,
  ...keyInfo(context, row),
  org_id: row.organization_id,
})

/** The answer of `/key/generate`. */
export function generatedKey(context: AdminContext, row: KeyRow, key: string) {
  return {
    key_alias: row.key_alias,
    duration: null,
    models: row.models,
    spend: spendOf(context, `key:${row.token}`, row).spend,
    max_budget: row.max_budget,
    user_id: row.user_id,
    team_id: row.team_id,
    agent_id: null,
    max_parallel_requests: row.max_parallel_requests,
    metadata: row.metadata,
    tpm_limit: row.tpm_limit,
    rpm_limit: row.rpm_limit,
    budget_duration: row.budget_duration,
    budget_limits: row.budget_limits,
    allowed_cache_controls: [],
    config: {},
    permissions: row.permissions,
    model_max_budget: row.model_max_budget,
    budget_fallbacks: {},
    model_rpm_limit: null,
    model_tpm_limit: null,
    guardrails: null,
    blocked: row.blocked,
    aliases: row.aliases,
    key,
    budget_id: row.budget_id,
    tags: null,
    allowed_routes: row.allowed_routes,
    router_settings: {},
    access_group_ids: [],
    key_name: row.key_name,
    key_type: row.key_type,
    expires: row.expires,
    token_id: row.token,
    organization_id: row.organization_id,
    project_id: null,
    soft_budget: row.soft_budget,
    litellm_budget_table: budgetOf(context, row.budget_id, row),
    token: row.token,
    ...row.extra,
    created_by: row.created_by,
    updated_by: row.updated_by,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

/** A team. */
export function teamShape(context: AdminContext, row: TeamRow) {
  return {
    team_alias: row.team_alias,
    team_id: row.team_id,
    organization_id: row.organization_id,
    admins: [],
    members: [],
    members_with_roles: row.members_with_roles,
    team_member_permissions: [],
    metadata: row.metadata,
    tpd_limit: null,
    soft_budget: row.soft_budget,
    ...limitFields(context, row),
    models: row.models,
    blocked: row.blocked,
    router_settings: {},
    access_group_ids: [],
    default_team_member_models: [],
    spend: spendOf(context, `team:${row.team_id}`, row).spend,
    model_id: null,
    model_spend: {},
    policies: [],
    allow_team_guardrail_config: false,
    litellm_model_table: Object.keys(row.aliases).length > 0 ? { model_aliases: row.aliases } : null,
    object_permission: null,
    object_permission_id: null,
    ...row.extra,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

/** The membership of a user in a team. */
export function membershipShape(context: AdminContext, teamId: string, userId: string) {
  const row: MembershipRow | undefined = context.directory.get('memberships', `${teamId}/${userId}`)
  const own = row && {
    budget_id: row.budget_id ?? row.id,
    max_budget: row.max_budget,
    budget_duration: row.budget_duration,
    tpm_limit: row.tpm_limit,
    rpm_limit: row.rpm_limit,
    allowed_models: row.allowed_models ?? [],
    ...furtherLimits(row),
    ...(row.blocked !== undefined && { blocked: row.blocked }),
  }
  return {
    user_id: userId,
    team_id: teamId,
    budget_id: own?.budget_id ?? null,
    ...spendOf(context, `member:${teamId}/${userId}`, row),
    litellm_budget_table: own ?? null,
    budget_source: own ? 'member' : 'none',
  }
}

/** A user. */
export function userShape(context: AdminContext, row: UserRow) {
  return {
    user_id: row.user_id,
    user_alias: row.user_alias,
    team_id: null,
    sso_user_id: null,
    organization_id: null,
    object_permission_id: null,
    teams: row.teams,
    user_role: row.user_role,
    blocked: row.blocked,
    spend: spendOf(context, `user:${row.user_id}`, row).spend,
    user_email: row.user_email,
    models: row.models,
    metadata: row.metadata,
    ...limitFields(context, row),
    allowed_cache_controls: [],
    policies: [],
    model_spend: {},
    ...row.extra,
    created_at: row.created_at,
    updated_at: row.updated_at,
    litellm_organization_table: null,
    organization_memberships: [],
    object_permission: null,
  }
}

/** A customer. */
export function customerShape(context: AdminContext, row: CustomerRow) {
  const limits = row.budget_id === null ? {} : { budget_id: row.budget_id }
  return {
    user_id: row.user_id,
    blocked: row.blocked,
    alias: row.alias,
    spend: spendOf(context, `customer:${row.user_id}`, { ...limits, spend_epoch: row.spend_epoch }).spend,
    allowed_model_region: row.allowed_model_region,
    default_model: row.default_model,
    models: [],
    budget_id: row.budget_id,
    litellm_budget_table: budgetOf(context, row.budget_id),
    object_permission_id: null,
    object_permission: null,
    ...row.extra,
  }
}

const embeddedBudget = (row: BudgetRow) => ({
  budget_id: row.budget_id,
  soft_budget: row.soft_budget,
  max_budget: row.max_budget,
  max_parallel_requests: row.max_parallel_requests,
  tpm_limit: row.tpm_limit,
  rpm_limit: row.rpm_limit,
  tpd_limit: null,
  model_max_budget: row.model_max_budget,
  budget_duration: row.budget_duration,
  allowed_models: [],
  created_at: row.created_at,
})

/** A budget. */
export const budgetShape = (context: AdminContext, row: BudgetRow) => ({
  ...embeddedBudget(row),
  budget_reset_at: resetAt(effectiveLimits(context.directory, row), context.now()),
  ...furtherLimits(row),
  ...(row.shared && { shared: true, ...spendOf(context, `budget:${row.budget_id}`, row) }),
  ...(row.blocked !== undefined && { blocked: row.blocked }),
  temp_budget_increase: null,
  temp_budget_expiry: null,
  ...row.extra,
  ...times(row),
})

/** A tag. */
export const tagShape = (context: AdminContext, row: TagRow) => ({
  name: row.name,
  description: row.description,
  models: row.models,
  model_info: {},
  spend: spendOf(context, `tag:${row.name}`, row).spend,
  max_budget: row.max_budget,
  budget_duration: row.budget_duration,
  tpm_limit: row.tpm_limit,
  rpm_limit: row.rpm_limit,
  ...furtherLimits(row),
  ...(row.blocked !== undefined && { blocked: row.blocked }),
  budget_id: row.budget_id,
  ...row.extra,
  created_at: row.created_at,
  updated_at: row.updated_at,
  created_by: row.created_by,
})

/** An organization. */
export const organizationShape = (context: AdminContext, row: OrganizationRow) => ({
  organization_id: row.organization_id,
  organization_alias: row.organization_alias,
  budget_id: row.budget_id,
  spend: spendOf(context, `organization:${row.organization_id}`, row).spend,
  metadata: row.metadata,
  models: row.models,
  model_spend: {},
  ...(row.blocked !== undefined && { blocked: row.blocked }),
  ...row.extra,
  created_at: row.created_at,
  created_by: row.created_by,
  updated_at: row.updated_at,
  updated_by: row.updated_by,
  litellm_budget_table: budgetOf(context, row.budget_id, row) ?? {
    max_budget: row.max_budget,
    budget_duration: row.budget_duration,
    tpm_limit: row.tpm_limit,
    rpm_limit: row.rpm_limit,
  },
  members: [],
  teams: [...context.directory.all('teams')]
    .filter(({ organization_id }) => organization_id === row.organization_id)
    .map((team) => teamShape(context, team)),
})
