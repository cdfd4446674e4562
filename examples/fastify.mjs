// A chat endpoint on Fastify: streams to the browser and stops the model if the browser disconnects.
// Run: node examples/fastify.mjs
// Ask: curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Hi"}]}'

import Fastify from 'fastify'
import { completion, LLMError, toHttpError } from 'llmux'
import './setup.mjs' // simulates providers without a key; not for your project

const app = Fastify()

app.post('/chat', async (request, reply) => {
  // the browser may leave before the first token, or during a retry
  const disconnected = new AbortController()
  reply.raw.on('close', () => disconnected.abort())

  const stream = await completion({
    model: 'openai/gpt-4o-mini',
    messages: request.body?.messages,
    max_tokens: 1000,
    stream: true,
    signal: disconnected.signal,
  })
  reply.header('content-type', 'text/event-stream').header('cache-control', 'no-cache')
  return reply.send(stream.toReadableStream())
})

app.setErrorHandler((error, _request, reply) => {
  if (!LLMError.is(error)) return reply.send(error)
  const { status, headers, body } = toHttpError(error)
  if (status >= 500) console.error(error.message)
  return reply.code(status).headers(headers).send(body)
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`http://localhost:${app.server.address().port}/chat`)
