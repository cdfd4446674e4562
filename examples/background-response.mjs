// A background response: start it, read its state until it is complete, and delete it.
// Run: node examples/background-response.mjs

import { createClient } from 'llmux'
import { done } from './setup.mjs'

const client = createClient()
const model = 'openai/gpt-4o-mini'
const { id, status } = await client.responses({ model, input: 'Say hello.', background: true })
console.log(`created: ${status}`)

const request = { model, response_id: id }
let response = await client.storedResponses.retrieve(request)
while (response.status === 'queued' || response.status === 'in_progress') {
  console.log(`state: ${response.status}`)
  await new Promise((resolve) => setTimeout(resolve, 200))
  response = await client.storedResponses.retrieve(request)
}
console.log(`${response.status}: ${response.output_text} ($${response.meta.cost.total.toFixed(7)})`)

const { data } = await client.storedResponses.inputItems(request)
console.log(`${data.length} item of input`)
await client.storedResponses.delete(request)
console.log('deleted')

await client.close()
await done()
