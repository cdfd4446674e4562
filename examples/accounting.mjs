// Accounting: one record for every call, also for calls that fail and for streams that are left early.
// Run: node examples/accounting.mjs

import { createClient } from 'llmux'
import { done } from './setup.mjs'

const spent = new Map()

const client = createClient({
  maxRetries: 0,
  // synchronous, and exactly once per call
  onSettled({ user = 'nobody', outcome, usage, cost, estimated, durationMs }) {
    spent.set(user, (spent.get(user) ?? 0) + (cost?.total ?? 0))
    const tokens = usage ? `${usage.total_tokens} tokens${estimated ? ' (estimated)' : ''}` : 'no usage'
    console.log(`${user}: ${outcome}, ${tokens}, ${Math.round(durationMs)} ms`)
  },
})

const model = 'openai/gpt-4o-mini'
await client.completion({ model, messages: [{ role: 'user', content: 'Hello!' }], user: 'ann' })

const messages = [{ role: 'user', content: 'Write 1000 words about the sea.' }]
const stream = await client.completion({ model, messages, user: 'ben', stream: true })
for await (const _chunk of stream) break

await client.completion({ model, messages: [], user: 'ann' }).catch(() => {})

for (const [user, dollars] of spent) console.log(`${user} spent $${dollars.toFixed(6)}`)

await client.close()
await done()
