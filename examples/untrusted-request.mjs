// A request body from the network: only parameters of the model pass, options of llmux are refused.
// Run: node examples/untrusted-request.mjs

import { createClient, LLMError, parseRequest } from 'llmux'
import { done } from './setup.mjs'

const client = createClient()

const bodies = [
  { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'Hello!' }], temperature: 0.2 },
  { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'Hello!' }], apiBase: 'https://evil.example' },
  { model: 'openai/gpt-4o-mini', messages: [] },
]

for (const body of bodies) {
  try {
    const params = parseRequest('chat', body)
    // your own options are a second argument: the body can't reach them
    const answer = await client.completion(params, { timeout: 30_000, tags: ['examples'] })
    console.log(`answered: ${answer.choices[0].message.content}`)
  } catch (error) {
    if (!LLMError.is(error)) throw error
    console.log(`refused: ${error.message}`)
  }
}

// leaves options out instead of refusing the body
const { apiBase } = parseRequest('chat', bodies[1], { options: 'drop' })
console.log(`dropped: apiBase is ${apiBase}`)

await client.close()
await done()
