import { Text } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { type CallRow, costOf, isFree } from '../../api/logs.ts'
import { useNames } from '../../api/names.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { outcomeText } from '../../i18n/server.ts'
import { Status } from '../../ui/bits.tsx'

const rowHeight = 38

interface CallListProps {
  readonly rows: readonly CallRow[]
  readonly onOpen: (row: CallRow) => void
  /** The last row is near. */
  readonly onEnd: () => void
}

/** Rows of calls. Only those in view are on the page, so that their number does not matter. */
export function CallList({ rows, onOpen, onEnd }: CallListProps) {
  const { t, format } = useTexts()
  const keyName = useNames('key')
  const scroller = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => rows[index]?.request_id ?? index,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= rows.length - 20) onEnd()
  }, [last, rows.length, onEnd])
  const [first] = items
  const before = first?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable with the keyboard
    <section ref={scroller} className="calls" tabIndex={0} aria-label={t('logs.title')}>
      <table className="data-table" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {columns.map(({ name, width, end }) => (
              <th key={name} scope="col" className={end ? 'end' : undefined} style={{ width }}>
                {t(`logs.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr style={{ height: before }} />}
          {items.map((item) => {
            const row = rows[item.index]
            return row ? (
              <tr key={item.key} aria-rowindex={item.index + 2} style={{ height: rowHeight }}>
                <td>
                  <button type="button" className="link" onClick={() => onOpen(row)}>
                    {format.time(row.startTime)}
                  </button>
                </td>
                <td>
                  <CallStatus row={row} />
                </td>
                <td title={row.model}>
                  {row.model_group}
                  {row.model_group !== row.model && <Text size="xs" c="dimmed" span>{` ${row.model}`}</Text>}
                </td>
                <td>{row.metadata.user_api_key_alias ?? keyName(row.api_key)}</td>
                <td className="end">
                  {isFree(row) ? '–' : `${format.number(row.prompt_tokens)} → ${format.number(row.completion_tokens)}`}
                </td>
                <td className="end">{format.duration(row.request_duration_ms)}</td>
                <td className="end">{isFree(row) ? '–' : format.money(costOf(row))}</td>
              </tr>
            ) : null
          })}
          {after > 0 && <tr style={{ height: after }} />}
        </tbody>
      </table>
    </section>
  )
}

const columns = [
  { name: 'time', width: 200, end: false },
  { name: 'status', width: 134, end: false },
  { name: 'model', width: undefined, end: false },
  { name: 'key', width: 166, end: false },
  { name: 'tokens', width: 112, end: true },
  { name: 'duration', width: 92, end: true },
  { name: 'cost', width: 146, end: true },
] as const

export function CallStatus({ row }: { readonly row: CallRow }) {
  const { t } = useTexts()
  if (row.status === 'failure') return <Status tone="bad">{outcomeText(row.outcome, t)}</Status>
  if (row.cache_hit === 'True') return <Status tone="quiet">{t('logs.cached')}</Status>
  if (row.fallbacks > 0) return <Status tone="warn">{t('logs.fallback')}</Status>
  if (row.retries > 0) return <Status tone="warn">{t('logs.retried')}</Status>
  return <Status tone="good">{t('logs.ok')}</Status>
}
