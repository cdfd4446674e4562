// Langfuse: calls as generations, with their user, session, tags, prompt, tokens and cost.
// Run: LANGFUSE_PUBLIC_KEY=… LANGFUSE_SECRET_KEY=… node examples/langfuse.mjs

import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { createClient } from 'llmux'
import { langfuse } from 'llmux/langfuse'
import { done } from './setup.mjs'

const simulated = process.env.LANGFUSE_SECRET_KEY ? undefined : await startReceiver()
if (simulated)
  console.error('Langfuse is simulated. Set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY to use the real one.')

const client = createClient({
  callbacks: [
    langfuse({
      ...(simulated && { publicKey: 'pk-any', secretKey: 'any', apiBase: simulated.url }),
      environment: 'development',
      // by default they are read from the call's metadata, which goes to the provider too
      trace: () => ({ name: 'greeting', sessionId: 'session-1', prompt: { name: 'hello', version: 3 } }),
    }),
  ],
})

// calls of one traceId are one trace
for (const content of ['Say hello.', 'Say goodbye.']) {
  await client.completion({
    model: 'openai/gpt-4o-mini',
    messages: [{ role: 'user', content }],
    traceId: 'conversation-1',
    user: 'user-1',
    tags: ['support'],
  })
}

// sends pending events; call it, or close(), before the process exits
await client.flush()
console.log('sent:', client.callbackStats().senders.langfuse.sent)
await client.close()
await simulated?.close()
await done()

/** A fake Langfuse that prints received events. */
async function startReceiver() {
  const server = createServer(async (request, response) => {
    const { resourceSpans } = await json(request)
    for (const { name, traceId, attributes } of resourceSpans[0].scopeSpans[0].spans) {
      console.log(`${request.url} ${name}, trace ${traceId.slice(0, 8)}`)
      for (const { key, value } of attributes) {
        if (key.startsWith('langfuse.')) console.log(`  ${key}: ${value.stringValue ?? JSON.stringify(value)}`)
      }
    }
    response.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}
