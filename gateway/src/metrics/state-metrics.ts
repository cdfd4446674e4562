import type { RouterSnapshot } from 'llmux'
import type { SlowReaders } from '../http/slow-readers.js'
import type { BudgetState, LedgerReader } from '../ledger/reader.js'
import { Counter, type MetricDump } from './registry.js'

/** The sources of the gauges, besides the Router. */
export interface StateSources {
  readonly reader: LedgerReader
  readonly readers: Pick<SlowReaders, 'held' | 'ended'>
  /** Alerts that no receiver took. */
  lostAlerts(): number
  /** Deliveries to observability services by name: failed and dropped ones. */
  lostEvents(): Readonly<Record<string, number>>
}

const hourMs = 3_600_000
const deployment = ['model', 'model_id', 'litellm_model_name', 'api_provider'] as const

/** LiteLLM's names and labels of budgets. */
const scopes = {
  key: { word: 'api_key', labels: ['hashed_api_key', 'api_key_alias'] },
  team: { word: 'team', labels: ['team', 'team_alias'] },
  user: { word: 'user', labels: ['user', 'user_alias'] },
  organization: { word: 'org', labels: ['org_id', 'org_alias'] },
} as const
type Scope = keyof typeof scopes

// every process knows the same budgets
const gauge = (name: string, help: string, labels: readonly string[]) => new Counter(name, help, labels, 'gauge', 'max')

const budgetGauges = (scope: Scope) => {
  const { word, labels } = scopes[scope]
  return {
    left: gauge(`litellm_remaining_${word}_budget_metric`, 'US dollars left in the current period.', labels),
    most: gauge(`litellm_${word}_max_budget_metric`, 'US dollars of a period.', labels),
    hours: gauge(`litellm_${word}_budget_remaining_hours_metric`, 'Hours until the period ends.', labels),
  }
}

/** Gauges: deployments, budgets, queues and the process. They are read when they are asked for. */
export class StateMetrics {
  readonly #inFlight = new Counter('litellm_in_flight_requests', 'Calls in flight.', [], 'gauge')
  readonly #state = gauge(
    'litellm_deployment_state',
    'State of a deployment: 0 healthy, 1 probing, 2 in cooldown or unhealthy.',
    deployment,
  )
  readonly #memory = new Counter('process_resident_memory_bytes', 'Resident memory.', [], 'gauge')
  readonly #cpu = new Counter('process_cpu_seconds_total', 'Time of the processor.', [])
  readonly #backlog = new Counter(
    'litellm_in_memory_spend_update_queue_size',
    'Ended calls that are not yet in the database.',
    [],
    'gauge',
  )
  readonly #unread = new Counter(
    'llmux_unread_bytes',
    'Bytes of streams whose clients have not taken what was written.',
    [],
    'gauge',
  )
  readonly #slowReaders = new Counter(
    'llmux_slow_readers_ended_total',
    'Streams that were ended because their clients read too slowly.',
    [],
  )
  readonly #lostAlerts = new Counter('llmux_alerts_lost_total', 'Alerts that no receiver took.', [])
  readonly #lostEvents = new Counter(
    'litellm_callback_logging_failures_metric_total',
    'Events that an observability service did not take.',
    ['callback_name'],
  )
  readonly #budgets = {
    key: budgetGauges('key'),
    team: budgetGauges('team'),
    user: budgetGauges('user'),
    organization: budgetGauges('organization'),
  }
  #sources: StateSources | undefined

  connect(sources: StateSources): void {
    this.#sources = sources
  }

  dump(router: RouterSnapshot, now = Date.now()): MetricDump[] {
    this.#inFlight.set({}, router.calls)
    this.#memory.set({}, process.memoryUsage.rss())
    const { user, system } = process.cpuUsage()
    this.#cpu.set({}, (user + system) / 1e6)
    this.#state.clear()
    for (const { id, modelName, model, status } of router.deployments) {
      const state = status === 'healthy' ? 0 : status === 'probing' ? 1 : 2
      const provider = model.split('/', 1)[0] ?? ''
      this.#state.set({ model: modelName, model_id: id, litellm_model_name: model, api_provider: provider }, state)
    }
    if (this.#sources) this.#read(this.#sources, now)
    return [
      ...[this.#inFlight, this.#state, this.#memory, this.#cpu, this.#backlog, this.#lostAlerts, this.#lostEvents],
      ...[this.#unread, this.#slowReaders],
      ...Object.values(this.#budgets).flatMap(({ left, most, hours }) => [left, most, hours]),
    ].map((metric) => metric.dump())
  }

  #read({ reader, readers, lostAlerts, lostEvents }: StateSources, now: number): void {
    this.#backlog.set({}, reader.backlog())
    this.#unread.set({}, readers.held)
    this.#slowReaders.set({}, readers.ended)
    this.#lostAlerts.set({}, lostAlerts())
    for (const [name, count] of Object.entries(lostEvents())) this.#lostEvents.set({ callback_name: name }, count)
    for (const gauges of Object.values(this.#budgets)) for (const one of Object.values(gauges)) one.clear()
    for (const state of reader.budgets()) this.#budget(state, now)
  }

  #budget({ scope, id, alias, spend, limit, to, further }: BudgetState, now: number): void {
    if (further || !(scope in scopes)) return
    const { labels: names } = scopes[scope as Scope]
    const gauges = this.#budgets[scope as Scope]
    const labels = { [names[0]]: id, [names[1]]: alias ?? '' }
    gauges.left.set(labels, Math.max(0, limit - spend))
    gauges.most.set(labels, limit)
    if (to !== undefined) gauges.hours.set(labels, Math.max(0, (to - now) / hourMs))
  }
}
