// Errors: one class per kind of failure, each with the next step in its message.
// Run: node examples/errors-and-timeouts.mjs

import { completion, LLMError } from 'llmux'
import { done } from './setup.mjs'

const model = 'openai/gpt-4o-mini'
const messages = [{ role: 'user', content: 'Write 1000 words about the sea.' }]

const calls = {
  'a wrong key': { model, messages, apiKey: 'sk-wrong' },
  'a typing mistake': { model: 'antropic/claude-sonnet-4-5', messages },
  'the wrong casing': { model, messages, maxTokens: 10 },
  'an unsupported parameter': { model: 'anthropic/claude-sonnet-4-5', messages, logit_bias: { 50256: -100 } },
  'server down': { model, messages, apiBase: 'http://127.0.0.1:9/v1', maxRetries: 0 },
  'no time': { model, messages, timeout: 50 },
}

for (const [what, request] of Object.entries(calls)) {
  try {
    await completion(request)
    console.log(`${what}: no error`)
  } catch (error) {
    if (!LLMError.is(error)) throw error
    console.log(`${what}\n  ${error.name} (${error.code}), retryable: ${error.retryable}\n  ${error.message}`)
    // a code is a literal: a switch on it narrows the type
    if (error.code === 'timeout') console.log(`  which clock: ${error.phase}`)
    if (error.code === 'unsupported_params') console.log(`  which: ${error.params}`)
  }
}

await done()
