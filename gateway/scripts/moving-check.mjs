// Runs the commands of docs/moving-from-litellm.md in order, on a database that LiteLLM's own migrations made.
//
//     node gateway/scripts/moving-check.mjs
//
// It needs PostgreSQL, python3 (LiteLLM's migrations are in a package for Python), bash and curl. The package is pinned and kept in LLMUX_CACHE.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { postgres } from './deploy/services.mjs'
import { cached, gateway, has, portFree, run, Skipped, temporary } from './deploy/tools.mjs'

const version = '0.4.110'
const page = readFileSync(join(gateway, '../docs/moving-from-litellm.md'), 'utf8')
const master = 'sk-moving-7c41d09e55ab'
const salt = 'sk-salt-of-the-old-proxy'
const keys = { app: 'sk-old-proxy-key-000001', spent: 'sk-old-proxy-key-000002' }
const token = (key) => createHash('sha256').update(key).digest('hex')

function migrations() {
  if (!has('python3')) throw new Skipped('python3 is not installed')
  return cached(`litellm-migrations-${version}`, (made, folder) => {
    run('python3', [
      ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'],
      ...['--dest', folder, `litellm-proxy-extras==${version}`],
    ])
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'))
    run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), join(folder, 'wheel')])
    run('mv', [join(folder, 'wheel/litellm_proxy_extras/migrations'), made])
  })
}

/** The old proxy's database: all migrations in order, then rows. */
async function oldDatabase(url) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const folder = migrations()
    const steps = readdirSync(folder)
      .sort()
      .filter((name) => existsSync(join(folder, name, 'migration.sql')))
    for (const step of steps) {
      const text = readFileSync(join(folder, step, 'migration.sql'), 'utf8')
      // an index that is built beside other work can't be in a transaction
      if (/CONCURRENTLY/i.test(text))
        for (const one of text.split(/;\s*\n/).filter((part) => part.trim() !== ''))
          await client.query(one.replace(/CONCURRENTLY/gi, ''))
      else await client.query(text)
    }
    const insert = async (table, row) => {
      const names = Object.keys(row)
      await client.query(
        `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
        Object.values(row),
      )
    }
    const by = { created_by: 'admin', updated_by: 'admin' }
    await insert('LiteLLM_BudgetTable', { budget_id: 'shared', max_budget: 40, budget_duration: '30d', ...by })
    await insert('LiteLLM_UserTable', {
      user_id: 'ada',
      user_email: 'ada@example.com',
      user_role: 'internal_user',
      spend: 2.5,
      teams: ['search'],
    })
    await insert('LiteLLM_TeamTable', {
      team_id: 'search',
      team_alias: 'Search',
      members_with_roles: JSON.stringify([{ role: 'admin', user_id: 'ada' }]),
      spend: 6.25,
      max_budget: 90,
    })
    await insert('LiteLLM_EndUserTable', { user_id: 'shop-7', spend: 0.5, budget_id: 'shared', blocked: false })
    await insert('LiteLLM_VerificationToken', {
      token: token(keys.app),
      key_name: 'sk-...0001',
      key_alias: 'app',
      user_id: 'ada',
      team_id: 'search',
      spend: 1.25,
      max_budget: 20,
      models: ['gpt-4o'],
      metadata: JSON.stringify({ stage: 'production' }),
    })
    await insert('LiteLLM_VerificationToken', {
      token: token(keys.spent),
      key_name: 'sk-...0002',
      spend: 3,
      max_budget: 3,
      models: [],
    })
    await insert('LiteLLM_DailyUserSpend', {
      ...{
        id: 'd1',
        user_id: 'ada',
        date: '2026-11-02',
        api_key: token(keys.app),
        model: 'gpt-4o',
        model_group: 'gpt-4o',
      },
      ...{
        custom_llm_provider: 'openai',
        prompt_tokens: 1_000,
        completion_tokens: 200,
        spend: 1.25,
        api_requests: 12,
        successful_requests: 12,
        failed_requests: 0,
      },
      updated_at: new Date(),
    })
    return steps.length
  } finally {
    await client.end()
  }
}

/** The recorded configuration of the corpus, or one like it, with the simulator as the provider. */
function configuration(simulator) {
  const recorded = join(gateway, '../../shared/gateway-corpus/config.yaml')
  const text = existsSync(recorded)
    ? readFileSync(recorded, 'utf8')
        .replace(/^.*redis_(host|port).*\n/gm, '')
        .replace(/cache_params:.*/, 'cache_params: {type: local}')
    : 'model_list:\n  - model_name: gpt-4o\n    litellm_params: {model: openai/gpt-4o, api_base: http://upstream.local/v1, api_key: sk-any}\ngeneral_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY\n'
  return {
    text: text
      .replaceAll('http://upstream.local/v1', simulator.openaiBase)
      .replaceAll('http://upstream.local', simulator.url),
    recorded: existsSync(recorded),
  }
}

const cleanups = []
const cleanup = (action) => cleanups.push(action)
let code = 0
try {
  const { startSimulator } = await import(join(gateway, '../dist/testing.js'))
  const folder = temporary()
  cleanup(() => run('rm', ['-rf', folder]))
  const simulator = await startSimulator()
  cleanup(() => simulator.close())
  const address = await postgres(folder, 'litellm', 'old', 'litellm', cleanup)
  const old = `postgresql://litellm:old@${address}/litellm`
  const steps = await oldDatabase(old)
  console.log(`${steps} migrations of LiteLLM ran`)
  const { text, recorded } = configuration(simulator)
  writeFileSync(join(folder, 'config.yaml'), text)
  console.log(
    recorded ? 'the recorded configuration' : 'NOT DONE: the recorded configuration is missing; a short one is used',
  )

  // npx runs the built package of this repository
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(
    join(bin, 'npx'),
    `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(gateway, 'dist/cli.js')}" "$@"\n`,
    { mode: 0o755 },
  )
  const port = String(portFree())
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block.replaceAll('4001', port))
  assert(blocks.length >= 4, 'the page has four blocks of commands')
  const script = [
    'set -e',
    ...blocks.map((block, index) => `echo "@@ ${index}"\n${block}\necho`),
    'kill %1\nwait %1',
  ].join('\n')
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    env: {
      ...{ PATH: `${bin}:${process.env.PATH}`, HOME: folder, LITELLM_MASTER_KEY: master, LITELLM_SALT_KEY: salt },
      ...{ OLD_DATABASE_URL: old, KEY: keys.app, UP_KEY: 'sk-any' },
    },
  })
  cleanup(() => child.kill())
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const timer = setTimeout(() => child.kill(), 120_000)
  const ended = await new Promise((resolve) => child.once('exit', resolve))
  clearTimeout(timer)
  const [, check, copied, , compared] = output.split(/^@@ \d+$/m)
  assert.equal(ended, 0, output.slice(-3_000))
  assert.match(check, /The gateway starts with this file/)
  const counts = Object.fromEntries(
    [...copied.matchAll(/^\s*(\d+) ([a-z ]+)$/gm)].map(([, count, name]) => [name, Number(count)]),
  )
  assert.deepEqual(
    [counts.keys, counts.teams, counts.users, counts.budgets, counts.customers, counts['daily sums']],
    [2, 1, 1, 1, 1, 1],
    copied,
  )
  const lines = compared.split(/(?<=\})\s*(?=\{)/).map((line) => JSON.parse(line.trim().replace(/\n[\s\S]*$/, '')))
  const [models, key, answer, spend] = lines
  assert.deepEqual(
    models.data.map(({ id }) => id),
    ['gpt-4o'],
  )
  assert.deepEqual(
    [key.info.key_alias, key.info.spend, key.info.max_budget, key.info.team_id],
    ['app', 1.25, 20, 'search'],
  )
  assert(answer.choices[0].message.content.length > 0)
  assert(
    spend.spend > 1.25 && spend.spend < 1.26,
    `the spend is that of the old proxy and of one call; got ${spend.spend}`,
  )
  console.log('check, import, start and comparison did what the page says')
  // repeated, and with a key that has spent its budget
  const again = run(
    'node',
    [join(gateway, 'dist/cli.js'), 'import', old, '--config', 'config.yaml', '--salt_key', salt],
    {
      cwd: folder,
      env: { ...process.env, LITELLM_MASTER_KEY: master, LITELLM_SALT_KEY: salt },
    },
  )
  assert.match(again, /^\s*0 keys$/m)
  console.log('a second import changes nothing')
} catch (error) {
  const skipped = error instanceof Skipped
  console.log(`${skipped ? 'NOT DONE' : 'FAILED'}: ${skipped ? error.message : (error.stack ?? error)}`)
  if (!skipped || process.env.CI) code = 1
}
for (const action of cleanups.reverse()) {
  try {
    await action()
  } catch {}
}
process.exit(code)
