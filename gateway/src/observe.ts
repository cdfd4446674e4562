import type { Router, RouterEvent } from 'llmux'
import type { Alerts } from './alerts/alerts.js'
import { budgetAlert } from './alerts/budgets.js'
import type { CallWatch } from './alerts/call-watch.js'
import type { AlertType } from './alerts/types.js'
import type { CallObserver } from './http/llm-request.js'
import type { Log } from './log.js'
import type { GatewayMetrics } from './metrics/gateway-metrics.js'
import type { LedgerRow } from './store/rows.js'
import type { ControlEvent } from './types.js'

export interface ObserveParts {
  readonly metrics: GatewayMetrics
  readonly alerts: Alerts
  readonly watch: CallWatch
  readonly log: Log
  /** E-mail of a user, or of the owner of a key. */
  emailOf(scope: string, id: string): string | null
  /** Whether each call is a line of the log. */
  logCalls?(): boolean
}

/** Turns events into metrics, alerts and lines of the log. */
export function observe({ metrics, alerts, watch, log, emailOf, logCalls }: ObserveParts) {
  const control = (event: ControlEvent): void => {
    switch (event.kind) {
      case 'settled':
        metrics.record(event.call)
        if (logCalls?.()) log.info('call', callLine(event.call))
        return
      case 'budget':
        alerts.send(budgetAlert(event, emailOf(event.scope, event.id)))
        return
      case 'trouble':
        log.error(`The ${event.part} has failed: ${event.error.message}`)
        alerts.send({
          type: 'db_exceptions',
          level: 'High',
          message: `The ${event.part} has failed: ${event.error.message}`,
          subject: event.part,
          fields: { part: event.part },
        })
        return
      case 'audit': {
        log.info(`${event.by}: ${event.action} ${event.table} ${event.id}`)
        const type = auditTypes[event.action]
        if (type) {
          alerts.send({
            type,
            level: 'Low',
            message: `${event.by}: ${event.action} \`${event.id}\``,
            subject: `${event.action} ${event.id}`,
            quietMs: 1_000,
            fields: { action: event.action, id: event.id, by: event.by },
          })
        }
        return
      }
      case 'refused':
        return
    }
  }
  const calls: CallObserver = {
    started: (request) => watch.started(request),
    settled: (request, record) => watch.settled(request, record),
    answered: (request) => watch.answered(request.id),
  }
  const follow = (router: Router): void => {
    router.on('*', (event: RouterEvent) => {
      if (event.type === 'cooldown') {
        metrics.cooledDown(event.deployment)
        alerts.send({
          type: 'cooldown_deployment',
          level: 'Medium',
          message: `Deployment \`${event.deployment}\` is in cooldown: ${event.reason}`,
          subject: event.deployment,
          fields: { model_id: event.deployment, reason: event.reason },
        })
      } else if (event.type === 'warning') log.warn(event.message)
      else if (event.type === 'state') limits('routing', event.state, event.error)
    })
  }
  /** The counters of limits are out of reach, and this process decides within its share; or they are back. */
  const limits = (part: string, state: 'shared' | 'local', error?: Error): void => {
    if (state === 'shared') return log.info(`Redis is back for ${part}.`)
    const message = `Redis can't be reached for ${part}, so this process decides within its share of the limits: ${error?.message ?? 'no answer'}`
    log.error(message)
    alerts.send({ type: 'db_exceptions', level: 'High', message, subject: `redis ${part}`, fields: { part: 'redis' } })
  }
  return { control, calls, follow, limits }
}

/** Alerts about changes of keys, teams and users. */
const auditTypes: Readonly<Record<string, AlertType>> = {
  'key created': 'new_virtual_key_created',
  'key updated': 'virtual_key_updated',
  'key deleted': 'virtual_key_deleted',
  'team created': 'new_team_created',
  'team updated': 'team_updated',
  'team deleted': 'team_deleted',
  'user created': 'new_internal_user_created',
  'user updated': 'internal_user_updated',
  'user deleted': 'internal_user_deleted',
}

/** A call for the log: caller, model, duration and cost, without content and credentials. */
const callLine = (row: LedgerRow) => ({
  call_id: row.id,
  started: new Date(row.startedAt).toISOString(),
  duration_ms: row.durationMs,
  first_token_ms: row.firstTokenMs ?? null,
  operation: row.operation,
  key_hash: row.keyHash,
  key_alias: row.keyAlias,
  user: row.userId,
  team: row.teamId,
  customer: row.customerId,
  tags: row.tags,
  model_group: row.modelGroup,
  model: row.model,
  deployment: row.deployment,
  outcome: row.outcome,
  status: row.errorStatus,
  error: row.errorMessage,
  input_tokens: row.inputTokens,
  output_tokens: row.outputTokens,
  cached_tokens: row.cachedTokens,
  cache_hit: row.cacheHit,
  stream: row.stream,
  retries: row.retries ?? 0,
  fallbacks: row.fallbacks ?? 0,
  spend: row.nanos / 1e9,
  cost_state: row.costState,
  provider_request_id: row.providerRequestId ?? null,
})
