// Proof 6: memory is bounded under large prompts and slow readers. Its second part is soak.mjs.
//   node gateway/scripts/proofs/memory.mjs [--long] [--only=prompts|readers] [--prompts=1000] [--readers=1000] [--size=8] [--heap=1024]
import { request as httpRequest } from 'node:http'
import { chat, check, failed, newKey, note, option, send } from './client.mjs'
import { configOf, startProvider } from './provider.mjs'
import { endAll, master, pause, startGateway } from './servers.mjs'

const long = option('long', false) !== false
const prompts = Number(option('prompts', long ? 1_000 : 100))
const readers = Number(option('readers', long ? 1_000 : 100))
/** Megabytes of an answer, and of the heap. */
const size = Number(option('size', long ? 2 : 8))
const heap = Number(option('heap', long ? 4_096 : 1_024))
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
  // the text of an answer is kept until its call is booked: streams that wait for their readers hold at most a quarter of the heap
  const gateway = await startGateway({ config: configOf(provider), flags: [`--max-old-space-size=${heap}`] })
  const key = await newKey([gateway.url])
  for (let i = 0; i < 20; i++) await chat(gateway.url, key)
  const before = gateway.rss()
  const stop = watch(gateway)
  // the kernel holds a part of each answer, and the readers none
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
  // until the gateway reads no more of the answers
  const unreadBytes = async () =>
    Number(/^llmux_unread_bytes (.+)$/m.exec((await send(gateway.url, '/metrics', { key: master })).text)?.[1])
  let last = -1
  for (let tries = 0, same = 0; tries < 100 && same < 5; tries++) {
    await pause(1_000)
    const now = await unreadBytes()
    same = now > 0 && now === last ? same + 1 : 0
    last = now
  }
  const most = stop()
  const right = statuses.filter((status) => status === 200).length
  check(right === readers, `${right} of ${readers} slow readers have their stream`)
  const { text } = await send(gateway.url, '/metrics', { key: master })
  const value = (name) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])
  const unread = value('llmux_unread_bytes')
  note(`${value('llmux_slow_readers_ended_total')} streams were ended; ${shown(unread)} wait for the others`)
  // V8's limit of the heap is that of the old generation and room for the young one
  const limit = (heap + 64) * megabyte
  check(unread <= limit / 4, 'waiting streams hold at most a quarter of the heap')
  check(
    gateway.alive() && most - before < limit,
    `memory rose from ${shown(before)} to ${shown(most)}, with a heap of ${heap} MB, under ${readers * size} MB of answers`,
  )
  for (const request of open) request.destroy()
  await pause(1_000)
  check((await chat(gateway.url, key)).status === 200, 'a call works afterwards')
  await gateway.stop()
}

try {
  const provider = await startProvider()
  const only = option('only', '')
  if (!only || only === 'prompts') await largePrompts(provider)
  if (!only || only === 'readers') await slowReaders(provider)
} finally {
  await endAll()
}
process.exitCode = failed() > 0 ? 1 : 0
process.exit()
