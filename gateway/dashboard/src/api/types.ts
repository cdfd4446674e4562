/** Limits that keys, teams, users and budgets have. */
export interface Limits {
  readonly max_budget: number | null
  readonly budget_duration: string | null
  readonly budget_reset_at: string | null
  readonly rpm_limit: number | null
  readonly tpm_limit: number | null
  readonly max_parallel_requests: number | null
}

export interface KeyRow extends Limits {
  readonly token: string
  readonly key_name: string
  readonly key_alias: string | null
  readonly spend: number
  readonly user_id: string | null
  readonly team_id: string | null
  readonly models: readonly string[]
  readonly blocked: boolean | null
  readonly expires: string | null
  readonly created_at: string
  readonly created_by: string
  readonly rotation_count: number
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface NewKey {
  readonly key: string
  readonly key_name: string
  readonly key_alias: string | null
  readonly models: readonly string[]
}

export interface TeamMember {
  readonly user_id: string
  readonly user_email: string | null
  readonly role: 'admin' | 'user'
}

export interface TeamRow extends Limits {
  readonly team_id: string
  readonly team_alias: string | null
  readonly members_with_roles: readonly TeamMember[]
  readonly models: readonly string[]
  readonly blocked: boolean
  readonly spend: number
  readonly created_at: string
}

export interface UserRow extends Limits {
  readonly user_id: string
  readonly user_alias: string | null
  readonly user_email: string | null
  readonly user_role: string | null
  readonly teams: readonly string[]
  readonly models: readonly string[]
  readonly blocked?: boolean
  readonly spend: number
  readonly key_count: number
  readonly created_at: string
}

export interface CustomerRow {
  readonly user_id: string
  readonly alias: string | null
  readonly blocked: boolean
  readonly spend: number
  readonly budget_id: string | null
  readonly default_model: string | null
  readonly litellm_budget_table: { readonly max_budget: number | null; readonly budget_duration: string | null } | null
}

export interface BudgetRow extends Limits {
  readonly budget_id: string
  readonly soft_budget: number | null
  readonly created_at: string
}
