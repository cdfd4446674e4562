// Lunary: calls as runs, with their user, tags and tokens.
// Run: LUNARY_PUBLIC_KEY=… node examples/lunary.mjs

import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { createClient } from 'llmux'
import { lunary } from 'llmux/lunary'
import { done } from './setup.mjs'

const simulated = process.env.LUNARY_PUBLIC_KEY ? undefined : await startReceiver()
if (simulated) console.error('Lunary is simulated. Set LUNARY_PUBLIC_KEY to use the real one.')

const client = createClient({
  callbacks: [lunary(simulated && { publicKey: 'any', apiBase: simulated.url })],
})

for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5']) {
  const messages = [{ role: 'user', content: 'Say hello.' }]
  await client.completion({ model, messages, max_tokens: 50, tags: ['support'], user: 'user-1' })
}

// sends pending events; call it, or close(), before the process exits
await client.flush()
console.log('sent:', client.callbackStats().senders.lunary.sent)

await client.close()
await simulated?.close()
await done()

/** A fake Lunary that prints received events. */
async function startReceiver() {
  const server = createServer(async (request, response) => {
    const { events } = await json(request)
    for (const { event, name, input, output, userId, tokensUsage } of events) {
      console.log(`${request.url} ${event} ${name} ${userId ?? ''}`.trim())
      console.log(' ', JSON.stringify(input ?? output), tokensUsage ?? '')
    }
    response.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}
