import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { GatewayMetrics } from '../../src/metrics/gateway-metrics.js'
import { routeOf } from '../../src/metrics/routes.js'
import { openTest } from '../control/harness.js'
import { freePort } from '../control/postgres.js'
import { caller, hello, startGateway } from '../http/start.js'

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url))
const installed = (name: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
const missing = installed('prometheus') && installed('promtool') ? undefined : 'Prometheus is not installed'

it('knows routes, and gives every made-up path one name', () => {
  expect(routeOf('/v1/chat/completions')).toBe('/v1/chat/completions')
  expect(routeOf('/chat/completions')).toBe('/chat/completions')
  expect(routeOf('/openai/deployments/my-gpt/chat/completions')).toBe('/openai/deployments/{model}/chat/completions')
  expect(routeOf('/v1beta/models/gemini-x:streamGenerateContent')).toBe('/v1beta/models/{model}:streamGenerateContent')
  expect(routeOf('/v1/responses/resp_123')).toBe('/v1/responses')
  expect(routeOf('/openai/v1/files/file-1')).toBe('/openai/*')
  expect(routeOf('/made/up')).toBe('other')
})

it('counts attempts, fallbacks and times of a call by deployment', async () => {
  const { events, key, call } = await openTest()
  await call(
    await key({ key_alias: 'first' }),
    {},
    {
      durationMs: 1,
      firstTokenMs: 300,
      attempts: [
        {
          provider: 'openai',
          model: 'gpt-large',
          outcome: 'rate_limit',
          durationMs: 5,
          deployment: 'large-1',
          modelGroup: 'large',
          status: 429,
        },
        {
          provider: 'openai',
          model: 'gpt-small',
          outcome: 'success',
          durationMs: 900,
          deployment: 'small-1',
          modelGroup: 'small',
        },
      ],
      router: { requested: 'large', modelGroup: 'small', deployment: 'small-1', fallbacks: 1 },
    },
  )
  const metrics = new GatewayMetrics()
  for (const event of events) if (event.kind === 'settled') metrics.record(event.call)
  const dump = metrics.dump({ calls: 0, deployments: [] } as never)
  const series = (name: string) => dump.find((metric) => metric.name === name)?.series ?? []
  expect(series('litellm_deployment_total_requests_total').map(([labels]) => labels[2])).toEqual(['large-1', 'small-1'])
  expect(series('litellm_deployment_failure_responses_total')).toEqual([
    [['small', 'openai/gpt-large', 'large-1', 'openai', '429', 'rate_limit'], 1],
  ])
  expect(series('litellm_deployment_successful_fallbacks_total')).toEqual([[['large', 'small'], 1]])
  expect(series('litellm_llm_api_time_to_first_token_metric')[0]?.[1]).toMatchObject({ count: 1, sum: 0.3 })
  expect(series('litellm_proxy_total_requests_metric_total')[0]?.[0]).toContain('/v1/chat/completions')
})

it('names the model of a call that has failed if it is configured, and no name that a client made up', async () => {
  const { events, key, call } = await openTest()
  const made = await key({ rpm_limit: 0 })
  for (const model of ['large', 'big', 'made up']) await call(made, { model })
  const metrics = new GatewayMetrics(undefined, (name) => ['large', 'big'].includes(name))
  for (const event of events) if (event.kind === 'settled') metrics.record(event.call)
  const errors = metrics
    .dump({ calls: 0, deployments: [] } as never)
    .find(({ name }) => name === 'litellm_errors_total')
  expect(JSON.stringify(errors)).toMatch(/large.*big.*other/s)
  expect(JSON.stringify(errors)).not.toContain('made up')
})

it('shows budgets that exist, with what is left of them', async () => {
  const { control, key, call, ask } = await openTest()
  const made = await key({ key_alias: 'first', max_budget: 1, budget_duration: '1d' })
  await call(made)
  const metrics = new GatewayMetrics()
  metrics.connect({
    ...{ reader: control.reader, readers: { held: 7, ended: 1 } },
    ...{ lostAlerts: () => 2, lostEvents: () => ({ langfuse: 3 }) },
  })
  const value = (name: string) =>
    metrics
      .dump({ calls: 0, deployments: [] } as never)
      .find((metric) => metric.name === name)
      ?.series.map(([, number]) => number)
  expect(value('litellm_remaining_api_key_budget_metric')).toEqual([0.99994])
  expect(value('litellm_api_key_max_budget_metric')).toEqual([1])
  expect(value('llmux_alerts_lost_total')).toEqual([2])
  expect(value('litellm_callback_logging_failures_metric_total')).toEqual([3])
  await ask('POST', '/key/delete', { keys: [made] })
  expect(value('litellm_remaining_api_key_budget_metric')).toEqual([])
})

it('has metrics on a port of its own without a key, and there alone', async () => {
  const port = await freePort()
  const gateway = await startGateway({ config: { model_list: mocked('m'), llmux_settings: { metrics_port: port } } })
  onTestFinished(() => gateway.stop())
  await gateway.listen({ port: 0 })
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  for (const name of sixNames) expect(text).toContain(`# TYPE ${name} `)
  expect((await fetch(`http://127.0.0.1:${port}/v1/models`)).status).toBe(404)
  expect((await caller(gateway)('GET', '/metrics')).status).toBe(404)
})

const sixNames = [
  ...['litellm_requests_total', 'litellm_request_duration_seconds', 'litellm_tokens_total'],
  ...['litellm_spend_total', 'litellm_errors_total', 'litellm_cache_hits_total'],
]

const mocked = (...names: readonly string[]) =>
  names.map((model_name) => ({
    model_name,
    litellm_params: { model: 'openai/gpt-4o', api_key: 'key', mock_response: 'Hello' },
  }))

it.skipIf(missing)('is read by Prometheus, whose rules and boards find every name', { timeout: 90_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmux-prometheus-'))
  const [metricsPort, port] = [await freePort(), await freePort()]
  const gateway = await startGateway({
    config: {
      model_list: [
        ...mocked('m'),
        {
          model_name: 'gone',
          litellm_params: { model: 'openai/gpt-4o', api_key: 'key', api_base: 'http://127.0.0.1:9' },
        },
      ],
      router_settings: { num_retries: 0 },
      llmux_settings: { metrics_port: metricsPort },
    },
  })
  await gateway.listen({ port: 0 })
  const call = caller(gateway)
  const { json } = await call('POST', '/key/generate', { max_budget: 10, budget_duration: '1d' })
  for (const model of ['m', 'm', 'gone']) await call('POST', '/v1/chat/completions', hello(model), { key: json.key })
  await call('POST', '/v1/chat/completions', hello('m', { stream: true }), { key: json.key })
  const rules = join(deploy, 'prometheus/rules.yml')
  const text = readFileSync(join(deploy, 'prometheus/prometheus.yml'), 'utf8')
    .replace('127.0.0.1:9464', `127.0.0.1:${metricsPort}`)
    .replace('15s', '1s')
    .replace('- rules.yml', `- ${rules}`)
  writeFileSync(join(folder, 'prometheus.yml'), text)
  execFileSync('promtool', ['check', 'config', join(folder, 'prometheus.yml')])
  execFileSync('promtool', ['test', 'rules', join(deploy, 'prometheus/rules.test.yml')])
  const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  // promtool finds metrics in a wrong form, and calls gauges of LiteLLM's names unusual
  const lint = execFileSync('sh', ['-c', 'promtool check metrics || true'], {
    input: page,
    encoding: 'utf8',
    stdio: 'pipe',
  })
  expect(lint).not.toMatch(/error while linting|parse/)
  const server = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  onTestFinished(async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill()
    await ended
    await gateway.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const query = async (expression: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const body = (await response.json()) as { status: string; data: { result: { value: [number, string] }[] } }
    expect(body.status, expression).toBe('success')
    return body.data.result
  }
  await expect
    .poll(async () => (await query('sum(litellm_requests_total)').catch(() => []))[0]?.value[1], {
      timeout: 60_000,
      interval: 500,
    })
    .toBe('4')
  expect((await query('sum(litellm_errors_total)'))[0]?.value[1]).toBe('1')
  const board = JSON.parse(readFileSync(join(deploy, 'grafana/llmux-gateway.json'), 'utf8')) as {
    panels: { targets?: { expr: string }[] }[]
  }
  const expressions = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  expect(expressions.length).toBeGreaterThan(20)
  for (const expression of expressions) {
    const filled = expression
      .replaceAll(/\$(model|job)/g, '.*')
      .replaceAll('$__rate_interval', '1m')
      .replaceAll('$__range', '1h')
    await query(filled)
    for (const [name] of filled.matchAll(/(litellm|llmux|process)_\w+/g))
      expect(page, name).toContain(`# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} `)
  }
  for (const [, name = ''] of readFileSync(rules, 'utf8').matchAll(/((?:litellm|llmux)_\w+)/g))
    expect(page, name).toContain(`# TYPE ${name.replace(/_bucket$/, '')} `)
})
