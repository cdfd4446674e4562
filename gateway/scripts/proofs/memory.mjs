// Proof 6: memory is bounded under large prompts and slow readers, and does not grow over many calls of which a part fails.
//   node gateway/scripts/proofs/memory.mjs [--long] [--prompts=1000] [--readers=1000] [--calls=1000000] [--minutes=60]
import { request as httpRequest } from 'node:http'
import { chat, check, failed, newKey, note, option, send } from './client.mjs'
import { configOf, startProvider } from './provider.mjs'
import { endAll, master, pause, startGateway } from './servers.mjs'

const long = option('long', false) !== false
const prompts = Number(option('prompts', long ? 1_000 : 100))
const readers = Number(option('readers', long ? 1_000 : 100))
const calls = Number(option('calls', long ? 1_000_000 : 600))
const minutes = Number(option('minutes', long ? 60 : 1))
const megabyte = 1024 * 1024
const shown = (bytes) => `${Math.round(bytes / megabyte)} MB`

/** Samples the memory of a process. */
function watch(gateway) {
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, gateway.rss())
  }, 200)
  return () => {
    clearInterval(timer)
    return Math.max(most, gateway.rss())
  }
}

async function largePrompts(provider) {
  const inFlight = 200 * megabyte
  const gateway = await startGateway({
    config: configOf(provider, { llmux_settings: { max_bytes_in_flight: inFlight } }),
  })
  const key = await newKey([gateway.url])
  for (let i = 0; i < 20; i++) await chat(gateway.url, key)
  const before = gateway.rss()
  const stop = watch(gateway)
  const prefix = 'lorem ipsum '.repeat(Math.ceil((2 * megabyte) / 12))
  const answers = await Promise.all(
    Array.from({ length: prompts }, () => chat(gateway.url, key, { ms: 200, in: 400_000 }, {}, { prefix })),
  )
  const most = stop()
  const tally = {}
  for (const { status } of answers) tally[status] = (tally[status] ?? 0) + 1
  const odd = answers.filter(({ status }) => ![200, 429, 503].includes(status)).length
  check(odd === 0 && (tally[200] ?? 0) > 0, `${prompts} calls of 2 MB at once: ${JSON.stringify(tally)}`)
  // bytes, text, parsed object and the request to the provider
  check(
    most - before < 6 * inFlight,
    `memory rose from ${shown(before)} to ${shown(most)}; ${shown(inFlight)} may be in flight`,
  )
  check((await chat(gateway.url, key)).status === 200, 'a small call works afterwards')
  await gateway.stop()
}

async function slowReaders(provider) {
  // the text of an answer is kept until its call is booked, so memory may grow to the size of all answers, and no further
  const heap = long ? 4_096 : 1_024
  const gateway = await startGateway({ config: configOf(provider), flags: [`--max-old-space-size=${heap}`] })
  const key = await newKey([gateway.url])
  for (let i = 0; i < 20; i++) await chat(gateway.url, key)
  const before = gateway.rss()
  const stop = watch(gateway)
  // the kernel holds a part of each answer, and the readers none
  const size = long ? 2 : 8
  const directive = { out: 2_000, chunks: size * 250, chunkMs: 0, text: 'x'.repeat(4_000), ms: 0 }
  const open = []
  const begun = Array.from(
    { length: readers },
    (_, at) =>
      new Promise((done) => {
        const content = JSON.stringify({ ...directive, id: `slow-${at}` })
        const body = JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content }] })
        const request = httpRequest(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${key}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        })
        request.on('error', () => done(0))
        request.on('response', (response) => {
          response.pause()
          done(response.statusCode)
        })
        request.end(body)
        open.push(request)
      }),
  )
  const statuses = await Promise.all(begun)
  await pause(long ? 10_000 : 2_000)
  const most = stop()
  const right = statuses.filter((status) => status === 200).length
  check(right === readers, `${right} of ${readers} slow readers have their stream`)
  const rose = `memory rose from ${shown(before)} to ${shown(most)}, with a heap of ${heap} MB`
  check(gateway.alive() && most - before < readers * size * megabyte, `${rose}, under ${readers * size} MB of answers`)
  for (const request of open) request.destroy()
  await pause(1_000)
  check((await chat(gateway.url, key)).status === 200, 'a call works afterwards')
  await gateway.stop()
}

/** Calls of which 5 % fail: errors of the provider, clients that leave, unknown models and keys. */
async function soak(provider) {
  const gateway = await startGateway({ config: configOf(provider), flags: ['--expose-gc'] })
  const keys = await Promise.all(
    Array.from({ length: 10 }, () => newKey([gateway.url], { rpm_limit: 1_000_000, max_budget: 1_000_000 })),
  )
  let done = 0
  const until = Date.now() + minutes * 60_000
  const samples = []
  const one = async () => {
    while (done < calls && Date.now() < until) {
      const at = done++
      // the provider keeps no bill of a long run
      if (at % 5_000 === 0) {
        provider.bill.clear()
        provider.seen.length = 0
      }
      const key = keys[at % keys.length]
      const kind = at % 100
      if (kind === 0) await chat(gateway.url, key, { ms: 0, status: 500 })
      else if (kind === 20)
        await chat(
          gateway.url,
          key,
          { ms: 5, chunks: 50, chunkMs: 5 },
          { stream: true },
          { signal: AbortSignal.timeout(40) },
        )
      else if (kind === 40) await chat(gateway.url, key, { ms: 0 }, { model: `unknown-${at}` })
      else if (kind === 60) await chat(gateway.url, `sk-wrong-key-${at}`, { ms: 0 })
      else if (kind === 80) await send(gateway.url, '/v1/chat/completions', { key, body: { messages: 7 } })
      else
        await chat(
          gateway.url,
          key,
          { ms: 0, chunks: 3, chunkMs: 0 },
          { stream: at % 2 === 0, user: `user-${at % 500}`, metadata: { tags: [`tag-${at % 50}`] } },
        )
    }
  }
  const sampler = setInterval(() => samples.push([done, gateway.rss()]), 1_000)
  await Promise.all(Array.from({ length: 20 }, one))
  clearInterval(sampler)
  await pause(1_000)
  samples.push([done, gateway.rss()])
  const metrics = await send(gateway.url, '/metrics', { key: master })
  const series = metrics.text.split('\n').filter((line) => line && !line.startsWith('#')).length
  note(`${done} calls with 5 % faults; ${series} series of metrics`)
  // the slope over the second half: a leak of 200 bytes a call would be 200 MB in a million
  const half = samples.filter(([count]) => count >= done / 2)
  const [first, last] = [half[0], half.at(-1)]
  const perCall = (last[1] - first[1]) / Math.max(1, last[0] - first[0])
  note(
    `memory at a quarter, a half and the end: ${[0.25, 0.5, 1].map((part) => shown(samples.find(([count]) => count >= done * part)?.[1] ?? last[1])).join(', ')}; ${perCall.toFixed(0)} bytes a call over the second half`,
  )
  check(done < 20_000 || perCall < 200, `memory is flat: ${shown(last[1])} after ${done} calls`)
  check(series < 6_000, `${series} series of metrics, below 6,000`)
  const { stdout } = { stdout: gateway.output() }
  check(!/out of memory|FATAL/.test(stdout), 'the process is well')
  await gateway.stop()
}

try {
  const provider = await startProvider()
  const only = option('only', '')
  if (!only || only === 'prompts') await largePrompts(provider)
  if (!only || only === 'readers') await slowReaders(provider)
  if (!only || only === 'soak') await soak(provider)
} finally {
  await endAll()
}
process.exitCode = failed() > 0 ? 1 : 0
process.exit()
