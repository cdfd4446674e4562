import { createServer } from 'node:http'
import { type Simulator, startSimulator } from 'llmux/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, startGateway } from '../http/start.js'

let simulator: Simulator
let gateway: Awaited<ReturnType<typeof startGateway>>
let ask: ReturnType<typeof caller>
const received: string[] = []
const hook = createServer((request, response) => {
  let text = ''
  request.on('data', (part) => {
    text += part
  })
  request.on('end', () => {
    received.push(text)
    response.end('ok')
  })
})

beforeAll(async () => {
  simulator = await startSimulator()
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  const { port } = hook.address() as { port: number }
  gateway = await startGateway({
    environment: { SLACK_WEBHOOK_URL: `http://127.0.0.1:${port}/secret-path`, OPENAI_API_KEY: 'sk-of-the-provider' },
    config: {
      model_list: [
        {
          model_name: 'chat',
          litellm_params: { model: 'openai/gpt-4o', api_key: 'os.environ/MISSING_KEY', api_base: simulator.openaiBase },
        },
      ],
      general_settings: { alerting: ['slack'], store_model_in_db: true, database_url: 'file:secret-database' },
    },
  })
  ask = caller(gateway)
})
afterAll(async () => {
  await gateway.stop()
  await simulator.close()
  hook.close()
})

const testOf = (params: object) =>
  ask('POST', '/dashboard/deployments/test', { model_name: 'new', litellm_params: params })

describe('routes of the dashboard', () => {
  it('shows the live state of a deployment', async () => {
    const { json } = await ask('GET', '/dashboard/deployments')
    expect(json.deployments).toHaveLength(1)
    expect(json.deployments[0]).toMatchObject({
      model_name: 'chat',
      model_info: { db_model: false, supports_vision: true },
      state: { status: 'healthy', picks: 0, in_flight: 0, cooldown_left_ms: null },
    })
  })

  it('tests a deployment without storing it', async () => {
    const { json } = await testOf({ model: 'openai/gpt-4o-mini', api_key: 'x', api_base: simulator.openaiBase })
    expect(json).toMatchObject({ ok: true, error: null, model: { model_info: { input_cost_per_token: 1.5e-7 } } })
    expect(JSON.stringify(json)).not.toContain('"api_key"')
    expect((await ask('GET', '/model/info')).json.data).toHaveLength(1)
  })

  it('reports why a deployment fails, and which field is missing', async () => {
    const failed = await testOf({ model: 'openai/fail-401', api_key: 'x', api_base: simulator.openaiBase })
    expect(failed.json).toMatchObject({ ok: false, status: 401 })
    const unknown = await testOf({ model: 'nowhere/model' })
    expect(unknown.status).toBe(400)
    expect(unknown.json.error.message).toContain("The provider 'nowhere'")
    const missing = await testOf({})
    expect(missing.status).toBe(400)
    expect(missing.json.error.param).toMatch(/^litellm_params/)
  })

  it('names the origin of each value, and hides secrets', async () => {
    const { json, text } = await ask('GET', '/dashboard/settings')
    const line = json.lines.find(({ path }: { path: string }) => path === 'model_list[0].litellm_params.api_key')
    expect(line).toMatchObject({ variable: 'MISSING_KEY', variable_is_set: false, value: 'os.environ/MISSING_KEY' })
    expect(json.variables).toContainEqual({ name: 'OPENAI_API_KEY', value: '••••••' })
    expect(json.effective.length).toBeGreaterThan(20)
    for (const secret of ['sk-of-the-provider', 'secret-path', 'secret-database', gateway.masterKey.value])
      expect(text).not.toContain(secret)
  })

  it('sends a test alert to each channel', async () => {
    const { json } = await ask('POST', '/dashboard/alerts/test', {})
    expect(json.results).toMatchObject([{ kind: 'slack', ok: true, error: null }])
    expect(received.join()).toContain('Test of the alerts of the gateway')
  })

  it('lets viewers read, and only admins test', async () => {
    const { json } = await ask('POST', '/user/new', { user_id: 'grace', user_role: 'proxy_admin_viewer' })
    const as = { key: json.key }
    expect((await ask('GET', '/dashboard/deployments', undefined, as)).status).toBe(200)
    expect((await ask('GET', '/dashboard/settings', undefined, as)).status).toBe(200)
    expect((await ask('POST', '/dashboard/alerts/test', {}, as)).status).toBe(401)
    const { json: user } = await ask('POST', '/user/new', { user_id: 'ada', user_role: 'internal_user' })
    expect((await ask('GET', '/dashboard/settings', undefined, { key: user.key })).status).toBe(401)
  })
})
