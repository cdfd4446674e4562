import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useNames } from '../../api/names.ts'
import type { NewKey, UserRow } from '../../api/types.ts'
import { type MessageKey, useTexts } from '../../i18n/i18n.tsx'
import { useRights } from '../../session/session.ts'
import { Names } from '../../ui/bits.tsx'
import { blockedColumn, createdColumn, nameColumn, spendColumn } from '../../ui/resource/columns.tsx'
import type { Field } from '../../ui/resource/fields.ts'
import { ResourcePage } from '../../ui/resource/page.tsx'
import { Empty } from '../../ui/states.tsx'
import { limitFields } from '../keys/fields.ts'
import { NewKeyDialog } from '../keys/new-key.tsx'

const post = <Answer,>(path: string, body: unknown) => api<Answer>(path, { method: 'POST', body })
const roles = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const
const roleName = (role: string | null): MessageKey => `role.${roles.find((known) => known === role) ?? 'none'}`
const nameOf = ({ user_alias, user_email, user_id }: UserRow) => user_alias ?? user_email ?? user_id

const fields: readonly Field[] = [
  { kind: 'text', name: 'user_email', label: 'users.email' },
  { kind: 'text', name: 'user_id', label: 'users.id', hint: 'users.id.hint', only: 'create' },
  { kind: 'text', name: 'user_alias', label: 'users.name' },
  {
    kind: 'choice',
    name: 'user_role',
    label: 'users.role',
    hint: 'users.role.hint',
    options: roles.map((value) => ({ value, label: roleName(value) })),
  },
  { kind: 'many', name: 'teams', label: 'nav.teams', source: 'teams', only: 'create' },
  { kind: 'many', name: 'models', label: 'field.models', hint: 'users.models.hint', source: 'models' },
  ...limitFields,
  { kind: 'json', name: 'metadata', label: 'field.metadata', more: true },
]

/** People who sign in and own keys. */
export function UsersPage() {
  const { t } = useTexts()
  const { can } = useRights()
  const teamName = useNames('team')
  const [made, setMade] = useState<NewKey>()
  return (
    <ResourcePage<UserRow, NewKey>
      title={t('users.title')}
      text={t('users.text')}
      queryKey={['users']}
      load={async (signal) => {
        const { users } = await api<{ users: UserRow[] }>('/user/list', { query: { page_size: 1_000 }, signal })
        return users
      }}
      idOf={({ user_id }) => user_id}
      nameOf={nameOf}
      textOf={(row) =>
        [row.user_id, row.user_email, row.user_alias, row.user_role, ...row.teams.map(teamName)].join(' ')
      }
      order="-created"
      fields={fields}
      createLabel={t('users.create')}
      create={can('POST /user/new') ? (body) => post<NewKey>('/user/new', body) : undefined}
      onCreated={(answer) => {
        if (answer.key !== '') setMade(answer)
      }}
      update={
        can('POST /user/update') ? (row, body) => post('/user/update', { ...body, user_id: row.user_id }) : undefined
      }
      remove={can('POST /user/delete') ? (row) => post('/user/delete', { user_ids: [row.user_id] }) : undefined}
      removeQuestion={(row) => ({
        title: t('users.delete.title', { name: nameOf(row) }),
        text: t('users.delete.text'),
      })}
      block={
        can('POST /user/block')
          ? {
              run: (row, blocked) => post(blocked ? '/user/block' : '/user/unblock', { user_ids: [row.user_id] }),
              isBlocked: ({ blocked }) => blocked === true,
            }
          : undefined
      }
      empty={(create) => (
        <Empty icon="users" title={t('users.empty')} action={create}>
          {t('users.empty.text')}
        </Empty>
      )}
      columns={[
        nameColumn(t('dimension.user'), nameOf, ({ user_id }) => user_id),
        blockedColumn(t, ({ blocked }) => blocked === true),
        {
          id: 'role',
          title: t('users.role'),
          sort: (row) => row.user_role ?? '',
          render: (row) => t(roleName(row.user_role)),
        },
        { id: 'teams', title: t('nav.teams'), render: (row) => <Names names={row.teams.map(teamName)} none="–" /> },
        {
          id: 'keys',
          title: t('nav.keys'),
          end: true,
          sort: (row) => row.key_count ?? 0,
          render: (row) => row.key_count ?? 0,
        },
        spendColumn(t, (row) => ({
          spend: row.spend,
          budget: row.max_budget,
          resetAt: row.budget_reset_at,
          name: nameOf(row),
        })),
        createdColumn(t),
      ]}
    >
      {made && <NewKeyDialog made={made} onClose={() => setMade(undefined)} />}
    </ResourcePage>
  )
}
