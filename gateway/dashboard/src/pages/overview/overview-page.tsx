import { Box, Group, SegmentedControl, SimpleGrid, Skeleton, Switch, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useNames } from '../../api/names.ts'
import { type Point, type Sums, series } from '../../api/series.ts'
import type { Formats } from '../../i18n/formats.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { useRights } from '../../session/session.ts'
import { seriesColors } from '../../theme.ts'
import { Page, Section } from '../../ui/page.tsx'
import { Empty, Failure, LoadingRows } from '../../ui/states.tsx'
import { DataTable } from '../../ui/table.tsx'
import { RangePicker } from './range-picker.tsx'
import { type Dimension, dimensions, type Measure, measures, type OverviewSearch, rangeOf, stepsOf } from './search.ts'
import { byName, chartData, isSum, measured, total } from './summary.ts'

const TimeChart = lazy(() => import('../../charts/time-chart.tsx'))
const route = getRouteApi('/overview')
const mostLines = 7
const liveMs = 5_000

/** Spend, calls, tokens, errors and latency over time. */
export function OverviewPage() {
  const { t } = useTexts()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const rights = useRights()
  const [live, setLive] = useState(true)
  const measure = search.measure ?? 'spend'
  const by = search.by ?? 'model'
  const set = (change: OverviewSearch) =>
    navigate({ search: (before: OverviewSearch) => ({ ...before, ...change }), replace: true, resetScroll: false })
  const found = useQuery({
    queryKey: ['series', search.span, search.from, search.to, by],
    queryFn: async ({ signal }) => {
      const range = rangeOf(search, Date.now())
      return { range, points: await series(range, by, signal) }
    },
    refetchInterval: live ? liveMs : false,
    placeholderData: keepPreviousData,
  })
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
          <Tiles points={found.data?.points} measure={measure} onPick={(next) => set({ measure: next })} />
          <Section
            title={t(`measure.${measure}.chart`)}
            aside={
              <SegmentedControl
                size="xs"
                aria-label={t('overview.by')}
                value={by}
                onChange={(next) => set({ by: next as Dimension })}
                data={dimensions
                  .filter((name) => rights.seesAll || name === 'model' || name === 'provider' || name === 'key')
                  .map((name) => ({ value: name, label: t(`dimension.${name}`) }))}
              />
            }
          >
            {found.data ? (
              <Chart points={found.data.points} range={found.data.range} measure={measure} by={by} />
            ) : (
              <Skeleton h={260} />
            )}
          </Section>
          <Section title={t('overview.breakdown', { by: t(`dimension.${by}`) })} flush>
            {found.data ? <Breakdown points={found.data.points} measure={measure} by={by} /> : <LoadingRows />}
          </Section>
        </>
      )}
    </Page>
  )
}

/** A value of a measure in words. */
export function shownValue(format: Formats, measure: Measure, value: number | undefined): string {
  if (value === undefined) return '–'
  if (measure === 'spend') return format.money(value)
  if (measure === 'latency' || measure === 'ttft') return format.duration(value)
  return measure === 'tokens' ? format.compact(value) : format.number(value)
}

interface TilesProps {
  readonly points: readonly Point[] | undefined
  readonly measure: Measure
  readonly onPick: (measure: Measure) => void
}

/** The totals of the range. A tile chooses the measure of the chart. */
function Tiles({ points, measure, onPick }: TilesProps) {
  const { t, format } = useTexts()
  const sums = useMemo(() => points && total(points), [points])
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" role="group" aria-label={t('overview.tiles')}>
      {measures.map((name) => (
        <button
          key={name}
          type="button"
          className="card tile"
          aria-pressed={name === measure}
          onClick={() => onPick(name)}
        >
          <Text size="xs" c="dimmed">
            {t(`measure.${name}`)}
          </Text>
          {sums ? (
            <Text className="numbers" fz={22} fw={600} lh={1.3}>
              {shownValue(format, name, measured(sums, name))}
            </Text>
          ) : (
            <Skeleton h={22} my={4} w="60%" />
          )}
          <Text size="xs" c="dimmed" mih={17}>
            {sums ? <TileNote name={name} sums={sums} /> : null}
          </Text>
        </button>
      ))}
    </SimpleGrid>
  )
}

function TileNote({ name, sums }: { readonly name: Measure; readonly sums: Sums }) {
  const { t, format } = useTexts()
  if (name === 'spend' && sums.unknownCosts > 0) return t('overview.unknownCosts', { count: sums.unknownCosts })
  if (name === 'spend' && sums.calls > 0)
    return t('overview.perCall', { amount: format.money(sums.dollars / sums.calls) })
  if (name === 'tokens')
    return t('overview.inOut', { input: format.compact(sums.inputTokens), output: format.compact(sums.outputTokens) })
  if (name === 'errors' && sums.calls > 0)
    return t('overview.ofCalls', { share: format.percent(sums.failures / sums.calls) })
  if (name === 'latency' || name === 'ttft') return t('overview.mean')
  return null
}

interface PartProps {
  readonly points: readonly Point[]
  readonly measure: Measure
  readonly by: Dimension
}

function Chart({ points, range, measure, by }: PartProps & { readonly range: ReturnType<typeof rangeOf> }) {
  const { t, format } = useTexts()
  const nameOf = useNames(by)
  const { rows, lines } = useMemo(() => chartData(points, stepsOf(range), measure, mostLines), [points, range, measure])
  if (points.length === 0) {
    return (
      <Empty icon="overview" title={t('overview.empty')}>
        {t('overview.empty.text')}
      </Empty>
    )
  }
  const axis =
    measure === 'spend'
      ? format.moneyAxis
      : measure === 'latency' || measure === 'ttft'
        ? format.duration
        : format.compact
  return (
    <>
      <Suspense fallback={<Skeleton h={260} />}>
        <TimeChart
          label={`${t(`measure.${measure}.chart`)}, ${t(`dimension.${by}`)}`}
          rows={rows}
          lines={lines.map(({ id, name }) => ({ id, label: name === undefined ? t('overview.others') : nameOf(name) }))}
          kind={isSum(measure) ? 'bars' : 'lines'}
          formatTime={(at) => (range.grain === 'hour' ? format.hour(at) : format.day(at, 'UTC'))}
          formatValue={(value) => shownValue(format, measure, value)}
          formatAxis={axis}
        />
      </Suspense>
      <Legend
        lines={lines.map(({ id, name }) => ({ id, label: name === undefined ? t('overview.others') : nameOf(name) }))}
      />
    </>
  )
}

function Legend({ lines }: { readonly lines: readonly { readonly id: string; readonly label: string }[] }) {
  return (
    <Group gap="md" mt="xs">
      {lines.map(({ id, label }, index) => (
        <Group key={id} gap={6} wrap="nowrap">
          <span className="dot" style={{ background: colorOf(id, index) }} />
          <Text size="xs" truncate maw={220}>
            {label}
          </Text>
        </Group>
      ))}
    </Group>
  )
}

const colorOf = (id: string, index: number) => (id === 'others' ? '#8b92a0' : seriesColors[index % seriesColors.length])

function Breakdown({ points, measure, by }: PartProps) {
  const { t, format } = useTexts()
  const nameOf = useNames(by)
  const rows = useMemo(() => byName(points, measure), [points, measure])
  const all = useMemo(() => total(points), [points])
  if (rows.length === 0)
    return (
      <Empty icon="overview" title={t('overview.empty')}>
        {t('overview.empty.text')}
      </Empty>
    )
  return (
    <DataTable
      label={t('overview.breakdown', { by: t(`dimension.${by}`) })}
      rows={rows}
      keyOf={({ name }) => name}
      order={`-${measure}`}
      columns={[
        {
          id: 'name',
          title: t(`dimension.${by}`),
          render: ({ name }) => (
            <Text size="sm" fw={500}>
              {nameOf(name)}
            </Text>
          ),
          sort: ({ name }) => nameOf(name),
        },
        {
          id: 'share',
          title: t('overview.share'),
          width: 140,
          render: ({ sums }) => {
            const whole = all.dollars > 0 ? sums.dollars / all.dollars : sums.calls / all.calls
            return (
              <Group gap={8} wrap="nowrap">
                <div className="bar" style={{ flex: 1 }}>
                  <span
                    style={{ width: `${Math.round(whole * 100)}%`, background: 'var(--mantine-primary-color-filled)' }}
                  />
                </div>
                <Text size="xs" c="dimmed" w={44} ta="end">
                  {format.percent(whole)}
                </Text>
              </Group>
            )
          },
        },
        ...measures.map((name) => ({
          id: name,
          title: t(`measure.${name}`),
          end: true,
          sort: ({ sums }: { readonly sums: Sums }) => measured(sums, name) ?? -1,
          render: ({ sums }: { readonly sums: Sums }) =>
            name === 'errors' && sums.calls > 0 && sums.failures > 0
              ? `${format.number(sums.failures)} (${format.percent(sums.failures / sums.calls)})`
              : shownValue(format, name, measured(sums, name)),
        })),
      ]}
    />
  )
}
