// A stream that breaks: the client of a server gets an error event instead of a broken connection.
// Run: node examples/stream-errors.mjs

import { createClient } from 'llmux'
import { startSimulator } from 'llmux/testing'

const simulator = await startSimulator()
simulator.reply('The sea is wide and deep.')
simulator.fail({ kind: 'cut', afterChunks: 2 })

const client = createClient({ providers: { openai: { apiKey: 'simulated', apiBase: simulator.openaiBase } } })
const stream = await client.completion({
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user', content: 'Describe the sea.' }],
  stream: true,
})

// the body of an HTTP response; without onError the connection would break here
const body = stream.toReadableStream({ onError: 'event' })
for (const event of (await new Response(body).text()).trim().split('\n\n')) {
  const data = JSON.parse(event.slice('data: '.length))
  if (data.error) console.log(`error: ${data.error.code}`)
  else console.log(`chunk: ${JSON.stringify(data.choices[0]?.delta.content ?? '')}`)
}

await client.close()
await simulator.close()
