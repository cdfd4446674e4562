// Helicone: calls to any provider in its log, with properties to filter by.
// Run: HELICONE_API_KEY=… node examples/helicone.mjs

import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { createClient } from 'llmux'
import { helicone } from 'llmux/helicone'
import { done } from './setup.mjs'

const simulated = process.env.HELICONE_API_KEY ? undefined : await startReceiver()
if (simulated) console.error('Helicone is simulated. Set HELICONE_API_KEY to use the real one.')

const client = createClient({
  callbacks: [
    helicone({
      ...(simulated && { apiKey: 'any', apiBase: simulated.url }),
      // by default the call's tags and metadata
      properties: ({ tags, operation }) => ({ feature: tags[0] ?? 'none', operation }),
    }),
  ],
})

for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5']) {
  const messages = [{ role: 'user', content: 'Say hello.' }]
  await client.completion({ model, messages, max_tokens: 50, tags: ['support'], user: 'user-1' })
}

// sends pending events; call it, or close(), before the process exits
await client.flush()
console.log('sent:', client.callbackStats().senders.helicone.sent)

await client.close()
await simulated?.close()
await done()

/** A fake Helicone that prints received events. */
async function startReceiver() {
  const server = createServer(async (request, response) => {
    const { providerRequest, providerResponse } = await json(request)
    const { json: answer, status } = providerResponse
    console.log(`${request.url} ${providerRequest.json.model}: ${status}, ${answer.usage.total_tokens} tokens`)
    console.log(' ', JSON.stringify(providerRequest.meta))
    response.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}
