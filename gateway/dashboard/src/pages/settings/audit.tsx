import { Box, Group, Pagination, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { actionText } from '../../i18n/server.ts'
import { Ago } from '../../ui/bits.tsx'
import { Empty, Failure, LoadingRows } from '../../ui/states.tsx'
import { DataTable } from '../../ui/table.tsx'

interface AuditLine {
  readonly id: string
  readonly updated_at: string
  readonly changed_by: string
  readonly action: string
  readonly table_name: string
  readonly object_id: string
  readonly before_value: Readonly<Record<string, unknown>> | null
  readonly updated_values: Readonly<Record<string, unknown>> | null
}

const pageSize = 25
/** The user of the master key. */
const masterUser = 'default_user_id'

/** The changes with their authors, newest first. */
export function Audit() {
  const { t } = useTexts()
  const [page, setPage] = useState(1)
  const found = useQuery({
    queryKey: ['audit', page],
    queryFn: ({ signal }) =>
      api<{ audit_logs: readonly AuditLine[]; total_pages: number }>('/audit', {
        query: { page, page_size: pageSize },
        signal,
      }),
    placeholderData: keepPreviousData,
  })
  if (found.isPending) {
    return (
      <Box className="card">
        <LoadingRows />
      </Box>
    )
  }
  return (
    <Box className="card">
      {found.isError && <Failure error={found.error} onRetry={() => found.refetch()} />}
      {found.data?.audit_logs.length === 0 && (
        <Empty icon="settings" title={t('audit.empty')}>
          {t('audit.empty.text')}
        </Empty>
      )}
      {found.data && found.data.audit_logs.length > 0 && (
        <DataTable
          label={t('settings.audit')}
          rows={found.data.audit_logs}
          keyOf={({ id }) => id}
          columns={[
            { id: 'when', title: t('logs.time'), render: ({ updated_at }) => <Ago at={updated_at} /> },
            {
              id: 'who',
              title: t('audit.who'),
              render: ({ changed_by }) => (changed_by === masterUser ? t('role.master') : changed_by),
            },
            { id: 'action', title: t('audit.action'), render: ({ action }) => actionText(action, t) },
            {
              id: 'object',
              title: t('audit.object'),
              render: ({ object_id }) => (
                <Text className="mono" maw={220} truncate title={object_id} span display="block">
                  {object_id}
                </Text>
              ),
            },
            {
              id: 'changes',
              title: t('audit.changes'),
              render: (line) => (
                <Text size="xs" c="dimmed" maw={420} style={{ overflowWrap: 'anywhere' }}>
                  {changesOf(line.before_value, line.updated_values).join(', ') || '–'}
                </Text>
              ),
            },
          ]}
        />
      )}
      {found.data && found.data.total_pages > 1 && (
        <Group justify="flex-end" p="sm">
          <Pagination
            size="sm"
            total={found.data.total_pages}
            value={page}
            onChange={setPage}
            getControlProps={(control) => ({ 'aria-label': t(`page.${control}`) })}
            getItemProps={(number) => ({ 'aria-label': t('page.number', { number }) })}
          />
        </Group>
      )}
    </Box>
  )
}

const quiet = new Set(['updated_at', 'updated_by', 'created_at', 'created_by', 'spend_epoch'])

/** The fields that differ, with their values before and after. */
export function changesOf(before: AuditLine['before_value'], after: AuditLine['updated_values']): string[] {
  if (before === null || after === null) return []
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [JSON.stringify(before[name] ?? null), JSON.stringify(after[name] ?? null)]
    return was === is || quiet.has(name) ? [] : [`${name}: ${was} → ${is}`]
  })
}
