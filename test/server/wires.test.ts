import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { type Client, createClient } from '../../src/index.js'
import { createHandler, type Handler, type HandlerResponse } from '../../src/server/index.js'

let simulator: Simulator
let client: Client
let handler: Handler

beforeAll(async () => {
  simulator = await startSimulator()
  const at = (provider: string) => ({ apiBase: simulator.base(provider), apiKey: 'k' })
  client = createClient({
    maxRetries: 0,
    providers: { openai: at('openai'), anthropic: at('anthropic'), gemini: at('gemini'), cohere: at('cohere') },
  })
  handler = createHandler(client)
})

afterAll(async () => {
  await client.close()
  await simulator.close()
})

async function textOf({ body }: HandlerResponse): Promise<string> {
  if (typeof body === 'string') return body
  let text = ''
  for await (const part of body ?? []) text += part
  return text
}

async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const response = await handler.handle({ method: 'POST', url, headers, body: JSON.stringify(body) })
  const text = await textOf(response)
  return { ...response, text }
}

const upstreams = [
  'openai/gpt-4o-mini',
  'anthropic/claude-sonnet-4-5',
  'gemini/gemini-2.5-flash',
  'cohere/command-a-03-2025',
  'openai/responses/gpt-4o-mini',
]

describe.each(upstreams)('%s', (model) => {
  it('answers /v1/messages', async () => {
    const request = { model, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }
    const { status, text } = await post('/v1/messages?beta=true', request)
    expect(status, text).toBe(200)
    expect(JSON.parse(text)).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'You said: Hi' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    })
    const streamed = await post('/v1/messages', { ...request, stream: true })
    const names = [...streamed.text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name)
    expect(names[0]).toBe('message_start')
    expect(names.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop'])
    const words = [...streamed.text.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, word]) => word)
    expect(words.join('')).toBe('You said: Hi')
  })

  it('answers :generateContent and :streamGenerateContent', async () => {
    const path = `/v1beta/models/${model}`
    const request = { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }
    const { status, text } = await post(`${path}:generateContent`, request)
    expect(status, text).toBe(200)
    expect(JSON.parse(text)).toMatchObject({
      candidates: [{ content: { role: 'model', parts: [{ text: 'You said: Hi' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: expect.any(Number) },
    })
    const sse = await post(`${path}:streamGenerateContent?alt=sse`, request)
    const array = await post(`${path}:streamGenerateContent`, request)
    expect(array.headers['content-type']).toBe('application/json')
    const events = sse.text
      .split(/\r?\n\r?\n/)
      .filter(Boolean)
      .map((event) => JSON.parse(event.slice(6)))
    const wordsOf = (list: { candidates?: { content?: { parts?: { text?: string }[] } }[] }[]) =>
      list.map((event) => event.candidates?.[0]?.content?.parts?.map((part) => part.text ?? '').join('') ?? '').join('')
    expect(wordsOf(events)).toBe('You said: Hi')
    expect(wordsOf(JSON.parse(array.text))).toBe('You said: Hi')
  })

  it('answers /v1/responses, and knows its items by their ids', async () => {
    const { status, text } = await post('/v1/responses', { model, input: 'Hi' })
    expect(status, text).toBe(200)
    const first = JSON.parse(text)
    expect(first).toMatchObject({ object: 'response', status: 'completed', output: [{ type: 'message' }] })
    const second = await post('/v1/responses', {
      model,
      previous_response_id: first.id,
      input: [{ role: 'user', content: 'Again' }],
      stream: true,
    })
    expect(second.text).toContain('event: response.completed')
    const sent = JSON.stringify(simulator.requests.at(-1)?.body)
    expect(sent).toContain('You said: Hi')
    expect(sent).toContain('Again')
    const id = first.output[0].id
    const input = [
      { role: 'user', content: 'Hi' },
      { type: 'item_reference', id },
      { role: 'user', content: 'More' },
    ]
    expect((await post('/v1/responses', { model, input })).status).toBe(200)
    expect(JSON.stringify(simulator.requests.at(-1)?.body)).toContain('You said: Hi')
    const get = (method: string) => handler.handle({ method, url: `/v1/responses/${first.id}`, headers: {} })
    expect(JSON.parse(await textOf(await get('GET'))).id).toBe(first.id)
    expect(JSON.parse(await textOf(await get('DELETE')))).toMatchObject({ deleted: true })
    expect((await get('GET')).status).toBe(404)
  })

  it('counts tokens for Anthropic and Gemini clients', async () => {
    const anthropic = await post('/v1/messages/count_tokens', { model, messages: [{ role: 'user', content: 'Hello' }] })
    expect(JSON.parse(anthropic.text), anthropic.text).toEqual({ input_tokens: expect.any(Number) })
    const gemini = await post(`/v1beta/models/${model}:countTokens`, { contents: [{ parts: [{ text: 'Hello' }] }] })
    expect(JSON.parse(gemini.text), gemini.text).toEqual({ totalTokens: expect.any(Number) })
  })

  it('reports an error inside a stream as an event of the API', async () => {
    const contents = [{ parts: [{ text: 'one two three four five six' }] }]
    const messages = [{ role: 'user', content: 'one two three four five six' }]
    const ask = async (url: string, body: object) => {
      simulator.fail({ kind: 'cut', afterChunks: 2 })
      const { status, text } = await post(url, body)
      expect(status, text).toBe(200)
      return text.trim()
    }
    const lastOf = (text: string) => text.slice(text.lastIndexOf('\n\n') + 2)
    const chat = await ask('/v1/chat/completions', { model, messages, stream: true })
    expect(lastOf(chat)).toMatch(/^data: {"error":{"message":"[^"]+","type":"server_error"/)
    expect(lastOf(await ask('/v1/messages', { model, messages, max_tokens: 9, stream: true }))).toMatch(
      /^event: error\ndata: {"type":"error","error":{"type":"api_error","message"/,
    )
    expect(lastOf(await ask('/v1/responses', { model, input: messages, stream: true }))).toMatch(
      /^event: error\ndata: {"type":"error","sequence_number":\d+,"code":"server_error"/,
    )
    const path = `/v1beta/models/${model}:streamGenerateContent`
    expect(lastOf(await ask(`${path}?alt=sse`, { contents }))).toMatch(/^data: {"error":{"code":500/)
    expect(JSON.parse(await ask(path, { contents })).at(-1)).toMatchObject({ error: { code: 500 } })
  })
})
