// A gateway from the build with a simulated provider behind it, and subjects and calls to look at.
//
//     node gateway/dashboard/e2e/stage.mjs [port]     keeps it running, and prints its address and keys
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSimulator } from 'llmux/testing'
import { createGateway } from 'llmux-gateway'

export const adminKey = 'sk-admin-of-the-stage-4417'

const models = [
  ['gpt-4o', 'openai/gpt-4o', 'openai'],
  ['gpt-4o', 'openai/gpt-4o-2024-08-06', 'openai'],
  ['gpt-4o-mini', 'openai/gpt-4o-mini', 'openai'],
  ['claude-sonnet-4-5', 'anthropic/claude-sonnet-4-5', 'anthropic'],
  ['gemini-2.5-flash', 'gemini/gemini-2.5-flash', 'gemini'],
  ['text-embedding-3-small', 'openai/text-embedding-3-small', 'openai'],
  ['in-house', 'openai/our-own-model', 'openai'],
  ['flaky', 'openai/fail-500', 'openai'],
  ['broken', 'openai/fail-400', 'openai'],
]

/** Starts all of it. */
export async function startStage({ port = 0, data, environment = {} } = {}) {
  const folder = data ?? mkdtempSync(join(tmpdir(), 'llmux-stage-'))
  const simulator = await startSimulator()
  const receiver = await startReceiver()
  const dead = await startReceiver()
  dead.close()
  const gateway = await createGateway({
    data: folder,
    masterKey: adminKey,
    environment: { WEBHOOK_URL: receiver.url, SLACK_WEBHOOK_URL: dead.url, ...environment },
    config: {
      model_list: models.map(([model_name, model, provider]) => ({
        model_name,
        litellm_params: { model, api_base: simulator.base(provider), api_key: 'simulated' },
      })),
      router_settings: { num_retries: 1, fallbacks: [{ flaky: ['gpt-4o-mini'] }] },
      general_settings: {
        store_model_in_db: true,
        store_prompts_in_spend_logs: true,
        alerting: ['webhook', 'slack'],
      },
      llmux_settings: { unknown_price: 'allow' },
    },
  })
  const { url } = await gateway.listen({ port })
  const call = caller(url)
  return {
    url,
    call,
    gateway,
    simulator,
    folder,
    /** Bodies of the alerts that the webhook got. */
    alerts: receiver.bodies,
    async stop() {
      await gateway.close()
      await simulator.close()
      receiver.close()
      if (data === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A receiver of alerts. */
async function startReceiver() {
  const bodies = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (part) => {
      text += part
    })
    request.on('end', () => {
      bodies.push(text)
      response.end('ok')
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { bodies, url: `http://127.0.0.1:${server.address().port}/alerts`, close }
}

/** Sends JSON with a key, and reads JSON. */
const caller =
  (url) =>
  async (path, body, key = adminKey) => {
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text }
  }

const teams = [
  ['search', 'Search', 400],
  ['support', 'Customer support', 250],
  ['research', 'Research', null],
]
const users = [
  ['ada', 'ada@example.com', 'internal_user', ['search', 'research']],
  ['grace', 'grace@example.com', 'proxy_admin_viewer', []],
  ['alan', 'alan@example.com', 'internal_user', ['support']],
  ['min-jun', 'min-jun@example.com', 'internal_user_viewer', ['support']],
]
const keys = [
  ['search-api', 'search', 'ada', ['gpt-4o', 'text-embedding-3-small'], 120],
  ['search-reindex', 'search', null, ['text-embedding-3-small'], 20],
  ['support-bot', 'support', 'alan', ['claude-sonnet-4-5', 'gpt-4o-mini'], 80],
  ['support-summaries', 'support', 'min-jun', ['gemini-2.5-flash'], 0.004],
  ['notebooks', 'research', 'ada', [], null],
  ['ci-checks', null, null, ['flaky', 'gpt-4o-mini'], 5],
]

/** Creates teams, users, keys and some calls through the API. Returns the keys by name. */
export async function seed({ call }, { calls = 60 } = {}) {
  const must = async (path, body) => {
    const { status, json } = await call(path, body)
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`)
    return json
  }
  for (const [team_id, team_alias, max_budget] of teams)
    await must('/team/new', { team_id, team_alias, max_budget, budget_duration: max_budget ? '30d' : null })
  for (const [user_id, user_email, user_role, ids] of users)
    await must('/user/new', { user_id, user_email, user_role, teams: ids, auto_create_key: false, max_budget: 50 })
  await must('/budget/new', { budget_id: 'free-tier', max_budget: 1, budget_duration: 'monthly', rpm_limit: 20 })
  await must('/budget/new', { budget_id: 'pro-tier', max_budget: 50, budget_duration: 'monthly' })
  await must('/customer/new', { user_id: 'acme', alias: 'Acme Corporation', budget_id: 'pro-tier' })
  await must('/customer/new', { user_id: 'globex', alias: 'Globex', budget_id: 'free-tier' })
  const made = {}
  for (const [key_alias, team_id, user_id, allowed, max_budget] of keys) {
    const body = {
      key_alias,
      team_id,
      user_id,
      models: allowed,
      max_budget,
      budget_duration: max_budget ? '30d' : null,
    }
    made[key_alias] = (await must('/key/generate', body)).key
  }
  for (const [user_id] of users)
    made[user_id] = (await must('/key/generate', { user_id, key_alias: `${user_id}-own` })).key
  const blocked = await must('/key/generate', { key_alias: 'old-prototype', team_id: 'research' })
  await must('/key/block', { key: blocked.key })
  const texts = ['Summarise this ticket', 'Translate to Korean', 'Write a test', 'Explain the stack trace']
  for (let count = 0; count < calls; count++) {
    const [alias, , , allowed] = keys[count % keys.length]
    const turn = Math.floor(count / keys.length)
    const model = allowed.length > 0 ? allowed[turn % allowed.length] : turn % 2 ? 'gpt-4o' : 'in-house'
    const content = texts[count % texts.length]
    const body = model.startsWith('text-embedding')
      ? { model, input: content }
      : {
          model,
          messages: [{ role: 'user', content }],
          ...(model !== 'in-house' && { user: count % 3 === 0 ? 'initech' : 'acme' }),
          stream: turn % 2 === 0,
          metadata: { tags: [count % 2 ? 'production' : 'staging'] },
        }
    await call(body.input ? '/v1/embeddings' : '/v1/chat/completions', body, made[alias])
  }
  return made
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stage = await startStage({ port: Number(process.argv[2] ?? 4000) })
  const made = await seed(stage)
  console.log(`${stage.url}/ui/\n\nadmin   ${adminKey}`)
  for (const [name, key] of Object.entries(made)) console.log(`${name.padEnd(20)} ${key}`)
}
