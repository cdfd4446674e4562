import { Box, Button, Group, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { addressOf } from '../../api/client.ts'
import { type CallRow, callsAt, filtersOf, type Place, pageSize, placeAfter } from '../../api/logs.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Failure, LoadingRows } from '../../ui/states.tsx'
import { CallDrawer } from './call-drawer.tsx'
import { CallList } from './call-list.tsx'
import { Filters } from './filters.tsx'
import type { LogsSearch } from './search.ts'
import { useTail } from './use-tail.ts'

const route = getRouteApi('/logs')
/** Rounds of a search that the page makes by itself. */
const ownRounds = 20

/** Each call, newest first. */
export function LogsPage() {
  const { t, format } = useTexts()
  const search = route.useSearch()
  const navigate = useNavigate()
  const [live, setLive] = useState(false)
  const filters = filtersOf(search)
  const filterKey = JSON.stringify(filters)
  const [further, setFurther] = useState({ of: '', rounds: 0 })
  const set = useCallback(
    (next: LogsSearch) => navigate({ to: '/logs', search: next, replace: true, resetScroll: false }),
    [navigate],
  )
  const found = useInfiniteQuery({
    queryKey: ['logs', filters],
    queryFn: ({ pageParam, signal }) => callsAt(filters, pageParam, signal),
    initialPageParam: {} as Place,
    getNextPageParam: placeAfter,
  })
  const fresh = useTail(live, filters)
  const rows = useMemo(() => merge(fresh, found.data?.pages.flatMap((page) => page.rows) ?? []), [fresh, found.data])
  const open = useCallback((row: CallRow) => set({ ...search, call: row.request_id }), [set, search])
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = found
  // the gateway ends a search after a while: the page goes on by itself for some rounds
  const searchedFrom = found.data?.pages.at(-1)?.searchedFrom
  const rounds = found.data?.pages.filter((page) => page.searchedFrom !== undefined).length ?? 0
  const mayGoOn = rounds < ownRounds + (further.of === filterKey ? further.rounds : 0)
  const isSearching = searchedFrom !== undefined && mayGoOn && rows.length < pageSize
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && (searchedFrom === undefined || mayGoOn)) void fetchNextPage()
  }, [fetchNextPage, hasNextPage, isFetchingNextPage, searchedFrom, mayGoOn])
  useEffect(() => {
    if (isSearching) more()
  }, [isSearching, more])
  const hasFilters = Object.keys(filters).length > 0
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
            href={addressOf('/spend/logs', { ...filters, summarize: false, format: 'csv' })}
            download="calls.csv"
            title={t('logs.csv.hint')}
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
        {isSearching && rows.length === 0 && <LoadingRows rows={10} />}
        {found.data && !isSearching && rows.length === 0 && (
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
        {searchedFrom !== undefined && (
          <Group px="md" py={8} gap="sm" style={{ borderTop: '1px solid var(--line)' }}>
            <Text size="sm">{t('logs.searched', { time: format.time(searchedFrom) })}</Text>
            <Button
              size="xs"
              variant="default"
              loading={isFetchingNextPage}
              onClick={() => {
                setFurther({ of: filterKey, rounds: rounds + ownRounds })
                void fetchNextPage()
              }}
            >
              {t('logs.further')}
            </Button>
          </Group>
        )}
        {rows.length > 0 && (
          <Group justify="space-between" px="md" py={8} style={{ borderTop: '1px solid var(--line)' }}>
            <Text size="xs" c="dimmed" aria-live="polite">
              {live ? t('logs.tail', { count: fresh.length }) : t('logs.shown', { count: rows.length })}
            </Text>
            {hasNextPage && searchedFrom === undefined && (
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
