// An application that bundlers build: a call over a function in the place of fetch, without a network.
import { createClient } from 'llmux'

const body = {
  ...{ id: 'x', object: 'chat.completion', created: 1, model: 'gpt-4o-mini' },
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'bundled' } }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}

async function answer() {
  const client = createClient({ fetch: async () => Response.json(body) })
  const messages = [{ role: 'user', content: 'Hello' }]
  const { choices, meta } = await client.completion({ model: 'openai/gpt-4o-mini', apiKey: 'k', messages })
  return `${choices[0].message.content} ${meta.cost.total > 0}`
}

// workers call the handler; elsewhere the file itself runs
export default { fetch: async () => new Response(await answer()) }
if (globalThis.process?.argv?.[2] === 'run') answer().then((text) => console.log(text))
