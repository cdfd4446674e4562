import { Button, Drawer, Group, Select, Stack } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../../api/client.ts'
import type { TeamMember, TeamRow } from '../../api/types.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { sentenceOf } from '../../i18n/server.ts'
import { Notice } from '../../ui/bits.tsx'
import { nameColumn, spendColumn } from '../../ui/resource/columns.tsx'
import { FieldInput } from '../../ui/resource/input.tsx'
import { RowMenu } from '../../ui/resource/list.tsx'
import { Empty, Failure, LoadingRows } from '../../ui/states.tsx'
import { DataTable } from '../../ui/table.tsx'

interface TeamInfo {
  readonly team_info: TeamRow
  readonly team_memberships: readonly {
    readonly user_id: string
    readonly spend: number
    readonly litellm_budget_table: { readonly max_budget: number | null } | null
  }[]
}

interface MembersProps {
  readonly id: string
  readonly mayEdit: (row: TeamRow) => boolean
  readonly onClose: () => void
}

/** A member is known by its address until it has an id. */
const idOf = ({ user_id, user_email }: TeamMember) => user_id ?? user_email ?? ''

/** The members of a team, with their spend. */
export function Members({ id, mayEdit, onClose }: MembersProps) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const team = useQuery({
    queryKey: ['teams', id],
    queryFn: ({ signal }) => api<TeamInfo>('/team/info', { query: { team_id: id }, signal }),
  })
  const [failure, setFailure] = useState<string>()
  const run = async (path: string, body: object) => {
    setFailure(undefined)
    try {
      await api(path, { method: 'POST', body: { team_id: id, ...body } })
    } catch (error) {
      setFailure(sentenceOf(error, t))
    }
    await queries.invalidateQueries({ queryKey: ['teams'] })
  }
  const info = team.data?.team_info
  const canEdit = info !== undefined && mayEdit(info)
  const actionsOf = ({ user_id, role }: TeamMember) => {
    const other = role === 'admin' ? 'user' : 'admin'
    return [
      {
        label: t(other === 'user' ? 'teams.makeUser' : 'teams.makeAdmin'),
        icon: 'rotate' as const,
        run: () => void run('/team/member_update', { user_id, role: other }),
      },
      {
        label: t('teams.removeMember'),
        icon: 'trash' as const,
        danger: true,
        run: () => void run('/team/member_delete', { user_id }),
      },
    ]
  }
  return (
    <Drawer
      opened
      onClose={onClose}
      title={t('teams.membersOf', { name: info?.team_alias ?? id })}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack gap="md">
        {failure !== undefined && <Notice tone="bad">{failure}</Notice>}
        {canEdit && <AddMember onAdd={(member) => run('/team/member_add', { member })} />}
        {team.isPending && <LoadingRows rows={3} />}
        {team.isError && <Failure error={team.error} onRetry={() => team.refetch()} />}
        {info && info.members_with_roles.length === 0 && (
          <Empty icon="users" title={t('teams.noMembers')}>
            {t('teams.noMembers.text')}
          </Empty>
        )}
        {info && info.members_with_roles.length > 0 && (
          <DataTable
            label={t('teams.members')}
            rows={info.members_with_roles}
            keyOf={idOf}
            columns={[
              nameColumn<TeamMember>(t('dimension.user'), (member) => member.user_email ?? idOf(member), idOf),
              { id: 'role', title: t('teams.role'), render: ({ role }) => t(`teams.role.${role}`) },
              spendColumn<TeamMember>(t, ({ user_id }) => {
                const found = team.data?.team_memberships.find((one) => one.user_id === user_id)
                return {
                  spend: found?.spend ?? 0,
                  budget: found?.litellm_budget_table?.max_budget ?? null,
                  name: user_id ?? '',
                }
              }),
              {
                id: 'actions',
                title: t('common.actions'),
                quiet: true,
                end: true,
                render: (member) => (
                  <RowMenu
                    label={t('common.actionsOf', { name: idOf(member) })}
                    actions={canEdit ? actionsOf(member) : []}
                  />
                ),
              },
            ]}
          />
        )}
      </Stack>
    </Drawer>
  )
}

interface AddProps {
  readonly onAdd: (member: { readonly user_id: string; readonly role: string }) => Promise<void>
}

function AddMember({ onAdd }: AddProps) {
  const { t } = useTexts()
  const [user, setUser] = useState('')
  const [role, setRole] = useState('user')
  const [error, setError] = useState<string>()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (user === '') return setError(t('form.required'))
    await onAdd({ user_id: user, role })
    setUser('')
  }
  return (
    <form onSubmit={submit} noValidate>
      <Group align="flex-end" gap="sm">
        <div style={{ flex: 1, minWidth: 180 }}>
          <FieldInput
            field={{ kind: 'one', name: 'user_id', label: 'dimension.user', source: 'users' }}
            value={user}
            error={error}
            onChange={(value) => {
              setError(undefined)
              setUser(String(value))
            }}
          />
        </div>
        <Select
          label={t('teams.role')}
          w={120}
          allowDeselect={false}
          value={role}
          onChange={(value) => setRole(value ?? 'user')}
          data={[
            { value: 'user', label: t('teams.role.user') },
            { value: 'admin', label: t('teams.role.admin') },
          ]}
        />
        <Button type="submit">{t('teams.addMember')}</Button>
      </Group>
    </form>
  )
}
