import { type Simulator, startSimulator } from 'llmux/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, hello, master, startGateway } from './start.js'

let simulator: Simulator
let gateway: Awaited<ReturnType<typeof startGateway>>
let call: ReturnType<typeof caller>

beforeAll(async () => {
  simulator = await startSimulator()
  const upstream = { api_base: simulator.openaiBase, api_key: 'sk-provider-secret-1' }
  gateway = await startGateway({
    config: {
      model_list: [
        {
          model_name: 'fast',
          litellm_params: { model: 'openai/gpt-4o-mini', ...upstream },
          model_info: { id: 'fast-1' },
        },
        {
          model_name: 'claude',
          litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_base: simulator.anthropicBase, api_key: 'k' },
        },
        { model_name: 'down', litellm_params: { model: 'openai/fail-500', ...upstream } },
        { model_name: 'mock', litellm_params: { model: 'openai/gpt-4o', mock_response: 'A fixed answer' } },
      ],
      router_settings: {
        num_retries: 0,
        fallbacks: [{ down: ['fast'] }],
        model_group_alias: { quick: 'fast', hidden: { model: 'fast', hidden: true } },
      },
      litellm_settings: { cache: true, cache_params: { type: 'local', ttl: 60 } },
    },
  })
  call = caller(gateway)
})

afterAll(async () => {
  await gateway?.stop()
  await simulator?.close()
})

describe('calls', () => {
  it("answers in OpenAI's form with the headers of LiteLLM", async () => {
    const { status, json, headers } = await call('POST', '/v1/chat/completions', hello('fast'), {
      headers: { 'x-litellm-call-id': 'call-7' },
    })
    expect(status).toBe(200)
    expect(json.model).toBe('fast')
    expect(headers.get('x-litellm-call-id')).toBe('call-7')
    expect(headers.get('x-litellm-model-id')).toBe('fast-1')
    expect(headers.get('x-litellm-model-group')).toBe('fast')
    expect(headers.get('x-litellm-attempted-fallbacks')).toBe('0')
    expect(Number(headers.get('x-litellm-response-cost'))).toBeGreaterThan(0)
    expect(Number(headers.get('x-litellm-key-spend'))).toBeGreaterThan(0)
  })

  it('streams, with the name of the model that the client asked for', async () => {
    const { headers, text } = await call('POST', '/v1/chat/completions', hello('quick', { stream: true }))
    expect(headers.get('content-type')).toContain('text/event-stream')
    expect(headers.get('x-litellm-model-group')).toBe('quick')
    expect(text).toContain('"model":"quick"')
    expect(text).not.toContain('gpt-4o-mini')
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
  })

  it('answers Anthropic and Responses clients on models of another provider', async () => {
    const message = await call(
      'POST',
      '/v1/messages',
      { ...hello('fast'), max_tokens: 50 },
      { key: '', headers: { 'x-api-key': master } },
    )
    expect(message.json).toMatchObject({ type: 'message', role: 'assistant' })
    const response = await call('POST', '/v1/responses', { model: 'claude', input: 'Hello' })
    expect(response.json).toMatchObject({ object: 'response', status: 'completed' })
  })

  it('falls back, and says so', async () => {
    const { status, headers } = await call('POST', '/v1/chat/completions', hello('down'))
    expect(status).toBe(200)
    expect(headers.get('x-litellm-attempted-fallbacks')).toBe('1')
    expect(headers.get('x-litellm-model-group')).toBe('fast')
  })

  it('does not fall back to a model that the key may not use', async () => {
    const { json: made } = await call('POST', '/key/generate', { models: ['down'] })
    const { status, json } = await call('POST', '/v1/chat/completions', hello('down'), { key: made.key })
    expect(status).toBe(500)
    expect(json.error.code).toBe('500')
  })

  it('answers a repeated call from the cache, at no cost', async () => {
    const body = hello('fast', { temperature: 0, seed: 5 })
    const first = await call('POST', '/v1/chat/completions', body)
    const second = await call('POST', '/v1/chat/completions', body)
    expect(second.json.id).toBe(first.json.id)
    expect(second.headers.get('x-litellm-cache-key')).toBeTruthy()
    expect(second.headers.get('x-litellm-response-cost')).toBeNull()
    const fresh = await call('POST', '/v1/chat/completions', { ...body, cache: { 'no-cache': true } })
    expect(fresh.headers.get('x-litellm-cache-key')).toBeNull()
  })

  it('answers with a mock_response without a provider', async () => {
    const { json } = await call('POST', '/v1/chat/completions', hello('mock'))
    expect(json.choices[0].message.content).toBe('A fixed answer')
  })

  const destinations = [
    ...[
      'api_base',
      'api_key',
      'base_url',
      'callbacks',
      'user_config',
      'custom_llm_provider',
      'litellm_credential_name',
    ],
    ...['aws_secret_access_key', 'aws_bedrock_runtime_endpoint', 'azure_ad_token', 'vertex_credentials', 'dispatcher'],
  ]
  it.each([
    ['/v1/chat/completions', hello('fast')],
    ['/v1/responses', { model: 'fast', input: 'Hello' }],
    ['/v1/messages', hello('fast', { max_tokens: 20 })],
    ['/v1beta/models/fast:generateContent', { contents: [{ parts: [{ text: 'Hello' }] }] }],
    ['/v1/embeddings', { model: 'fast', input: 'Hello' }],
  ])('refuses addresses and credentials in a body of %s', async (path, body) => {
    for (const name of destinations) {
      const { status, text } = await call('POST', path, { ...body, [name]: 'http://127.0.0.1:1' })
      expect([name, status]).toEqual([name, 401])
      expect(text).toContain(`'${name}' must not be in a body`)
    }
  })
})

describe('keys', () => {
  it.each(['x-api-key', 'api-key', 'x-goog-api-key', 'x-litellm-api-key'])('are read from %s', async (name) => {
    const { status } = await call('GET', '/v1/models', undefined, { key: '', headers: { [name]: master } })
    expect(status).toBe(200)
  })

  it('are refused without Bearer in authorization', async () => {
    const { status } = await call('GET', '/v1/models', undefined, { key: '', headers: { authorization: master } })
    expect(status).toBe(401)
  })
})

describe('errors', () => {
  it.each([
    ['POST', '/v1/chat/completions', '{"model": ', 400],
    ['POST', '/v1/chat/completions', '[]', 400],
    ['POST', '/v1/chat/completions', { model: 'fast' }, 400],
    ['POST', '/v1/chat/completions', hello('nothing'), 400],
    ['POST', '/v1/nothing', {}, 404],
    ['POST', '/health/liveliness', {}, 405],
    ['POST', '/key/generate', '{', 400],
    ['GET', '/v1/files', undefined, 501],
    ['POST', '/mcp/tools/call', {}, 501],
  ])('%s %s has the envelope of OpenAI', async (method, path, body, status) => {
    const answer = await call(method, path, body)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(answer.json.error).toMatchObject({ message: expect.stringMatching(/./), type: expect.any(String) })
    expect(answer.json.error.code).toEqual(expect.any(String))
  })

  it('names the methods of a path', async () => {
    expect((await call('POST', '/health/liveliness', {})).headers.get('allow')).toBe('GET')
    expect((await call('GET', '/v1/chat/completions')).headers.get('allow')).toBe('POST')
  })

  it.each([
    ['without a key', '', {}, 401, 'authentication_error'],
    ['without max_tokens', master, hello('claude'), 400, 'invalid_request_error'],
    ['with bad JSON', master, '{', 400, 'invalid_request_error'],
  ])("have Anthropic's envelope on /v1/messages %s", async (_, key, body, status, type) => {
    const answer = await call('POST', '/v1/messages', body, { key })
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject({ type: 'error', error: { type } })
  })

  it('have a limit on the size of a body', async () => {
    const { status } = await call('POST', '/v1/chat/completions', hello('fast', { user: 'x'.repeat(33 * 1024 * 1024) }))
    expect(status).toBe(413)
  })

  it('never contain a credential of a provider', async () => {
    const answers = [
      await call('GET', '/model/info'),
      await call('GET', '/health'),
      await call('GET', '/metrics'),
      await call('POST', '/v1/chat/completions', hello('down', { fallbacks: [] })),
    ]
    for (const { text } of answers) expect(text).not.toContain('sk-provider-secret')
  })
})

describe('models', () => {
  it('lists groups and aliases without hidden ones', async () => {
    const { json } = await call('GET', '/v1/models')
    expect(json.data.map(({ id }: { id: string }) => id).sort()).toEqual(['claude', 'down', 'fast', 'mock', 'quick'])
    expect((await call('GET', '/v1/models/fast')).json).toMatchObject({ id: 'fast', object: 'model', mode: 'chat' })
    expect((await call('GET', '/v1/models/nothing')).status).toBe(404)
  })

  it('can be added, changed and removed at run time', async () => {
    const params = { model: 'openai/gpt-4o-mini', api_base: simulator.openaiBase, api_key: 'sk-provider-secret-2' }
    const added = await call('POST', '/model/new', {
      model_name: 'late',
      litellm_params: params,
      model_info: { id: 'late-1' },
    })
    expect(added.json).toMatchObject({ model_id: 'late-1', model_info: { db_model: true } })
    expect(added.text).not.toContain('sk-provider-secret')
    expect((await call('POST', '/v1/chat/completions', hello('late'))).status).toBe(200)
    const changed = await call('PATCH', '/model/late-1/update', { litellm_params: { rpm: 5 } })
    expect(changed.json.litellm_params.rpm).toBe(5)
    expect((await call('POST', '/v1/chat/completions', hello('late'))).status).toBe(200)
    expect((await call('POST', '/model/delete', { id: 'late-1' })).status).toBe(200)
    expect((await call('POST', '/v1/chat/completions', hello('late'))).status).toBe(400)
  })

  it.each([
    ['opnai/gpt-4o', undefined, /'opnai'.*'openai'/, undefined],
    ['nobody/gpt-4o', undefined, /The provider 'nobody' .* is not known/, 'litellm_params.model'],
    [
      'openai/gpt-4o',
      'llm.internal:8000',
      /must be a URL.*Did you mean 'http:\/\/llm\.internal:8000'/,
      'litellm_params.api_base',
    ],
    ['openai/gpt-4o', 'file:///etc/passwd', /must be a URL/, 'litellm_params.api_base'],
  ])('are refused as the file and check refuse them: %s at %s', async (model, base, message, param) => {
    const body = { model_name: 'wrong', litellm_params: { model, api_key: 'k', ...(base && { api_base: base }) } }
    const { status, json } = await call('POST', '/model/new', body)
    expect(status).toBe(400)
    expect(json.error.message).toMatch(message)
    expect(json.error.param ?? undefined).toBe(param)
    expect((await call('GET', '/v1/models/wrong')).status).toBe(404)
  })

  it('stay as they are after a change that is refused', async () => {
    const params = { model: 'openai/gpt-4o-mini', api_base: simulator.openaiBase, api_key: 'k' }
    await call('POST', '/model/new', { model_name: 'kept', litellm_params: params, model_info: { id: 'kept-1' } })
    const change = await call('PATCH', '/model/kept-1/update', { litellm_params: { api_base: 'nowhere' } })
    expect(change.status).toBe(400)
    expect((await call('POST', '/v1/chat/completions', hello('kept'))).status).toBe(200)
    expect((await call('POST', '/model/delete', { id: 'kept-1' })).status).toBe(200)
  })

  it('of the file can not be deleted', async () => {
    const { status, json } = await call('POST', '/model/delete', { id: 'fast-1' })
    expect(status).toBe(400)
    expect(json.error.message).toContain('configuration file')
  })
})

describe('operation', () => {
  it('answers probes without a key, and others with one', async () => {
    expect((await call('GET', '/health/liveliness', undefined, { key: '' })).json).toBe("I'm alive!")
    expect((await call('GET', '/health/readiness', undefined, { key: '' })).json).toEqual({
      status: 'healthy',
      db: 'connected',
    })
    expect((await call('GET', '/health', undefined, { key: '' })).status).toBe(401)
  })

  it('checks one model, and answers 503 if it fails', async () => {
    expect((await call('GET', '/health?model=fast')).json).toMatchObject({ healthy_count: 1, unhealthy_count: 0 })
    const failed = await call('GET', '/health?model=down')
    expect(failed.status).toBe(503)
    expect(failed.json.unhealthy_endpoints[0]).toMatchObject({ model: 'openai/fail-500', exception_status: 500 })
  })

  it('has metrics whose spend is that of the ledger', async () => {
    const { text, headers } = await call('GET', '/metrics')
    expect(headers.get('content-type')).toContain('text/plain')
    const spend = [...text.matchAll(/^litellm_spend_total\{[^}]*\} (\S+)/gm)].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    )
    const { json } = await call('GET', '/global/spend')
    expect(spend).toBeCloseTo(json.spend, 9)
    for (const name of ['requests', 'tokens', 'errors', 'cache_hits'])
      expect(text).toMatch(new RegExp(`^litellm_${name}_total\\{`, 'm'))
  })

  it('answers preflight requests of browsers', async () => {
    const { status, headers } = await call('OPTIONS', '/v1/chat/completions', undefined, {
      key: '',
      headers: { origin: 'http://app.test', 'access-control-request-headers': 'authorization' },
    })
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-headers')).toContain('authorization')
  })
})

describe('the list of models of a wildcard', () => {
  const list = async (model: string, environment: Record<string, string>, more: object = {}) => {
    const config = { model_list: [{ model_name: model, litellm_params: { model, ...more } }] }
    const wild = await startGateway({ config, environment })
    const { json } = await caller(wild)('GET', '/v1/models')
    await wild.stop()
    return json.data.map(({ id }: { id: string }) => id) as string[]
  }

  it('has the known models of the providers whose keys are in the environment', async () => {
    const ids = await list('*', { GROQ_API_KEY: 'k', DEEPSEEK_API_KEY: 'k' })
    expect(new Set(ids.map((id) => id.split('/', 1)[0]))).toEqual(new Set(['groq', 'deepseek']))
    expect(ids).toContain('deepseek/deepseek-chat')
    expect(await list('*', {})).toEqual([])
  })

  it('has the known models of clouds whose credentials are in the environment', async () => {
    const ids = await list('*', { AWS_ACCESS_KEY_ID: 'k', VERTEXAI_PROJECT: 'p' })
    expect(new Set(ids.map((id) => id.split('/', 1)[0]))).toEqual(new Set(['bedrock', 'vertex_ai']))
  })

  it('has the known models of its provider if the deployment has a key', async () => {
    expect(await list('openai/*', {}, { api_key: 'k' })).toContain('openai/gpt-4o')
    expect(await list('openai/*', {})).toEqual([])
  })
})
