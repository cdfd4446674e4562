import { type FilterName, filterNames, type LogsSearch } from '../pages/logs/search.ts'
import { api, send } from './client.ts'

/** A call, as a row of the logs. */
export interface CallRow {
  readonly request_id: string
  readonly startTime: string
  readonly request_duration_ms: number
  readonly time_to_first_token_ms: number | null
  readonly call_type: string
  readonly api_key: string
  readonly user: string
  readonly team_id: string
  readonly end_user: string
  readonly request_tags: readonly string[]
  readonly model: string
  readonly model_id: string
  readonly model_group: string
  readonly custom_llm_provider: string
  readonly spend: number
  readonly cost_state: 'known' | 'estimated' | 'unknown'
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly cached_tokens: number
  readonly cache_hit: string
  readonly stream: boolean
  readonly status: 'success' | 'failure'
  readonly outcome: string
  readonly retries: number
  readonly fallbacks: number
  readonly requester_ip_address: string
  readonly metadata: {
    readonly user_api_key_alias: string | null
    readonly error_information: {
      readonly error_code: string | null
      readonly error_class: string
      readonly error_message: string | null
    } | null
  }
}

export interface Attempt {
  readonly provider?: string
  readonly model?: string
  readonly deployment?: string
  readonly modelGroup?: string
  readonly outcome: string
  readonly status?: number
  readonly startMs?: number
  readonly durationMs?: number
  readonly delayMs?: number
  readonly message?: string
  readonly reason?: string
}

/** Everything about one call. */
export interface CallDetail extends CallRow {
  readonly attempts: readonly Attempt[]
  readonly usage_object: Readonly<Record<string, unknown>> | null
  readonly cost_breakdown: Readonly<Record<string, unknown>> | null
  readonly request_headers: Readonly<Record<string, string>>
  readonly content_stored: boolean
  readonly proxy_server_request: object
  readonly response: object
  readonly original_spend: number
  readonly rated_at: string | null
}

/** The filters of an address, without what is not the gateway's. */
export const filtersOf = (search: LogsSearch): { readonly [Name in FilterName]?: string } =>
  Object.fromEntries(filterNames.flatMap((name) => (search[name] === undefined ? [] : [[name, search[name]]])))

export const pageSize = 100

/** Calls of one request. */
export interface CallPage {
  readonly rows: readonly CallRow[]
  /** Older calls were not searched: several filters that each fit many calls end a search. */
  readonly searchedFrom: string | undefined
}

/** Where a page begins: after a row, or at a time. */
export interface Place {
  readonly after?: string
  readonly end_date?: string
}

export async function callsAt(search: LogsSearch, place: Place, signal: AbortSignal): Promise<CallPage> {
  const response = await send('/spend/logs', {
    query: { ...filtersOf(search), summarize: false, limit: pageSize, ...place },
    signal,
  })
  return {
    rows: (await response.json()) as readonly CallRow[],
    searchedFrom: response.headers.get('x-llmux-searched-from') ?? undefined,
  }
}

/** The place of the page behind one; undefined behind the last. */
export function placeAfter({ rows, searchedFrom }: CallPage): Place | undefined {
  // the time itself was searched
  if (searchedFrom !== undefined) return { end_date: new Date(Date.parse(searchedFrom) - 1).toISOString() }
  const last = rows.at(-1)
  return last && rows.length === pageSize ? { after: last.request_id } : undefined
}

export const callDetail = (id: string, signal: AbortSignal) =>
  api<CallDetail>(`/spend/logs/ui/${encodeURIComponent(id)}`, { signal })

/** Whether no provider has answered, so that there is nothing to pay. */
export const isFree = (row: Pick<CallRow, 'status' | 'spend' | 'prompt_tokens' | 'completion_tokens'>) =>
  row.status === 'failure' && row.spend === 0 && row.prompt_tokens + row.completion_tokens === 0

/** The amount of a call; undefined if its cost is not known. */
export const costOf = ({ spend, cost_state }: Pick<CallRow, 'spend' | 'cost_state'>) =>
  cost_state === 'unknown' ? undefined : spend
