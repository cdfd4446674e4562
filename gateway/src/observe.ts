import type { Router, RouterEvent } from 'llmux'
import type { Alerts } from './alerts/alerts.js'
import type { CallObserver } from './http/llm.js'
import type { Log } from './log.js'
import type { GatewayMetrics } from './metrics/gateway-metrics.js'
import type { ControlEvent } from './types.js'

/** Turns events into metrics, alerts and lines of the log. */
export function observe(metrics: GatewayMetrics, alerts: Alerts, log: Log) {
  const control = (event: ControlEvent): void => {
    switch (event.kind) {
      case 'settled':
        metrics.record(event.call)
        return
      case 'budget': {
        const { scope, id, alias, spend, budget, percent, state } = event
        const name = alias ? `\`${id}\` (\`${alias}\`)` : `\`${id}\``
        const what =
          state === 'soft'
            ? 'the soft budget is reached'
            : percent >= 100
              ? 'the budget is used up'
              : `${percent} % of the budget is used`
        alerts.send({
          type: 'budget_alerts',
          level: percent >= 100 ? 'High' : 'Medium',
          message: `Budget of ${scope} ${name}: ${what}.\n*spend:* \`${spend}\`\n*max_budget:* \`${budget}\`\n*${scope}_id:* \`${id}\``,
          subject: `${scope} ${id} ${state} ${percent} ${budget}`,
        })
        return
      }
      case 'trouble':
        log.error(`The ${event.part} has failed: ${event.error.message}`)
        alerts.send({
          type: 'db_exceptions',
          level: 'High',
          message: `The ${event.part} has failed: ${event.error.message}`,
          subject: event.part,
        })
        return
      case 'audit':
        log.info(`${event.by}: ${event.action} ${event.table} ${event.id}`)
        return
      case 'refused':
        return
    }
  }
  const calls: CallObserver = {
    started: () => {},
    settled: (request, record) => {
      const { error, durationMs, requestedModel, attempts } = record
      const last = attempts.at(-1)
      const failed =
        error !== undefined && last !== undefined && error.code !== 'aborted' && !isClientsFault(error.status)
      if (failed) {
        alerts.send({
          type: 'llm_exceptions',
          level: 'High',
          message: `LLM API call failed: \`${requestedModel}\` (\`${last.provider}/${last.model}\`): \`${error.code}\` \`${error.message.slice(0, 500)}\``,
          subject: `${requestedModel} ${error.code}`,
        })
      }
      if (durationMs > alerts.slowMs) {
        alerts.send({
          type: 'llm_too_slow',
          level: 'Low',
          message: `Slow answer: \`${requestedModel}\` took ${(durationMs / 1000).toFixed(1)} s; the threshold is ${alerts.slowMs / 1000} s.\nCall: \`${request.id}\``,
          subject: requestedModel,
        })
      }
    },
    answered: () => {},
  }
  const follow = (router: Router): void => {
    router.on('*', (event: RouterEvent) => {
      if (event.type === 'cooldown') {
        alerts.send({
          type: 'cooldown_deployment',
          level: 'Medium',
          message: `Deployment \`${event.deployment}\` is in cooldown: ${event.reason}`,
          subject: event.deployment,
        })
      } else if (event.type === 'warning') log.warn(event.message)
    })
  }
  return { control, calls, follow }
}

/** Mistakes of a client are no news for the person on call. */
const isClientsFault = (status: number | undefined) =>
  status === 400 || status === 404 || status === 413 || status === 422
