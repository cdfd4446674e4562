// Fastify with completion() and nothing else.
import { Readable } from 'node:stream'
import fastify from 'fastify'
import { createClient } from '../../dist/index.js'

const origin = process.argv[3]
const clientOf = (base) =>
  createClient({
    providers: { openai: { apiKey: 'k', apiBase: `${base}/v1` }, anthropic: { apiKey: 'k', apiBase: base } },
  })
async function* events(chunks) {
  for await (const chunk of chunks) yield `data: ${JSON.stringify(chunk)}\n\n`
  yield 'data: [DONE]\n\n'
}
const app = fastify()
for (const prefix of ['', '/paced']) {
  const client = clientOf(origin + prefix)
  app.post(`${prefix}/v1/chat/completions`, async ({ body }, reply) => {
    const answer = await client.completion(body)
    return body.stream ? reply.type('text/event-stream').send(Readable.from(events(answer))) : answer
  })
}
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
