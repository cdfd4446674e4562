import { useQuery } from '@tanstack/react-query'
import { sharedBudgets } from '../../api/budgets.ts'
import { api } from '../../api/client.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { useRights } from '../../session/session.ts'
import type { Source } from './fields.ts'

export interface Option {
  readonly value: string
  readonly label: string
}

interface Loader {
  readonly route: string
  load(signal: AbortSignal): Promise<readonly Option[]>
}

const named = (id: string, name: string | null | undefined): Option => ({
  value: id,
  label: name ? `${name} (${id})` : id,
})

const loaders: Readonly<Record<Source, Loader>> = {
  models: {
    route: 'GET /model_group/info',
    load: async (signal) => {
      const { data } = await api<{ data: readonly { model_group: string }[] }>('/model_group/info', { signal })
      return data.map(({ model_group }) => ({ value: model_group, label: model_group }))
    },
  },
  teams: {
    route: 'GET /v2/team/list',
    load: async (signal) => {
      const { teams } = await api<{ teams: readonly { team_id: string; team_alias: string | null }[] }>(
        '/v2/team/list',
        {
          query: { page_size: 1_000 },
          signal,
        },
      )
      return teams.map(({ team_id, team_alias }) => ({ value: team_id, label: team_alias ?? team_id }))
    },
  },
  users: {
    route: 'GET /user/list',
    load: async (signal) => {
      const { users } = await api<{ users: readonly { user_id: string; user_email: string | null }[] }>('/user/list', {
        query: { page_size: 1_000 },
        signal,
      })
      return users.map(({ user_id, user_email }) => named(user_id, user_email))
    },
  },
  budgets: {
    route: 'GET /budget/list',
    load: async (signal) => {
      const budgets = await sharedBudgets(signal)
      return budgets.map(({ budget_id }) => ({ value: budget_id, label: budget_id }))
    },
  },
}

/** Options of a list; empty while it loads, or if the caller may not read it. */
export function useOptions(source: Source): readonly Option[] {
  const { t } = useTexts()
  const rights = useRights()
  const { route, load } = loaders[source]
  const found = useQuery({
    queryKey: ['options', source],
    queryFn: ({ signal }) => load(signal),
    enabled: rights.can(route),
    staleTime: 30_000,
  })
  const options = found.data ?? []
  return source === 'models' ? [{ value: 'all-proxy-models', label: t('form.allModels') }, ...options] : options
}
