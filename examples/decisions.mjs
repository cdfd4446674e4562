// Route a mail: a decision model answers with probabilities, a chat model with the same shape.
// Run: node examples/decisions.mjs

import { decide } from 'llmux'
import { done } from './setup.mjs'

const state = 'My invoice of May is wrong. I need urgent help!'
const questions = {
  urgent: { type: 'boolean', instructions: 'Is the mail urgent?' },
  topic: { type: 'choice', instructions: 'Topic?', criteria: { delivery: 'Parcels', invoice: 'Bills', other: null } },
  anger: { type: 'score', instructions: 'How angry is the customer?', criteria: ['calm', 'annoyed', 'furious'] },
}

for (const model of ['openai/gpt-6-luna', 'anthropic/claude-sonnet-4-5']) {
  const { answers, emulated, meta } = await decide({ model, state, questions })
  const { urgent, topic, anger } = answers
  console.log(
    `${meta.provider}: urgent ${urgent.value}, topic ${topic.value}, anger ${anger.value}, emulated ${emulated}`,
  )
}

await done()
