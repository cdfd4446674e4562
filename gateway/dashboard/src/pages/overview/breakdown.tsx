import type { Figures, Series } from '../../api/series.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { Empty } from '../../ui/states.tsx'
import { DataTable } from '../../ui/table.tsx'
import { type Dimension, type Measure, measures } from './search.ts'
import { isSum, measured } from './summary.ts'
import { shownValue } from './tiles.tsx'

interface BreakdownProps {
  readonly series: readonly Series[]
  readonly total: Figures
  readonly measure: Measure
  readonly by: Dimension
  readonly onPick: (name: string) => void
}

/** Rows that are shown at first: drawing many of them takes longer than all else on the page. */
const mostRows = 10

/** The figures of each name. A name leads to its calls. */
export function Breakdown({ series, total, measure, by, onPick }: BreakdownProps) {
  const { t, format } = useTexts()
  if (series.length === 0) {
    return (
      <Empty icon="overview" title={t('overview.empty')}>
        {t('overview.empty.text')}
      </Empty>
    )
  }
  // sums of one person's calls have no count of unknown costs for each name
  const counted = series.reduce((sum, one) => sum + one.total.unknown_costs, 0)
  const isUnknown = (own: Figures) =>
    own.unknown_costs > 0
      ? own.unknown_costs === own.calls
      : counted < total.unknown_costs && own.spend === 0 && own.calls > own.failures
  const nameOf = ({ name, label }: Series) => (name === null ? t('overview.others') : label || name || t('names.none'))
  return (
    <DataTable
      // another measure begins with its own order
      key={measure}
      label={t('overview.breakdown', { by: t(`dimension.${by}`) })}
      rows={series}
      keyOf={({ name }) => name ?? ' others'}
      order={`-${measure}`}
      most={mostRows}
      columns={[
        {
          id: 'name',
          title: t(`dimension.${by}`),
          sort: nameOf,
          render: (row) =>
            row.name ? (
              <button type="button" className="link" onClick={() => onPick(row.name ?? '')}>
                {nameOf(row)}
              </button>
            ) : (
              nameOf(row)
            ),
        },
        {
          id: 'share',
          title: t('overview.share'),
          width: 150,
          render: ({ total: own }) => {
            const share = shareOf(own, total, measure)
            return (
              <span className="share">
                <span className="bar">
                  <span
                    style={{ width: `${Math.round(share * 100)}%`, background: 'var(--mantine-primary-color-filled)' }}
                  />
                </span>
                <span className="share-value">{format.percent(share)}</span>
              </span>
            )
          },
        },
        ...measures.map((name) => ({
          id: name,
          title: t(`measure.${name}`),
          end: true,
          sort: (row: Series) => measured(row.total, name) ?? '',
          render: ({ total: own }: Series) =>
            name === 'errors' && own.failures > 0
              ? `${format.number(own.failures)} (${format.percent(own.failures / own.calls)})`
              : name === 'spend' && isUnknown(own)
                ? t('common.unknown')
                : shownValue(format, name, measured(own, name)),
        })),
      ]}
    />
  )
}

/** The part of a name in the total of the measure, or of all calls for means. */
function shareOf(own: Figures, total: Figures, measure: Measure): number {
  const by = isSum(measure) && (measured(total, measure) ?? 0) > 0 ? measure : 'calls'
  return (measured(own, by) ?? 0) / Math.max(Number.MIN_VALUE, measured(total, by) ?? 0)
}
