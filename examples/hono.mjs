// A chat endpoint on Hono: streams to the browser and stops the model if the browser disconnects.
// Run: node examples/hono.mjs
// Ask: curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Hi"}]}'

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { completion, LLMError, toHttpError } from 'llmux'
import './setup.mjs' // simulates providers without a key; not for your project

const app = new Hono()

app.post('/chat', async (c) => {
  // without JSON there are no messages, which completion() rejects
  const { messages } = await c.req.json().catch(() => ({}))
  const stream = await completion({
    model: 'openai/gpt-4o-mini',
    messages,
    max_tokens: 1000,
    stream: true,
    // the browser may leave before the first token, or during a retry; later it cancels the body
    signal: c.req.raw.signal,
  })
  return c.body(stream.toReadableStream(), 200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
})

app.onError((error, c) => {
  if (!LLMError.is(error)) throw error
  const { status, headers, body } = toHttpError(error)
  if (status >= 500) console.error(error.message)
  return c.json(body, status, headers)
})

serve({ fetch: app.fetch, hostname: 'localhost', port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}/chat`)
})
