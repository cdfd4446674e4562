// Proof 3: clients that leave a stream at a random moment. Each call has a row that costs no more than the provider's bill, and no place is lost.
//   node gateway/scripts/proofs/cancelled.mjs [--long] [--clients=1000]
import { settledBooks } from './books.mjs'
import { chat, check, failed, newKey, note, option } from './client.mjs'
import { configOf, startProvider } from './provider.mjs'
import { endAll, pause, startGateway, startPostgres, startRedis } from './servers.mjs'

const long = option('long', false) !== false
const clients = Number(option('clients', long ? 1_000 : 100))

async function run(onDisconnect, postgres, redis) {
  const provider = await startProvider()
  const databaseUrl = await postgres.database(`cancelled_${onDisconnect}`)
  redis.cli('FLUSHALL')
  const config = configOf(provider, { redis, llmux_settings: { on_disconnect: onDisconnect } })
  const gateways = [await startGateway({ config, databaseUrl }), await startGateway({ config, databaseUrl })]
  const urls = gateways.map(({ url }) => url)
  const key = await newKey(urls, { max_parallel_requests: clients, max_budget: 1_000 })
  // the prompt has about 150 characters; a word is one or two tokens
  const directive = { in: 80, out: 90, ms: 50, chunks: 30, chunkMs: 20 }
  // the machine may be slow: clients leave within the time that a whole call takes
  const began = performance.now()
  await Promise.all(Array.from({ length: 50 }, (_, at) => chat(urls[at % 2], key, directive, { stream: true })))
  const wholeMs = performance.now() - began
  const leave = async (at) => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), Math.random() * 1.3 * wholeMs)
    return await chat(urls[at % 2], key, directive, { stream: true }, { signal: controller.signal })
  }
  const answers = []
  for (let at = 0; at < clients; at += 100) {
    answers.push(...(await Promise.all(Array.from({ length: Math.min(100, clients - at) }, (_, i) => leave(at + i)))))
  }
  const whole = answers.filter(({ status }) => status === 200).length
  note(`${onDisconnect}: ${clients} clients, ${clients - whole} left early`)
  if (onDisconnect === 'drain') await pause(1_500)
  const books = await settledBooks(postgres, databaseUrl, provider.bill)
  const rows = new Map(books.rows.map((row) => [row.id, row]))
  let above = 0
  let below = 0
  let billed = 0
  for (const [id, { nanos }] of provider.bill) {
    billed += nanos
    const row = rows.get(id)
    if (!row) below++
    else if (Number(row.nanos) > nanos) above++
  }
  check(below === 0, `${onDisconnect}: ${provider.bill.size} calls reached the provider, ${below} without a row`)
  check(above === 0, `${onDisconnect}: ${above} rows above the provider's bill; booked ${books.sum} of ${billed}`)
  if (onDisconnect === 'drain') check(Number(books.sum) === billed, `drain: all of it is booked`)
  check(books.sum === books.daily && books.sum === books.gateway, `${onDisconnect}: rows and sums agree`)
  const states = {}
  for (const { outcome, cost_state } of books.rows)
    states[`${outcome} ${cost_state}`] = (states[`${outcome} ${cost_state}`] ?? 0) + 1
  note(`${onDisconnect}: ${JSON.stringify(states)}`)
  // every place of the key is free again, which a call for each of them shows
  await pause(500)
  const again = await Promise.all(
    Array.from({ length: clients }, (_, at) => chat(urls[at % 2], key, { ms: long ? 4_000 : 1_500 })),
  )
  const got = again.filter(({ status }) => status === 200).length
  check(got === clients, `${onDisconnect}: ${got} of ${clients} places are free afterwards`)
  await Promise.all(gateways.map((gateway) => gateway.stop()))
}

try {
  const [postgres, redis] = [await startPostgres(), await startRedis()]
  for (const mode of ['abort', 'drain']) await run(mode, postgres, redis)
} finally {
  await endAll()
}
process.exitCode = failed() > 0 ? 1 : 0
process.exit()
