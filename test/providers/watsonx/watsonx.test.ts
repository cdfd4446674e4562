import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/index.js'
import type { ProviderOptions } from '../../../src/types/options.js'
import { events, type Said, type Seen, startHosts } from '../../helpers/hosts.js'
import { rejection, user } from '../../helpers/simulated.js'

const names = [
  ...['WATSONX_URL', 'WATSONX_API_BASE', 'WATSONX_AI_URL', 'WML_URL', 'WATSONX_REGION', 'WATSONX_API_VERSION'],
  ...['WATSONX_APIKEY', 'WATSONX_API_KEY', 'WX_API_KEY', 'WATSONX_TOKEN', 'WATSONX_ZENAPIKEY'],
  ...['WATSONX_PROJECT_ID', 'WX_PROJECT_ID', 'WATSONX_DEPLOYMENT_SPACE_ID', 'WATSONX_SPACE_ID', 'WX_SPACE_ID'],
]

beforeEach(() => {
  for (const name of names) vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

const model = 'watsonx/ibm/granite-3-8b-instruct'
const messages = user('hi')

/** Written from documentation: https://cloud.ibm.com/apidocs/watsonx-ai#text-chat */
const answer = {
  id: 'chat-1',
  model_id: 'ibm/granite-3-8b-instruct',
  model: 'ibm/granite-3-8b-instruct',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  created: 1_700_000_000,
  model_version: '1.1.0',
  created_at: '2025-01-01T00:00:00.000Z',
  usage: { completion_tokens: 1, prompt_tokens: 2, total_tokens: 3 },
}

/** Written from documentation: https://cloud.ibm.com/apidocs/iam-identity-token-api#gettoken-apikey */
const token = (value: string, seconds = 3600): Said => ({
  body: { access_token: value, refresh_token: 'not_supported', token_type: 'Bearer', expires_in: seconds },
})

const isSignIn = ({ origin }: Seen) => origin === 'https://iam.cloud.ibm.com'
const usual = (request: Seen): Said => (isSignIn(request) ? token('the-token') : { body: answer })

let accounts = 0
/** Tokens are kept by key: every test has one of its own. */
const account = (): ProviderOptions => ({ apiKey: `ibm-key-${++accounts}`, region: 'us-south', project: 'p-1' })

const tools = [{ type: 'function' as const, function: { name: 'now', parameters: { type: 'object', properties: {} } } }]

describe('watsonx/', () => {
  it('exchanges the key for a token and sends model and project in the body', async () => {
    await using hosts = await startHosts(usual)
    const own = account()
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: own } })
    const said = await client.completion({ model, messages, max_tokens: 5, tools, tool_choice: 'auto' })
    expect(said.choices[0]?.message.content).toBe('hello')
    expect(said.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 })
    const [signIn, chat] = hosts.seen
    expect(signIn).toMatchObject({ origin: 'https://iam.cloud.ibm.com', path: '/identity/token', method: 'POST' })
    expect(Object.fromEntries(new URLSearchParams(signIn?.text))).toEqual({
      grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
      apikey: own.apiKey,
    })
    expect(chat).toMatchObject({
      origin: 'https://us-south.ml.cloud.ibm.com',
      path: '/ml/v1/text/chat?version=2025-02-11',
      headers: { authorization: 'Bearer the-token' },
    })
    expect(chat?.body).toEqual({
      model_id: 'ibm/granite-3-8b-instruct',
      project_id: 'p-1',
      messages,
      max_tokens: 5,
      tools,
      tool_choice_option: 'auto',
    })
  })

  it('fetches one token for concurrent calls and caches it', async () => {
    await using hosts = await startHosts(usual)
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() } })
    await Promise.all([1, 2, 3].map(() => client.completion({ model, messages })))
    await client.completion({ model, messages })
    expect(hosts.seen.filter(isSignIn)).toHaveLength(1)
    expect(hosts.seen).toHaveLength(5)
  })

  it('renews a token that is about to expire', async () => {
    let issued = 0
    await using hosts = await startHosts((request) =>
      isSignIn(request) ? token(`token-${++issued}`, 30) : { body: answer },
    )
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() } })
    await client.completion({ model, messages })
    await client.completion({ model, messages })
    expect(hosts.seen.filter((one) => !isSignIn(one)).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ])
  })

  it('fetches a new token once if the cached one is refused', async () => {
    let issued = 0
    let good = 'Bearer token-1'
    await using hosts = await startHosts((request) => {
      if (isSignIn(request)) return token(`token-${++issued}`)
      return request.headers.authorization === good ? { body: answer } : { status: 401, body: { errors: [] } }
    })
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() }, maxRetries: 0 })
    await client.completion({ model, messages })
    good = 'Bearer token-2'
    // a token that is seconds old was not taken back: the account is wrong
    expect(await rejection(client.completion({ model, messages }))).toMatchObject({ code: 'authentication' })
    expect(issued).toBe(1)
    const now = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => now + 60_000)
    const said = await client.completion({ model, messages })
    expect(said.meta.attempts.map(({ outcome }) => outcome)).toEqual(['authentication', 'success'])
    good = 'none'
    vi.spyOn(Date, 'now').mockImplementation(() => now + 120_000)
    const both = [client.completion({ model, messages }), client.completion({ model, messages, stream: true })]
    for (const one of both) expect(await rejection(one)).toMatchObject({ code: 'authentication' })
    expect(issued).toBe(3)
    vi.restoreAllMocks()
  })

  it('reports a wrong key once and does not cache the failure', async () => {
    // recorded shape of IAM: https://cloud.ibm.com/apidocs/iam-identity-token-api
    const refused = { errorCode: 'BXNIM0415E', errorMessage: 'Provided API key could not be found.' }
    let good = false
    await using hosts = await startHosts((request) =>
      isSignIn(request) && !good ? { status: 400, body: refused } : usual(request),
    )
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() } })
    expect(await rejection(client.completion({ model, messages }))).toMatchObject({
      code: 'authentication',
      message: expect.stringMatching(/Provided API key could not be found.*WATSONX_APIKEY/),
    })
    expect(hosts.seen).toHaveLength(1)
    good = true
    expect((await client.completion({ model, messages })).choices[0]?.message.content).toBe('hello')
  })

  it('stops waiting for a token when the call is aborted', async () => {
    await using hosts = await startHosts(() => ({ silent: true }))
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() } })
    const error = await rejection(client.completion({ model, messages, timeout: 50 }))
    expect(error).toMatchObject({ code: 'timeout', phase: 'total' })
  })

  it('keeps the token request running for other calls when one is aborted', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    await using hosts = await startHosts(async (request) => {
      if (isSignIn(request)) await gate
      return usual(request)
    })
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() } })
    const stop = new AbortController()
    const first = rejection(client.completion({ model, messages, signal: stop.signal }))
    const second = client.completion({ model, messages })
    await vi.waitFor(() => expect(hosts.seen).toHaveLength(1))
    stop.abort()
    expect(await first).toMatchObject({ code: 'aborted' })
    release()
    expect((await second).choices[0]?.message.content).toBe('hello')
    expect(hosts.seen.filter(isSignIn)).toHaveLength(1)
  })

  it('redacts token and key in errors', async () => {
    const own = account()
    await using hosts = await startHosts((request) =>
      isSignIn(request) ? token('the-secret-token') : { status: 401, body: `no: the-secret-token of ${own.apiKey}` },
    )
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: own } })
    const error = (await rejection(client.completion({ model, messages }))) as Error
    expect(error.message).not.toMatch(/the-secret-token|ibm-key/)
  })

  it('accepts a token, or a key of a self-hosted installation', async () => {
    await using hosts = await startHosts(usual)
    vi.stubEnv('WATSONX_URL', 'https://cpd.example.com')
    vi.stubEnv('WATSONX_SPACE_ID', 's-1')
    vi.stubEnv('WATSONX_TOKEN', 'ready')
    const client = createClient({ dispatcher: hosts.dispatcher })
    await client.completion({ model, messages })
    vi.stubEnv('WATSONX_TOKEN', '')
    vi.stubEnv('WATSONX_ZENAPIKEY', 'zen')
    await client.completion({ model, messages })
    expect(hosts.seen.map(({ origin, headers, body }) => [origin, headers.authorization, body])).toMatchObject([
      ['https://cpd.example.com', 'Bearer ready', { space_id: 's-1' }],
      ['https://cpd.example.com', 'ZenApiKey zen', { space_id: 's-1' }],
    ])
  })

  it('keeps an authorization header of the caller', async () => {
    await using hosts = await startHosts(usual)
    const { apiKey: _, ...own } = account()
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: own } })
    await client.completion({ model, messages, headers: { Authorization: 'ZenApiKey mine' } })
    expect(hosts.seen.map(({ headers }) => headers.authorization)).toEqual(['ZenApiKey mine'])
  })

  it('does not send the key of a self-hosted installation to IBM Cloud', async () => {
    await using hosts = await startHosts(usual)
    const providers = { watsonx: { ...account(), apiBase: 'https://cpd.example.com' } }
    const client = createClient({ dispatcher: hosts.dispatcher, providers })
    expect(await rejection(client.completion({ model, messages }))).toMatchObject({
      code: 'authentication',
      message: expect.stringMatching(/cpd\.example\.com.*WATSONX_ZENAPIKEY/),
    })
    expect(hosts.seen).toEqual([])
  })

  it('names missing settings before it sends a request', async () => {
    await using hosts = await startHosts(usual)
    const client = (watsonx: ProviderOptions) => createClient({ dispatcher: hosts.dispatcher, providers: { watsonx } })
    expect(await rejection(client({}).completion({ model, messages }))).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/apiBase.*WATSONX_URL.*region.*WATSONX_REGION/),
    })
    expect(await rejection(client({ region: 'eu-de', apiKey: 'k' }).completion({ model, messages }))).toMatchObject({
      code: 'bad_request',
      param: 'project_id',
      message: expect.stringMatching(/WATSONX_PROJECT_ID.*space_id/),
    })
    expect(await rejection(client({ region: 'eu-de', project: 'p' }).completion({ model, messages }))).toMatchObject({
      code: 'authentication',
      message: expect.stringMatching(/WATSONX_APIKEY.*apiKey/),
    })
    expect(hosts.seen).toEqual([])
  })

  it('reads project_id and space_id from the call and needs neither for a deployment', async () => {
    await using hosts = await startHosts(usual)
    const { project: _, ...own } = account()
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: own } })
    const request = { model, messages, space_id: 's-2' }
    await client.completion(request)
    await client.completion({ model: 'watsonx/deployment/d-1', messages })
    const [, first, second] = hosts.seen
    expect(first?.body).toEqual({ model_id: 'ibm/granite-3-8b-instruct', space_id: 's-2', messages })
    expect(second).toMatchObject({ path: '/ml/v1/deployments/d-1/text/chat?version=2025-02-11', body: { messages } })
    expect(Object.keys(second?.body as object)).toEqual(['messages'])
  })

  it('streams a chat', async () => {
    // written from documentation: https://cloud.ibm.com/apidocs/watsonx-ai#text-chat-stream
    const chunk = (delta: object, finish: string | null, rest: object = {}) => ({
      id: 'chat-1',
      model_id: 'ibm/granite-3-8b-instruct',
      created: 1_700_000_000,
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...rest,
    })
    const text = [
      chunk({ role: 'assistant', content: '' }, null),
      chunk({ content: 'hel' }, null),
      chunk({ content: 'lo' }, null),
      chunk({ content: '' }, 'stop'),
      { id: 'chat-1', choices: [], created: 1, usage: { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 } },
    ].map((one, at) => `id: ${at + 1}\nevent: message\ndata: ${JSON.stringify(one)}\n\n`)
    await using hosts = await startHosts((request) =>
      isSignIn(request) ? token('t') : { headers: { 'content-type': 'text/event-stream' }, pieces: text },
    )
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() } })
    const stream = await client.completion({ model, messages, stream: true })
    const final = await stream.final()
    expect(final.choices[0]?.message.content).toBe('hello')
    expect(final.usage).toMatchObject({ total_tokens: 3 })
    const [, chat] = hosts.seen
    expect(chat?.path).toBe('/ml/v1/text/chat_stream?version=2025-02-11')
    expect(Object.keys(chat?.body as object).sort()).toEqual(['messages', 'model_id', 'project_id'])
  })

  it('reads recorded chunks with their extra fields', async () => {
    // recorded, shortened: a warning about a parameter that is ignored
    const warned = { warnings: [{ id: 'param_not_supported', message: 'parameter `logprobs` is no longer supported' }] }
    const base = { id: 'rec-1', created: 0, model: 'm', model_id: 'm', object: 'chat.completion.chunk' }
    const delta = { role: 'assistant', content: 'Oceania', refusal: null, tool_calls: null, function_call: null }
    const source = events(
      { ...base, choices: [{ delta, finish_reason: null, index: 0, logprobs: null }], system: warned },
      { ...base, choices: [{ delta: { content: '' }, finish_reason: 'stop', index: 0 }] },
      '[DONE]',
    )
    await using hosts = await startHosts((request) =>
      isSignIn(request) ? token('t') : { headers: { 'content-type': 'text/event-stream' }, body: source },
    )
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() } })
    const final = await (await client.completion({ model, messages, stream: true })).final()
    expect(final.choices[0]?.message.content).toBe('Oceania')
    expect(final.provider_specific_fields).toMatchObject({ system: warned })
  })

  it('maps errors of both forms', async () => {
    // written from documentation: https://cloud.ibm.com/apidocs/watsonx-ai#error-handling
    const listed = (code: string, message: string) => ({
      errors: [{ code, message, more_info: 'https://…' }],
      trace: 't',
    })
    const cases: [Said, string][] = [
      [{ status: 404, body: listed('model_not_supported', "Model 'x' is not supported") }, 'not_found'],
      [{ status: 403, body: listed('token_quota_reached', 'Quota is reached') }, 'quota_exceeded'],
      [{ status: 429, body: listed('rate_limit_reached_requests', 'Too many requests') }, 'rate_limit'],
      [{ status: 401, body: listed('authentication_token_expired', 'expired') }, 'authentication'],
      [
        {
          status: 400,
          body: listed('invalid_input_argument', 'the number of input tokens 9 cannot exceed the total tokens limit 8'),
        },
        'context_window_exceeded',
      ],
      // recorded
      [
        {
          status: 400,
          body: {
            error: {
              message: "Reason: Url must be a base64 encoded image and cannot start with 'http'",
              type: 'invalid_request_error',
              param: null,
              code: 'json_validation_error',
            },
          },
        },
        'bad_request',
      ],
    ]
    for (const [said, code] of cases) {
      await using hosts = await startHosts((request) => (isSignIn(request) ? token('t') : said))
      const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() }, maxRetries: 0 })
      expect(await rejection(client.completion({ model, messages }))).toMatchObject({ code })
    }
  })

  it('creates embeddings', async () => {
    // written from documentation: https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings
    const body = { model_id: 'm', results: [{ embedding: [0.5, 1] }, { embedding: [2, 3] }], input_token_count: 7 }
    await using hosts = await startHosts((request) => (isSignIn(request) ? token('t') : { body }))
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() } })
    const said = await client.embedding({ model: 'watsonx/ibm/slate-125m-english-rtrvr', input: ['a', 'b'] })
    expect(said.data.map(({ embedding }) => embedding)).toEqual([
      [0.5, 1],
      [2, 3],
    ])
    expect(said.usage).toEqual({ prompt_tokens: 7, total_tokens: 7 })
    expect(hosts.seen[1]).toMatchObject({
      path: '/ml/v1/text/embeddings?version=2025-02-11',
      body: { model_id: 'ibm/slate-125m-english-rtrvr', project_id: 'p-1', inputs: ['a', 'b'] },
    })
    expect(await rejection(client.embedding({ model: 'watsonx/x', input: ['a'], dimensions: 3 }))).toMatchObject({
      code: 'unsupported_params',
    })
  })

  it('reranks documents', async () => {
    // written from documentation: https://cloud.ibm.com/apidocs/watsonx-ai#text-rerank
    const results = [
      { index: 1, score: -2.5 },
      { index: 0, score: 4.5 },
    ]
    const body = { model_id: 'm', results, input_token_count: 9 }
    await using hosts = await startHosts((request) => (isSignIn(request) ? token('t') : { body }))
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { watsonx: account() } })
    const said = await client.rerank({
      model: 'watsonx/cross-encoder/ms-marco-minilm-l-12-v2',
      query: 'q',
      documents: ['a', 'b'],
      top_n: 2,
    })
    expect(said.results).toEqual([
      { index: 0, relevance_score: 4.5 },
      { index: 1, relevance_score: -2.5 },
    ])
    expect(said.usage).toEqual({ prompt_tokens: 9, total_tokens: 9 })
    expect(hosts.seen[1]).toMatchObject({
      path: '/ml/v1/text/rerank?version=2025-02-11',
      body: {
        model_id: 'cross-encoder/ms-marco-minilm-l-12-v2',
        query: 'q',
        inputs: [{ text: 'a' }, { text: 'b' }],
        parameters: { return_options: { top_n: 2 } },
      },
    })
  })

  it('downloads images because the API does not accept URLs', async () => {
    const { remoteImages, inlineImages } = await import('../../../providers/inline-images.js')
    const url = 'https://example.com/a.png'
    const image = { type: 'image_url' as const, image_url: { url, detail: 'low' as const } }
    const params = { model: 'm', messages: [{ role: 'user' as const, content: [image] }] }
    expect(remoteImages(params)).toEqual([url])
    const media = new Map([[url, { type: 'image/png', data: 'AQID' }]])
    const context = { provider: 'watsonx', model: 'm', dropParams: false, ownHost: true, quirks: undefined, media }
    expect(inlineImages(params, context).messages[0]?.content).toEqual([
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID', detail: 'low' } },
    ])
    expect(params.messages[0]?.content[0]?.image_url.url).toBe(url)
  })
})
