import { MockAgent } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/index.js'
import { events, type Said, type Seen, startHosts } from '../../helpers/hosts.js'
import { rejection, user } from '../../helpers/simulated.js'

const names = [
  ...['DATABRICKS_API_BASE', 'DATABRICKS_HOST', 'DATABRICKS_API_KEY', 'DATABRICKS_TOKEN'],
  ...['DATABRICKS_CLIENT_ID', 'DATABRICKS_CLIENT_SECRET'],
]

beforeEach(() => {
  for (const name of names) vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

const model = 'databricks/databricks-claude-3-7-sonnet'
const messages = user('hi')
const apiBase = 'https://my-workspace.cloud.databricks.com/serving-endpoints'

/** Recorded, shortened. */
const answer = (content: unknown) => ({
  model: 'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
  choices: [{ message: { role: 'assistant', content }, index: 0, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11, cache_read_input_tokens: 4 },
  object: 'chat.completion',
  id: 'msg_bdrk_1',
  created: 1_767_213_439,
})

/** https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m (written from documentation) */
const token: Said = { body: { access_token: 'm2m-token', token_type: 'Bearer', expires_in: 3600, scope: 'all-apis' } }
const isSignIn = ({ path }: Seen) => path === '/oidc/v1/token'

describe('databricks/', () => {
  it('accepts every form of a workspace address', async () => {
    await using hosts = await startHosts(() => ({ body: answer('ok') }))
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { databricks: { apiKey: 'dapi' } } })
    await client.completion({ model, messages, apiBase })
    await client.completion({ model, messages, apiBase: 'https://my-workspace.cloud.databricks.com' })
    await client.completion({
      model,
      messages,
      apiBase: 'https://my-workspace.cloud.databricks.com/ai-gateway/mlflow/v1',
    })
    vi.stubEnv('DATABRICKS_HOST', 'my-workspace.azuredatabricks.net')
    await client.completion({ model, messages })
    expect(hosts.seen.map(({ origin, path }) => origin + path)).toEqual([
      'https://my-workspace.cloud.databricks.com/serving-endpoints/chat/completions',
      'https://my-workspace.cloud.databricks.com/serving-endpoints/chat/completions',
      'https://my-workspace.cloud.databricks.com/ai-gateway/mlflow/v1/chat/completions',
      'https://my-workspace.azuredatabricks.net/serving-endpoints/chat/completions',
    ])
    expect(hosts.seen[0]?.headers.authorization).toBe('Bearer dapi')
  })

  it('fetches one token of a service principal for all calls', async () => {
    await using hosts = await startHosts((request) => (isSignIn(request) ? token : { body: answer('ok') }))
    const databricks = { clientId: 'principal', clientSecret: 'a secret', apiBase }
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { databricks } })
    await Promise.all([client.completion({ model, messages }), client.completion({ model, messages })])
    const [signIn, chat] = hosts.seen
    expect(hosts.seen.filter(isSignIn)).toHaveLength(1)
    expect(signIn).toMatchObject({
      origin: 'https://my-workspace.cloud.databricks.com',
      text: 'grant_type=client_credentials&scope=all-apis',
      headers: { authorization: `Basic ${Buffer.from('principal:a secret').toString('base64')}` },
    })
    expect(chat?.headers.authorization).toBe('Bearer m2m-token')
  })

  it('fetches a new token if the cached one is refused', async () => {
    let issued = 0
    // https://github.com/n8n-io/n8n/issues/34147
    const refused = { status: 403, body: { error_code: '403', message: 'Invalid access token. [ReqId: 1]' } }
    await using hosts = await startHosts((request) => {
      if (isSignIn(request)) return { body: { access_token: `m2m-${++issued}`, expires_in: 3600 } }
      return issued === 1 && refuses ? refused : { body: answer('ok') }
    })
    let refuses = false
    const databricks = { clientId: 'principal', clientSecret: 'a third secret', apiBase }
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { databricks } })
    await client.completion({ model, messages })
    refuses = true
    const now = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => now + 60_000)
    const stream = await client.completion({ model, messages, stream: true })
    expect((await stream.final()).choices[0]?.message.content).toBe('ok')
    expect(hosts.seen.at(-1)?.headers.authorization).toBe('Bearer m2m-2')
    vi.restoreAllMocks()
  })

  it.each([
    ['Basic cHJpbmNpcGFsOmEgZm91cnRoIHNlY3JldA==', 'as it is sent'],
    ['grant_type=x&client_secret=a+fourth+secret', 'as a form writes it'],
    ['YSBmb3VydGggc2VjcmV0', 'in base64'],
  ])('blots out the secret of a service principal where it is echoed: %s (%s)', async (said) => {
    await using hosts = await startHosts(() => ({ status: 400, body: { error_description: `bad: ${said}` } }))
    const databricks = { clientId: 'principal', clientSecret: 'a fourth secret', apiBase }
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { databricks }, maxRetries: 0 })
    const error = await rejection(client.completion({ model, messages }))
    expect(error).toMatchObject({ code: 'authentication', message: expect.stringContaining('[redacted]') })
    expect(String(error)).not.toMatch(/cHJpbmNpcGFs|fourth.secret|YSBmb3VydGg/)
  })

  it('sends the secret of a service principal to its own workspace only', async () => {
    await using hosts = await startHosts((request) => (isSignIn(request) ? token : { status: 401, body: {} }))
    const databricks = { clientId: 'principal', clientSecret: 'another secret', apiBase }
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { databricks } })
    const elsewhere = client.completion({ model, messages, apiBase: 'https://elsewhere.example.com', maxRetries: 0 })
    expect(await rejection(elsewhere)).toMatchObject({ code: 'authentication' })
    expect(hosts.seen.filter(isSignIn)).toEqual([])
    expect(hosts.seen[0]?.headers.authorization).toBeUndefined()
  })

  it('names missing settings before it sends a request', async () => {
    await using hosts = await startHosts(() => ({ body: answer('ok') }))
    const client = createClient({ dispatcher: hosts.dispatcher })
    expect(await rejection(client.completion({ model, messages, apiKey: 'k' }))).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/DATABRICKS_API_BASE or DATABRICKS_HOST/),
    })
    vi.stubEnv('DATABRICKS_HOST', 'my-workspace.azuredatabricks.net')
    expect(await rejection(client.completion({ model, messages }))).toMatchObject({
      code: 'authentication',
      message: expect.stringMatching(/DATABRICKS_TOKEN.*DATABRICKS_CLIENT_ID/),
    })
    vi.stubEnv('DATABRICKS_CLIENT_ID', 'principal')
    expect(await rejection(client.completion({ model, messages }))).toMatchObject({
      message: expect.stringMatching(/got clientId without clientSecret/),
    })
    expect(hosts.seen).toEqual([])
  })

  it('reads the reasoning of Claude and returns it with its signature', async () => {
    // https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models (written from documentation)
    const reasoning = {
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'because', signature: 'sig' }],
    }
    const content = [reasoning, { type: 'text', text: 'Rayleigh' }]
    await using hosts = await startHosts(() => ({ body: answer(content) }))
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { databricks: { apiKey: 'k', apiBase } } })
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 }
    const first = await client.completion({ model, messages, thinking })
    const [choice] = first.choices
    expect(choice?.message).toMatchObject({
      content: 'Rayleigh',
      reasoning_content: 'because',
      thinking_blocks: [{ type: 'thinking', thinking: 'because', signature: 'sig' }],
    })
    if (!choice) throw new Error('no choice')
    await client.completion({ model, messages: [...messages, choice.message, ...user('and?')] })
    expect(hosts.seen[0]?.body).toMatchObject({ thinking })
    expect(((hosts.seen[1]?.body ?? {}) as { messages?: unknown[] }).messages?.[1]).toEqual({
      role: 'assistant',
      content,
    })
  })

  it.each([
    [
      'databricks-claude-sonnet-4-5',
      { reasoning_effort: 'low' },
      { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 5120 },
    ],
    [
      'databricks-claude-sonnet-4-5',
      { reasoning_effort: 'high', max_tokens: 3000 },
      { thinking: { type: 'enabled', budget_tokens: 2999 }, max_tokens: 3000 },
    ],
    [
      'databricks-claude-opus-5-5',
      { reasoning_effort: 'medium' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
    ],
    ['databricks-claude-sonnet-4-5', { reasoning_effort: 'none' }, {}],
    ['databricks-gpt-oss-120b', { reasoning_effort: 'low' }, { reasoning_effort: 'low' }],
  ])('sends the effort of %s with %j as %j', async (name, given, expected) => {
    await using hosts = await startHosts(() => ({ body: answer('ok') }))
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { databricks: { apiKey: 'dapi' } } })
    await client.completion({ model: `databricks/${name}`, messages, apiBase, ...given })
    const { model: _, messages: __, stream: ___, ...sent } = (hosts.seen[0]?.body ?? {}) as Record<string, unknown>
    expect(sent).toEqual(expected)
  })

  it('streams reasoning', async () => {
    // written from documentation, as above
    const chunk = (content: unknown, finish: string | null = null) => ({
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: finish }],
    })
    const thought = (text: string, signature = '') => [
      { type: 'reasoning', summary: [{ type: 'summary_text', text, signature }] },
    ]
    const source = events(
      chunk(thought('be')),
      chunk(thought('cause')),
      chunk(thought('', 'sig')),
      chunk('Ray'),
      chunk('leigh', 'stop'),
      '[DONE]',
    )
    await using hosts = await startHosts(() => ({ headers: { 'content-type': 'text/event-stream' }, body: source }))
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { databricks: { apiKey: 'k', apiBase } } })
    const final = await (await client.completion({ model, messages, stream: true })).final()
    expect(final.choices[0]?.message).toMatchObject({
      content: 'Rayleigh',
      reasoning_content: 'because',
      thinking_blocks: [{ type: 'thinking', thinking: 'because', signature: 'sig' }],
    })
  })
})

it('leaves no timer behind if the token request fails', async () => {
  const [set, clear] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')]
  const dispatcher = Object.assign(new MockAgent(), {
    dispatch() {
      throw new Error('it is closed')
    },
  })
  const account = { clientId: 'id', clientSecret: 'a secret', apiBase }
  const client = createClient({ dispatcher, maxRetries: 0, providers: { databricks: account } })
  expect(String(await rejection(client.completion({ model, messages })))).toContain('it is closed')
  const clocks = set.mock.results.flatMap(({ value }, at) => (set.mock.calls[at]?.[1] === 60_000 ? [value] : []))
  const stopped = clear.mock.calls.map(([timer]) => timer)
  vi.restoreAllMocks()
  expect(clocks).toHaveLength(1)
  expect(stopped).toEqual(expect.arrayContaining(clocks))
})
