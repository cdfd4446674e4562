import type { Dimension } from '../overview/search.ts'

/** Filters of the logs, kept in the address under the names of the gateway's query. */
export const filterNames = [
  'start_date',
  'end_date',
  'status_filter',
  'outcome',
  'model',
  'model_group',
  'provider',
  'deployment',
  'api_key',
  'team_id',
  'user_id',
  'customer_id',
  'tag',
  'request_id',
  'min_spend',
  'min_duration_ms',
] as const
export type FilterName = (typeof filterNames)[number]

export type LogsSearch = { readonly [Name in FilterName]?: string | undefined } & {
  /** The call whose details are open. */
  readonly call?: string | undefined
}

export function readLogsSearch(search: Record<string, unknown>): LogsSearch {
  const entries = [...filterNames, 'call' as const].flatMap((name) => {
    const value = search[name]
    const text = typeof value === 'number' ? String(value) : value
    return typeof text === 'string' && text !== '' ? [[name, text]] : []
  })
  return Object.fromEntries(entries)
}

const filterOf: Readonly<Record<Dimension, FilterName>> = {
  model: 'model',
  provider: 'provider',
  team: 'team_id',
  key: 'api_key',
  tag: 'tag',
  user: 'user_id',
  customer: 'customer_id',
  outcome: 'outcome',
}

/** The rows behind a point of a chart, or behind a name. */
export const logsSearchOf = (
  by: Dimension,
  name: string | undefined,
  from: number,
  to: number,
  onlyFailures: boolean,
): LogsSearch => ({
  start_date: new Date(from).toISOString(),
  end_date: new Date(to).toISOString(),
  ...(name !== undefined && { [filterOf[by]]: name }),
  ...(onlyFailures && by !== 'outcome' && { status_filter: 'failure' }),
})
