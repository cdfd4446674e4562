// Proof 4: a block of any subject holds on all replicas within a second, and blocks hold while Postgres is stopped.
//   node gateway/scripts/proofs/revocation.mjs [--long]
import { admin, chat, check, failed, known, newKey, note, option, timeUntil } from './client.mjs'
import { configOf, startProvider } from './provider.mjs'
import { endAll, pause, startGateway, startPostgres, startRedis } from './servers.mjs'

const rounds = option('long', false) !== false ? 10 : 1

async function main() {
  const provider = await startProvider()
  const [postgres, redis] = [await startPostgres(), await startRedis()]
  const databaseUrl = await postgres.database('revocation')
  const config = configOf(provider, { redis })
  const gateways = []
  for (let i = 0; i < 3; i++) gateways.push(await startGateway({ config, databaseUrl }))
  const urls = gateways.map(({ url }) => url)
  const [url] = urls
  await admin(url, '/organization/new', { organization_id: 'org', organization_alias: 'org' })
  await admin(url, '/team/new', { team_id: 'team' })
  await admin(url, '/team/new', {
    team_id: 'team-of-members',
    members_with_roles: [{ role: 'user', user_id: 'member' }],
    team_member_rpm_limit: 10_000,
  })
  await admin(url, '/user/new', { user_id: 'user', auto_create_key: false })
  await admin(url, '/customer/new', { user_id: 'customer' })
  await admin(url, '/tag/new', { name: 'tag' })
  await admin(url, '/budget/new', { budget_id: 'budget', max_budget: 100, shared: true })
  const plain = await newKey(urls)
  const member = { team_id: 'team-of-members', user_id: 'member' }
  // name, key, body of its calls, and how to block it and to take that back
  const subjects = [
    ['key', plain, {}, (on) => admin(url, on ? '/key/block' : '/key/unblock', { key: plain })],
    [
      'team',
      await newKey(urls, { team_id: 'team' }),
      {},
      (on) => admin(url, on ? '/team/block' : '/team/unblock', { team_id: 'team' }),
    ],
    ['member', await newKey(urls, member), {}, (on) => admin(url, '/team/member_update', { ...member, blocked: on })],
    [
      'user',
      await newKey(urls, { user_id: 'user' }),
      {},
      (on) => admin(url, on ? '/user/block' : '/user/unblock', { user_ids: ['user'] }),
    ],
    [
      'customer',
      plain,
      { user: 'customer' },
      (on) => admin(url, on ? '/customer/block' : '/customer/unblock', { user_ids: ['customer'] }),
    ],
    ['tag', plain, { metadata: { tags: ['tag'] } }, (on) => admin(url, '/tag/update', { name: 'tag', blocked: on })],
    [
      'budget',
      await newKey(urls, { budget_id: 'budget' }),
      {},
      (on) => admin(url, '/budget/update', { budget_id: 'budget', blocked: on }),
    ],
    ['organization', await newKey(urls, { organization_id: 'org' }), {}, (on) => organization(url, on)],
  ]
  const statuses = async (key, body) =>
    (await Promise.all(urls.map((one) => chat(one, key, { ms: 0 }, body)))).map(({ status }) => status)
  for (const [name, key, body, block] of subjects) {
    const times = []
    for (let round = 0; round < rounds; round++) {
      const open = await timeUntil(async () => (await statuses(key, body)).every((status) => status === 200))
      await block(true)
      const closed = await timeUntil(async () =>
        (await statuses(key, body)).every((status) => status === 401 || status === 403),
      )
      await block(false)
      times.push(closed)
      if (!Number.isFinite(open)) times.push(open)
    }
    check(
      Math.max(...times) <= 1_000,
      `a blocked ${name} is refused on all replicas after ${Math.max(...times)} ms at most`,
    )
  }
  const deleted = await newKey(urls)
  await admin(url, '/key/delete', { keys: [deleted] })
  const gone = await timeUntil(async () => (await statuses(deleted, {})).every((status) => status === 401))
  check(gone <= 1_000, `a deleted key is refused on all replicas after ${gone} ms`)

  await statuses(plain, {})
  const good = await newKey(urls)
  const blocked = await newKey(urls)
  await admin(url, '/key/block', { key: blocked })
  await timeUntil(async () => (await statuses(blocked, {})).every((status) => status === 401))
  postgres.signal('SIGSTOP')
  const right = []
  const late = []
  for (let i = 0; i < (rounds > 1 ? 60 : 10); i++) {
    const began = performance.now()
    right.push(
      (await statuses(good, {})).every((status) => status === 200) &&
        (await statuses(blocked, {})).every((status) => status === 401),
    )
    late.push(performance.now() - began)
    await pause(50)
  }
  check(
    right.every(Boolean),
    `with Postgres stopped: known keys work and blocked ones do not, ${right.filter(Boolean).length} of ${right.length} times, the slowest pair ${Math.round(Math.max(...late))} ms`,
  )
  // an emergency: a block while the database is away
  const began = performance.now()
  const answer = await admin(url, '/key/block', { key: good }).catch((error) => error)
  const closed = await timeUntil(async () => (await statuses(good, {})).every((status) => status === 401), 5_000)
  check(
    closed <= 1_000,
    `with Postgres stopped: a key that is blocked now is refused on all replicas after ${closed} ms; the request took ${Math.round(performance.now() - began - closed)} ms${answer instanceof Error ? ` and failed: ${answer.message.slice(0, 100)}` : ''}`,
  )
  postgres.signal('SIGCONT')
  const stored = await timeUntil(async () => {
    const rows = await postgres.query("SELECT body FROM llmux_rows WHERE collection = 'keys'", [], databaseUrl)
    return rows.filter(({ body }) => body && JSON.parse(body).blocked === true).length === 2
  }, 30_000)
  check(Number.isFinite(stored), `the block is in the database ${stored} ms after it is back`)
  check(
    (await statuses(good, {})).every((status) => status === 401),
    'the block holds after the outage',
  )
  await admin(url, '/key/unblock', { key: good })
  const open = await timeUntil(async () => (await statuses(good, {})).every((status) => status === 200))
  check(open <= 1_000, `and is taken back within ${open} ms`)
  await known(urls, plain)
  note('3 gateways, one Postgres, one Redis')
}

async function organization(url, blocked) {
  const { send } = await import('./client.mjs')
  const answer = await send(url, '/organization/update', { method: 'PATCH', body: { organization_id: 'org', blocked } })
  if (answer.status !== 200) throw new Error(`/organization/update: ${answer.status} ${answer.text}`)
}

try {
  await main()
} finally {
  await endAll()
}
process.exitCode = failed() > 0 ? 1 : 0
process.exit()
