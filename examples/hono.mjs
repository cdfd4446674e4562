// A chat endpoint on Hono: it streams to the browser, and stops the model when the browser leaves.
// Run: node examples/hono.mjs
// Ask: curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Hi"}]}'

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { completion, LLMError } from 'llmux'
import './setup.mjs' // simulates what has no key; not for your project

const app = new Hono()

app.post('/chat', async (c) => {
  // no JSON means no messages: completion() says so
  const { messages } = await c.req.json().catch(() => ({}))
  const stream = await completion({
    model: 'openai/gpt-4o-mini',
    messages,
    max_tokens: 1000,
    stream: true,
    // the browser may leave before the first word, or while a failure is tried again; later it cancels the body
    signal: c.req.raw.signal,
  })
  return c.body(stream.toReadableStream(), 200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
})

app.onError((error, c) => {
  if (!LLMError.is(error)) throw error

  const status = statuses[error.code] ?? 502
  if (error.retryAfterMs) c.header('retry-after', String(Math.ceil(error.retryAfterMs / 1000)))
  // what is wrong with the request is the browser's business; a wrong key or a dead server is for the log
  if (status > 499) console.error(error.message)
  const message = status > 499 ? 'The model gave no answer.' : error.message
  return c.json({ error: { code: error.code, message } }, status)
})

const statuses = {
  aborted: 499, // for the log: nobody reads it
  bad_request: 400,
  content_policy_violation: 400,
  context_window_exceeded: 413,
  rate_limit: 429,
  overloaded: 503,
  timeout: 504,
}

serve({ fetch: app.fetch, hostname: 'localhost', port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}/chat`)
})
