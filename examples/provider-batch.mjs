// Requests of two providers as batches at half of the price: a batch for each model, results in order of the requests.
// Run: node examples/provider-batch.mjs

import { createClient } from 'llmux'
import { batch } from 'llmux/batch'
import { done } from './setup.mjs'

const client = createClient()
const models = ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5']
const requests = Array.from({ length: 6 }, (_, at) => ({
  model: models[at % 2],
  max_tokens: 60,
  messages: [{ role: 'user', content: `Translate word ${at}.` }],
}))

// real batches take minutes to hours: poll them every 30 seconds
const pollInterval = process.env.OPENAI_API_KEY === 'simulated' ? 10 : 30_000
const job = batch(client, requests, { via: 'provider', pollInterval, maxCost: 1 })
for await (const result of job) {
  if (result.status === 'done') console.log(`${result.index}: ${result.answer.model}`)
  else console.log(`${result.index}: ${result.error.message}`)
}
console.log(`${job.progress.done} done, $${job.progress.spent.toFixed(6)}`)

// the two batches at their providers
for (const provider of ['openai', 'anthropic']) {
  for await (const { id, status } of client.batches.list({ provider, limit: 1 }))
    console.log(provider, status, id !== '')
}
await client.close()
await done()
