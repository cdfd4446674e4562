import { noLimits } from '../admin/fields.js'
import { budgetPeriod } from '../limits/durations.js'
import type {
  BudgetRow,
  CustomerRow,
  KeyRow,
  MembershipRow,
  OrganizationRow,
  StoredRow,
  SubjectLimits,
  TagRow,
  TeamMember,
  TeamRow,
  UserRow,
} from '../store/rows.js'

/** A row of LiteLLM's database as JSON: columns that a release lacks are absent. */
export type SourceRow = Readonly<Record<string, unknown>>

export const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
export const numberOf = (value: unknown): number | null => {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}
const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
export const objectOf = (value: unknown): Record<string, unknown> => {
  const found = typeof value === 'string' ? parse(value) : value
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : {}
}
const parse = (value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

/** Times are stored in UTC without a zone. */
export const timeOf = (value: unknown): string | null => {
  const text = textOf(value)
  if (text === null) return null
  const at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}

const stored = (row: SourceRow, now: string): StoredRow => ({
  created_at: timeOf(row.created_at) ?? now,
  created_by: textOf(row.created_by) ?? 'litellm',
  updated_at: timeOf(row.updated_at) ?? now,
  updated_by: textOf(row.updated_by) ?? 'litellm',
  spend_epoch: 0,
})

function limitsOf(row: SourceRow): SubjectLimits {
  const duration = textOf(row.budget_duration)
  const windows = typeof row.budget_limits === 'string' ? parse(row.budget_limits) : row.budget_limits
  return {
    ...noLimits,
    max_budget: numberOf(row.max_budget),
    soft_budget: numberOf(row.soft_budget),
    // a duration that no reset is known for would make a budget without an end
    budget_duration: duration !== null && budgetPeriod(duration) ? duration : null,
    rpm_limit: numberOf(row.rpm_limit),
    tpm_limit: numberOf(row.tpm_limit),
    max_parallel_requests: numberOf(row.max_parallel_requests),
    model_max_budget: objectOf(row.model_max_budget),
    budget_limits: Array.isArray(windows) ? windows : null,
  }
}

const texts = (value: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, target]) => (typeof target === 'string' ? [[name, target]] : [])),
  )

export const keyOf = (row: SourceRow, now: string): KeyRow => ({
  token: String(row.token),
  key_name: textOf(row.key_name) ?? 'sk-...',
  key_alias: textOf(row.key_alias),
  user_id: textOf(row.user_id),
  team_id: textOf(row.team_id),
  organization_id: textOf(row.organization_id),
  budget_id: textOf(row.budget_id),
  models: listOf(row.models),
  aliases: texts(objectOf(row.aliases)),
  metadata: objectOf(row.metadata),
  permissions: objectOf(row.permissions),
  allowed_routes: listOf(row.allowed_routes),
  key_type: textOf(row.key_type) ?? 'default',
  blocked: typeof row.blocked === 'boolean' ? row.blocked : null,
  expires: timeOf(row.expires),
  rotation_count: numberOf(row.rotation_count) ?? 0,
  extra: {},
  ...limitsOf(row),
  ...stored(row, now),
})

function membersOf(row: SourceRow): TeamMember[] {
  const given = typeof row.members_with_roles === 'string' ? parse(row.members_with_roles) : row.members_with_roles
  const members = (Array.isArray(given) ? given : []).flatMap((entry): TeamMember[] => {
    const { user_id, user_email, role } = objectOf(entry)
    const id = textOf(user_id)
    if (id === null) return []
    return [{ user_id: id, user_email: textOf(user_email), role: role === 'admin' ? 'admin' : 'user' }]
  })
  const add = (ids: readonly string[], role: TeamMember['role']) => {
    for (const id of ids)
      if (!members.some(({ user_id }) => user_id === id)) members.push({ user_id: id, user_email: null, role })
  }
  // older releases have two lists
  add(listOf(row.admins), 'admin')
  add(listOf(row.members), 'user')
  return members
}

export const teamOf = (row: SourceRow, aliases: Record<string, unknown>, now: string): TeamRow => ({
  team_id: String(row.team_id),
  team_alias: textOf(row.team_alias),
  organization_id: textOf(row.organization_id),
  members_with_roles: membersOf(row),
  models: listOf(row.models),
  aliases: texts(aliases),
  metadata: objectOf(row.metadata),
  blocked: row.blocked === true,
  extra:
    listOf(row.team_member_permissions).length > 0
      ? { team_member_permissions: listOf(row.team_member_permissions) }
      : {},
  ...limitsOf(row),
  ...stored(row, now),
})

export const userOf = (row: SourceRow, now: string): UserRow => ({
  user_id: String(row.user_id),
  user_alias: textOf(row.user_alias),
  user_email: textOf(row.user_email),
  user_role: textOf(row.user_role),
  teams: listOf(row.teams),
  models: listOf(row.models),
  metadata: objectOf(row.metadata),
  blocked: false,
  extra: textOf(row.sso_user_id) === null ? {} : { sso_user_id: row.sso_user_id },
  ...limitsOf(row),
  ...stored(row, now),
})

export const membershipOf = (row: SourceRow, now: string): MembershipRow => ({
  id: `${row.team_id}/${row.user_id}`,
  team_id: String(row.team_id),
  user_id: String(row.user_id),
  budget_id: textOf(row.budget_id),
  allowed_models: null,
  ...noLimits,
  ...stored(row, now),
})

export const budgetOf = (row: SourceRow, now: string): BudgetRow => ({
  budget_id: String(row.budget_id),
  extra: {},
  ...limitsOf(row),
  ...stored(row, now),
})

export const customerOf = (row: SourceRow, now: string): CustomerRow => ({
  user_id: String(row.user_id),
  alias: textOf(row.alias),
  blocked: row.blocked === true,
  budget_id: textOf(row.budget_id),
  allowed_model_region: textOf(row.allowed_model_region),
  default_model: textOf(row.default_model),
  extra: {},
  ...stored(row, now),
})

export const tagOf = (row: SourceRow, modelNames: ReadonlyMap<string, string>, now: string): TagRow => ({
  name: String(row.tag_name),
  description: textOf(row.description),
  // LiteLLM stores ids of models here
  models: [...new Set(listOf(row.models).map((id) => modelNames.get(id) ?? id))],
  budget_id: textOf(row.budget_id),
  extra: {},
  ...noLimits,
  ...stored(row, now),
})

export const organizationOf = (row: SourceRow, now: string): OrganizationRow => ({
  organization_id: String(row.organization_id),
  organization_alias: textOf(row.organization_alias),
  budget_id: textOf(row.budget_id),
  models: listOf(row.models),
  metadata: objectOf(row.metadata),
  extra: {},
  ...noLimits,
  ...stored(row, now),
})
