// The APIs of OpenAI, Anthropic and Google on Fastify.
// Run: node examples/handler-fastify.mjs
// Ask: point the SDK of OpenAI at http://localhost:3000/v1, that of Anthropic at http://localhost:3000

import Fastify from 'fastify'
import { createClient } from 'llmux'
import { createHandler } from 'llmux/server'
import './setup.mjs' // simulates providers without a key; not for your project

const handler = createHandler(createClient())

const app = Fastify({ bodyLimit: 32 * 1024 * 1024 })

app.all('/*', (request, reply) => {
  // the handler writes the response, and takes the body that Fastify has parsed
  reply.hijack()
  handler.node(Object.assign(request.raw, { body: request.body }), reply.raw)
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`http://localhost:${app.server.address().port}`)
