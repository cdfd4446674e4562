// Proof 5: SIGTERM cuts no stream inside the limit, and a rolling restart fails no call.
//   node gateway/scripts/proofs/drain.mjs [--long] [--streams=200]
import { compareBooks, settledBooks } from './books.mjs'
import { chat, check, failed, newKey, note, option, send } from './client.mjs'
import { configOf, startProvider } from './provider.mjs'
import { endAll, folder, pause, startGateway, startPostgres, startRedis } from './servers.mjs'

const long = option('long', false) !== false
const streams = Number(option('streams', long ? 200 : 40))

async function openStreams(postgres, redis) {
  const provider = await startProvider()
  const databaseUrl = await postgres.database('drain')
  const gateway = await startGateway({ config: configOf(provider, { redis }), databaseUrl })
  const key = await newKey([gateway.url])
  const directive = { in: 12, out: 50, ms: 200, chunks: 30, chunkMs: long ? 200 : 60 }
  let begun = 0
  const calls = Array.from({ length: streams }, () => {
    let first = true
    const onText = () => {
      if (first) begun++
      first = false
    }
    return chat(gateway.url, key, directive, { stream: true, stream_options: { include_usage: true } }, { onText })
  })
  for (const until = Date.now() + 60_000; begun < streams && Date.now() < until; ) await pause(20)
  const asked = performance.now()
  gateway.child.kill('SIGTERM')
  await pause(50)
  const late = await chat(gateway.url, key, {})
  const answers = await Promise.all(calls)
  const whole = answers.filter(({ status, text }) => status === 200 && text.trimEnd().endsWith('[DONE]')).length
  check(whole === streams, `SIGTERM under ${begun} open streams: ${whole} of ${streams} complete`)
  check(late.status === 503 || late.status === 0, `a new call meanwhile: ${late.status}`)
  await gateway.ended()
  check(
    gateway.child.exitCode === 0,
    `the process ended by itself with ${gateway.child.exitCode} after ${((performance.now() - asked) / 1_000).toFixed(1)} s`,
  )
  compareBooks(await settledBooks(postgres, databaseUrl, provider.bill), provider.bill, { label: 'drain' })
}

/** A balancer that leaves out processes that are not ready, and repeats a call that was refused by one that is about to end. */
function balancer(urls) {
  const ready = new Map(urls.map((url) => [url, true]))
  let running = true
  const look = async () => {
    while (running) {
      await Promise.all(urls.map(async (url) => ready.set(url, (await send(url, '/health/readiness')).status === 200)))
      await pause(50)
    }
  }
  void look()
  let turn = 0
  let repeated = 0
  return {
    repeated: () => repeated,
    close: () => {
      running = false
    },
    async call(run) {
      for (let tries = 0; ; tries++) {
        const open = urls.filter((url) => ready.get(url))
        const url = open[turn++ % open.length] ?? urls[turn % urls.length]
        const answer = await run(url)
        const refused =
          answer.status === 503 || (answer.begun === 0 && ['ECONNREFUSED', 'ECONNRESET'].includes(answer.error?.code))
        if (!refused || tries > 20) return answer
        repeated++
        ready.set(url, false)
        await pause(20)
      }
    },
  }
}

async function rollingRestart(postgres, redis) {
  const provider = await startProvider()
  const databaseUrl = await postgres.database('rolling')
  const count = long ? 4 : 2
  const config = configOf(provider, { redis })
  const data = Array.from({ length: count }, () => folder('data'))
  const gateways = await Promise.all(data.map((at) => startGateway({ config, databaseUrl, data: at })))
  const urls = gateways.map(({ url }) => url)
  const key = await newKey(urls, { max_budget: 1_000 })
  const balance = balancer(urls)
  let running = true
  const answers = []
  const client = async (stream) => {
    while (running) {
      const directive = { in: 12, out: 8, ms: 50 + Math.random() * 300, chunks: 5, chunkMs: 100 }
      const answer = await balance.call((url) => chat(url, key, directive, stream ? { stream: true } : {}))
      answers.push(answer.status === 200 && (!stream || answer.text.trimEnd().endsWith('[DONE]')))
    }
  }
  const clients = Array.from({ length: 20 }, (_, at) => client(at % 2 === 0))
  await pause(1_000)
  for (let at = 0; at < count; at++) {
    await gateways[at].stop()
    gateways[at] = await startGateway({ config, databaseUrl, data: data[at], port: Number(new URL(urls[at]).port) })
    await pause(300)
  }
  running = false
  await Promise.all(clients)
  balance.close()
  const bad = answers.filter((right) => !right).length
  check(
    bad === 0,
    `rolling restart of ${count} processes: ${bad} of ${answers.length} calls failed; the balancer repeated ${balance.repeated()}`,
  )
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  compareBooks(await settledBooks(postgres, databaseUrl, provider.bill), provider.bill, { label: 'rolling restart' })
}

try {
  const [postgres, redis] = [await startPostgres(), await startRedis()]
  await openStreams(postgres, redis)
  await rollingRestart(postgres, redis)
  note(`${streams} streams`)
} finally {
  await endAll()
}
process.exitCode = failed() > 0 ? 1 : 0
process.exit()
