// A cache in memory: the second time the answer is there at once, for nothing, whole or as a stream.
// Run: node examples/cache.mjs

import { createClient, memoryCache } from 'llmux'
import { done } from './setup.mjs'

const client = createClient({ cache: memoryCache({ maxEntries: 1_000, ttl: 600_000 }) })
const request = { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'What is a container?' }] }

const show = (what, { cache, cost, attempts }) =>
  console.log(
    `${what}: ${cache.hit ? 'hit' : 'miss'}, ${attempts.length} sent, $${cost.total}, saved $${cost.saved ?? 0}`,
  )

const first = await client.completion(request)
show('first', first.meta)

const again = await client.completion(request)
show('again', again.meta)
console.log('the same answer:', again.choices[0].message.content === first.choices[0].message.content)

// a stored answer can be read as a stream, and a stored stream as an answer
const stream = await client.completion({ ...request, stream: true })
const text = await stream.text()
show('as a stream', stream.meta)
console.log('the same text:', text === first.choices[0].message.content)

// another question, or another user's namespace, is not the same
show('in a namespace', (await client.completion({ ...request, cache: { namespace: 'user-17' } })).meta)
show('without', (await client.completion({ ...request, cache: false })).meta)

await client.close()
await done()
