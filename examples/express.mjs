// A chat endpoint on Express: streams to the browser and stops the model if the browser disconnects.
// Run: node examples/express.mjs
// Ask: curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Hi"}]}'

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import express from 'express'
import { completion, LLMError, toHttpError } from 'llmux'
import './setup.mjs' // simulates providers without a key; not for your project

const app = express()
app.use(express.json())

app.post('/chat', async (request, response) => {
  // the browser may leave before the first token, or during a retry
  const disconnected = new AbortController()
  response.on('close', () => disconnected.abort())

  const stream = await completion({
    model: 'openai/gpt-4o-mini',
    messages: request.body?.messages,
    max_tokens: 1000,
    stream: true,
    signal: disconnected.signal,
  })
  response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  await pipeline(Readable.fromWeb(stream.toReadableStream()), response)
})

// Express 5 passes errors of async handlers here; the four parameters mark an error handler
app.use((error, _request, response, next) => {
  // too late for a status: break the connection
  if (response.headersSent || response.destroyed) return response.destroy()
  if (!LLMError.is(error)) return next(error)
  const { status, headers, body } = toHttpError(error)
  if (status >= 500) console.error(error.message)
  response.status(status).set(headers).json(body)
})

const server = app.listen(Number(process.env.PORT ?? 3000), 'localhost', () => {
  console.log(`http://localhost:${server.address().port}/chat`)
})
