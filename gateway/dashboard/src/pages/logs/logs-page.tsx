import { Box, Button, Group, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { addressOf } from '../../api/client.ts'
import { type CallRow, callsAfter, filtersOf, pageSize } from '../../api/logs.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Failure, LoadingRows } from '../../ui/states.tsx'
import { CallDrawer } from './call-drawer.tsx'
import { CallList } from './call-list.tsx'
import { Filters } from './filters.tsx'
import { type LogsSearch, reaches, withReach } from './search.ts'
import { useTail } from './use-tail.ts'

const route = getRouteApi('/logs')
/** Rows of one file. */
const mostExported = 10_000

/** Each call, newest first. */
export function LogsPage() {
  const { t } = useTexts()
  const search = route.useSearch()
  const navigate = useNavigate()
  const [live, setLive] = useState(false)
  const [reach, setReach] = useState<number>(reaches[0])
  const asked = filtersOf(search)
  // the gateway reads all calls of the range for some filters
  const filters = withReach(asked, reach, Date.now())
  const isCut = filters.start_date !== asked.start_date
  const further = reaches.find((days) => days > reach)
  const set = useCallback(
    (next: LogsSearch) => navigate({ to: '/logs', search: next, replace: true, resetScroll: false }),
    [navigate],
  )
  const found = useInfiniteQuery({
    queryKey: ['logs', filters],
    queryFn: ({ pageParam, signal }) => callsAfter(filters, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last.length < pageSize ? undefined : last.at(-1)?.request_id),
  })
  const fresh = useTail(live, asked)
  const rows = useMemo(() => merge(fresh, found.data?.pages.flat() ?? []), [fresh, found.data])
  const open = useCallback((row: CallRow) => set({ ...search, call: row.request_id }), [set, search])
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = found
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, hasNextPage, isFetchingNextPage])
  const hasFilters = Object.keys(asked).length > 0
  return (
    <Page
      title={t('logs.title')}
      description={t('logs.text')}
      actions={
        <>
          <Button
            variant={live ? 'light' : 'default'}
            aria-pressed={live}
            leftSection={<Icon name={live ? 'pause' : 'play'} size={15} />}
            onClick={() => setLive((was) => !was)}
          >
            {t(live ? 'logs.live.stop' : 'logs.live')}
          </Button>
          <Button
            component="a"
            variant="default"
            leftSection={<Icon name="download" size={16} />}
            href={addressOf('/spend/logs', { ...filters, summarize: false, format: 'csv', limit: mostExported })}
            download="calls.csv"
            title={t('logs.csv.hint', { count: mostExported })}
          >
            {t('logs.csv')}
          </Button>
        </>
      }
    >
      <Box className="card">
        <Filters search={search} onChange={set} />
        {found.isPending && <LoadingRows rows={10} />}
        {found.isError && <Failure error={found.error} onRetry={() => found.refetch()} />}
        {found.data && rows.length === 0 && (
          <Empty
            icon="logs"
            title={t(hasFilters ? 'logs.noMatch' : 'logs.empty')}
            action={
              hasFilters && (
                <Button variant="default" onClick={() => set({})}>
                  {t('logs.clear')}
                </Button>
              )
            }
          >
            {t(hasFilters ? 'logs.noMatch.text' : 'logs.empty.text')}
          </Empty>
        )}
        {rows.length > 0 && <CallList rows={rows} onOpen={open} onEnd={more} />}
        {found.data && isCut && !hasNextPage && (
          <Group px="md" py={8} gap="sm" style={{ borderTop: '1px solid var(--line)' }}>
            <Text size="sm">{t('logs.reach', { count: reach })}</Text>
            {further !== undefined && (
              <Button size="xs" variant="default" onClick={() => setReach(further)}>
                {t('logs.further', { count: further })}
              </Button>
            )}
          </Group>
        )}
        {rows.length > 0 && (
          <Group justify="space-between" px="md" py={8} style={{ borderTop: '1px solid var(--line)' }}>
            <Text size="xs" c="dimmed" aria-live="polite">
              {live ? t('logs.tail', { count: fresh.length }) : t('logs.shown', { count: rows.length })}
            </Text>
            {hasNextPage && (
              <Button size="xs" variant="subtle" loading={isFetchingNextPage} onClick={more}>
                {t('logs.more')}
              </Button>
            )}
          </Group>
        )}
      </Box>
      {search.call !== undefined && <CallDrawer id={search.call} onClose={() => set({ ...search, call: undefined })} />}
    </Page>
  )
}

/** New rows in front of those that were read, each once. */
function merge(fresh: readonly CallRow[], read: readonly CallRow[]): readonly CallRow[] {
  if (fresh.length === 0) return read
  const known = new Set(read.map(({ request_id }) => request_id))
  return [...fresh.filter(({ request_id }) => !known.has(request_id)), ...read]
}
