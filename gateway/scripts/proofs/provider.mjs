// A provider that keeps a bill. The last message of a request is JSON and says how to answer:
//   { id, in, out, ms, chunks, chunkMs, status, reset, garbage }  — tokens, delay, number of chunks of a stream and their
//   distance, an error, the chunk before which the connection breaks off (or 'at once'), a text that is no JSON
import { createServer } from 'node:http'
import { atEnd } from './servers.mjs'

/** Prices of the model that the proofs use, in 10⁻⁹ US dollars per token. */
export const price = { input: 2_500, output: 10_000 }
export const costOf = (directive) => directive.in * price.input + directive.out * price.output

const head = (id) => ({ id: `chatcmpl-${id}`, created: 1, model: 'gpt-4o' })

export async function startProvider() {
  /** The billed amount, by the id of the call. */
  const bill = new Map()
  /** Arrival and end of all requests: [directive, arrival, end]. */
  const seen = []
  const open = new Map()
  const most = new Map()
  const count = (label, step) => {
    const now = (open.get(label) ?? 0) + step
    open.set(label, now)
    if (now > (most.get(label) ?? 0)) most.set(label, now)
  }
  const server = createServer((request, response) => {
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString())
      const text = body.messages.at(-1).content
      const directive = {
        in: 12,
        out: 8,
        ms: 20,
        chunks: 10,
        chunkMs: 10,
        ...JSON.parse(text.slice(text.indexOf('{'))),
      }
      directive.out = Math.min(directive.out, body.max_tokens ?? body.max_completion_tokens ?? directive.out)
      const entry = [directive, Date.now(), 0]
      seen.push(entry)
      const labels = directive.labels ?? []
      for (const label of labels) count(label, 1)
      const end = () => {
        entry[2] = Date.now()
        for (const label of labels) count(label, -1)
        const nanos = costOf(directive)
        const before = bill.get(directive.id)
        bill.set(directive.id, { nanos: nanos + (before?.nanos ?? 0), times: 1 + (before?.times ?? 0) })
      }
      const failed = (status) => {
        for (const label of labels) count(label, -1)
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ error: { message: 'No.', type: 'server_error', code: null } }))
      }
      if (directive.status) return setTimeout(() => failed(directive.status), directive.ms)
      if (directive.reset === 'at once') {
        for (const label of labels) count(label, -1)
        return request.socket.destroy()
      }
      if (directive.garbage) {
        end()
        response.setHeader('content-type', 'application/json')
        return response.end('<html>')
      }
      const usage = {
        prompt_tokens: directive.in,
        completion_tokens: directive.out,
        total_tokens: directive.in + directive.out,
      }
      if (body.stream) return stream(response, directive, usage, end)
      setTimeout(() => {
        end()
        response.setHeader('content-type', 'application/json')
        const message = { role: 'assistant', content: 'Hello' }
        response.end(
          JSON.stringify({
            ...head(directive.id),
            object: 'chat.completion',
            choices: [{ index: 0, message, finish_reason: 'stop' }],
            usage,
          }),
        )
      }, directive.ms)
    })
  })
  function stream(response, directive, usage, end) {
    const { id, chunks, chunkMs, ms } = directive
    const send = (choices, more = {}) =>
      response.write(`data: ${JSON.stringify({ ...head(id), object: 'chat.completion.chunk', choices, ...more })}\n\n`)
    const delta = (content) => [{ index: 0, delta: { content }, finish_reason: null }]
    const step = (at) => {
      if (directive.reset === at) response.destroy()
      if (response.destroyed) return end()
      // one word, which counts as one token at least
      if (at < chunks) {
        const more = send(delta(directive.text ?? 'word '))
        if (chunkMs > 0) return setTimeout(step, chunkMs, at + 1)
        if (more || response.destroyed) return setImmediate(step, at + 1)
        const again = () => {
          response.off('close', again)
          response.off('drain', again)
          step(at + 1)
        }
        response.on('drain', again)
        return response.on('close', again)
      }
      send([{ index: 0, delta: {}, finish_reason: 'stop' }])
      send([], { usage })
      end()
      response.end('data: [DONE]\n\n')
    }
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      step(0)
    }, ms)
  }
  server.keepAliveTimeout = 60_000
  await new Promise((done) => server.listen(0, '127.0.0.1', 4_096, done))
  atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  return { base: `http://127.0.0.1:${server.address().port}/v1`, bill, seen, most, open }
}

/** A configuration with one model of the provider. */
export const configOf = (provider, { redis, ...more } = {}) => ({
  model_list: [
    {
      model_name: 'gpt-4o',
      litellm_params: {
        ...{ model: 'openai/gpt-4o', api_base: provider.base, api_key: 'key' },
        input_cost_per_token: price.input / 1e9,
        output_cost_per_token: price.output / 1e9,
      },
    },
  ],
  router_settings: {
    num_retries: 0,
    disable_cooldowns: true,
    ...(redis && { redis_host: '127.0.0.1', redis_port: redis.port }),
  },
  ...more,
})
