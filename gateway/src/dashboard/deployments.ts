import { LLMError, Router } from 'llmux'
import type { ModelEntry } from '../config/deployment.js'
import { idOf, type ModelCatalog, modeOf } from '../models/catalog.js'
import { modelRow } from '../models/facts.js'
import type { StoredModels } from '../models/stored-models.js'
import { badRequest } from '../refusal.js'
import { ping } from '../routes/health.js'
import type { AdminRequest, AdminRoute, Control } from '../types.js'

export interface DeploymentParts {
  readonly router: Router
  readonly catalog: ModelCatalog
  readonly stored: StoredModels
  readonly control: Control
}

/** Milliseconds of a test. */
const testTimeout = 30_000
/** The caller of tests in the ledger. */
const account = 'llmux-deployment-test'

/** Live state of the deployments, and a test of one that is not stored yet. */
export const deploymentRoutes = (parts: DeploymentParts): AdminRoute[] => [
  { method: 'GET', path: '/dashboard/deployments', handler: () => states(parts) },
  { method: 'POST', path: '/dashboard/deployments/test', handler: (request) => test(parts, request) },
]

function states({ router, catalog }: DeploymentParts) {
  const snapshot = router.snapshot()
  const live = new Map(snapshot.deployments.map((one) => [one.id, one]))
  return {
    at: new Date(snapshot.at).toISOString(),
    calls: snapshot.calls,
    waiting: snapshot.waiting,
    deployments: catalog.entries.map((entry) => {
      const found = live.get(idOf(entry))
      return {
        ...modelRow(catalog, entry),
        state: found && {
          status: found.status,
          cooldown_left_ms: found.cooldown?.leftMs ?? null,
          cooldown_reason: found.cooldown?.reason ?? null,
          picks: found.picks,
          successes: found.successes,
          failures: found.failures,
          in_flight: found.inFlight,
          requests_last_minute: found.requests,
          tokens_last_minute: found.tokens,
          latency_ms: found.latency.callMs ?? null,
          first_token_ms: found.latency.firstTokenMs ?? null,
        },
      }
    }),
  }
}

/** Sends the smallest request with the parameters of a body, which are not stored. */
async function test({ catalog, stored, control }: DeploymentParts, { body, principal }: AdminRequest) {
  if (typeof body !== 'object' || body === null) throw badRequest('The body must be a JSON object.', 'body')
  const entry: ModelEntry = stored.check(body as Record<string, unknown>)
  if (entry.config.params.model.includes('*'))
    throw badRequest('A wildcard has no model to test. Name one.', 'litellm_params.model')
  const own = new Router({ modelList: [entry.config] })
  const mode = modeOf(entry.config.params.prices?.mode ?? catalog.facts(entry, entry.modelName)?.mode)
  const started = performance.now()
  const took = () => Math.round(performance.now() - started)
  try {
    await ping(own, idOf(entry), mode, {
      numRetries: 0,
      fallbacks: false,
      timeout: testTimeout,
      tags: [account],
      onSettled: (record) =>
        control.admission.note({
          id: `test-${crypto.randomUUID()}`,
          operation: record.operation,
          path: '/dashboard/deployments/test',
          model: entry.modelName,
          account,
          principal,
          record,
        }),
    })
    return { ok: true, latency_ms: took(), error: null, status: null, model: modelRow(catalog, entry) }
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error))
    const status = LLMError.is(error) ? (error.status ?? null) : null
    return { ok: false, latency_ms: took(), error: message, status, model: modelRow(catalog, entry) }
  } finally {
    await own.close()
  }
}
