import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { prometheus } from '../../src/integrations/prometheus.js'
import { Router } from '../../src/router/router.js'

const messages = [{ role: 'user' as const, content: 'Hello' }]

it('counts and measures calls', async () => {
  await using simulator = await startSimulator()
  const metrics = prometheus()
  await using client = createClient({
    callbacks: [metrics],
    providers: { openai: { apiKey: 'k', apiBase: simulator.openaiBase } },
  })
  const answer = await client.completion({ model: 'openai/gpt-4o', messages })
  await (await client.completion({ model: 'openai/gpt-4o', messages, stream: true })).final()
  await client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
  simulator.fail({ kind: 'slow-headers', ms: 300 })
  const slow = client.completion({ model: 'openai/gpt-4o', messages })
  await client.flush()
  const text = await metrics.metrics()
  expect(metrics.contentType).toContain('text/plain')
  const where = 'operation="chat",provider="openai",model="gpt-4o",model_group=""'
  const { prompt_tokens: input = 0 } = answer.usage ?? {}
  for (const line of [
    `llmux_requests_total{${where},outcome="success"} 2`,
    `llmux_errors_total{operation="chat",provider="openai",model="fail-401",model_group="",code="authentication"} 1`,
    `llmux_tokens_total{${where},type="input"} ${input * 2}`,
    `llmux_request_duration_seconds_count{${where}} 2`,
    `llmux_time_to_first_token_seconds_count{${where}} 1`,
    'llmux_in_flight_requests 1',
    'llmux_attempts_total{provider="openai",model="gpt-4o",deployment="",outcome="success"} 2',
  ]) {
    expect(text).toContain(line)
  }
  const spend = /^llmux_spend_usd_total\{.*\} (\S+)$/m.exec(text)
  expect(Number(spend?.[1])).toBeGreaterThanOrEqual(answer.meta.cost.total ?? Number.NaN)
  await slow
  await client.flush()
  expect(await metrics.metrics()).toContain('llmux_in_flight_requests 0')
})

it('counts retries, fallbacks and cooldowns of a Router in a custom registry', async () => {
  await using simulator = await startSimulator()
  const register = new Registry()
  const metrics = prometheus({ register, prefix: 'app_' })
  const apiBase = simulator.openaiBase
  await using router = new Router({
    callbacks: [metrics],
    allowedFails: 0,
    modelList: [
      { modelName: 'g', id: 'bad', params: { model: 'openai/fail-500', apiKey: 'k', apiBase } },
      { modelName: 'g', id: 'worse', params: { model: 'openai/fail-500', apiKey: 'k2', apiBase } },
      { modelName: 'h', id: 'good', params: { model: 'openai/gpt-4o', apiKey: 'k', apiBase } },
    ],
    fallbacks: [{ g: ['h'] }],
    numRetries: 1,
  })
  // it is followed already: nothing is counted twice
  const stop = metrics.follow(router)
  expect(metrics.follow(router)).toBe(stop)
  await router.completion({ model: 'g', messages })
  await router.flush()
  stop()
  const text = await router.metrics()
  expect(text).toBe(await register.metrics())
  expect(text).toContain('app_fallbacks_total{from="g",to="h",code="internal_server"} 1')
  // whichever was tried first: the last one that is left is not left alone
  expect(text).toMatch(/^app_cooldowns_total\{deployment="(bad|worse)"\} 1$/m)
  expect(text).toContain('model_group="h",outcome="success"} 1')
})

it('is available from the client', async () => {
  const one = prometheus({ prefix: 'one_' })
  const same = new Registry()
  const two = [prometheus({ register: same, prefix: 'two_' }), { onSuccess: () => {}, metrics: () => same.metrics() }]
  await using client = createClient({ callbacks: [one, ...two] })
  const text = await client.metrics()
  expect(text).toContain('one_in_flight_requests 0')
  expect(text.match(/^two_in_flight_requests 0$/gm)).toHaveLength(1)
  await using plain = createClient({ callbacks: [() => {}] })
  await expect(plain.metrics()).rejects.toMatchObject({ code: 'bad_request', param: 'callbacks' })
  await using router = new Router({
    modelList: [{ modelName: 'g', params: { model: 'openai/gpt-4o', apiKey: 'k' } }],
    callbacks: [
      {
        follow() {
          throw new Error('theirs')
        },
      },
    ],
  })
  expect(router.callbackStats().failed).toBe(1)
  await expect(router.metrics()).rejects.toThrow("Add prometheus() from 'llmux/prometheus'")
})

it('bounds the values of labels', async () => {
  const metrics = prometheus({ maxLabelValues: 3 })
  await using client = createClient({ callbacks: [metrics], redact: true })
  for (let n = 0; n < 20; n++) await client.completion({ model: `nobody/model-${n}`, messages }).catch(() => {})
  await client.flush()
  const values = new Set([...(await metrics.metrics()).matchAll(/errors_total\{.*model="([^"]+)"/g)].map(([, m]) => m))
  expect(values.size).toBe(4)
  expect(values).toContain('other')
})
