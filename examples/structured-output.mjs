// An answer as a typed, validated object: give response_format a schema of zod.
// Run: node examples/structured-output.mjs   (needs zod: npm install zod)

import { completion, LLMError } from 'llmux'
import { z } from 'zod'
import { done } from './setup.mjs'

const Meeting = z.object({
  title: z.string(),
  city: z.string(),
  attendees: z.array(z.string()),
})

for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5']) {
  try {
    const answer = await completion({
      model,
      max_tokens: 300,
      messages: [{ role: 'user', content: 'The science fair is in Lisbon, with Ann and Bob.' }],
      response_format: Meeting,
    })
    console.log(`${answer.meta.provider}:`, answer.choices[0].message.parsed)
  } catch (error) {
    // the model answered, but the answer doesn't match the schema
    if (!LLMError.is(error) || error.code !== 'json_schema_validation') throw error
    console.log(error.message, error.issues)
  }
}

await done()
