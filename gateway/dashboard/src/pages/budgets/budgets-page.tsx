import { sharedBudgets } from '../../api/budgets.ts'
import { api } from '../../api/client.ts'
import type { BudgetRow } from '../../api/types.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { useRights } from '../../session/session.ts'
import { createdColumn, nameColumn } from '../../ui/resource/columns.tsx'
import type { Field } from '../../ui/resource/fields.ts'
import { ResourcePage } from '../../ui/resource/page.tsx'
import { Empty } from '../../ui/states.tsx'
import type { Column } from '../../ui/table.tsx'
import { limitFields } from '../keys/fields.ts'

const post = (path: string, body: unknown) => api<unknown>(path, { method: 'POST', body })
const idOf = ({ budget_id }: BudgetRow) => budget_id

const fields: readonly Field[] = [
  { kind: 'text', name: 'budget_id', label: 'budgets.id', hint: 'budgets.id.hint', only: 'create' },
  ...limitFields.map((field) => ({ ...field, more: false })),
  {
    kind: 'json',
    name: 'model_max_budget',
    label: 'field.model_max_budget',
    hint: 'field.model_max_budget.hint',
    more: true,
  },
]

/** Budgets that several keys and customers refer to. */
export function BudgetsPage() {
  const { t, format } = useTexts()
  const { can } = useRights()
  const limit = (name: 'rpm_limit' | 'tpm_limit' | 'max_parallel_requests'): Column<BudgetRow> => ({
    id: name,
    title: t(`field.${name}`),
    end: true,
    sort: (row) => row[name] ?? '',
    render: (row) => (row[name] === null ? '–' : format.number(row[name])),
  })
  return (
    <ResourcePage<BudgetRow, unknown>
      title={t('budgets.title')}
      text={t('budgets.text')}
      queryKey={['budgets']}
      load={sharedBudgets}
      idOf={idOf}
      nameOf={idOf}
      textOf={idOf}
      order="name"
      fields={fields}
      createLabel={t('budgets.create')}
      create={can('POST /budget/new') ? (body) => post('/budget/new', body) : undefined}
      update={
        can('POST /budget/update')
          ? (row, body) => post('/budget/update', { ...body, budget_id: row.budget_id })
          : undefined
      }
      remove={can('POST /budget/delete') ? (row) => post('/budget/delete', { id: row.budget_id }) : undefined}
      removeQuestion={(row) => ({
        title: t('budgets.delete.title', { name: row.budget_id }),
        text: t('budgets.delete.text'),
      })}
      empty={(create) => (
        <Empty icon="budgets" title={t('budgets.empty')} action={create}>
          {t('budgets.empty.text')}
        </Empty>
      )}
      columns={[
        nameColumn(t('budgets.id'), idOf, idOf),
        {
          id: 'amount',
          title: t('field.max_budget'),
          end: true,
          sort: (row) => row.max_budget ?? '',
          render: (row) => (row.max_budget === null ? t('budget.none') : format.money(row.max_budget)),
        },
        {
          id: 'period',
          title: t('field.budget_duration'),
          render: (row) => row.budget_duration ?? t('budgets.forever'),
        },
        limit('rpm_limit'),
        limit('tpm_limit'),
        limit('max_parallel_requests'),
        createdColumn(t),
      ]}
    />
  )
}
