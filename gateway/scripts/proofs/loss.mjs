// Proof 2: no billed call is lost or booked twice, and no budget is reset, whatever fails under load.
//   node gateway/scripts/proofs/loss.mjs [--long] [--only=text of a fault] [--mode=local|shared] [--hold=ms]
import { compareBooks, settledBooks } from './books.mjs'
import { chat, check, failed, mostInSpan, newKey, note, option, spansOf } from './client.mjs'
import { clockModule, faults, smallDisk, startCluster, startProxy } from './faults.mjs'
import { configOf, startProvider } from './provider.mjs'
import { endAll, folder, pause, startGateway, startPostgres, startRedis } from './servers.mjs'

const long = option('long', false) !== false
const hold = Number(option('hold', long ? 60_000 : 3_000))
const only = option('only')
const modes = option('mode') ? [option('mode')] : long ? ['local', 'shared'] : ['local']
const inShort = ['a process is killed', 'Redis is flushed']
const clients = Number(option('clients', long ? 60 : 24))
const callNanos = 110_000

async function run(name, mode) {
  const label = `${name} (${mode})`
  const provider = await startProvider()
  const postgres = await startPostgres()
  const databaseUrl = await postgres.database('loss')
  const parts = {
    postgres,
    hold: name.includes('Redis is paused')
      ? Math.min(hold, 10_000)
      : name.includes('clock')
        ? Math.min(hold, 8_000)
        : hold,
    note,
  }
  if (name.includes('Cluster')) parts.cluster = await startCluster()
  else {
    parts.redis = await startRedis()
    parts.proxy = await startProxy(parts.redis.port)
    if (name.includes('replica')) parts.replica = await startRedis(['--replicaof', `127.0.0.1 ${parts.redis.port}`])
  }
  const clock = name.includes('clock') ? clockModule() : undefined
  parts.clock = clock
  const disk = name.includes('disk') ? smallDisk(4) : undefined
  if (name.includes('disk') && !disk) return note(`${label}: NOT RUN, this user may not mount a file system`)
  parts.disk = disk
  const config = configOf(provider, { redis: parts.proxy, llmux_settings: { durability: mode } })
  if (parts.cluster)
    config.router_settings.redis_startup_nodes = parts.cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
  const data = [disk ?? folder('data'), folder('data'), folder('data')]
  const start = (at, port) =>
    startGateway({ config, databaseUrl, data: data[at], port, flags: at === 0 ? clock?.flags : [] })
  const gateways = await Promise.all([start(0), start(1), start(2)])
  parts.gateways = gateways
  const urls = gateways.map(({ url }) => url)
  parts.restart = async (at) => {
    gateways[at] = await start(at, Number(new URL(urls[at]).port))
  }

  // budgets: one that is used up before the fault, one that is used up about then, and one with plenty left
  const budget = (calls) => ({ max_budget: (calls * callNanos) / 1e9 })
  const keys = {
    used: await newKey(urls, budget(40)),
    half: await newKey(urls, budget(long ? 2_000 : 300)),
    free: await newKey(urls),
    rpm: await newKey(urls, { rpm_limit: 60 }),
    parallel: await newKey(urls, { max_parallel_requests: 4 }),
  }
  let running = true
  const answers = []
  const client = async (turn) => {
    while (running) {
      const name = ['free', 'half', 'free', 'used', 'rpm', 'parallel'][turn++ % 6]
      const at = Math.floor(Math.random() * urls.length)
      const began = Date.now()
      const { status } = await chat(urls[at], keys[name], { ms: 30 + Math.random() * 100, labels: [name] })
      answers.push({ name, status, at, began, ms: Date.now() - began })
      await pause(status === 200 ? 10 : 100)
    }
  }
  const all = Array.from({ length: clients }, (_, at) => client(at))
  const until = (condition, most) => waitFor(condition, most)
  await until(() => answers.filter(({ name, status }) => name === 'used' && status === 200).length >= 40, 30_000)
  if (parts.replica) {
    parts.replica.cli('REPLICAOF', 'NO', 'ONE')
    parts.lag = pause(long ? 10_000 : 2_000)
  }
  const faultAt = Date.now()
  await faults[name](parts)
  const backAt = Date.now()
  await pause(long ? 20_000 : 3_000)
  running = false
  await Promise.all(all)

  const during = answers.filter(({ began }) => began >= faultAt && began < backAt)
  const tally = {}
  for (const { status } of during) tally[status] = (tally[status] ?? 0) + 1
  const slowest = Math.max(0, ...during.map(({ ms }) => ms))
  note(
    `${label}: ${((backAt - faultAt) / 1_000).toFixed(1)} s; answers meanwhile ${JSON.stringify(tally)}, slowest ${slowest} ms`,
  )
  if (!name.includes('killed')) {
    const broken = answers.filter(({ status }) => ![200, 422, 429].includes(status)).length
    check(broken === 0, `${label}: calls go on, ${broken} of ${answers.length} failed`)
    check(slowest < 8_000, `${label}: the slowest answer took ${slowest} ms`)
  }
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  const alone = gateways.reduce((sum, gateway) => sum + gateway.count(/decides within its share/g), 0)
  const books = await settledBooks(postgres, databaseUrl, provider.bill)
  compareBooks(books, provider.bill, { exact: !name.includes('killed'), label })
  const billedOn = (key) => provider.seen.filter(([{ labels }]) => labels[0] === key).length
  const used = billedOn('used')
  const half = billedOn('half')
  // the bound of `expected` is one call more. A process that was killed has calls in flight, and while Redis is away each process has its share
  const slack = name.includes('killed') ? 6 : alone > 0 ? gateways.length : 1
  check(used <= 40 + slack, `${label}: a used-up budget of 40 calls: ${used} calls`)
  check(half <= (long ? 2_000 : 300) + slack, `${label}: a budget of ${long ? 2_000 : 300} calls: ${half} calls`)
  const rpm = mostInSpan(spansOf(provider.seen.filter(([{ labels }]) => labels[0] === 'rpm')), 60_000)
  note(`${label}: rpm 60: ${rpm}; parallel 4: ${provider.most.get('parallel')}; Redis out of reach ${alone} times`)
}

async function waitFor(condition, most) {
  for (const until = Date.now() + most; Date.now() < until && !condition(); ) await pause(50)
}

const all = long || option('all', false) !== false
const names = Object.keys(faults).filter((name) => (only ? name.includes(only) : all || inShort.includes(name)))
for (const mode of modes) {
  for (const name of names) {
    try {
      await run(name, mode)
    } catch (error) {
      check(false, `${name} (${mode}): ${error.stack}`)
    } finally {
      await endAll()
    }
  }
}
process.exitCode = failed() > 0 ? 1 : 0
process.exit()
