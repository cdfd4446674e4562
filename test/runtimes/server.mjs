// The server behind the checks: answers that a check needs and the simulator does not have, and the signature of Bedrock.
import { createHash, createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'

const chunk = (content) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content } }] })}\n\n`

const answer = (content) =>
  JSON.stringify({
    ...{ id: 'x', object: 'chat.completion', created: 1, model: 'm' },
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  })

const eventStream = { 'content-type': 'text/event-stream' }

/**
 * @param simulator address of the simulator, which answers the requests with a valid signature
 */
export async function startServer(simulator) {
  const state = { closed: 0, flooded: 0 }

  const chats = {
    endless(response) {
      response.writeHead(200, eventStream)
      const timer = setInterval(() => response.write(chunk('more ')), 10)
      response.on('close', () => {
        clearInterval(timer)
        state.closed++
      })
    },
    stall(response) {
      response.writeHead(200, eventStream).write(chunk('some'))
    },
    flood(response) {
      state.flooded = 0
      const block = chunk('x'.repeat(4 * 1024))
      const more = () => {
        while (!response.destroyed) {
          state.flooded += block.length
          if (state.flooded > 128 * 1024 * 1024) return response.destroy()
          if (!response.write(block)) return void response.once('drain', more)
        }
      }
      response.writeHead(200, eventStream)
      more()
    },
    gzip(response) {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
      response.writeHead(200, headers).end(gzipSync(answer('żółć')))
    },
    redirect(response) {
      response.writeHead(307, { location: `${simulator}/v1/chat/completions` }).end()
    },
  }

  const server = createServer(async (request, response) => {
    if (request.url === '/state') return response.end(JSON.stringify(state))
    const parts = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts).toString()
    if (request.url.startsWith('/model/')) return forward(request, body, response)
    const run = chats[JSON.parse(body).model]
    if (run) run(response)
    else response.writeHead(404).end()
  })

  async function forward(request, body, response) {
    const fault = faultOf(request, body)
    if (fault)
      return response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ message: fault }))
    const headers = { 'content-type': 'application/json', authorization: request.headers.authorization }
    const answered = await fetch(`${simulator}${request.url}`, { method: 'POST', headers, body })
    response.writeHead(answered.status, { 'content-type': answered.headers.get('content-type') })
    response.end(Buffer.from(await answered.arrayBuffer()))
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The key that the checks sign with. */
const secret = 'simulated/secret+key'

/**
 * Checks a signature of version 4 by itself, after AWS's description.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function faultOf({ method, url, headers }, body) {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(\d{8})\/eu-west-1\/bedrock\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w{64})$/
  const [, day, signed, signature] = pattern.exec(headers.authorization ?? '') ?? []
  if (!signature) return 'no signature'
  const hex = (text) => createHash('sha256').update(text).digest('hex')
  const hmac = (key, text) => createHmac('sha256', key).update(text).digest()
  const path = url.split('/').map(encodeURIComponent).join('/')
  const lines = signed.split(';').map((name) => `${name}:${headers[name] ?? ''}\n`)
  const canonical = [method, path, '', lines.join(''), signed, hex(body)].join('\n')
  const scope = `${day}/eu-west-1/bedrock/aws4_request`
  const key = [day, 'eu-west-1', 'bedrock', 'aws4_request'].reduce(hmac, `AWS4${secret}`)
  const expected = hmac(key, `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${hex(canonical)}`).toString('hex')
  return expected === signature ? undefined : 'a wrong signature'
}
