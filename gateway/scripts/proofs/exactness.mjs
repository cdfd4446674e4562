// Proof 1: limits hold exactly over four gateway processes, and every sum equals the provider's bill.
//   node gateway/scripts/proofs/exactness.mjs [--long] [--seconds=130] [--clients=200] [--workers]
import { join } from 'node:path'
import Database from 'libsql'
import { booksOf, compareBooks, settledBooks } from './books.mjs'
import { admin, chat, check, failed, known, mostInSpan, newKey, note, option, spansOf } from './client.mjs'
import { configOf, price, startProvider } from './provider.mjs'
import { endAll, pause, startGateway, startPostgres, startRedis } from './servers.mjs'

const long = option('long', false) !== false
const seconds = Number(option('seconds', long ? 130 : 8))
const clients = Number(option('clients', long ? 200 : 60))
const processes = Number(option('processes', 4))

/** Limits, each with keys of its own and the label under which the provider counts. */
async function scenarios(urls) {
  const [url] = urls
  const team = async (id, limits) => admin(url, '/team/new', { team_id: id, ...limits })
  const key = (limits) => newKey(urls, limits)
  const all = []
  const add = (label, keys, expect, more = {}) => all.push({ label, keys, expect, ...more })
  const scale = long ? 1 : 0.25
  const rpm = Math.round(120 * scale)
  add('rpm of a key', [await key({ rpm_limit: rpm })], { rpm })
  await team('t-rpm', { rpm_limit: rpm })
  add('rpm of a team', [await key({ team_id: 't-rpm' }), await key({ team_id: 't-rpm' })], { rpm })
  await admin(url, '/user/new', { user_id: 'u-rpm', rpm_limit: rpm, auto_create_key: false })
  add('rpm of a user', [await key({ user_id: 'u-rpm' }), await key({ user_id: 'u-rpm' })], { rpm })
  await admin(url, '/customer/new', { user_id: 'c-rpm', rpm_limit: rpm })
  add('rpm of a customer', [await key(), await key()], { rpm }, { body: { user: 'c-rpm' } })
  await admin(url, '/tag/new', { name: 'tag-rpm', rpm_limit: rpm })
  add('rpm of a tag', [await key(), await key()], { rpm }, { body: { metadata: { tags: ['tag-rpm'] } } })
  add('rpm of a model within a key', [await key({ model_rpm_limit: { 'gpt-4o': rpm } })], { rpm })
  await team('t-par', { max_parallel_requests: 9 })
  add('parallel of a key', [await key({ max_parallel_requests: 7 })], { parallel: 7 })
  add('parallel of a team', [await key({ team_id: 't-par' }), await key({ team_id: 't-par' })], { parallel: 9 })
  const tpm = 2_000
  add('tpm of a key', [await key({ tpm_limit: tpm })], { tpm }, { in: 12, out: 8 })
  await team('t-tpm', { tpm_limit: tpm })
  // calls of very different sizes: the estimate is wrong as a rule
  add(
    'tpm of a team, calls of 20 to 110 tokens',
    [await key({ team_id: 't-tpm' }), await key({ team_id: 't-tpm' })],
    { tpm },
    { out: [8, 98] },
  )
  return all
}

async function load(urls, list, until) {
  const statuses = new Map()
  let turn = 0
  const one = async () => {
    while (Date.now() < until) {
      const at = turn++
      const scenario = list[at % list.length]
      const key = scenario.keys[Math.floor(at / list.length) % scenario.keys.length]
      const { out = 8 } = scenario
      const directive = {
        in: scenario.in ?? 12,
        out: Array.isArray(out) ? out[0] + Math.floor(Math.random() * (out[1] - out[0])) : out,
        ms: 50 + Math.floor(Math.random() * 200),
        labels: [scenario.label],
      }
      const url = urls[Math.floor(Math.random() * urls.length)]
      const { status } = await chat(url, key, directive, {
        ...scenario.body,
        ...(scenario.max && { max_tokens: scenario.max }),
      })
      const name = `${scenario.label}: ${status}`
      statuses.set(name, (statuses.get(name) ?? 0) + 1)
      if (status !== 200) await pause(20 + Math.random() * 60)
    }
  }
  await Promise.all(Array.from({ length: clients }, one))
  return statuses
}

function checkLimits(provider, list, statuses) {
  for (const { label, expect, budget, over } of list) {
    const calls = provider.seen.filter(([{ labels }]) => labels?.includes(label))
    const answered = statuses.get(`${label}: 200`) ?? 0
    if (expect?.rpm) {
      const most = mostInSpan(spansOf(calls), 60_000)
      check(
        most <= expect.rpm && most >= Math.min(expect.rpm, 5),
        `${label}: at most ${most} of ${expect.rpm} in any 60 s; ${answered} answered`,
      )
    }
    if (expect?.tpm) {
      const most = mostInSpan(
        spansOf(calls, (d) => d.in + d.out),
        60_000,
      )
      const largest = Math.max(...calls.map(([d]) => d.in + d.out))
      check(
        most <= expect.tpm + largest,
        `${label}: at most ${most} of ${expect.tpm} tokens in any 60 s; one call has up to ${largest}`,
      )
    }
    if (expect?.parallel) {
      const most = provider.most.get(label) ?? 0
      check(
        most <= expect.parallel && most > 1,
        `${label}: at most ${most} of ${expect.parallel} at once; ${answered} answered`,
      )
    }
    if (budget !== undefined) {
      const spent = calls.reduce((sum, [d]) => sum + d.in * price.input + d.out * price.output, 0)
      const limit = Math.round(budget * 1e9)
      check(
        spent <= limit + over && spent > 0,
        `${label}: spent ${spent} of ${limit}, bound ${limit + over} (10⁻⁹ $); ${answered} answered`,
      )
    }
  }
}

/** Budgets of each mode, with the bound that the documentation states. */
async function budgets(urls) {
  const list = []
  for (const mode of ['expected', 'strict', 'clamp']) {
    const keys = [await newKey(urls, { max_budget: 0.01, metadata: { budget_mode: mode } })]
    // a call costs 30,000 + 80,000 to 430,000
    const out = [8, 43]
    const largest = 12 * price.input + 43 * price.output
    // expected: one call, and the error of the estimates of the calls in flight
    list.push({
      label: `budget, ${mode}`,
      keys,
      out,
      max: 43,
      budget: 0.01,
      over: mode === 'expected' ? 2 * largest : 0,
    })
  }
  return list
}

/** Gateways that share Postgres and Redis, or the workers of one gateway that share nothing but their owner. */
async function start(provider) {
  if (option('workers', false) !== false) {
    const args = ['--num_workers', String(processes)]
    const gateway = await startGateway({ config: configOf(provider), args })
    const file = join(gateway.data, 'llmux.sqlite')
    return { gateways: [gateway], ledger: { query: async (text) => new Database(file).prepare(text).all() } }
  }
  const [postgres, redis] = [await startPostgres(), await startRedis()]
  const databaseUrl = await postgres.database('exactness')
  const options = { config: configOf(provider, { redis }), databaseUrl }
  const gateways = []
  for (let i = 0; i < processes; i++) gateways.push(await startGateway(options))
  return { gateways, ledger: postgres, databaseUrl }
}

async function main() {
  const provider = await startProvider()
  const { gateways, ledger, databaseUrl } = await start(provider)
  const urls = gateways.map(({ url }) => url)
  const warm = await newKey(urls)
  await Promise.all(urls.flatMap((url) => Array.from({ length: 5 }, () => chat(url, warm))))
  const list = [...(await scenarios(urls)), ...(await budgets(urls))]
  for (const key of list.flatMap(({ keys }) => keys)) await known(urls, key)
  note(`${processes} ${gateways.length > 1 ? 'gateways' : 'workers'}, ${clients} clients, ${seconds} s`)
  const statuses = await load(urls, list, Date.now() + seconds * 1_000)
  const odd = [...statuses].filter(([name]) => !/: (200|422|429)$/.test(name))
  check(odd.length === 0, `no other answers than 200, 422 and 429: ${JSON.stringify(odd)}`)
  checkLimits(provider, list, statuses)
  const books = await settledBooks(ledger, databaseUrl, provider.bill)
  compareBooks(books, provider.bill)
  const spent = JSON.parse(JSON.stringify(await admin(urls[0], '/global/spend'))).spend
  check(Math.round(spent * 1e9) === Number(books.sum), `/global/spend of a gateway: ${spent}`)
  const refused = books.rows.filter(({ outcome }) => outcome === 'refused').length
  const counted = [...statuses].filter(([name]) => /: 4/.test(name)).reduce((sum, [, count]) => sum + count, 0)
  check(refused === counted, `${counted} refusals, ${refused} rows of refusals`)
  const alone = gateways.reduce((sum, gateway) => sum + gateway.count(/decides within its share/g), 0)
  note(`Redis was out of reach ${alone} times`)
  const { rows } = await booksOf(ledger, databaseUrl)
  note(`${rows.length} rows`)
}

try {
  await main()
} finally {
  await endAll()
}
process.exitCode = failed() > 0 ? 1 : 0
process.exit()
