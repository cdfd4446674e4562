import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient, MessagesStream, NotFoundError, Router, type SettledRecord } from '../src/index.js'

interface Received {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Record<string, unknown>
}

const servers: Server[] = []

/** A server that answers each request with the next text, as JSON or as a stream of events. */
async function serve(...answers: (string | { status: number; text: string })[]) {
  const requests: Received[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const body = JSON.parse(Buffer.concat(parts).toString())
    requests.push({ path: request.url ?? '', headers: request.headers, body })
    const next = answers.shift() ?? ''
    const { status, text } = typeof next === 'string' ? { status: 200, text: next } : next
    response.writeHead(status, {
      'content-type': text.startsWith('{') ? 'application/json' : 'text/event-stream',
      'request-id': 'req_7',
    })
    response.end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** Spaces, an escaped letter and an unknown field show whether the bytes pass. */
const message =
  '{"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [{"type": "text", "text": "Gr\\u00fc\\u00dfe"}], "stop_reason": "end_turn", "stop_sequence": null, "usage": {"input_tokens": 12, "output_tokens": 4, "cache_read_input_tokens": 100}, "novelty": 1.0}'

const events = [
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"usage":{"input_tokens":12,"output_tokens":1}}}\n\n',
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
  'event: ping\ndata: {"type": "ping"}\n\n',
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hal"}}\n\n',
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}\n\n',
  'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}\n\n',
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
]

const request = {
  model: 'anthropic/claude-sonnet-4-5',
  max_tokens: 50,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  messages: [{ role: 'user', content: 'Hi' }],
}

async function anthropicClient(...answers: Parameters<typeof serve>) {
  const server = await serve(...answers)
  const records: SettledRecord[] = []
  const client = createClient({
    providers: { anthropic: { apiKey: 'k', apiBase: server.base } },
    maxRetries: 0,
    onSettled: (record) => records.push(record),
  })
  return { ...server, client, records }
}

describe('messages() at a host with the Messages API', () => {
  it('sends the request unchanged, with the name of the model', async () => {
    const { client, requests } = await anthropicClient(message)
    await client.messages({ ...request, betas: ['context-1m', 'bad flag\n'], future_field: { a: 1 }, topK2: 4 })
    expect(requests[0]?.path).toBe('/v1/messages')
    expect(requests[0]?.body).toEqual({
      ...request,
      model: 'claude-sonnet-4-5',
      future_field: { a: 1 },
      topK2: 4,
    })
    expect(requests[0]?.headers['anthropic-beta']).toBe('context-1m')
    await client.close()
  })

  it('returns the answer of the provider, with cost and usage', async () => {
    const { client, records } = await anthropicClient(message)
    const answer = await client.messages(request)
    expect(answer).toEqual(JSON.parse(message))
    expect(answer.meta.usage).toMatchObject({ prompt_tokens: 112, completion_tokens: 4 })
    expect(answer.meta.cost.total).toBeGreaterThan(0)
    expect(answer.meta.operation).toBe('messages')
    expect(records).toMatchObject([{ operation: 'messages', outcome: 'success', usage: { prompt_tokens: 112 } }])
    await client.close()
  })

  it('streams the events of the provider, and counts usage', async () => {
    const { client, requests, records } = await anthropicClient(events.join(''))
    const stream = await client.messages({ ...request, stream: true })
    expect(stream).toBeInstanceOf(MessagesStream)
    const seen: string[] = []
    for await (const event of stream) seen.push(event.type)
    expect(seen).toEqual(events.map((text) => /^event: (\w+)/.exec(text)?.[1]))
    expect(requests[0]?.body.stream).toBe(true)
    expect(records).toMatchObject([{ stream: true, usage: { prompt_tokens: 12, completion_tokens: 9 } }])
    await client.close()
  })

  it('writes the events of the provider byte for byte', async () => {
    const { client } = await anthropicClient(events.join(''))
    const stream = await client.messages({ ...request, stream: true })
    expect(await new Response(stream.toReadableStream()).text()).toBe(events.join(''))
    await client.close()
  })

  it('fails with the class of the error, and retries a stream that fails before its content', async () => {
    const overloaded = {
      status: 529,
      text: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    }
    const missing = { status: 404, text: '{"type":"error","error":{"type":"not_found_error","message":"no model"}}' }
    const { client, requests } = await anthropicClient(overloaded, events.join(''), missing)
    const stream = await client.messages({ ...request, stream: true, maxRetries: 1 })
    expect((await stream.final()).content).toMatchObject([{ type: 'text', text: 'Hallo' }])
    expect(stream.meta.retries).toBe(1)
    await expect(client.messages(request)).rejects.toBeInstanceOf(NotFoundError)
    expect(requests).toHaveLength(3)
    await client.close()
  })

  it('has the answer so far on the error of a cut stream, as a chat answer', async () => {
    const { client, records } = await anthropicClient(events.slice(0, 4).join(''))
    const stream = await client.messages({ ...request, stream: true })
    const error = await stream.final().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'stream_interrupted', partial: { choices: [{ message: { content: 'Hal' } }] } })
    expect(records).toMatchObject([{ outcome: 'stream_interrupted' }])
    await client.close()
  })
})

describe('generateContent() at a host with that API', () => {
  const answer =
    '{"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP", "index": 0}], "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}'
  const body = { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], generationConfig: { maxOutputTokens: 9 } }

  it('sends the request unchanged and returns the answer of the provider', async () => {
    const { base, requests } = await serve(answer)
    const client = createClient({ providers: { gemini: { apiKey: 'k', apiBase: base } } })
    const result = await client.generateContent({ model: 'gemini/gemini-2.5-flash', ...body, newField: true })
    expect(result).toEqual(JSON.parse(answer))
    expect(result.meta.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 2 })
    expect(requests[0]?.path).toBe('/v1beta/models/gemini-2.5-flash:generateContent')
    expect(requests[0]?.body).toEqual({ ...body, newField: true })
    await client.close()
  })

  it('streams the events of the provider byte for byte', async () => {
    const text = `data: ${answer.replaceAll('"STOP"', 'null')}\n\ndata: ${answer}\n\n`
    const { base, requests } = await serve(text)
    const client = createClient({ providers: { gemini: { apiKey: 'k', apiBase: base } } })
    const stream = await client.generateContent({ model: 'gemini/gemini-2.5-flash', ...body, stream: true })
    expect(await new Response(stream.toReadableStream()).text()).toBe(text)
    expect(stream.meta.usage).toMatchObject({ prompt_tokens: 5 })
    expect(requests[0]?.path).toBe('/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
    await client.close()
  })
})

describe('messages() of a Router', () => {
  it('falls back from one deployment with the API to another', async () => {
    const { base, requests } = await serve(
      { status: 500, text: '{"type":"error","error":{"type":"api_error","message":"x"}}' },
      message,
    )
    const router = new Router({
      modelList: ['a', 'b'].map((id) => ({
        id,
        modelName: 'claude',
        params: {
          model: 'anthropic/claude-sonnet-4-5',
          apiKey: 'k',
          apiBase: base,
          temperature: 0.5,
          reasoning_effort: 'low',
        },
      })),
    })
    const answer = await router.messages({ ...request, model: 'claude' })
    expect(answer.content).toEqual([{ type: 'text', text: 'Grüße' }])
    expect(answer.meta.attempts).toHaveLength(2)
    expect(requests[1]?.body).toEqual({ ...request, model: 'claude-sonnet-4-5', temperature: 0.5 })
    expect(answer.meta.warnings).toMatchObject([{ type: 'dropped', param: 'reasoning_effort' }])
    await router.close()
  })
})
