// Shared by the examples: real providers if the environment has their keys, otherwise the simulator.
// An example imports it first, and calls done() last.

import { startSimulator } from 'llmux/testing'

const providers = [
  { name: 'OpenAI', keys: ['OPENAI_API_KEY'], base: 'OPENAI_BASE_URL', wire: 'openaiBase' },
  {
    name: 'Anthropic',
    keys: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
    base: 'ANTHROPIC_BASE_URL',
    wire: 'anthropicBase',
  },
]
const missing = providers.filter(({ keys }) => !keys.some((key) => process.env[key]))

const simulator =
  missing.length > 0 ? await startSimulator({ apiKeys: ['simulated'], reply: longTextForLongQuestions }) : undefined

for (const { name, keys, base, wire } of missing) {
  process.env[keys[0]] = 'simulated'
  process.env[base] = simulator[wire]
  console.error(`${name} is simulated. Set ${keys[0]} to use the real one.`)
}

/** So that there is something to wait for, and to abort. Undefined leaves the answer to the simulator. */
function longTextForLongQuestions({ body }) {
  if (!JSON.stringify(body ?? '').includes('1000 words')) return undefined
  return { text: 'The sea is wide. '.repeat(250).trim(), delayMs: 200, chunkDelayMs: 5 }
}

export const done = () => simulator?.close()
