// One conversation, two providers: begun with OpenAI, gone on with Anthropic, and back again.
// Run: node examples/switching-providers.mjs

import { completion } from 'llmux'
import { done } from './setup.mjs'

const tools = [
  {
    type: 'function',
    function: {
      name: 'find_hotel',
      description: 'Finds a hotel in a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]
const messages = [{ role: 'user', content: 'Find me a hotel in Lisbon.' }]

async function ask(model, options) {
  const answer = await completion({ model, messages, tools, max_tokens: 2000, ...options })
  const { message } = answer.choices[0]
  // the message as it came: tool calls, reasoning and signatures belong to the history
  messages.push(message)
  const said = message.tool_calls?.map((call) => call.function.name).join(', ') ?? message.content
  console.log(`${answer.meta.provider}: ${said}`)
  for (const warning of answer.meta.warnings) console.log(`  ${warning.type}: ${warning.message}`)
  return message
}

const { tool_calls: calls = [] } = await ask('openai/gpt-4o-mini')
for (const call of calls) {
  messages.push({ role: 'tool', tool_call_id: call.id, content: 'Hotel Aurora, 120 euros a night' })
}

// the other provider reads OpenAI's tool call and its result, and thinks before it answers
await ask('anthropic/claude-sonnet-4-5', { thinking: { type: 'enabled', budget_tokens: 1024 } })

// Anthropic's signed thinking means nothing to OpenAI: it is left out
messages.push({ role: 'user', content: 'Is that a good price?' })
await ask('openai/gpt-4o-mini')

await done()
