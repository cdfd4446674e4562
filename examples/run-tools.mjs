// A model that calls typed tools until it has its answer, as a stream.
// Run: node examples/run-tools.mjs

import { createClient } from 'llmux'
import { streamTools, tool } from 'llmux/tools'
import { z } from 'zod'
import { done } from './setup.mjs'

const get_weather = tool({
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, celsius: 18, sky: 'clear' }),
})

const client = createClient()
const run = streamTools(client, {
  model: 'anthropic/claude-sonnet-4-5',
  max_tokens: 300,
  messages: [{ role: 'user', content: 'What is the weather in Lisbon?' }],
  tools: { get_weather },
})
for await (const event of run) {
  if (event.type === 'chunk') process.stdout.write(event.chunk.choices[0]?.delta.content ?? '')
  if (event.type === 'tool_call') console.log(`${event.call.name}(${event.call.arguments})`)
}
const { steps, usage, cost } = await run.final()
console.log(`\n${steps.length} steps, ${usage.total_tokens} tokens, $${cost.toFixed(6)}`)

await client.close()
await done()
