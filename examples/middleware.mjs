// Middleware around every call: a rule of your own, masked personal data, and reasoning parted from the text.
// Run: node examples/middleware.mjs

import { createClient, PermissionDeniedError } from 'llmux'
import { maskPII, thinkTags } from 'llmux/middleware'
import { done } from './setup.mjs'

/** Refuses expensive models, and answers greetings without one. */
const rules = {
  onRequest(call) {
    if (call.operation !== 'chat') return
    if (call.request.model.includes('pro'))
      throw new PermissionDeniedError(`'${call.request.model}' is not for this team.`)
    const { content } = call.request.messages.at(-1)
    if (content === 'Hello') return 'Hello! How can I help?'
  },
}

const seen = { onRequest: (call) => console.log(`sent: ${call.request.messages?.at(-1).content}`) }

const client = createClient().use(rules, thinkTags(), maskPII(), seen)
const ask = (content, model = 'openai/gpt-4o-mini', stream = false) =>
  client.completion({ model, messages: [{ role: 'user', content }], stream })

console.log((await ask('Hello')).choices[0].message.content)

const answer = await ask('Write to ann@example.org.')
console.log(`answer: ${answer.choices[0].message.content}`)

let text = ''
for await (const chunk of await ask('Call +49 170 1234567.', 'anthropic/claude-sonnet-4-5', true)) {
  text += chunk.choices[0]?.delta.content ?? ''
}
console.log(`stream: ${text}`)

await ask('Hi', 'openai/o1-pro').catch((error) => console.log(`${error.name}: ${error.message}`))

await client.close()
await done()
