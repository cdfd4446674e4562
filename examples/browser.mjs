// A page that reads a stream of your server, and the server's route. The page's part also runs in a browser.
// Run: node examples/browser.mjs

import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { createClient, toHttpError } from 'llmux'
import { fetchStream, StreamError } from 'llmux/browser'
import { done } from './setup.mjs'

// the server
const client = createClient()
const server = createServer(async (request, response) => {
  try {
    const { question } = JSON.parse(Buffer.concat(await request.toArray()).toString())
    const messages = [{ role: 'user', content: question }]
    const stream = await client.completion({ model: 'openai/gpt-4o-mini', messages, stream: true })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    Readable.fromWeb(stream.toReadableStream({ onError: 'event' })).pipe(response)
  } catch (error) {
    const { status, headers, body } = toHttpError(error)
    response.writeHead(status, headers).end(JSON.stringify(body))
  }
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}/chat`

// the page
const show = (text) => process.stdout.write(text)
try {
  const stream = await fetchStream(url, { body: { question: 'Say hello.' } })
  for await (const chunk of stream) show(chunk.choices[0]?.delta.content ?? '')
  show(`\nfinish_reason: ${(await stream.final()).choices[0].finish_reason}\n`)
  await fetchStream(url, { body: {} })
} catch (error) {
  if (!(error instanceof StreamError)) throw error
  show(`${error.code}: ${error.status} ${error.type}\n`)
}

server.close()
await client.close()
await done()
