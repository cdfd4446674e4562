import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { systemClock } from '../call/clock.js'
import { checkNames } from '../call/validate.js'
import type { CallbackSet, CallEvent, FailureEvent, Followed, SuccessEvent } from '../types/observe.js'
import { tokensOf } from './gen-ai.js'

/** Options of {@link prometheus}. */
export interface PrometheusOptions {
  /** Registry of the metrics. prom-client's global one is `register`. @default a new registry */
  register?: Registry | undefined
  /** Prefix of metric names. @default 'llmux_' */
  prefix?: string | undefined
  /** Maximum number of values per label; further values count as `other`. @default 100 */
  maxLabelValues?: number | undefined
}

/** Callbacks that collect metrics, for a client or a Router. */
export interface PrometheusMetrics extends CallbackSet {
  readonly register: Registry
  /** Metrics in Prometheus' text format, the body of `GET /metrics`. */
  metrics(): Promise<string>
  /** Content type of the text format. */
  readonly contentType: string
  /**
   * Counts the cooldowns of a Router. Routers created with these callbacks are observed automatically.
   * @returns a function that stops observing
   */
  follow(router: Followed): () => void
}

const seconds = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300]
/** A call without an end event (dropped by a full queue) stops counting as in flight after this time. */
const longestCall = 3_600_000
const mostUnderWay = 100_000

/**
 * Collects Prometheus metrics of calls. The number of label values is bounded.
 * https://prometheus.io/docs/practices/naming/
 *
 * @example
 * const metrics = prometheus()
 * const client = createClient({ callbacks: [metrics] })
 * app.get('/metrics', async (_, response) => response.type(metrics.contentType).send(await client.metrics()))
 */
export function prometheus(options: PrometheusOptions = {}): PrometheusMetrics {
  checkNames('prometheus', options, ['register', 'prefix', 'maxLabelValues'])
  const { register = new Registry(), prefix = 'llmux_' } = options
  const bounded = boundedBy(options.maxLabelValues ?? 100)
  const registers = [register]
  const target = ['operation', 'provider', 'model', 'model_group'] as const
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: prefix + name, help, labelNames, registers })
  const requests = counter('requests_total', 'Calls that have ended.', [...target, 'outcome'])
  const errors = counter('errors_total', 'Calls that have failed, by the code of the error.', [...target, 'code'])
  const attempts = counter('attempts_total', 'Tries of calls.', ['provider', 'model', 'deployment', 'outcome'])
  const retries = counter('retries_total', 'Tries that followed a failed one.', ['operation', 'code'])
  const fallbacks = counter('fallbacks_total', 'Falls back to another model group.', ['from', 'to', 'code'])
  const tokens = counter('tokens_total', 'Tokens, as providers count them.', [...target, 'type'])
  const spend = counter('spend_usd_total', 'What calls cost, in US dollars, where the price is known.', target)
  const hits = counter('cache_hits_total', 'Answers out of a cache.', target)
  const cooldowns = counter('cooldowns_total', 'Times that a deployment was left alone.', ['deployment'])
  const histogram = (name: string, help: string) =>
    new Histogram({ name: prefix + name, help, labelNames: target, buckets: seconds, registers })
  const duration = histogram('request_duration_seconds', 'From the call to the whole answer or the error.')
  const firstToken = histogram('time_to_first_token_seconds', 'From the call to the first content of a stream.')
  const underWay = new Map<string, number>()
  const followed = new WeakMap<Followed, () => void>()
  new Gauge({
    name: `${prefix}in_flight_requests`,
    help: 'Calls under way.',
    registers,
    collect() {
      const now = systemClock.wall()
      for (const [id, began] of underWay) if (now - began > longestCall) underWay.delete(id)
      this.set(underWay.size)
    },
  })

  const labels = (event: CallEvent) => ({
    operation: event.operation,
    provider: bounded('provider', event.provider || 'unknown'),
    model: bounded('model', event.model || 'unknown'),
    model_group: bounded('model_group', event.modelGroup ?? ''),
  })
  const end = (event: SuccessEvent | FailureEvent) => {
    underWay.delete(event.callId)
    const where = labels(event)
    const { timings, cost, cache } = event
    requests.inc({ ...where, outcome: event.type })
    if (event.type === 'failure') errors.inc({ ...where, code: event.error.code })
    duration.observe(where, timings.totalMs / 1000)
    if (event.stream && timings.firstTokenMs !== undefined) firstToken.observe(where, timings.firstTokenMs / 1000)
    for (const { provider, model, deployment = '', outcome } of event.attempts) {
      attempts.inc({
        provider: bounded('provider', provider),
        model: bounded('model', model),
        deployment: bounded('deployment', deployment),
        outcome,
      })
    }
    // cached answers were counted and paid for by the original call
    if (cache.hit) return
    const { input, output } = tokensOf(event)
    if (input) tokens.inc({ ...where, type: 'input' }, input)
    if (output) tokens.inc({ ...where, type: 'output' }, output)
    if (cost?.total) spend.inc(where, cost.total)
  }
  return {
    name: 'prometheus',
    content: false,
    register,
    contentType: register.contentType,
    metrics: () => register.metrics(),
    follow(router) {
      let stop = followed.get(router)
      if (!stop) {
        const end = router.on('cooldown', ({ deployment }) =>
          cooldowns.inc({ deployment: bounded('deployment', deployment) }),
        )
        stop = () => {
          end()
          followed.delete(router)
        }
        followed.set(router, stop)
      }
      return stop
    },
    onStart: ({ callId, startTime }) => {
      if (underWay.size < mostUnderWay) underWay.set(callId, startTime)
    },
    onRetry: ({ operation, error }) => retries.inc({ operation, code: error.code }),
    onFallback: ({ from, to, error }) =>
      fallbacks.inc({ from: bounded('model_group', from), to: bounded('model_group', to), code: error.code }),
    onCacheHit: (event) => hits.inc(labels(event)),
    onSuccess: end,
    onFailure: end,
  }
}

/** Bounds label values: model names come from callers and could be arbitrary. */
function boundedBy(most: number): (label: string, value: string) => string {
  const known = new Map<string, Set<string>>()
  return (label, value) => {
    let values = known.get(label)
    if (!values) {
      values = new Set()
      known.set(label, values)
    }
    if (values.has(value)) return value
    if (values.size >= most) return 'other'
    values.add(value)
    return value
  }
}
