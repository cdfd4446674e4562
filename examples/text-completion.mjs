// Continue a text: at a host with text completions, and over chat.
// Run: node examples/text-completion.mjs

import { textCompletion } from 'llmux'
import { done } from './setup.mjs'

for (const model of ['openai/gpt-3.5-turbo-instruct', 'anthropic/claude-sonnet-4-5']) {
  const { choices, meta } = await textCompletion({ model, prompt: 'Once upon a time', max_tokens: 40 })
  console.log(`${meta.provider}: ${choices[0].text}`)
}

// several prompts: the choices come in their order
const { choices } = await textCompletion({ model: 'anthropic/claude-sonnet-4-5', prompt: ['One', 'Two'], echo: true })
for (const { index, text } of choices) console.log(index, text)

const stream = await textCompletion({ model: 'openai/gpt-3.5-turbo-instruct', prompt: 'Count to ten', stream: true })
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.text ?? '')
console.log(`\n${stream.meta.usage.total_tokens} tokens`)

await done()
