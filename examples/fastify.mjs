// A chat endpoint on Fastify: it streams to the browser, and stops the model when the browser leaves.
// Run: node examples/fastify.mjs
// Ask: curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Hi"}]}'

import Fastify from 'fastify'
import { completion, LLMError } from 'llmux'
import './setup.mjs' // simulates what has no key; not for your project

const app = Fastify()

app.post('/chat', async (request, reply) => {
  // a signal, since the browser may leave before the first word, or while a failure is tried again
  const gone = new AbortController()
  reply.raw.on('close', () => gone.abort())

  const stream = await completion({
    model: 'openai/gpt-4o-mini',
    messages: request.body?.messages,
    max_tokens: 1000,
    stream: true,
    signal: gone.signal,
  })
  reply.header('content-type', 'text/event-stream').header('cache-control', 'no-cache')
  return reply.send(stream.toReadableStream())
})

app.setErrorHandler((error, _request, reply) => {
  if (!LLMError.is(error)) return reply.send(error)

  const status = statuses[error.code] ?? 502
  if (error.retryAfterMs) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000))
  // what is wrong with the request is the browser's business; a wrong key or a dead server is for the log
  if (status > 499) console.error(error.message)
  const message = status > 499 ? 'The model gave no answer.' : error.message
  return reply.code(status).send({ error: { code: error.code, message } })
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

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`http://localhost:${app.server.address().port}/chat`)
