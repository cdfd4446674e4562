// Tests without keys and without a network: mockProvider() in the process, startSimulator() on loopback.
// Run: node examples/testing-kit.mjs

import assert from 'node:assert/strict'
import { createClient } from 'llmux'
import { mockProvider, startSimulator } from 'llmux/testing'

const messages = [{ role: 'user', content: 'Is it open on Sunday?' }]

// mockProvider(): a dispatcher for the client under test. No socket is opened
const mock = mockProvider({ reply: 'Yes, from ten to four.' })
const mocked = createClient({ dispatcher: mock.dispatcher, providers: { anthropic: { apiKey: 'any' } } })
const answer = await mocked.completion({ model: 'anthropic/claude-sonnet-4-5', messages, max_tokens: 50 })
assert.equal(answer.choices[0].message.content, 'Yes, from ten to four.')
assert.equal(mock.requests[0].body.max_tokens, 50)
console.log('mock:', answer.choices[0].message.content)
await mocked.close()

// startSimulator(): a server for any HTTP client. It fails on request
const simulator = await startSimulator()
const client = createClient({ providers: { openai: { apiBase: simulator.openaiBase, apiKey: 'any' } } })

simulator.fail({ kind: 'status', status: 429, retryAfterMs: 20 })
simulator.reply('At last.')
const retried = await client.completion({ model: 'openai/gpt-4o-mini', messages })
assert.equal(retried.meta.retries, 1)
console.log('simulator:', retried.choices[0].message.content, `(${simulator.requests.length} requests)`)

simulator.reply({ text: 'It is open on Sunday from ten to four.' })
simulator.fail({ kind: 'cut', afterChunks: 3 })
const stream = await client.completion({ model: 'openai/gpt-4o-mini', messages, stream: true })
await assert.rejects(stream.text(), (error) => {
  console.log('cut stream:', error.name, `after "${error.partial.choices[0].message.content}"`)
  return error.code === 'stream_interrupted'
})

await client.close()
await simulator.close()
