// llmux-gateway with what a deployment of it has: a key with limits and a budget, its team and user with budgets, spend and metrics.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../gateway/dist/cli.js', import.meta.url))
export const master = 'sk-master-key-of-the-benchmark-01'

const model = (name, base) => ({ model_name: name, litellm_params: base })

/** @returns the process and the arguments that started it */
export function startGateway({ port, origin, folder, workers = 1, flags = [] }) {
  mkdirSync(folder, { recursive: true })
  const data = mkdtempSync(join(folder, 'llmux-'))
  const at = (path) => ({ api_base: `${origin}${path}`, api_key: 'k' })
  const config = {
    model_list: [
      model('gpt-4o', { model: 'openai/gpt-4o', ...at('/v1') }),
      model('paced', { model: 'openai/gpt-4o', ...at('/paced/v1') }),
      model('claude', { model: 'anthropic/claude-sonnet-4-20250514', ...at('') }),
      model('claude-paced', { model: 'anthropic/claude-sonnet-4-20250514', ...at('/paced') }),
    ],
    general_settings: { master_key: master },
  }
  // YAML is a superset of JSON
  writeFileSync(join(data, 'config.yaml'), JSON.stringify(config))
  const words = ['--config', join(data, 'config.yaml'), '--port', String(port), '--data', join(data, 'data')]
  const more = workers > 1 ? ['--num_workers', String(workers)] : []
  return spawn(process.execPath, [...flags, cli, ...words, ...more], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
}

/** Makes the key of the benchmark. */
export async function makeKey(port) {
  const post = async (path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${master}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${path} answers ${response.status}: ${JSON.stringify(answer)}`)
    return answer
  }
  await post('/team/new', { team_id: 'bench', max_budget: 1e6, budget_duration: '1mo' })
  const limits = { max_budget: 1e6, budget_duration: '1d', rpm_limit: 1e8, tpm_limit: 1e11 }
  const { key } = await post('/key/generate', {
    key_alias: 'bench',
    team_id: 'bench',
    user_id: 'bench-user',
    ...limits,
  })
  return key
}
