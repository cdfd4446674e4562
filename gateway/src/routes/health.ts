import { LLMError, type Router, type SettledRecord } from 'llmux'
import type { ModelEntry } from '../config/deployment.js'
import type { Settings } from '../config/settings.js'
import type { OpenRoute } from '../http/response.js'
import { idOf, type ModelCatalog, shownParams } from '../models/catalog.js'
import { notFound } from '../refusal.js'
import { AdminAnswer, type AdminRoute, type Control } from '../types.js'

/** The caller of health checks in the ledger. */
const account = 'litellm-internal-health-check'
/** Checks in flight. */
const atOnce = 8
/** Milliseconds of one check. */
const defaultTimeout = 30_000

export interface HealthParts {
  readonly router: Router
  readonly control: Control
  readonly catalog: ModelCatalog
  readonly settings: () => Settings
  readonly draining: () => boolean
  readonly version: string
}

type Endpoint = Readonly<Record<string, unknown>>

/** Probes: no key, and no work. */
export function probes({ control, draining }: HealthParts): OpenRoute[] {
  const json = (status: number, body: unknown) => ({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const alive: OpenRoute['handler'] = () => json(200, "I'm alive!")
  return [
    { method: 'GET', path: '/health/liveliness', handler: alive },
    { method: 'GET', path: '/health/liveness', handler: alive },
    {
      method: 'GET',
      path: '/health/readiness',
      handler: () => {
        const { connected } = control.health()
        if (draining()) return json(503, { status: 'draining', db: connected ? 'connected' : 'Not connected' })
        return json(200, { status: 'healthy', db: connected ? 'connected' : 'Not connected' })
      },
    },
  ]
}

export function healthRoutes(parts: HealthParts): AdminRoute[] {
  const { control, settings, router, version } = parts
  return [
    {
      method: 'GET',
      path: '/health',
      handler: async ({ query }) => {
        const { model, model_id: id } = query
        const report = await checkHealth(
          parts,
          typeof id === 'string' ? id : typeof model === 'string' ? model : undefined,
        )
        const failed = model !== undefined && report.healthy_count === 0
        return new AdminAnswer(report, failed ? 503 : 200)
      },
    },
    {
      method: 'GET',
      path: '/health/readiness/details',
      handler: () => {
        const { connected, database, lagMs } = control.health()
        return {
          status: 'healthy',
          db: connected ? 'connected' : 'Not connected',
          database,
          lag_ms: lagMs,
          cache: settings().cache?.store ?? null,
          state: router.snapshot().state,
          version,
        }
      },
    },
    {
      method: 'GET',
      path: '/health/services',
      handler: ({ query }) => {
        const { alerts, callbacks } = settings()
        const services = [...callbacks, ...new Set(alerts?.channels.map(({ kind }) => kind))]
        const { service } = query
        if (typeof service !== 'string') return { status: 'success', services }
        if (!services.includes(service))
          throw notFound(
            `The service '${service}' is not configured. Configured: ${services.join(', ') || 'none'}.`,
            'service',
          )
        return { status: 'success', message: `'${service}' is configured.` }
      },
    },
    {
      method: 'GET',
      path: '/health/backlog',
      handler: () => ({ in_flight_requests: router.snapshot().calls }),
    },
  ]
}

/** Sends a minimal request to each deployment, and books its cost. */
async function checkHealth(parts: HealthParts, model: string | undefined) {
  const { catalog, settings } = parts
  const byId = model === undefined ? undefined : catalog.entry(model)
  const entries = model === undefined ? catalog.entries : byId ? [byId] : catalog.deployments(model)
  if (model !== undefined && entries.length === 0) throw notFound(`The model '${model}' does not exist.`, 'model')
  const waiting = entries.filter(({ config }) => !config.params.model.includes('*'))
  const healthy: Endpoint[] = []
  const unhealthy: Endpoint[] = []
  const details = settings().healthDetails
  const work = async () => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      const error = await check(parts, entry)
      const shown = details ? shownParams(entry.litellmParams) : {}
      const about = { ...shown, model: entry.config.params.model, model_id: idOf(entry) }
      if (error === undefined) healthy.push(about)
      else {
        unhealthy.push({
          ...about,
          ...(details && { error: error.message }),
          ...(LLMError.is(error) && error.status !== undefined && { exception_status: error.status }),
        })
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return {
    healthy_endpoints: healthy,
    unhealthy_endpoints: unhealthy,
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
  }
}

async function check({ router, control, catalog }: HealthParts, entry: ModelEntry): Promise<Error | undefined> {
  const id = idOf(entry)
  const { mode } = catalog.listing(entry.modelName)
  const timeout = Number(entry.modelInfo.health_check_timeout) * 1000
  const onSettled = (record: SettledRecord) =>
    control.admission.note({
      id: `health-${crypto.randomUUID()}`,
      operation: record.operation,
      path: '/health',
      model: entry.modelName,
      account,
      record,
    })
  const options = {
    numRetries: 0,
    fallbacks: false as const,
    timeout: timeout > 0 ? timeout : defaultTimeout,
    onSettled,
    tags: [account],
  }
  try {
    await ping(router, id, mode, options)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Sends the smallest request of a mode to a deployment. */
export async function ping(
  router: Router,
  id: string,
  mode: unknown,
  options: Parameters<Router['completion']>[1],
): Promise<void> {
  switch (mode) {
    case 'embedding':
      return void (await router.embedding({ model: id, input: 'ping' }, options))
    case 'moderation':
      return void (await router.moderation({ model: id, input: 'ping' }, options))
    case 'rerank':
      return void (await router.rerank({ model: id, query: 'ping', documents: ['ping'] }, options))
    case 'responses':
      return void (await router.responses({ model: id, input: 'ping', max_output_tokens: 16 }, options))
    default:
      await router.completion({ model: id, messages: [{ role: 'user', content: 'ping' }], max_tokens: 16 }, options)
  }
}
