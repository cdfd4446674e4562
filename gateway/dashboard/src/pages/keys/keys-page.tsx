import { Button, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useNames } from '../../api/names.ts'
import type { KeyRow, NewKey } from '../../api/types.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { sentenceOf } from '../../i18n/server.ts'
import { useRights } from '../../session/session.ts'
import { Ago, BudgetBar, Names, Status } from '../../ui/bits.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Page } from '../../ui/page.tsx'
import { ResourceForm } from '../../ui/resource/form.tsx'
import { ResourceList, type RowAction } from '../../ui/resource/list.tsx'
import { Empty } from '../../ui/states.tsx'
import { keyFields } from './fields.ts'
import { NewKeyDialog } from './new-key.tsx'

/** Rows of one request. The gateway allows no more. */
const most = 1_000

const keysQuery = {
  queryKey: ['keys'],
  queryFn: async ({ signal }: { readonly signal: AbortSignal }) => {
    const read = (page: number) =>
      api<{ keys: readonly KeyRow[]; total_pages: number }>('/key/list', {
        query: { return_full_object: true, include_team_keys: true, size: most, page },
        signal,
      })
    const first = await read(1)
    const rest = await Promise.all(
      Array.from({ length: Math.max(0, first.total_pages - 1) }, (_, index) => read(index + 2)),
    )
    return [first, ...rest].flatMap(({ keys }) => keys)
  },
}

type Dialog =
  | { readonly kind: 'create' }
  | { readonly kind: 'edit' | 'rotate' | 'delete'; readonly row: KeyRow }
  | { readonly kind: 'made'; readonly made: NewKey }

/** Virtual keys: who may call which models, and how much they may spend. */
export function KeysPage() {
  const { t } = useTexts()
  const rights = useRights()
  const keys = useQuery(keysQuery)
  const queries = useQueryClient()
  const teamName = useNames('team')
  const [dialog, setDialog] = useState<Dialog>()
  const close = () => setDialog(undefined)
  const changed = () => queries.invalidateQueries({ queryKey: ['keys'] })
  const mayCreate = rights.can('POST /key/generate')

  const setBlocked = async (row: KeyRow, blocked: boolean) => {
    try {
      await api(blocked ? '/key/block' : '/key/unblock', { method: 'POST', body: { key: row.token } })
      notifications.show({ message: t(blocked ? 'keys.blocked' : 'keys.unblocked', { name: nameOf(row) }) })
    } catch (error) {
      notifications.show({ color: 'red', message: sentenceOf(error, t) })
    }
    await changed()
  }

  const isMine = (row: KeyRow) =>
    rights.seesAll || row.user_id === rights.session.user_id || rights.session.teams_admin.includes(row.team_id ?? '')
  const mayBlock = (row: KeyRow) =>
    rights.session.role === 'proxy_admin' || rights.session.teams_admin.includes(row.team_id ?? '')

  const actionsOf = (row: KeyRow): RowAction[] => {
    if (!isMine(row)) return []
    return [
      ...(rights.can('POST /key/update') && !isSession(row)
        ? [{ label: t('common.edit'), icon: 'edit' as const, run: () => setDialog({ kind: 'edit', row }) }]
        : []),
      ...(rights.can('POST /key/regenerate') && !isSession(row)
        ? [{ label: t('keys.rotate'), icon: 'rotate' as const, run: () => setDialog({ kind: 'rotate', row }) }]
        : []),
      ...(rights.can('POST /key/block') && mayBlock(row)
        ? [
            {
              label: t(row.blocked ? 'common.unblock' : 'common.block'),
              icon: row.blocked ? ('check' as const) : ('block' as const),
              run: () => void setBlocked(row, !row.blocked),
            },
          ]
        : []),
      ...(rights.can('POST /key/delete')
        ? [
            {
              label: t('common.delete'),
              icon: 'trash' as const,
              danger: true,
              run: () => setDialog({ kind: 'delete', row }),
            },
          ]
        : []),
    ]
  }

  const create = mayCreate ? (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setDialog({ kind: 'create' })}>
      {t('keys.create')}
    </Button>
  ) : undefined

  return (
    <Page title={t('keys.title')} description={t('keys.text')} actions={create}>
      <ResourceList
        label={t('keys.title')}
        query={keys}
        keyOf={({ token }) => token}
        nameOf={nameOf}
        order="-created"
        textOf={(row) =>
          [
            row.key_alias,
            row.key_name,
            row.token,
            row.user_id,
            row.team_id,
            teamName(row.team_id ?? ''),
            ...row.models,
          ].join(' ')
        }
        {...(mayCreate && { actionsOf })}
        empty={
          <Empty icon="keys" title={t('keys.empty')} action={create}>
            {t(mayCreate ? 'keys.empty.text' : 'keys.empty.ask')}
          </Empty>
        }
        columns={[
          {
            id: 'name',
            title: t('field.key_alias'),
            sort: (row) => row.key_alias ?? '',
            render: (row) => (
              <>
                <Text size="sm" fw={500} truncate maw={240}>
                  {row.key_alias ?? t(isSession(row) ? 'keys.session' : 'names.none')}
                </Text>
                <Text className="mono" c="dimmed">
                  {row.key_name}
                </Text>
              </>
            ),
          },
          {
            id: 'status',
            title: t('common.status'),
            sort: (row) => statusOf(row),
            render: (row) => <KeyStatus row={row} />,
          },
          {
            id: 'team',
            title: t('field.team'),
            sort: (row) => (row.team_id ? teamName(row.team_id) : ''),
            render: (row) =>
              row.team_id ? (
                teamName(row.team_id)
              ) : (
                <Text c="dimmed" size="sm" span>
                  –
                </Text>
              ),
          },
          {
            id: 'owner',
            title: t('field.owner'),
            sort: (row) => row.user_id ?? '',
            render: (row) => (
              <Text size="sm" truncate maw={160} title={row.user_id ?? ''} span>
                {row.user_id ?? '–'}
              </Text>
            ),
          },
          {
            id: 'models',
            title: t('field.models'),
            render: (row) => <Names names={row.models} none={t('names.all')} />,
          },
          {
            id: 'spend',
            title: t('field.spend'),
            width: 200,
            sort: (row) => row.spend,
            render: (row) => (
              <BudgetBar
                spend={row.spend}
                budget={row.max_budget}
                resetAt={row.budget_reset_at}
                label={t('budget.label', { name: nameOf(row) })}
              />
            ),
          },
          {
            id: 'created',
            title: t('field.created'),
            sort: (row) => row.created_at,
            render: (row) => <Ago at={row.created_at} />,
          },
        ]}
      />
      {dialog?.kind === 'create' && (
        <ResourceForm
          title={t('keys.create')}
          fields={keyFields(rights)}
          onSubmit={(body) => api<NewKey>('/key/generate', { method: 'POST', body })}
          onDone={(made) => {
            void changed()
            setTimeout(() => setDialog({ kind: 'made', made }))
          }}
          onClose={close}
        />
      )}
      {dialog?.kind === 'edit' && (
        <ResourceForm
          title={t('keys.edit', { name: nameOf(dialog.row) })}
          fields={keyFields(rights)}
          row={dialog.row}
          onSubmit={(body) => api('/key/update', { method: 'POST', body: { ...body, key: dialog.row.token } })}
          onDone={() => void changed()}
          onClose={close}
        />
      )}
      {dialog?.kind === 'rotate' && (
        <Confirm
          title={t('keys.rotate.title', { name: nameOf(dialog.row) })}
          verb={t('keys.rotate')}
          onConfirm={async () => {
            const made = await api<NewKey>('/key/regenerate', { method: 'POST', body: { key: dialog.row.token } })
            void changed()
            setTimeout(() => setDialog({ kind: 'made', made }))
          }}
          onClose={close}
        >
          {t('keys.rotate.text')}
        </Confirm>
      )}
      {dialog?.kind === 'delete' && (
        <Confirm
          danger
          title={t('keys.delete.title', { name: nameOf(dialog.row) })}
          verb={t('common.delete')}
          onConfirm={async () => {
            await api('/key/delete', { method: 'POST', body: { keys: [dialog.row.token] } })
            await changed()
          }}
          onClose={close}
        >
          {t('keys.delete.text')}
        </Confirm>
      )}
      {dialog?.kind === 'made' && <NewKeyDialog made={dialog.made} onClose={close} />}
    </Page>
  )
}

const nameOf = (row: KeyRow) => row.key_alias ?? row.key_name

/** Whether the key is the session of a person who signed in with an identity provider. */
const isSession = ({ metadata }: KeyRow) => metadata.sso_session === true

type KeyState = 'active' | 'blocked' | 'expired'

export function statusOf(row: KeyRow, now = Date.now()): KeyState {
  if (row.blocked) return 'blocked'
  return row.expires !== null && Date.parse(row.expires) <= now ? 'expired' : 'active'
}

function KeyStatus({ row }: { readonly row: KeyRow }) {
  const { t, format } = useTexts()
  const state = statusOf(row)
  return (
    <>
      <Status tone={state === 'active' ? 'good' : state === 'blocked' ? 'bad' : 'warn'}>
        {t(`keys.${state}.state`)}
      </Status>
      {row.expires !== null && (
        <Text size="xs" c="dimmed" title={format.time(row.expires)}>
          {t('keys.expires', { when: format.relative(row.expires) })}
        </Text>
      )}
    </>
  )
}
