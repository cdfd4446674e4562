import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTexts } from '../i18n/i18n.tsx'
import type { Dimension } from '../pages/overview/search.ts'
import { useRights } from '../session/session.ts'
import { api } from './client.ts'

interface Named {
  readonly key?: ReadonlyMap<string, string>
  readonly team?: ReadonlyMap<string, string>
}

/** Readable names of ids: aliases of keys and teams. */
export function useNames(by: Dimension): (id: string) => string {
  const { t } = useTexts()
  const rights = useRights()
  const keys = useQuery({
    queryKey: ['names', 'key'],
    queryFn: async ({ signal }) => {
      const { keys: rows } = await api<{
        keys: readonly { token: string; key_alias: string | null; key_name: string | null }[]
      }>('/key/list', { query: { return_full_object: true, size: 1_000 }, signal })
      return new Map(rows.map((row) => [row.token, row.key_alias ?? row.key_name ?? row.token.slice(0, 8)]))
    },
    enabled: by === 'key' && rights.can('GET /key/list'),
    staleTime: 60_000,
  })
  const teams = useQuery({
    queryKey: ['names', 'team'],
    queryFn: async ({ signal }) => {
      const { teams: rows } = await api<{ teams: readonly { team_id: string; team_alias: string | null }[] }>(
        '/v2/team/list',
        { query: { page_size: 1_000 }, signal },
      )
      return new Map(rows.map((row) => [row.team_id, row.team_alias ?? row.team_id]))
    },
    enabled: by === 'team' && rights.can('GET /v2/team/list'),
    staleTime: 60_000,
  })
  return useMemo(() => {
    const names: Named = { ...(keys.data && { key: keys.data }), ...(teams.data && { team: teams.data }) }
    return (id) => {
      if (id === '' || id === 'Unassigned') return t('names.none')
      if (id === 'litellm_proxy_master_key') return t('role.master')
      if (by === 'key') return names.key?.get(id) ?? (id.length === 64 ? `${id.slice(0, 8)}…` : id)
      return by === 'team' ? (names.team?.get(id) ?? id) : id
    }
  }, [keys.data, teams.data, by, t])
}
