// A chat endpoint on Express: it streams to the browser, and stops the model when the browser leaves.
// Run: node examples/express.mjs
// Ask: curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Hi"}]}'

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import express from 'express'
import { completion, LLMError } from 'llmux'
import './setup.mjs' // simulates what has no key; not for your project

const app = express()
app.use(express.json())

app.post('/chat', async (request, response) => {
  // a signal, since the browser may leave before the first word, or while a failure is tried again
  const gone = new AbortController()
  response.on('close', () => gone.abort())

  const stream = await completion({
    model: 'openai/gpt-4o-mini',
    messages: request.body?.messages,
    max_tokens: 1000,
    stream: true,
    signal: gone.signal,
  })
  response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  await pipeline(Readable.fromWeb(stream.toReadableStream()), response)
})

// Express 5 brings the errors of async handlers here; four parameters are what tells it from a handler
app.use((error, _request, response, next) => {
  // cut in the middle: no status can say so any more, a connection that breaks can
  if (response.headersSent || response.destroyed) return response.destroy()
  if (!LLMError.is(error)) return next(error)

  const status = statuses[error.code] ?? 502
  if (error.retryAfterMs) response.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)))
  // what is wrong with the request is the browser's business; a wrong key or a dead server is for the log
  if (status > 499) console.error(error.message)
  const message = status > 499 ? 'The model gave no answer.' : error.message
  response.status(status).json({ error: { code: error.code, message } })
})

const statuses = {
  bad_request: 400,
  content_policy_violation: 400,
  context_window_exceeded: 413,
  rate_limit: 429,
  overloaded: 503,
  timeout: 504,
}

const server = app.listen(Number(process.env.PORT ?? 3000), 'localhost', () => {
  console.log(`http://localhost:${server.address().port}/chat`)
})
