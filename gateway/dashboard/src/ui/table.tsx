import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTexts } from '../i18n/i18n.tsx'

export interface Column<Row> {
  readonly id: string
  readonly title: string
  readonly render: (row: Row) => ReactNode
  /** Numbers are at the end of their cell. */
  readonly end?: boolean
  /** Value for the order of the rows. Without it the column can't be sorted. */
  readonly sort?: (row: Row) => string | number
  readonly width?: number | string
  /** Hides the title, for columns of controls. */
  readonly quiet?: boolean
}

interface TableProps<Row> {
  readonly label: string
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  /** Column of the first order, with `-` in front for descending. */
  readonly order?: string
  /** Rows that are shown until the others are asked for. @default all */
  readonly most?: number
}

/** Rows that are all on the page, sorted by a click on a title. */
export function DataTable<Row>({ label, rows, columns, keyOf, order, most }: TableProps<Row>) {
  const [by, setBy] = useState(order)
  const [showsAll, showAll] = useState(false)
  const { t } = useTexts()
  const sorted = sortRows(rows, columns, by)
  const shown = showsAll || most === undefined || rows.length <= most + 1 ? sorted : sorted.slice(0, most)
  const id = by?.replace(/^-/, '')
  const isDown = by?.startsWith('-') ?? false
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are no fields of a form
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable with the keyboard
    <div className="scroll-x" tabIndex={0} role="group" aria-label={label}>
      <table className="data-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.id}
                className={column.end ? 'end' : undefined}
                style={column.width === undefined ? undefined : { width: column.width }}
                aria-sort={column.id === id ? (isDown ? 'descending' : 'ascending') : undefined}
              >
                {column.sort ? (
                  <button
                    type="button"
                    className="sort-button"
                    onClick={() => setBy(column.id === id && !isDown ? `-${column.id}` : column.id)}
                  >
                    {column.title}
                    {column.id === id ? (isDown ? ' ↓' : ' ↑') : ''}
                  </button>
                ) : column.quiet ? (
                  <span className="mantine-visually-hidden" style={hidden}>
                    {column.title}
                  </span>
                ) : (
                  column.title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.id} className={column.end ? 'end' : undefined}>
                  {column.render(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < sorted.length && (
        <Button variant="subtle" size="xs" m="xs" onClick={() => showAll(true)}>
          {t('common.showAll', { count: sorted.length })}
        </Button>
      )}
    </div>
  )
}

const hidden = { position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' } as const

/** Sorts by a column; rows without a value come last in both directions. */
export function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], by: string | undefined): Row[] {
  const sort = columns.find(({ id }) => id === by?.replace(/^-/, ''))?.sort
  if (!sort) return [...rows]
  const sign = by?.startsWith('-') ? -1 : 1
  return [...rows].sort((left, right) => {
    const [a, b] = [sort(left), sort(right)]
    if (a === b) return 0
    if (a === '' || b === '') return a === '' ? 1 : -1
    const isLess = typeof a === 'string' && typeof b === 'string' ? a.localeCompare(b) < 0 : a < b
    return isLess ? -sign : sign
  })
}
