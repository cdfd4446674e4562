import { Box, Group, SegmentedControl, Skeleton, Switch, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, useState } from 'react'
import { latency, type Series, usage } from '../../api/series.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { useRights } from '../../session/session.ts'
import { seriesColors } from '../../theme.ts'
import { Page, Section } from '../../ui/page.tsx'
import { Empty, Failure, LoadingRows } from '../../ui/states.tsx'
import { logsSearchOf } from '../logs/search.ts'
import { Breakdown } from './breakdown.tsx'
import { RangePicker } from './range-picker.tsx'
import { type Dimension, dimensions, type Measure, type OverviewSearch, type Range, rangeOf } from './search.ts'
import { chartData, isSum, type Line } from './summary.ts'
import { shownValue, Tiles } from './tiles.tsx'

const TimeChart = lazy(() => import('../../charts/time-chart.tsx'))
const route = getRouteApi('/overview')
const mostLines = 7
const liveMs = 5_000
const stepMs = { hour: 3_600_000, day: 86_400_000 } as const

/** Spend, calls, tokens, errors and latency over time. */
export function OverviewPage() {
  const { t } = useTexts()
  const search = route.useSearch()
  const navigate = useNavigate()
  const rights = useRights()
  const [live, setLive] = useState(true)
  const measure = search.measure ?? 'spend'
  const by = search.by ?? 'model'
  const set = (change: OverviewSearch) =>
    navigate({ to: '/overview', search: { ...search, ...change }, replace: true, resetScroll: false })
  const found = useQuery({
    queryKey: ['usage', search.span, search.from, search.to, by, measure],
    queryFn: async ({ signal }) => {
      const range = rangeOf({ ...search, by }, Date.now(), rights.seesAll)
      const [data, percentiles] = await Promise.all([usage(range, by, measure, signal), latency(range, signal)])
      return { range, percentiles, ...data }
    },
    refetchInterval: live ? liveMs : false,
    placeholderData: keepPreviousData,
  })
  const openLogs = (from: number, to: number, name?: string) =>
    navigate({ to: '/logs', search: logsSearchOf(by, name, from, to, measure === 'errors') })
  return (
    <Page
      title={t('overview.title')}
      description={rights.seesAll ? t('overview.text.all') : t('overview.text.own')}
      actions={
        <>
          <Switch
            size="xs"
            label={t('overview.live')}
            checked={live}
            onChange={(event) => setLive(event.currentTarget.checked)}
          />
          <RangePicker
            search={search}
            onChange={(range) => set({ span: undefined, from: undefined, to: undefined, ...range })}
          />
        </>
      }
    >
      {found.isError ? (
        <Box className="card">
          <Failure error={found.error} onRetry={() => found.refetch()} />
        </Box>
      ) : (
        <>
          <Tiles
            total={found.data?.total}
            percentiles={found.data?.percentiles}
            measure={measure}
            onPick={(next) => set({ measure: next })}
          />
          <Section
            title={t(`measure.${measure}.chart`)}
            aside={
              <Box className="scroll-x" maw="100%">
                <SegmentedControl
                  size="xs"
                  aria-label={t('overview.by')}
                  value={by}
                  onChange={(next) => set({ by: next as Dimension })}
                  data={dimensions
                    .filter((name) => rights.seesAll || ['model', 'provider', 'key', 'outcome'].includes(name))
                    .map((name) => ({ value: name, label: t(`dimension.${name}`) }))}
                />
              </Box>
            }
          >
            {found.data ? (
              <Chart
                series={found.data.series}
                range={found.data.range}
                measure={measure}
                by={by}
                onPick={(at) => openLogs(at, at + stepMs[found.data.range.grain])}
              />
            ) : (
              <Skeleton h={290} />
            )}
          </Section>
          <Section title={t('overview.breakdown', { by: t(`dimension.${by}`) })} flush>
            {found.data ? (
              <Breakdown
                series={found.data.series}
                total={found.data.total}
                measure={measure}
                by={by}
                onPick={(name) => openLogs(found.data.range.from, found.data.range.to, name)}
              />
            ) : (
              <LoadingRows />
            )}
          </Section>
        </>
      )}
    </Page>
  )
}

interface ChartProps {
  readonly series: readonly Series[]
  readonly range: Range
  readonly measure: Measure
  readonly by: Dimension
  readonly onPick: (at: number) => void
}

function Chart({ series, range, measure, by, onPick }: ChartProps) {
  const { t, format } = useTexts()
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
  return (
    <>
      <Suspense fallback={<Skeleton h={260} />}>
        <TimeChart
          label={`${t(`measure.${measure}.chart`)}, ${t(`dimension.${by}`)}`}
          rows={rows}
          lines={labelled}
          kind={isSum(measure) ? 'bars' : 'lines'}
          formatTime={(at) => (range.grain === 'hour' ? format.hour(at) : format.day(at, 'UTC'))}
          formatValue={(value) => shownValue(format, measure, value)}
          formatAxis={measure === 'spend' ? format.moneyAxis : isTime ? format.duration : format.compact}
          onPick={onPick}
        />
      </Suspense>
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
}

const colorOf = (id: string, index: number) => (id === 'others' ? '#8b92a0' : seriesColors[index % seriesColors.length])
