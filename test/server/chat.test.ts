import { afterEach, describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import {
  type ChatCompletion,
  type ChatParams,
  type Client,
  createClient,
  PermissionDeniedError,
  Router,
  type SettledRecord,
} from '../../src/index.js'
import { createHandler, type HandlerOptions, type HandlerResponse } from '../../src/server/index.js'

const clients: Client[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

function setUp(options: HandlerOptions = {}) {
  const mock = mockProvider({ reply: 'Hello' })
  const client = createClient({
    dispatcher: mock.dispatcher,
    maxRetries: 0,
    providers: { openai: { apiKey: 'k' }, anthropic: { apiKey: 'k' }, gemini: { apiKey: 'k' } },
  })
  clients.push(client)
  const handler = createHandler(client, options)
  const post = async (url: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await handler.handle({ method: 'POST', url, headers, body: JSON.stringify(body) })
    return { ...response, ...(await read(response)) }
  }
  return { mock, client, handler, post }
}

/** The text of a response, and its JSON if it is no stream. */
async function read({ body }: HandlerResponse) {
  let text = ''
  if (typeof body === 'string') text = body
  else for await (const part of body ?? []) text += part
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {}
  return { text, json: parsed }
}

const dataOf = (text: string): unknown[] =>
  text
    .split('\n\n')
    .filter((event) => event.includes('data: {'))
    .map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)))

const messages = [{ role: 'user', content: 'Hi' }]

describe('POST /v1/chat/completions', () => {
  it('answers with a chat completion of any model', async () => {
    const { post, mock } = setUp()
    for (const model of ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-flash']) {
      const { status, headers, json } = await post('/v1/chat/completions', { model, messages })
      expect(status).toBe(200)
      expect(headers['content-type']).toBe('application/json')
      expect(headers['x-request-id']).toMatch(/^req_/)
      expect(json).toMatchObject({ object: 'chat.completion', choices: [{ message: { content: 'Hello' } }] })
    }
    expect(mock.requests.map((one) => one.wire)).toEqual(['openai', 'anthropic', 'gemini'])
  })

  it('works without /v1, under a base path, and on the paths of Azure and of engines', async () => {
    const { post } = setUp()
    for (const path of ['/chat/completions', '/v1/chat/completions/', '/openai/v1/chat/completions']) {
      expect((await post(path, { model: 'openai/gpt-4o', messages })).status, path).toBe(200)
    }
    for (const path of [
      '/openai/deployments/openai%2Fgpt-4o/chat/completions?api-version=2024-10-21',
      '/engines/openai/gpt-4o/chat/completions',
      '/openai/v1/engines/openai%2Fgpt-4o/chat/completions',
      '/v1/engines/openai%2Fgpt-4o/chat/completions',
    ]) {
      expect((await post(path, { messages })).status, path).toBe(200)
    }
    const under = setUp({ basePath: '/api/llm' })
    expect((await under.post('/api/llm/v1/chat/completions', { model: 'openai/gpt-4o', messages })).status).toBe(200)
    expect((await under.post('/v1/chat/completions', { model: 'openai/gpt-4o', messages })).status).toBe(404)
  })

  it('streams chunks that have the same content as those of the client, and ends with [DONE]', async () => {
    const { post, client, mock } = setUp()
    mock.reply(
      { text: 'Grüße "an" alle\n\u2028', reasoning: 'Hm', toolCalls: [{ name: 'f', arguments: { a: 1 } }] },
      { times: 2 },
    )
    const request = {
      model: 'anthropic/claude-sonnet-4-5',
      messages,
      max_tokens: 4000,
      tools: [{ type: 'function', function: { name: 'f' } }],
    }
    const chunks = []
    const stream = await client.completion({ ...(request as unknown as ChatParams), stream: true })
    for await (const chunk of stream) chunks.push(chunk)
    const { text, headers } = await post('/v1/chat/completions', { ...request, stream: true })
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    const same = (list: unknown[]) => list.map((chunk) => ({ ...(chunk as object), id: '', created: 0 }))
    expect(same(dataOf(text))).toEqual(JSON.parse(JSON.stringify(same(chunks))))
  })

  it('sends usage as a chunk without choices, only if it is requested', async () => {
    const { post } = setUp()
    const request = { model: 'openai/gpt-4o', messages, stream: true }
    const without = dataOf((await post('/v1/chat/completions', request)).text)
    expect(without.every((chunk) => (chunk as { choices: unknown[] }).choices.length === 1)).toBe(true)
    const given = { ...request, stream_options: { include_usage: true } }
    const last = dataOf((await post('/v1/chat/completions', given)).text).at(-1)
    expect(last).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
  })

  it('takes no options from the body', async () => {
    const { post, mock } = setUp()
    const { status, headers } = await post('/v1/chat/completions', {
      model: 'openai/gpt-4o',
      messages,
      api_base: 'http://127.0.0.1:1',
      apiKey: 'stolen',
      base_url: 'http://127.0.0.1:1',
      extra_body: { a: 1 },
      timeout: 1,
      tags: ['a'],
      connectTimeout: 1,
    })
    expect(status).toBe(200)
    expect(mock.requests[0]?.headers.authorization).toBe('Bearer k')
    expect(mock.requests[0]?.body).toEqual({ model: 'gpt-4o', messages })
    expect(headers['x-llmux-warnings']).toBe(
      'ignored: api_base; ignored: apiKey; ignored: base_url; ignored: extra_body; ignored: timeout; ignored: tags; ignored: connectTimeout',
    )
  })

  it('names the options that it left out in every response', async () => {
    const { post } = setUp()
    const options = { apiBase: 'http://127.0.0.1:1', api_key: 'stolen', maxRetries: 3 }
    const named = 'ignored: apiBase; ignored: api_key; ignored: maxRetries'
    const chat = { model: 'openai/gpt-4o', messages, ...options }
    const paths = {
      '/v1/chat/completions': chat,
      '/v1/messages': { ...chat, max_tokens: 9 },
      '/v1/responses': { model: 'openai/gpt-4o', input: 'Hi', ...options },
      '/v1/completions': { model: 'openai/gpt-4o', prompt: 'Hi', ...options },
      '/v1beta/models/openai/gpt-4o:generateContent': { contents: [{ parts: [{ text: 'Hi' }] }], ...options },
    }
    for (const [path, body] of Object.entries(paths)) {
      expect((await post(path, body)).headers['x-llmux-warnings'], path).toContain(named)
      const streamed = path.replace(':generate', ':streamGenerate')
      expect((await post(streamed, { ...body, stream: true })).headers['x-llmux-warnings'], streamed).toContain(named)
    }
    const { status, headers } = await post('/v1/chat/completions', { ...chat, model: 'nothing/known' })
    expect([status, headers['x-llmux-warnings']]).toEqual([404, named])
  })

  it('takes no options from the bodies of other APIs', async () => {
    const { post, mock } = setUp()
    const options = { api_base: 'http://127.0.0.1:1', baseUrl: 'x', apiKey: 'stolen', num_retries: 3, fallbacks: ['a'] }
    const anthropic = { model: 'anthropic/claude-sonnet-4-5', max_tokens: 9, messages }
    expect((await post('/v1/messages', { ...anthropic, ...options, newField: 1 })).status).toBe(200)
    expect(mock.requests[0]?.body).toEqual({ ...anthropic, model: 'claude-sonnet-4-5', newField: 1 })
    const gemini = { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], generationConfig: { maxOutputTokens: 9 } }
    const path = '/v1beta/models/gemini/gemini-2.5-flash:generateContent'
    expect((await post(path, { ...gemini, ...options, stream: true, model: 'other' })).status).toBe(200)
    expect(mock.requests[1]?.body).toEqual(gemini)
    expect(mock.requests[1]?.headers['x-goog-api-key']).toBe('k')
  })

  it('keeps no prototype keys of a body', async () => {
    const { handler, mock } = setUp()
    const body = `{"model":"openai/gpt-4o","messages":[{"role":"user","content":"Hi","__proto__":{"name":"x"}}],"__proto__":{"n":2},"constructor":1}`
    const response = await handler.handle({ method: 'POST', url: '/v1/chat/completions', headers: {}, body })
    expect(response.status).toBe(200)
    expect(JSON.stringify(mock.requests[0]?.body)).toBe(
      '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}',
    )
  })

  it('passes fields on that it does not know, also those that look like misspelled ones', async () => {
    const { post, mock } = setUp()
    const fields = { client_metadata: { a: 1 }, messages_2: 1, temperatures: 3 }
    expect((await post('/v1/chat/completions', { model: 'openai/gpt-4o', messages, ...fields })).status).toBe(200)
    expect(mock.requests[0]?.body).toMatchObject(fields)
  })
})

describe('a request that leads to no call', () => {
  it('gets an error of its API', async () => {
    const { handler, post } = setUp({ maxBodyBytes: 100 })
    const ask = async (method: string, url: string, more: object = {}) => {
      const response = await handler.handle({ method, url, headers: {}, ...more })
      return { ...response, ...(await read(response)) }
    }
    expect(await ask('POST', '/v1/unknown')).toMatchObject({ status: 404, json: { error: { code: 'unknown_url' } } })
    expect(await ask('POST', '/v1/messages/batches')).toMatchObject({ status: 404, json: { type: 'error' } })
    expect(await ask('GET', '/v1/chat/completions')).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect(await ask('GET', '/v1/responses', { headers: { upgrade: 'websocket' } })).toMatchObject({ status: 426 })
    expect(await ask('POST', '/v1/chat/completions', { body: '{' })).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining('must be JSON') } },
    })
    expect(await ask('POST', '/v1/chat/completions', { body: '[]' })).toMatchObject({ status: 400 })
    expect(await ask('POST', '/v1/chat/completions')).toMatchObject({ status: 400 })
    expect(await ask('POST', '/v1/chat/completions', { body: new Uint8Array([0xff]) })).toMatchObject({ status: 400 })
    expect(await post('/v1/chat/completions', { a: 'x'.repeat(100) })).toMatchObject({ status: 413 })
    expect(
      await ask('POST', '/v1/chat/completions', { headers: { 'content-encoding': 'br' }, body: new Uint8Array(4) }),
    ).toMatchObject({ status: 415 })
    expect(await post('/v1/messages', { a: 'x'.repeat(100) })).toMatchObject({
      status: 413,
      json: { type: 'error', error: { type: 'request_too_large' }, request_id: expect.any(String) },
    })
  })

  it('gets 404 for an unknown model', async () => {
    const { post } = setUp()
    expect(await post('/v1/chat/completions', { model: 'nothing/x', messages })).toMatchObject({
      status: 404,
      json: { error: { code: 'model_not_found', message: expect.stringContaining("Unknown provider 'nothing'") } },
    })
  })
})

describe('hooks', () => {
  it('check the caller, change the call, add headers and record its end', async () => {
    const records: [SettledRecord, unknown][] = []
    const { post, mock } = setUp({
      authorize({ headers }, { dialect }) {
        if (headers.authorization !== 'Bearer good') throw new PermissionDeniedError(`No access to ${dialect}.`)
        return { team: 'a' }
      },
      beforeCall({ params, context, id }) {
        params.model = 'openai/gpt-4o-mini'
        return { tags: [(context as { team: string }).team, id] }
      },
      responseHeaders: (call, meta, error) => ({
        'x-model': meta?.model ?? 'none',
        'x-error': error?.code ?? `a\r\nb: ${String(call.params.model)}`,
      }),
      onSettled: (record, { context }) => records.push([record, context]),
    })
    const request = { model: 'anything', messages }
    expect(await post('/v1/messages', request)).toMatchObject({
      status: 403,
      headers: { 'x-error': 'permission_denied' },
      json: { type: 'error', error: { type: 'permission_error', message: 'No access to anthropic.' } },
    })
    expect(mock.requests).toHaveLength(0)
    const { status, headers } = await post('/v1/chat/completions', request, { authorization: 'Bearer good' })
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'x-model': 'gpt-4o-mini', 'x-error': 'a b: openai/gpt-4o-mini' })
    expect(records).toMatchObject([[{ outcome: 'success', tags: ['a', headers['x-request-id']] }, { team: 'a' }]])
  })

  it('name the model of a chat and of each of its chunks', async () => {
    const { post, client } = setUp({ answerModel: ({ params }, meta) => `${params.user}/${meta.model}` })
    const request = { model: 'openai/gpt-4o', messages, user: 'u "1"' }
    const model = 'u "1"/gpt-4o'
    const { json } = await post('/v1/chat/completions', request)
    const whole = (await client.completion(request as unknown as ChatParams)) as ChatCompletion
    expect(json).toMatchObject({ model, choices: whole.choices })
    const { text } = await post('/v1/chat/completions', { ...request, stream: true })
    const chunks = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, chunk]) => JSON.parse(chunk ?? '') as object)
    expect(chunks.length).toBeGreaterThan(2)
    for (const chunk of chunks) expect(chunk).toMatchObject({ model, object: 'chat.completion.chunk' })
  })
})

describe('other endpoints', () => {
  it('answer embeddings as numbers and as base64', async () => {
    const { post } = setUp()
    const request = { model: 'openai/text-embedding-3-small', input: ['a', 'b'], dimensions: 4 }
    const plain = (await post('/v1/embeddings', request)).json as { data: { embedding: number[] }[] }
    const packed = (await post('/v1/embeddings', { ...request, encoding_format: 'base64' })).json as {
      data: { embedding: string }[]
    }
    const bytes = Buffer.from(packed.data[1]?.embedding ?? '', 'base64')
    const vector = [0, 4, 8, 12].map((at) => bytes.readFloatLE(at))
    expect(vector).toEqual(plain.data[1]?.embedding.map(Math.fround))
  })

  it('answer text completions over chat', async () => {
    const { post, mock } = setUp()
    const request = { model: 'openai/gpt-4o', prompt: ['One', 'Two'], echo: true, max_tokens: 5 }
    expect((await post('/v1/completions', request)).json).toMatchObject({
      object: 'text_completion',
      choices: [
        { text: 'OneHello', index: 0, finish_reason: 'stop' },
        { text: 'TwoHello', index: 1 },
      ],
      usage: { total_tokens: expect.any(Number) },
    })
    expect(mock.requests[0]?.body).toMatchObject({ messages: [{ role: 'user', content: 'One' }] })
    const { text } = await post('/v1/completions', { model: 'openai/gpt-4o', prompt: 'One', stream: true })
    expect(
      dataOf(text)
        .map((chunk) => (chunk as { choices: { text: string }[] }).choices[0]?.text)
        .join(''),
    ).toBe('Hello')
    expect((await post('/v1/completions', { model: 'openai/gpt-4o', prompt: [1, 2] })).status).toBe(400)
  })

  it("list a Router's groups in the form of each API", async () => {
    const router = new Router({ modelList: [{ modelName: 'a/b', params: { model: 'openai/gpt-4o', apiKey: 'k' } }] })
    const handler = createHandler(router)
    const get = async (url: string, headers = {}) =>
      (await read(await handler.handle({ method: 'GET', url, headers }))).json
    expect(await get('/v1/models')).toEqual({
      object: 'list',
      data: [{ id: 'a/b', object: 'model', created: 0, owned_by: 'llmux' }],
    })
    expect(await get('/v1/models/a%2Fb')).toMatchObject({ id: 'a/b' })
    expect(await get('/v1/models/c')).toMatchObject({ error: { code: 'model_not_found' } })
    expect(await get('/v1/models', { 'anthropic-version': '2023-06-01' })).toMatchObject({
      data: [{ type: 'model', id: 'a/b' }],
    })
    expect(await get('/v1beta/models')).toMatchObject({ models: [{ name: 'models/a/b' }] })
    await router.close()
  })
})
