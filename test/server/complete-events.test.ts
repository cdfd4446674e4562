import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../../src/index.js'

/** The events of a local server that has no numbers, and no output in a response that begins. */
const message = { id: 'msg_a', type: 'message', role: 'assistant', status: 'completed' }
const call = { id: 'fc_b', type: 'function_call', call_id: 'call_b', name: 'look', status: 'completed' }
const text = (value: string) => ({ type: 'output_text', annotations: [], text: value })
const output = [
  { ...message, content: [text('One '), text('two')] },
  { ...call, arguments: '{"at":1}' },
]
const events = [
  { type: 'response.created', response: { id: 'resp_1', object: 'response', status: 'in_progress' } },
  { type: 'response.in_progress', response: { id: 'resp_1', object: 'response', status: 'in_progress' } },
  { type: 'response.output_item.added', item: { ...message, status: 'in_progress', content: [] } },
  { type: 'response.content_part.added', item_id: 'msg_a', part: text('') },
  { type: 'response.output_text.delta', item_id: 'msg_a', delta: 'One ' },
  { type: 'response.output_text.done', item_id: 'msg_a', text: 'One ' },
  { type: 'response.content_part.done', item_id: 'msg_a', part: text('One ') },
  { type: 'response.content_part.added', item_id: 'msg_a', part: text('') },
  { type: 'response.output_text.delta', item_id: 'msg_a', delta: 'two' },
  { type: 'response.content_part.done', item_id: 'msg_a', part: text('two') },
  { type: 'response.output_item.done', item: output[0] },
  { type: 'response.output_item.added', item: { ...call, status: 'in_progress', arguments: '' } },
  { type: 'response.function_call_arguments.delta', item_id: 'fc_b', delta: '{"at":1}' },
  { type: 'response.output_item.done', item: output[1] },
  {
    type: 'response.completed',
    response: {
      ...{ id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'small', output },
      usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
    },
  },
]

/** An answer of the Messages API without its start. */
const messageEvents = [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
]

let server: Server
let client: Client

beforeAll(async () => {
  server = createServer(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of url === '/v1/messages' ? messageEvents : events)
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const providers = { llamacpp: { apiBase: `${origin}/v1` }, anthropic: { apiBase: origin, apiKey: 'k' } }
  client = createClient({ maxRetries: 0, providers })
})
afterAll(async () => {
  await client.close()
  server.closeAllConnections()
  server.close()
})

const request = { model: 'llamacpp/small', input: 'Count.' }

describe('a stream of the Responses API from a server that leaves out numbers and lists', () => {
  it('gets them, in order', async () => {
    const response = await client.fetch('http://llmux/v1/responses', {
      method: 'POST',
      body: JSON.stringify({ ...request, stream: true }),
    })
    const found = [...(await response.text()).matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(String(data)))
    expect(found.map(({ type }) => type)).toEqual(events.map(({ type }) => type))
    expect(found.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
    expect(found.map(({ output_index: at }) => at)).toEqual([
      ...[undefined, undefined, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      ...[1, 1, 1, undefined],
    ])
    expect(found.map(({ content_index: at }) => at)).toEqual([
      ...[undefined, undefined, undefined, 0, 0, 0, 0, 1, 1, 1, undefined],
      ...[undefined, undefined, undefined, undefined],
    ])
    expect(found[0].response.output).toEqual([])
  })

  it('is read by the openai package', async () => {
    const openai = new OpenAI({ apiKey: 'any', baseURL: 'http://llmux/v1', fetch: client.fetch, maxRetries: 0 })
    const final = await openai.responses.stream(request).finalResponse()
    expect(final.output_text).toBe('One two')
    expect(final.output[1]).toMatchObject({ type: 'function_call', arguments: '{"at":1}' })
  })
})

describe('a stream of the Messages API from a server that leaves out message_start', () => {
  it('begins with it, and is read by @anthropic-ai/sdk', async () => {
    const anthropic = new Anthropic({ apiKey: 'any', baseURL: 'http://llmux', fetch: client.fetch, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const stream = anthropic.messages.stream({ model: 'anthropic/small', max_tokens: 9, messages })
    const types: string[] = []
    stream.on('streamEvent', ({ type }) => types.push(type))
    expect(await stream.finalMessage()).toMatchObject({
      ...{ id: expect.stringMatching(/^msg_/), model: 'anthropic/small', role: 'assistant' },
      content: [{ type: 'text', text: 'Hello' }],
      usage: { output_tokens: 2 },
    })
    expect(types).toEqual(['message_start', ...messageEvents.map(({ type }) => type)])
  })
})
