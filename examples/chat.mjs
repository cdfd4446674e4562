// One request, two providers: only the model string changes, and the answer has the same shape.
// Run: node examples/chat.mjs

import { completion } from 'llmux'
import { done } from './setup.mjs'

for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5']) {
  const answer = await completion({
    model,
    messages: [
      { role: 'system', content: 'You answer in one short sentence.' },
      { role: 'user', content: 'What is a container?' },
    ],
    max_tokens: 100,
  })

  const { meta, usage } = answer
  console.log(`${meta.provider}: ${answer.choices[0].message.content}`)
  console.log(`  ${usage.prompt_tokens} + ${usage.completion_tokens} tokens, ${Math.round(meta.latencyMs)} ms`)
}

await done()
