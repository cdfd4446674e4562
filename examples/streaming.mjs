// Text as it arrives, then the whole answer with its usage.
// Run: node examples/streaming.mjs

import { completion } from 'llmux'
import { done } from './setup.mjs'

const stream = await completion({
  model: 'anthropic/claude-sonnet-4-5',
  messages: [{ role: 'user', content: 'Write a haiku about the sea.' }],
  max_tokens: 100,
  stream: true,
})

// leaving the loop early would close the connection
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? '')
}

const answer = await stream.final()
console.log(`\n\nfinish_reason: ${answer.choices[0].finish_reason}`)
console.log(`tokens: ${stream.meta.usage.total_tokens}`)
console.log(`first content after ${Math.round(stream.meta.timeToFirstTokenMs)} ms`)

await done()
