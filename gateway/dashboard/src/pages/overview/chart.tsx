import { Group, Skeleton, Text } from '@mantine/core'
import { lazy, memo, Suspense, useEffect, useMemo, useState } from 'react'
import type { Series } from '../../api/series.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { seriesColors } from '../../theme.ts'
import { Empty } from '../../ui/states.tsx'
import type { Dimension, Measure, Range } from './search.ts'
import { chartData, isSum, type Line } from './summary.ts'
import { shownValue } from './tiles.tsx'

const TimeChart = lazy(() => import('../../charts/time-chart.tsx'))
const mostLines = 7

interface ChartProps {
  readonly series: readonly Series[]
  readonly range: Range
  readonly measure: Measure
  readonly by: Dimension
  /** A step was chosen, and the name of a bar in it. */
  readonly onPick: (at: number, name?: string) => void
}

/** The chart with its legend. It is drawn again only if its data has changed. */
export const Chart = memo(
  function Chart({ series, range, measure, by, onPick }: ChartProps) {
    const { t, format } = useTexts()
    const isIdle = useIdle()
    const { rows, lines } = useMemo(() => chartData(series, range, measure, mostLines), [series, range, measure])
    const labelOf = ({ series: one }: Line) => (one ? one.label || one.name || t('names.none') : t('overview.others'))
    const labelled = lines.map((line) => ({ id: line.id, label: labelOf(line) }))
    if (lines.length === 0) {
      const isQuiet = series.some(({ total }) => total.calls > 0)
      return (
        <Empty icon="overview" title={t(isQuiet ? 'overview.nothing' : 'overview.empty')}>
          {t(isQuiet ? 'overview.nothing.text' : 'overview.empty.text')}
        </Empty>
      )
    }
    const isTime = measure === 'latency' || measure === 'ttft'
    const placeholder = <Skeleton h={260} />
    return (
      <>
        {isIdle ? (
          <Suspense fallback={placeholder}>
            <TimeChart
              label={`${t(`measure.${measure}.chart`)}, ${t(`dimension.${by}`)}`}
              hint={t('overview.chart.hint')}
              rows={rows}
              lines={labelled}
              kind={isSum(measure) ? 'bars' : 'lines'}
              formatTime={(at) => (range.grain === 'hour' ? format.hour(at) : format.day(at, 'UTC'))}
              formatValue={(value) => shownValue(format, measure, value)}
              formatAxis={measure === 'spend' ? format.moneyAxis : isTime ? format.duration : format.compact}
              onPick={(at, id) => onPick(at, lines.find((line) => line.id === id)?.series?.name || undefined)}
            />
          </Suspense>
        ) : (
          placeholder
        )}
        <Group gap="md" mt="xs" mih={22}>
          {labelled.map(({ id, label }, index) => (
            <Group key={id} gap={6} wrap="nowrap">
              <span className="dot" style={{ background: colorOf(id, index) }} />
              <Text size="xs" truncate maw={220}>
                {label}
              </Text>
            </Group>
          ))}
        </Group>
      </>
    )
  },
  (a, b) => a.series === b.series && a.range === b.range && a.measure === b.measure && a.by === b.by,
)

const colorOf = (id: string, index: number) => (id === 'others' ? '#8b92a0' : seriesColors[index % seriesColors.length])

/** Whether the rest of the page is painted: the chart is the largest program of the page, and nothing waits for it. */
function useIdle(): boolean {
  const [isIdle, setIdle] = useState(false)
  useEffect(() => {
    // Safari has no idle callbacks
    if (!('requestIdleCallback' in window)) {
      const timer = setTimeout(() => setIdle(true), 200)
      return () => clearTimeout(timer)
    }
    const handle = requestIdleCallback(() => setIdle(true), { timeout: 1_500 })
    return () => cancelIdleCallback(handle)
  }, [])
  return isIdle
}
