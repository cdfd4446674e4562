import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Translate } from '../../i18n/i18n.tsx'
import { Ago, BudgetBar, Status } from '../bits.tsx'
import type { Column } from '../table.tsx'

/** Name of a row with its id below. */
export const nameColumn = <Row,>(
  title: string,
  nameOf: (row: Row) => string,
  idOf: (row: Row) => string,
  link?: (row: Row) => ReactNode,
): Column<Row> => ({
  id: 'name',
  title,
  sort: nameOf,
  render: (row) => (
    <>
      {link?.(row) ?? (
        <Text size="sm" fw={500} truncate maw={260}>
          {nameOf(row)}
        </Text>
      )}
      {idOf(row) !== nameOf(row) && (
        <Text className="mono" c="dimmed" truncate maw={260}>
          {idOf(row)}
        </Text>
      )}
    </>
  ),
})

export const blockedColumn = <Row,>(t: Translate, isBlocked: (row: Row) => boolean): Column<Row> => ({
  id: 'status',
  title: t('common.status'),
  sort: (row) => (isBlocked(row) ? 1 : 0),
  render: (row) => (
    <Status tone={isBlocked(row) ? 'bad' : 'good'}>
      {t(isBlocked(row) ? 'keys.blocked.state' : 'keys.active.state')}
    </Status>
  ),
})

interface Spending {
  readonly spend: number
  readonly budget: number | null
  readonly resetAt?: string | null | undefined
  readonly name: string
}

export const spendColumn = <Row,>(t: Translate, spendingOf: (row: Row) => Spending): Column<Row> => ({
  id: 'spend',
  title: t('field.spend'),
  width: 220,
  sort: (row) => spendingOf(row).spend,
  render: (row) => {
    const { name, ...spending } = spendingOf(row)
    return <BudgetBar {...spending} label={t('budget.label', { name })} />
  },
})

export const createdColumn = <Row extends { readonly created_at: string }>(t: Translate): Column<Row> => ({
  id: 'created',
  title: t('field.created'),
  sort: (row) => row.created_at,
  render: (row) => <Ago at={row.created_at} />,
})
