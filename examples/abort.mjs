// Stop an answer that is no longer needed: by signal, by leaving the loop, or by abort().
// Run: node examples/abort.mjs

import { completion, LLMError } from 'llmux'
import { done } from './setup.mjs'

const request = {
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user', content: 'Write 1000 words about the sea.' }],
}

// 1. a signal ends a call in whichever state it is: waiting, reading, or sleeping before another try
try {
  await completion({ ...request, signal: AbortSignal.timeout(100) })
} catch (error) {
  if (!LLMError.is(error)) throw error
  console.log(`signal: ${error.name}`)
}

// 2. leaving the loop closes the connection
let chunks = 0
for await (const _ of await completion({ ...request, stream: true })) {
  if (++chunks === 20) break
}
console.log(`break: left after ${chunks} chunks`)

// 3. abort() from elsewhere: the loop throws, with the answer so far on the error
const stream = await completion({ ...request, stream: true })
setTimeout(() => stream.abort('the user closed the page'), 100)
try {
  for await (const _ of stream);
} catch (error) {
  if (!LLMError.is(error)) throw error
  const text = error.partial?.choices[0]?.message.content ?? ''
  console.log(`abort: ${error.name}, because ${error.cause}, after ${text.length} characters`)
}

await done()
