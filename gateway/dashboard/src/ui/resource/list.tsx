import { ActionIcon, Box, Group, Menu, Pagination, Text, TextInput } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useDeferredValue, useState } from 'react'
import { useTexts } from '../../i18n/i18n.tsx'
import { Icon, type IconName } from '../icons.tsx'
import { Empty, Failure, LoadingRows } from '../states.tsx'
import { type Column, DataTable, sortRows } from '../table.tsx'

export interface RowAction {
  readonly label: string
  readonly icon: IconName
  readonly danger?: boolean
  readonly run: () => void
}

interface ListProps<Row> {
  readonly label: string
  readonly query: UseQueryResult<readonly Row[]>
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  /** Name of a row, for screen readers. @default its key */
  readonly nameOf?: (row: Row) => string
  readonly order?: string
  /** The text of a row that the search looks in. */
  readonly textOf: (row: Row) => string
  /** Actions of a row; none hides the menu. */
  readonly actionsOf?: (row: Row) => readonly RowAction[]
  readonly empty: ReactNode
  /** More filters beside the search. */
  readonly filters?: ReactNode
}

const pageSize = 50

/** A list with search, pages and a menu for each row. */
export function ResourceList<Row>(props: ListProps<Row>) {
  const { label, query, columns, keyOf, nameOf = keyOf, order, textOf, actionsOf, empty, filters } = props
  const { t } = useTexts()
  const [search, setSearch] = useState('')
  const [page, setPage] = useState(1)
  const wanted = useDeferredValue(search.trim().toLowerCase())
  if (query.isPending) {
    return (
      <Box className="card">
        <LoadingRows />
      </Box>
    )
  }
  if (query.isError) {
    return (
      <Box className="card">
        <Failure error={query.error} onRetry={() => query.refetch()} />
      </Box>
    )
  }
  if (query.data.length === 0) return <Box className="card">{empty}</Box>
  const found = query.data.filter((row) => textOf(row).toLowerCase().includes(wanted))
  const pages = Math.max(1, Math.ceil(found.length / pageSize))
  const current = Math.min(page, pages)
  const shown =
    pages === 1 ? found : sortRows(found, columns, order).slice((current - 1) * pageSize, current * pageSize)
  const menu: Column<Row> = {
    id: 'actions',
    title: t('common.actions'),
    quiet: true,
    end: true,
    width: 48,
    render: (row) => <RowMenu label={t('common.actionsOf', { name: nameOf(row) })} actions={actionsOf?.(row) ?? []} />,
  }
  return (
    <Box className="card">
      <Group px="md" py="sm" gap="sm" justify="space-between">
        <Group gap="sm">
          <TextInput
            aria-label={t('common.search')}
            placeholder={t('common.search')}
            size="xs"
            w={240}
            leftSection={<Icon name="search" size={15} />}
            value={search}
            onChange={(event) => {
              setSearch(event.currentTarget.value)
              setPage(1)
            }}
          />
          {filters}
        </Group>
        <Text size="xs" c="dimmed" aria-live="polite">
          {t('common.count', { count: found.length })}
        </Text>
      </Group>
      {found.length === 0 ? (
        <Empty icon="search" title={t('common.noMatch')}>
          {t('common.noMatch.text')}
        </Empty>
      ) : (
        <DataTable
          label={label}
          rows={shown}
          columns={actionsOf ? [...columns, menu] : columns}
          keyOf={keyOf}
          {...(order !== undefined && { order })}
        />
      )}
      {pages > 1 && (
        <Group justify="flex-end" p="sm">
          <Pagination
            size="sm"
            total={pages}
            value={current}
            onChange={setPage}
            getControlProps={(control) => ({ 'aria-label': t(`page.${control}`) })}
            getItemProps={(number) => ({ 'aria-label': t('page.number', { number }) })}
          />
        </Group>
      )}
    </Box>
  )
}

export function RowMenu({ label, actions }: { readonly label: string; readonly actions: readonly RowAction[] }) {
  if (actions.length === 0) return null
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={label}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map(({ label: text, icon, danger, run }) => (
          <Menu.Item
            key={text}
            leftSection={<Icon name={icon} size={16} />}
            {...(danger && { c: 'var(--bad)' })}
            onClick={run}
          >
            {text}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
