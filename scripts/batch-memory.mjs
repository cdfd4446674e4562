// Memory of a batch of 100,000 requests: `npm run build && node --expose-gc scripts/batch-memory.mjs [count] [--journal]`.
// The provider is a dispatcher in this process. Prints the heap and the resident memory as the job proceeds, and fails if the heap
// grows with the number of requests.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { batch, progressBar } from '../dist/batch.js'
import { createClient } from '../dist/index.js'

const { values, positionals } = parseArgs({ options: { journal: { type: 'boolean' } }, allowPositionals: true })
const count = Number(positionals[0] ?? 100_000)
const folder = await mkdtemp(join(tmpdir(), 'llmux-batch-'))
const text = 'The quick brown fox jumps over the lazy dog. '.repeat(20)
const body = Buffer.from(
  JSON.stringify({
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1_700_000_000, model: 'gpt-4o-mini' },
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 200, completion_tokens: 200, total_tokens: 400 },
  }),
)
const controller = { paused: false, aborted: false, reason: null, pause() {}, resume() {}, abort() {} }
const dispatcher = {
  dispatch(_options, handler) {
    setImmediate(() => {
      handler.onRequestStart(controller, {})
      handler.onResponseStart(controller, 200, { 'content-type': 'application/json' }, 'OK')
      handler.onResponseData(controller, body)
      handler.onResponseEnd(controller, {})
    })
    return true
  },
  close: async () => {},
  destroy: async () => {},
}
const client = createClient({ dispatcher, providers: { openai: { apiKey: 'k' } } })
async function* requests() {
  for (let at = 0; at < count; at++) {
    yield { model: 'openai/gpt-4o-mini', max_tokens: 300, messages: [{ role: 'user', content: `${at}: ${text}` }] }
  }
}

const heap = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}
const journal = values.journal ? join(folder, 'job.jsonl') : undefined
for (const run of values.journal ? ['first run', 'from the journal'] : ['run']) {
  const started = performance.now()
  const samples = []
  let done = 0
  const job = batch(client, requests(), {
    ...{ concurrency: 64, total: count, maxCost: 1000, onProgress: progressBar() },
    ...(journal && { journal }),
  })
  for await (const { status } of job) {
    if (status === 'done' && ++done % Math.ceil(count / 10) === 0) samples.push(heap())
  }
  const seconds = (performance.now() - started) / 1000
  const rss = process.memoryUsage().rss / 2 ** 20
  console.log(
    `${run}: ${done} requests in ${seconds.toFixed(1)} s, $${job.progress.spent.toFixed(2)}, RSS ${rss.toFixed(0)} MB`,
  )
  console.log(`heap after each tenth, MB: ${samples.map((mb) => mb.toFixed(1)).join(' ')}`)
  if (journal) console.log(`journal: ${((await stat(journal)).size / 2 ** 20).toFixed(1)} MB`)
  const growth = (samples.at(-1) ?? 0) - (samples[1] ?? 0)
  // a journal keeps the position of each answer
  if (done !== count || growth > (journal ? 40 : 5)) {
    console.error(`The heap must not grow with the job; it grew by ${growth.toFixed(1)} MB.`)
    process.exitCode = 1
  }
}
await client.close()
await rm(folder, { recursive: true, force: true })
