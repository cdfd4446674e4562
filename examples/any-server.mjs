// Any OpenAI-compatible server: vLLM, llama.cpp, Ollama, LM Studio, a gateway.
// Run: LLMUX_DEMO_BASE=http://localhost:8080/v1 LLMUX_DEMO_MODEL=my-model node examples/any-server.mjs

import { createClient } from 'llmux'
import { startSimulator } from 'llmux/testing'

const { LLMUX_DEMO_BASE, LLMUX_DEMO_MODEL = 'my-model', LLMUX_DEMO_KEY } = process.env
const simulator = LLMUX_DEMO_BASE ? undefined : await startSimulator()
if (simulator) console.error('The server is simulated. Set LLMUX_DEMO_BASE to use a real one.')
const apiBase = LLMUX_DEMO_BASE ?? simulator.openaiBase

const client = createClient()
const messages = [{ role: 'user', content: 'Say hello.' }]

// by address, with the call. OPENAI_API_KEY is not sent there: it belongs to OpenAI's host
const byAddress = await client.completion({
  model: `openai/${LLMUX_DEMO_MODEL}`,
  messages,
  apiBase,
  apiKey: LLMUX_DEMO_KEY,
})
console.log(byAddress.choices[0].message.content)

// or under a prefix of its own, with a key that it can do without
client.registerProvider({
  id: 'house',
  name: 'The house server',
  base: apiBase,
  env: ['LLMUX_DEMO_KEY'],
  keyRequired: false,
})
const byName = await client.completion({ model: `house/${LLMUX_DEMO_MODEL}`, messages })
console.log(`${byName.meta.provider}: ${byName.choices[0].message.content}`)

await client.close()
await simulator?.close()
