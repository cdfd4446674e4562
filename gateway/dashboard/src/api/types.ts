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
