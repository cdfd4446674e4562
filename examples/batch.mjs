// Two hundred calls as one job: 20 at a time, with progress, a cost cap, and a journal for a second run.
// Run: node examples/batch.mjs

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'llmux'
import { batch, progressBar } from 'llmux/batch'
import { done } from './setup.mjs'

const folder = await mkdtemp(join(tmpdir(), 'llmux-batch-'))
const client = createClient()

function* requests() {
  for (let at = 0; at < 200; at++) {
    // one of them is wrong
    const messages = at === 50 ? [] : [{ role: 'user', content: `Translate word ${at}.` }]
    yield { model: 'openai/gpt-4o-mini', max_tokens: 60, messages }
  }
}

const options = { concurrency: 20, total: 200, maxCost: 1, journal: join(folder, 'job.jsonl') }

// the first run is left in the middle
for await (const { index } of batch(client, requests(), options)) if (index === 99) break

const job = batch(client, requests(), { ...options, onProgress: progressBar(process.stdout) })
for await (const { index, status, answer, error } of job) {
  if (index === 0) console.log(answer.choices[0].message.content)
  if (status === 'failed') console.log(`request ${index}: ${error.code}`)
}
const { done: answered, failed, fromJournal, spent } = job.progress
console.log(
  `${answered} done, ${failed} failed, 99 or more from the journal: ${fromJournal >= 99}, $${spent.toFixed(4)}`,
)

await client.close()
await rm(folder, { recursive: true })
await done()
