import { Box, SegmentedControl, Skeleton, Switch } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError } from '../../api/client.ts'
import { latency, usage } from '../../api/series.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { useRights } from '../../session/session.ts'
import { Page, Section } from '../../ui/page.tsx'
import { Failure, LoadingRows } from '../../ui/states.tsx'
import { logsSearchOf } from '../logs/search.ts'
import { Breakdown } from './breakdown.tsx'
import { Chart } from './chart.tsx'
import { RangePicker } from './range-picker.tsx'
import { type Dimension, dimensions, type OverviewSearch, rangeOf, stepMs } from './search.ts'
import { Tiles } from './tiles.tsx'

const route = getRouteApi('/overview')
const liveMs = 5_000

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
      const read = async (byHour: boolean) => {
        const range = rangeOf({ ...search, by }, Date.now(), byHour)
        return { range, by, measure, ...(await usage(range, by, measure, signal)) }
      }
      try {
        return await read(true)
      } catch (error) {
        // the own view has hours up to a number of calls
        const isRange = error instanceof ApiError && error.status === 400 && !rights.seesAll
        if (!isRange) throw error
        return await read(false)
      }
    },
    refetchInterval: live ? liveMs : false,
    placeholderData: keepPreviousData,
  })
  // percentiles come from rows, not from sums: the page does not wait for them
  const percentiles = useQuery({
    queryKey: ['latency', search.span, search.from, search.to],
    queryFn: ({ signal }) => latency(rangeOf(search, Date.now()), signal),
    refetchInterval: live ? 2 * liveMs : false,
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
            percentiles={percentiles.data}
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
                measure={found.data.measure}
                by={found.data.by}
                onPick={(at, name) => openLogs(at, at + stepMs[found.data.range.grain], name)}
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
                measure={found.data.measure}
                by={found.data.by}
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
