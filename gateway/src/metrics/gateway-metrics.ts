import type { RouterSnapshot } from 'llmux'
import type { LedgerRow } from '../store/rows.js'
import { Counter, Histogram, type MetricDump } from './registry.js'

const caller = ['hashed_api_key', 'api_key_alias', 'team', 'team_alias', 'user', 'end_user'] as const
const target = ['requested_model', 'model', 'model_id', 'api_provider'] as const

/** The metrics of the gateway: those of LiteLLM with its labels, and the six that its tutorials name. */
export class GatewayMetrics {
  readonly #requests = new Counter('litellm_requests_total', 'Calls that have ended.', [
    'model',
    'api_provider',
    'status',
  ])
  readonly #errors = new Counter('litellm_errors_total', 'Calls that have failed or were refused.', [
    'model',
    'error',
    'status',
  ])
  readonly #duration = new Histogram('litellm_request_duration_seconds', 'Duration of calls.', ['model'])
  readonly #tokens = new Counter('litellm_tokens_total', 'Tokens, as providers count them.', ['model', 'type'])
  readonly #spend = new Counter('litellm_spend_total', 'Spend in US dollars.', ['model'])
  readonly #hits = new Counter('litellm_cache_hits_total', 'Answers out of the cache.', ['model'])
  readonly #total = new Counter('litellm_proxy_total_requests_metric_total', 'Requests by caller.', [
    ...caller,
    ...target,
    'route',
    'status_code',
  ])
  readonly #failed = new Counter('litellm_proxy_failed_requests_metric_total', 'Failed requests by caller.', [
    ...caller,
    'requested_model',
    'model_id',
    'route',
    'exception_status',
    'exception_class',
  ])
  readonly #spendByCaller = new Counter('litellm_spend_metric_total', 'Spend in US dollars by caller.', [
    ...caller,
    ...target,
  ])
  readonly #totalTokens = new Counter('litellm_total_tokens_metric_total', 'Tokens by caller.', [...caller, ...target])
  readonly #inputTokens = new Counter('litellm_input_tokens_metric_total', 'Input tokens by caller.', [
    ...caller,
    ...target,
  ])
  readonly #outputTokens = new Counter('litellm_output_tokens_metric_total', 'Output tokens by caller.', [
    ...caller,
    ...target,
  ])
  readonly #latency = new Histogram('litellm_request_total_latency_metric', 'Duration of calls by caller.', [
    ...caller,
    'requested_model',
    'model_id',
  ])
  readonly #cacheHits = new Counter('litellm_cache_hits_metric_total', 'Answers out of the cache by caller.', [
    ...caller,
    ...target,
  ])
  readonly #inFlight = new Counter('litellm_in_flight_requests', 'Calls in flight.', [], 'gauge')
  readonly #state = new Counter(
    'litellm_deployment_state',
    'State of a deployment: 0 healthy, 1 probing, 2 in cooldown or unhealthy.',
    ['model', 'model_id', 'litellm_model_name'],
    'gauge',
    'max',
  )
  readonly #memory = new Counter('process_resident_memory_bytes', 'Resident memory.', [], 'gauge')

  /** Counts a call of the ledger. */
  record(row: LedgerRow): void {
    const model = row.model || row.modelGroup
    const ok = row.outcome === 'success'
    const status = ok ? '200' : String(row.errorStatus ?? 500)
    const spend = row.nanos / 1e9
    const seconds = row.durationMs / 1000
    const who = {
      hashed_api_key: row.keyHash,
      api_key_alias: row.keyAlias ?? '',
      team: row.teamId ?? '',
      user: row.userId ?? '',
      // clients choose it freely, so it is no label
      end_user: '',
    }
    // names that clients made up would make series without end
    const group = ok || row.deployment !== '' ? row.modelGroup : 'other'
    const what = {
      requested_model: group,
      model: ok || row.deployment !== '' ? model : 'other',
      model_id: row.deployment,
      api_provider: row.provider,
    }
    const labels = { ...who, ...what }
    this.#requests.add({ ...what, model: group, status: ok ? 'success' : 'failure' })
    this.#duration.observe({ model: group }, seconds)
    this.#total.add({ ...labels, route: row.path, status_code: status })
    this.#latency.observe(labels, seconds)
    if (!ok) {
      this.#errors.add({ model: group, error: row.outcome, status })
      this.#failed.add({ ...labels, route: row.path, exception_status: status, exception_class: row.outcome })
    }
    if (spend > 0) {
      this.#spend.add({ model: group }, spend)
      this.#spendByCaller.add(labels, spend)
    }
    if (row.inputTokens > 0) {
      this.#tokens.add({ model: group, type: 'input' }, row.inputTokens)
      this.#inputTokens.add(labels, row.inputTokens)
    }
    if (row.outputTokens > 0) {
      this.#tokens.add({ model: group, type: 'output' }, row.outputTokens)
      this.#outputTokens.add(labels, row.outputTokens)
    }
    if (row.inputTokens + row.outputTokens > 0) this.#totalTokens.add(labels, row.inputTokens + row.outputTokens)
    if (row.cacheHit) {
      this.#hits.add({ model: group })
      this.#cacheHits.add(labels)
    }
  }

  /** The state of all metrics of this process. */
  dump(router: RouterSnapshot): MetricDump[] {
    this.#inFlight.set({}, router.calls)
    this.#memory.set({}, process.memoryUsage.rss())
    for (const { id, modelName, model, status } of router.deployments) {
      const state = status === 'healthy' ? 0 : status === 'probing' ? 1 : 2
      this.#state.set({ model: modelName, model_id: id, litellm_model_name: model }, state)
    }
    const all = [
      ...[
        this.#requests,
        this.#errors,
        this.#duration,
        this.#tokens,
        this.#spend,
        this.#hits,
        this.#total,
        this.#failed,
      ],
      ...[
        this.#spendByCaller,
        this.#totalTokens,
        this.#inputTokens,
        this.#outputTokens,
        this.#latency,
        this.#cacheHits,
      ],
      ...[this.#inFlight, this.#state, this.#memory],
    ]
    return all.map((metric) => metric.dump())
  }
}
