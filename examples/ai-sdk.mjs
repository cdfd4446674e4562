// The AI SDK over llmux: a tool, a stream, and the cost of the call.
// Run: npm install ai zod && node examples/ai-sdk.mjs

import { stepCountIs, streamText, tool } from 'ai'
import { createClient } from 'llmux'
import { createLlmux } from 'llmux/ai-sdk'
import { z } from 'zod'
import { done } from './setup.mjs'

const client = createClient()
const llmux = createLlmux(client)

const result = streamText({
  model: llmux('anthropic/claude-sonnet-4-5'),
  prompt: 'Call get_weather for Oslo, then say how cold it is.',
  tools: {
    get_weather: tool({
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => ({ city, degrees: -3 }),
    }),
  },
  stopWhen: stepCountIs(3),
})

for await (const part of result.fullStream) {
  if (part.type === 'text-delta') process.stdout.write(part.text)
  if (part.type === 'tool-result') console.log(`\n${part.toolName}: ${JSON.stringify(part.output)}`)
}

const { llmux: facts } = await result.providerMetadata
console.log(`\n${facts.provider}: $${facts.cost.total}`)

await client.close()
await done()
