// Prometheus: metrics of calls, for a scraper to fetch from /metrics.
// Run: node examples/prometheus.mjs   (needs prom-client: npm install prom-client)

import { once } from 'node:events'
import { createServer } from 'node:http'
import { createClient } from 'llmux'
import { prometheus } from 'llmux/prometheus'
import { done } from './setup.mjs'

const metrics = prometheus()
const client = createClient({ callbacks: [metrics] })

const server = createServer(async (request, response) => {
  if (request.url !== '/metrics') return response.writeHead(404).end()
  response.setHeader('content-type', metrics.contentType)
  response.end(await client.metrics())
})
await once(server.listen(0, '127.0.0.1'), 'listening')

const messages = [{ role: 'user', content: 'Say hello.' }]
await client.completion({ model: 'openai/gpt-4o-mini', messages })
const stream = await client.completion({ model: 'anthropic/claude-sonnet-4-5', messages, max_tokens: 50, stream: true })
await stream.text()
await client
  .completion({ model: 'openai/gpt-4o-mini', messages, apiKey: 'wrong' })
  .catch((error) => console.log(error.name))

// events are delivered after the fact; a scraper that comes later needs no flush()
await client.flush()
const scraped = await fetch(`http://127.0.0.1:${server.address().port}/metrics`)
console.log(scraped.headers.get('content-type'))
for (const line of (await scraped.text()).split('\n')) {
  if (/^llmux_(requests|errors|tokens|spend_usd)_total/.test(line)) console.log(line)
}

await client.close()
server.close()
await done()
