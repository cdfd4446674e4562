import { useState } from 'react'
import { api } from '../../api/client.ts'
import type { TeamRow } from '../../api/types.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { useRights } from '../../session/session.ts'
import { Names } from '../../ui/bits.tsx'
import { blockedColumn, nameColumn, spendColumn } from '../../ui/resource/columns.tsx'
import type { Field } from '../../ui/resource/fields.ts'
import { ResourcePage } from '../../ui/resource/page.tsx'
import { Empty } from '../../ui/states.tsx'
import { limitFields } from '../keys/fields.ts'
import { Members } from './members.tsx'

const post = (path: string, body: unknown) => api<unknown>(path, { method: 'POST', body })
const nameOf = ({ team_alias, team_id }: TeamRow) => team_alias ?? team_id

/** Teams: people and keys with a common budget. */
export function TeamsPage() {
  const { t } = useTexts()
  const rights = useRights()
  const [opened, setOpened] = useState<string>()
  const isAdmin = rights.session.role === 'proxy_admin'
  const mayEdit = (row: TeamRow) => isAdmin || rights.session.teams_admin.includes(row.team_id)
  const fields: Field[] = [
    { kind: 'text', name: 'team_alias', label: 'teams.name', required: true },
    { kind: 'text', name: 'team_id', label: 'teams.id', hint: 'teams.id.hint', only: 'create' },
    {
      kind: 'many',
      name: 'models',
      label: 'field.models',
      hint: 'teams.models.hint',
      source: 'models',
      visible: isAdmin,
    },
    ...limitFields.map((field) => ({ ...field, visible: isAdmin })),
    { kind: 'json', name: 'metadata', label: 'field.metadata', more: true },
  ]
  return (
    <ResourcePage<TeamRow, unknown>
      title={t('teams.title')}
      text={t('teams.text')}
      queryKey={['teams']}
      load={async (signal) => {
        const { teams } = await api<{ teams: TeamRow[] }>('/v2/team/list', { query: { page_size: 1_000 }, signal })
        return teams
      }}
      idOf={({ team_id }) => team_id}
      nameOf={nameOf}
      textOf={(row) =>
        [row.team_alias, row.team_id, ...row.models, ...row.members_with_roles.map((one) => one.user_id)].join(' ')
      }
      order="name"
      fields={fields}
      createLabel={t('teams.create')}
      create={rights.can('POST /team/new') ? (body) => post('/team/new', body) : undefined}
      update={
        rights.can('POST /team/update')
          ? (row, body) => post('/team/update', { ...body, team_id: row.team_id })
          : undefined
      }
      mayChange={mayEdit}
      remove={rights.can('POST /team/delete') ? (row) => post('/team/delete', { team_ids: [row.team_id] }) : undefined}
      removeQuestion={(row) => ({
        title: t('teams.delete.title', { name: nameOf(row) }),
        text: t('teams.delete.text'),
      })}
      block={
        rights.can('POST /team/block')
          ? {
              run: (row, blocked) => post(blocked ? '/team/block' : '/team/unblock', { team_id: row.team_id }),
              isBlocked: ({ blocked }) => blocked,
            }
          : undefined
      }
      moreActions={(row) => [{ label: t('teams.members'), icon: 'users', run: () => setOpened(row.team_id) }]}
      empty={(create) => (
        <Empty icon="teams" title={t('teams.empty')} action={create}>
          {t('teams.empty.text')}
        </Empty>
      )}
      columns={[
        nameColumn(
          t('teams.name'),
          nameOf,
          ({ team_id }) => team_id,
          (row) => (
            <button type="button" className="link" onClick={() => setOpened(row.team_id)}>
              {nameOf(row)}
            </button>
          ),
        ),
        blockedColumn(t, ({ blocked }) => blocked),
        {
          id: 'members',
          title: t('teams.members'),
          end: true,
          sort: (row) => row.members_with_roles.length,
          render: (row) => row.members_with_roles.length,
        },
        { id: 'models', title: t('field.models'), render: (row) => <Names names={row.models} none={t('names.all')} /> },
        spendColumn(t, (row) => ({
          spend: row.spend,
          budget: row.max_budget,
          resetAt: row.budget_reset_at,
          name: nameOf(row),
        })),
      ]}
    >
      {opened !== undefined && <Members id={opened} mayEdit={mayEdit} onClose={() => setOpened(undefined)} />}
    </ResourcePage>
  )
}
