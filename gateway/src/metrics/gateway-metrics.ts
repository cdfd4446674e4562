import type { RouterSnapshot } from 'llmux'
import type { LedgerRow } from '../store/rows.js'
import { type Buckets, Counter, count, Histogram, type MetricDump } from './registry.js'
import { routeOf } from './routes.js'
import { StateMetrics, type StateSources } from './state-metrics.js'

const caller = ['hashed_api_key', 'api_key_alias', 'team', 'team_alias', 'user', 'end_user'] as const
const target = ['requested_model', 'model', 'model_id', 'api_provider'] as const
const deployment = ['requested_model', 'litellm_model_name', 'model_id', 'api_provider'] as const

/** An attempt of a call, as the ledger keeps it. */
interface AttemptFacts {
  readonly provider?: string
  readonly model?: string
  readonly deployment?: string
  readonly modelGroup?: string
  readonly outcome?: string
  readonly status?: number
  readonly durationMs?: number
}

type Cell = { value: number }

/** Series of calls with the same labels. Those of amounts are made with the first amount. */
interface Cells {
  /** A call with these labels. */
  readonly row: LedgerRow
  readonly labels: Readonly<Record<string, string>>
  readonly what: Readonly<Record<string, string>>
  readonly group: string
  readonly status: string
  readonly route: string
  readonly requests: Cell
  readonly duration: Buckets
  readonly total: Cell
  readonly latency: Buckets
  readonly answered: Cell | undefined
  spend?: readonly Cell[]
  input?: readonly Cell[]
  output?: readonly Cell[]
  tokens?: Cell
  attempt?: { readonly of: AttemptFacts; readonly made: Cell; readonly answered: Cell }
  provider?: Buckets
  firstToken?: Buckets
  overhead?: Buckets
  perToken?: Buckets
}

const mostCells = 1_000

function addTo(cells: readonly Cell[], amount: number): void {
  for (const cell of cells) cell.value += amount
}

const isSame = (one: AttemptFacts, other: AttemptFacts) =>
  one.provider === other.provider && one.model === other.model && one.deployment === other.deployment

const isAlike = (one: LedgerRow, other: LedgerRow) =>
  one.keyHash === other.keyHash &&
  one.keyAlias === other.keyAlias &&
  one.teamId === other.teamId &&
  one.userId === other.userId &&
  one.modelGroup === other.modelGroup &&
  one.model === other.model &&
  one.deployment === other.deployment &&
  one.provider === other.provider &&
  one.path === other.path &&
  one.outcome === other.outcome

/** The metrics of the gateway: those of LiteLLM with its labels, and the six that its tutorials name. */
export class GatewayMetrics {
  readonly #all: (Counter | Histogram)[] = []
  readonly #cells = new Map<string, Cells>()
  /** Those of the last call: the next one is often of the same kind. */
  #last: Cells | undefined
  readonly #state = new StateMetrics()
  readonly #teamAlias: (id: string) => string | null | undefined

  readonly #requests = this.#counter('litellm_requests_total', 'Calls that have ended.', [
    'model',
    'api_provider',
    'status',
  ])
  readonly #errors = this.#counter('litellm_errors_total', 'Calls that have failed or were refused.', [
    'model',
    'error',
    'status',
  ])
  readonly #duration = this.#histogram('litellm_request_duration_seconds', 'Duration of calls.', ['model'])
  readonly #tokens = this.#counter('litellm_tokens_total', 'Tokens, as providers count them.', ['model', 'type'])
  readonly #spend = this.#counter('litellm_spend_total', 'Spend in US dollars.', ['model'])
  readonly #hits = this.#counter('litellm_cache_hits_total', 'Answers out of the cache.', ['model'])
  readonly #unknown = this.#counter('llmux_unknown_cost_calls_total', 'Calls whose cost is unknown.', ['model'])

  readonly #total = this.#counter('litellm_proxy_total_requests_metric_total', 'Requests by caller.', [
    ...caller,
    ...target,
    'route',
    'status_code',
  ])
  readonly #failed = this.#counter('litellm_proxy_failed_requests_metric_total', 'Failed requests by caller.', [
    ...caller,
    'requested_model',
    'model_id',
    'route',
    'exception_status',
    'exception_class',
  ])
  readonly #answered = this.#counter('litellm_requests_metric_total', 'Answered requests by caller.', [
    ...caller,
    ...target,
  ])
  readonly #spendByCaller = this.#counter('litellm_spend_metric_total', 'Spend in US dollars by caller.', [
    ...caller,
    ...target,
  ])
  readonly #totalTokens = this.#counter('litellm_total_tokens_metric_total', 'Tokens by caller.', [
    ...caller,
    ...target,
  ])
  readonly #inputTokens = this.#counter('litellm_input_tokens_metric_total', 'Input tokens by caller.', [
    ...caller,
    ...target,
  ])
  readonly #outputTokens = this.#counter('litellm_output_tokens_metric_total', 'Output tokens by caller.', [
    ...caller,
    ...target,
  ])
  readonly #cachedTokens = this.#counter('litellm_cached_tokens_metric_total', 'Cached input tokens by caller.', [
    ...caller,
    ...target,
  ])
  readonly #cacheHits = this.#counter('litellm_cache_hits_metric_total', 'Answers out of the cache by caller.', [
    ...caller,
    ...target,
  ])
  readonly #latency = this.#histogram('litellm_request_total_latency_metric', 'Seconds of calls by caller.', [
    ...caller,
    'requested_model',
    'model_id',
  ])
  readonly #providerLatency = this.#histogram('litellm_llm_api_latency_metric', 'Seconds of the answering attempt.', [
    'requested_model',
    'model',
    'model_id',
  ])
  readonly #firstToken = this.#histogram(
    'litellm_llm_api_time_to_first_token_metric',
    'Seconds to the first content of a stream.',
    ['requested_model', 'model', 'model_id'],
  )
  readonly #overhead = this.#histogram(
    'litellm_overhead_latency_metric',
    'Seconds of a complete answer outside of its attempts: the gateway, its queues and waits between attempts.',
    ['requested_model', 'model_id', 'api_provider'],
  )
  readonly #perToken = this.#histogram(
    'litellm_deployment_latency_per_output_token',
    'Seconds of a call for each output token.',
    ['litellm_model_name', 'model_id', 'api_provider'],
  )
  readonly #attempts = this.#counter('litellm_deployment_total_requests_total', 'Attempts by deployment.', deployment)
  readonly #attemptsAnswered = this.#counter(
    'litellm_deployment_success_responses_total',
    'Answered attempts by deployment.',
    deployment,
  )
  readonly #attemptsFailed = this.#counter(
    'litellm_deployment_failure_responses_total',
    'Failed attempts by deployment.',
    [...deployment, 'exception_status', 'exception_class'],
  )
  readonly #cooledDown = this.#counter('litellm_deployment_cooled_down_total', 'Cooldowns by deployment.', ['model_id'])
  readonly #fallbacks = this.#counter(
    'litellm_deployment_successful_fallbacks_total',
    'Calls that another model group has answered.',
    ['requested_model', 'fallback_model'],
  )
  readonly #failedFallbacks = this.#counter(
    'litellm_deployment_failed_fallbacks_total',
    'Calls that failed after a fallback.',
    ['requested_model', 'fallback_model', 'exception_class'],
  )

  readonly #isModel: (name: string) => boolean

  /**
   * @param teamAlias the alias of a team, for a label
   * @param isModel whether a model is configured under this name
   */
  constructor(
    teamAlias: (id: string) => string | null | undefined = () => null,
    isModel: (name: string) => boolean = () => false,
  ) {
    this.#teamAlias = teamAlias
    this.#isModel = isModel
  }

  #counter(name: string, help: string, labels: readonly string[]): Counter {
    const made = new Counter(name, help, labels)
    this.#all.push(made)
    return made
  }

  #histogram(name: string, help: string, labels: readonly string[]): Histogram {
    const made = new Histogram(name, help, labels)
    this.#all.push(made)
    return made
  }

  connect(sources: StateSources): void {
    this.#state.connect(sources)
  }

  /** Counts a call of the ledger. */
  record(row: LedgerRow): void {
    const cells = this.#cellsOf(row)
    const { labels, what, group } = cells
    const seconds = row.durationMs / 1000
    cells.requests.value++
    cells.total.value++
    count(cells.duration, seconds)
    count(cells.latency, seconds)
    if (cells.answered) cells.answered.value++
    else {
      const { status, route } = cells
      this.#errors.add({ model: group, error: row.outcome, status })
      this.#failed.add({ ...labels, route, exception_status: status, exception_class: row.outcome })
    }
    if (row.costState === 'unknown') this.#unknown.add({ model: group })
    this.#amounts(row, cells)
    this.#attemptsOf(row, what, cells)
  }

  /** The series of calls of one kind. Labels are looked up once a kind: sixteen series a call, of up to eleven labels each, are not cheap. */
  #cellsOf(row: LedgerRow): Cells {
    const ok = row.outcome === 'success'
    const status = ok ? '200' : String(row.errorStatus ?? 500)
    const teamAlias = row.teamId === null ? '' : (this.#teamAlias(row.teamId) ?? '')
    const last = this.#last
    if (last && last.status === status && last.labels.team_alias === teamAlias && isAlike(last.row, row)) return last
    const owners = `${row.keyHash}\n${row.keyAlias}\n${row.teamId}\n${teamAlias}\n${row.userId}`
    const key = `${owners}\n${row.modelGroup}\n${row.model}\n${row.deployment}\n${row.provider}\n${row.path}\n${ok}${status}`
    const known = this.#cells.get(key)
    if (known) {
      this.#last = known
      return known
    }
    // names that clients made up would make series without end
    const named = ok || row.deployment !== '' || this.#isModel(row.modelGroup)
    const group = named ? row.modelGroup : 'other'
    const what = {
      requested_model: group,
      model: named ? row.model || row.modelGroup : 'other',
      model_id: row.deployment,
      api_provider: row.provider,
    }
    const labels = {
      hashed_api_key: row.keyHash,
      api_key_alias: row.keyAlias ?? '',
      team: row.teamId ?? '',
      team_alias: teamAlias,
      user: row.userId ?? '',
      // clients choose it freely, so it is no label
      end_user: '',
      ...what,
    }
    const route = routeOf(row.path)
    const made: Cells = {
      row,
      ...{ labels, what, group, status, route },
      requests: this.#requests.cell({ ...what, model: group, status: ok ? 'success' : 'failure' }),
      duration: this.#duration.cell({ model: group }),
      total: this.#total.cell({ ...labels, route, status_code: status }),
      latency: this.#latency.cell(labels),
      answered: ok ? this.#answered.cell(labels) : undefined,
    }
    if (this.#cells.size >= mostCells) this.#cells.clear()
    this.#cells.set(key, made)
    this.#last = made
    return made
  }

  #amounts(row: LedgerRow, cells: Cells): void {
    const { nanos, inputTokens, outputTokens, cachedTokens } = row
    const { group: model, labels } = cells
    if (nanos > 0) {
      cells.spend ??= [this.#spend.cell({ model }), this.#spendByCaller.cell(labels)]
      addTo(cells.spend, nanos / 1e9)
    }
    if (inputTokens > 0) {
      cells.input ??= [this.#tokens.cell({ model, type: 'input' }), this.#inputTokens.cell(labels)]
      addTo(cells.input, inputTokens)
    }
    if (outputTokens > 0) {
      cells.output ??= [this.#tokens.cell({ model, type: 'output' }), this.#outputTokens.cell(labels)]
      addTo(cells.output, outputTokens)
    }
    if (inputTokens + outputTokens > 0) {
      cells.tokens ??= this.#totalTokens.cell(labels)
      cells.tokens.value += inputTokens + outputTokens
    }
    if (cachedTokens > 0) this.#cachedTokens.add(labels, cachedTokens)
    if (row.cacheHit) {
      this.#hits.add({ model })
      this.#cacheHits.add(labels)
    }
  }

  #attemptsOf(row: LedgerRow, what: Readonly<Record<string, string>>, cells: Cells): void {
    const attempts = (row.detail?.attempts ?? []) as readonly AttemptFacts[]
    for (const attempt of attempts) {
      const { provider = '', model = '', deployment: id = '', outcome = '', status } = attempt
      if (outcome === 'success' && cells.attempt && isSame(cells.attempt.of, attempt)) {
        cells.attempt.made.value++
        cells.attempt.answered.value++
        continue
      }
      const labels = {
        requested_model: what.requested_model ?? '',
        litellm_model_name: `${provider}/${model}`,
        model_id: id,
        api_provider: provider,
      }
      if (outcome === 'success') {
        const made = this.#attempts.cell(labels)
        const answered = this.#attemptsAnswered.cell(labels)
        addTo([made, answered], 1)
        cells.attempt = { of: attempt, made, answered }
      } else {
        this.#attempts.add(labels)
        this.#attemptsFailed.add({ ...labels, exception_status: String(status ?? ''), exception_class: outcome })
      }
    }
    const last = attempts.at(-1)
    if (row.outcome === 'success' && last?.durationMs !== undefined && !row.cacheHit) {
      cells.provider ??= this.#providerLatency.cell(what)
      count(cells.provider, last.durationMs / 1000)
      if (row.firstTokenMs != null) {
        cells.firstToken ??= this.#firstToken.cell(what)
        count(cells.firstToken, row.firstTokenMs / 1000)
      } else if (!row.stream) {
        const inside = attempts.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0)
        cells.overhead ??= this.#overhead.cell(what)
        count(cells.overhead, Math.max(0, row.durationMs - inside) / 1000)
      }
      if (row.outputTokens > 0) {
        cells.perToken ??= this.#perToken.cell({ ...what, litellm_model_name: what.model ?? '' })
        count(cells.perToken, row.durationMs / 1000 / row.outputTokens)
      }
    }
    if ((row.fallbacks ?? 0) > 0) {
      const labels = { requested_model: attempts[0]?.modelGroup ?? '', fallback_model: row.modelGroup }
      if (row.outcome === 'success') this.#fallbacks.add(labels)
      else this.#failedFallbacks.add({ ...labels, exception_class: row.outcome })
    }
  }

  /** Counts a cooldown of a deployment. */
  cooledDown(id: string): void {
    this.#cooledDown.add({ model_id: id })
  }

  /** The state of all metrics of this process. */
  dump(router: RouterSnapshot): MetricDump[] {
    return [...this.#all.map((metric) => metric.dump()), ...this.#state.dump(router)]
  }
}
