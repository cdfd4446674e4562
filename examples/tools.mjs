// A loop in which the model calls functions until it has its answer.
// Run: node examples/tools.mjs

import { completion } from 'llmux'
import { done } from './setup.mjs'

const functions = {
  get_weather: ({ city }) => ({ city, celsius: 18, sky: 'clear' }),
  get_time: ({ city }) => ({ city, time: '14:05' }),
}

const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools = [
  { type: 'function', function: { name: 'get_weather', description: 'The weather in a city.', parameters: city } },
  { type: 'function', function: { name: 'get_time', description: 'The local time in a city.', parameters: city } },
]

const messages = [{ role: 'user', content: 'What is the weather in Lisbon?' }]

// a bound: a model that never stops calling would go on for ever
for (let turn = 0; turn < 5; turn++) {
  const answer = await completion({ model: 'anthropic/claude-sonnet-4-5', messages, tools, max_tokens: 300 })
  const { message } = answer.choices[0]
  messages.push(message)
  if (!message.tool_calls) {
    console.log(message.content)
    break
  }
  for (const call of message.tool_calls) {
    console.log(`${call.function.name}(${call.function.arguments})`)
    messages.push({ role: 'tool', tool_call_id: call.id, ...run(call.function) })
  }
}

/** Returns errors to the model, which can often correct its call. */
function run({ name, arguments: json }) {
  try {
    return { content: JSON.stringify(functions[name](JSON.parse(json))) }
  } catch (error) {
    return { content: `Error: ${error.message}`, is_error: true }
  }
}

await done()
