import { ownBudgets } from '../../api/budgets.ts'
import { api } from '../../api/client.ts'
import type { CustomerRow } from '../../api/types.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { useRights } from '../../session/session.ts'
import { blockedColumn, nameColumn, spendColumn } from '../../ui/resource/columns.tsx'
import type { Field } from '../../ui/resource/fields.ts'
import { ResourcePage } from '../../ui/resource/page.tsx'
import { Empty } from '../../ui/states.tsx'
import { periods } from '../keys/fields.ts'

const post = (path: string, body: unknown) => api<unknown>(path, { method: 'POST', body })
const nameOf = ({ alias, user_id }: CustomerRow) => alias ?? user_id

/** A customer with the budget that it shares with others, or with one of its own. */
type Row = CustomerRow & { readonly ownBudget: boolean }

async function load(signal: AbortSignal): Promise<Row[]> {
  const [customers, own] = await Promise.all([api<CustomerRow[]>('/customer/list', { signal }), ownBudgets(signal)])
  return customers.map((row) => ({ ...row, ownBudget: row.budget_id !== null && own.has(row.budget_id) }))
}

/** Values of the form: the id of an own budget is of no use there. */
const formOf = ({ ownBudget, litellm_budget_table: budget }: Row) =>
  ownBudget
    ? { budget_id: null, max_budget: budget?.max_budget ?? null, budget_duration: budget?.budget_duration ?? null }
    : {}

const fields: readonly Field[] = [
  { kind: 'text', name: 'user_id', label: 'customers.id', hint: 'customers.id.hint', required: true, only: 'create' },
  { kind: 'text', name: 'alias', label: 'customers.name' },
  { kind: 'one', name: 'budget_id', label: 'field.budget_id', hint: 'customers.budget.hint', source: 'budgets' },
  { kind: 'money', name: 'max_budget', label: 'customers.ownBudget', hint: 'customers.ownBudget.hint' },
  { kind: 'duration', name: 'budget_duration', label: 'field.budget_duration', suggestions: periods },
  { kind: 'one', name: 'default_model', label: 'customers.model', source: 'models', more: true },
]

/** End users of applications, named by `user` in their requests. */
export function CustomersPage() {
  const { t } = useTexts()
  const { can } = useRights()
  return (
    <ResourcePage<Row, unknown>
      title={t('customers.title')}
      text={t('customers.text')}
      queryKey={['customers']}
      load={load}
      formRow={formOf}
      idOf={({ user_id }) => user_id}
      nameOf={nameOf}
      textOf={(row) => [row.user_id, row.alias, row.ownBudget ? '' : row.budget_id].join(' ')}
      order="-spend"
      fields={fields}
      createLabel={t('customers.create')}
      create={can('POST /customer/new') ? (body) => post('/customer/new', body) : undefined}
      update={
        can('POST /customer/update')
          ? (row, body) => post('/customer/update', { ...body, user_id: row.user_id })
          : undefined
      }
      remove={can('POST /customer/delete') ? (row) => post('/customer/delete', { user_ids: [row.user_id] }) : undefined}
      removeQuestion={(row) => ({
        title: t('customers.delete.title', { name: nameOf(row) }),
        text: t('customers.delete.text'),
      })}
      block={
        can('POST /customer/block')
          ? {
              run: (row, blocked) =>
                post(blocked ? '/customer/block' : '/customer/unblock', { user_ids: [row.user_id] }),
              isBlocked: ({ blocked }) => blocked,
            }
          : undefined
      }
      empty={(create) => (
        <Empty icon="customers" title={t('customers.empty')} action={create}>
          {t('customers.empty.text')}
        </Empty>
      )}
      columns={[
        nameColumn(t('dimension.customer'), nameOf, ({ user_id }) => user_id),
        blockedColumn(t, ({ blocked }) => blocked),
        {
          id: 'budget',
          title: t('customers.budget'),
          sort: (row) => (row.ownBudget ? t('customers.ownBudget') : (row.budget_id ?? '')),
          render: (row) => (row.ownBudget ? t('customers.ownBudget') : (row.budget_id ?? '–')),
        },
        spendColumn(t, (row) => ({
          spend: row.spend,
          budget: row.litellm_budget_table?.max_budget ?? null,
          name: nameOf(row),
        })),
      ]}
    />
  )
}
