import { expect, it, vi } from 'vitest'
import { Alerts } from '../src/alerts/alerts.js'
import { CallWatch } from '../src/alerts/call-watch.js'
import { GatewayMetrics } from '../src/metrics/gateway-metrics.js'
import { observe } from '../src/observe.js'

it('logs and alerts that limits are decided without Redis, and logs its return', () => {
  const alerts = new Alerts(undefined)
  const send = vi.spyOn(alerts, 'send')
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const watch = new CallWatch(alerts)
  const { limits } = observe({ metrics: new GatewayMetrics(), alerts, watch, log, emailOf: () => null })
  limits('limits', 'local', new Error('refused'))
  expect(log.error).toHaveBeenCalledWith(expect.stringMatching(/Redis can't be reached for limits.*refused/))
  expect(send).toHaveBeenCalledWith(expect.objectContaining({ type: 'db_exceptions', subject: 'redis limits' }))
  limits('limits', 'shared')
  expect(log.info).toHaveBeenCalledWith('Redis is back for limits.')
  expect(send).toHaveBeenCalledTimes(1)
  watch.close()
})
