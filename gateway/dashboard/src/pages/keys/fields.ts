import type { Rights } from '../../session/session.ts'
import type { Field } from '../../ui/resource/fields.ts'

export const periods = ['1h', '24h', '7d', '30d', 'daily', 'weekly', 'monthly'] as const

/** Fields of a budget and of limits, which keys, teams, users and budgets share. */
export const limitFields: readonly Field[] = [
  { kind: 'money', name: 'max_budget', label: 'field.max_budget', hint: 'field.max_budget.hint' },
  {
    kind: 'duration',
    name: 'budget_duration',
    label: 'field.budget_duration',
    hint: 'field.budget_duration.hint',
    suggestions: periods,
  },
  { kind: 'money', name: 'soft_budget', label: 'field.soft_budget', hint: 'field.soft_budget.hint', more: true },
  { kind: 'count', name: 'rpm_limit', label: 'field.rpm_limit', more: true },
  { kind: 'count', name: 'tpm_limit', label: 'field.tpm_limit', more: true },
  { kind: 'count', name: 'max_parallel_requests', label: 'field.max_parallel_requests', more: true },
]

/** The form of a key. Users set fewer fields than admins. */
export function keyFields({ seesAll, session }: Rights): Field[] {
  const ofTeams = seesAll || session.teams_admin.length > 0
  return [
    { kind: 'text', name: 'key_alias', label: 'field.key_alias', hint: 'field.key_alias.hint' },
    { kind: 'one', name: 'team_id', label: 'field.team', source: 'teams', visible: ofTeams },
    { kind: 'one', name: 'user_id', label: 'field.owner', source: 'users', visible: seesAll },
    { kind: 'many', name: 'models', label: 'field.models', hint: 'field.models.hint', source: 'models' },
    ...limitFields,
    {
      kind: 'duration',
      name: 'duration',
      label: 'field.duration',
      hint: 'field.duration.hint',
      suggestions: ['1h', '24h', '7d', '30d', '90d', '365d'],
    },
    {
      kind: 'one',
      name: 'budget_id',
      label: 'field.budget_id',
      hint: 'field.budget_id.hint',
      source: 'budgets',
      more: true,
      visible: seesAll,
    },
    {
      kind: 'json',
      name: 'model_max_budget',
      label: 'field.model_max_budget',
      hint: 'field.model_max_budget.hint',
      more: true,
    },
    { kind: 'json', name: 'metadata', label: 'field.metadata', more: true },
  ]
}
