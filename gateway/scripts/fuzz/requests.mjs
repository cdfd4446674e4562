// Random requests: valid ones of every route, and others made from them.
import { readdirSync, readFileSync } from 'node:fs'
import { master, secret, simulator } from './gateway.mjs'
import { mutate, mutateText, textOf } from './mutations.mjs'
import { below, chance, pick } from './random.mjs'

/** The admin key, a wrong one, and keys that are made from time to time. */
export const keys = [master, secret('wrong')]

const user = (content) => ({ role: 'user', content })
const models = ['chat', 'claude', 'gemini', 'embed', 'none', 'openai/gpt-4o', '*', '']
const tool = {
  type: 'function',
  function: {
    name: 'look',
    description: 'Looks.',
    parameters: { type: 'object', properties: { at: { type: 'string' } } },
  },
}
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const calls = [
  [
    '/v1/chat/completions',
    () => ({
      model: pick(models),
      messages: [user('Hello')],
      stream: chance(0.3),
      max_tokens: 20,
      tools: [tool],
      temperature: 0.5,
      user: 'someone',
      metadata: { tags: ['a'] },
      stream_options: { include_usage: true },
    }),
  ],
  [
    '/chat/completions',
    () => ({
      model: 'chat',
      messages: [
        { role: 'system', content: 'Brief.' },
        user([
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url: pixel } },
        ]),
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
    }),
  ],
  [
    '/v1/chat/completions',
    () => ({
      model: 'claude',
      messages: [
        user('Hi'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"x"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'seen' },
      ],
      cache: { 'no-cache': true },
      fallbacks: ['chat'],
    }),
  ],
  ['/v1/completions', () => ({ model: 'chat', prompt: 'Once', stream: chance(0.3) })],
  ['/v1/embeddings', () => ({ model: 'embed', input: ['a', 'b'], encoding_format: pick(['float', 'base64']) })],
  [
    '/v1/responses',
    () => ({
      model: pick(models),
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
      stream: chance(0.3),
      instructions: 'Brief.',
      previous_response_id: chance(0.2) ? 'resp_1' : undefined,
    }),
  ],
  [
    '/v1/messages',
    () => ({
      model: pick(models),
      max_tokens: 20,
      messages: [user([{ type: 'text', text: 'Hello' }])],
      stream: chance(0.3),
      system: [{ type: 'text', text: 'Brief.', cache_control: { type: 'ephemeral' } }],
      thinking: { type: 'enabled', budget_tokens: 1024 },
    }),
  ],
  ['/v1/messages/count_tokens', () => ({ model: pick(models), messages: [user('Hello')] })],
  ['/v1/moderations', () => ({ model: 'chat', input: 'Hello' })],
  ['/v1/rerank', () => ({ model: 'chat', query: 'a', documents: ['a', 'b'] })],
  [
    '/v1beta/models/gemini:generateContent',
    () => ({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }], generationConfig: { maxOutputTokens: 20 } }),
  ],
  [
    '/v1beta/models/chat:streamGenerateContent?alt=sse',
    () => ({ contents: [{ parts: [{ text: 'Hello' }] }], tools: [{ functionDeclarations: [{ name: 'look' }] }] }),
  ],
  ['/v1beta/models/claude:countTokens', () => ({ contents: [{ parts: [{ text: 'Hello' }] }] })],
  ['/openai/deployments/chat/chat/completions?api-version=2024-06-01', () => ({ messages: [user('Hello')] })],
  ['/engines/chat/completions', () => ({ prompt: 'Hello' })],
  ['/openai/v1/chat/completions', () => ({ model: 'gpt-4o', messages: [user('Hello')], stream: chance(0.3) })],
  ['/anthropic/v1/messages', () => ({ model: 'claude-sonnet-4-5', max_tokens: 20, messages: [user('Hello')] })],
  ['/gemini/v1beta/models/gemini-2.5-flash:generateContent', () => ({ contents: [{ parts: [{ text: 'Hello' }] }] })],
]
const name = () => pick(['one', 'two', 'three', `n${below(40)}`])
const limits = () => ({
  max_budget: pick([null, 0.01, 5]),
  budget_duration: pick(['1d', 'monthly', '30s']),
  rpm_limit: pick([null, 100]),
  tpm_limit: pick([null, 100_000]),
  models: pick([[], ['chat'], ['openai/*'], ['all-team-models']]),
  metadata: { a: 1 },
})
const management = {
  '/key/generate': () => ({
    ...limits(),
    key_alias: `a${below(1e9)}`,
    duration: pick(['1h', '30d', undefined]),
    aliases: { x: 'chat' },
    team_id: chance(0.2) ? name() : undefined,
    user_id: chance(0.2) ? name() : undefined,
    model_max_budget: { chat: { budget_limit: 1, time_period: '1d' } },
  }),
  '/team/new': () => ({
    ...limits(),
    team_id: name(),
    team_alias: name(),
    members_with_roles: [{ role: 'admin', user_id: name() }],
  }),
  '/user/new': () => ({
    ...limits(),
    user_id: name(),
    user_role: pick(['internal_user', 'proxy_admin_viewer']),
    auto_create_key: chance(0.3),
  }),
  '/budget/new': () => ({ budget_id: name(), max_budget: 5, budget_duration: '1d' }),
  '/customer/new': () => ({ user_id: name(), max_budget: 1, blocked: false }),
  '/tag/new': () => ({ name: name(), max_budget: 3 }),
  '/organization/new': () => ({ organization_alias: name(), models: [] }),
  '/model/new': () => ({
    model_name: name(),
    litellm_params: { model: 'openai/gpt-4o', api_base: simulator.openaiBase, api_key: secret('openai') },
    model_info: { id: name() },
  }),
  '/utils/token_counter': () => ({ model: 'chat', messages: [user('Hello')] }),
  '/spend/calculate': () => ({ model: 'chat', messages: [user('Hello')] }),
}
const anyManagement = () => ({
  ...pick(Object.values(management))(),
  key: pick(keys),
  keys: [pick(keys)],
  id: name(),
  ids: [name()],
  user_ids: [name()],
  team_ids: [name()],
  member: { role: 'user', user_id: name() },
  spend: 1,
  grace_period: '1h',
  reset_to: 0,
})
// paths of routes are texts with a slash in the built files
const dist = new URL('../../dist/', import.meta.url)
const built = readdirSync(dist)
  .filter((one) => one.endsWith('.js'))
  .map((one) => readFileSync(new URL(one, dist), 'utf8'))
  .join('\n')
const routes = [...new Set(built.match(/(?<=["'])\/[a-z][a-zA-Z0-9_/:.-]+(?=["'])/g))].filter(
  // the last one is a stream without an end
  (path) => path !== '/health' && path !== '/v1/' && path !== '/dashboard/tail',
)
for (const group of ['/customer', '/end_user'])
  routes.push(
    ...['new', 'info', 'update', 'delete', 'list', 'block', 'unblock', 'daily/activity'].map(
      (one) => `${group}/${one}`,
    ),
  )
for (const group of ['/user', '/team', '/tag']) routes.push(`${group}/daily/activity`)
/** The method of a route, by its last word. */
const methodOf = (path) =>
  /info|list|aliases|activity|logs|spend\b|readiness|live|metrics|audit|ping|backlog|services|settings|supported/.test(
    path,
  )
    ? 'GET'
    : 'POST'
const queries = [
  '',
  '?user_id=one',
  '?team_id=one',
  '?key=one',
  '?start_date=2026-01-01&end_date=2026-12-31',
  '?page=1&size=5',
  '?model=chat',
  '?limit=2&after=x',
  '?format=csv',
  '?__proto__[a]=1',
  '?a=1&a=2&a=%00',
  '?page=-1',
  '?page=1e99&size=1e99',
  '?start_date=x',
  '?%',
  `?key=${'k'.repeat(3000)}`,
  '?group_by=team&start_date=2026-01-01',
]

const methods = ['GET', 'POST', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']
const keyHeaders = ['x-api-key', 'api-key', 'x-goog-api-key', 'x-litellm-api-key']
const otherHeaders = [
  [
    'content-type',
    [
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'a'.repeat(2000),
      '',
    ],
  ],
  ['content-encoding', ['gzip', 'br', 'identity', 'x']],
  ['accept', ['text/event-stream', '*/*', '']],
  ['accept-encoding', ['gzip', 'identity;q=0']],
  ['x-forwarded-for', ['10.0.0.1', 'x, y', ' ']],
  ['host', ['example.com', '127.0.0.1', 'x'.repeat(300)]],
  ['origin', ['http://evil.example', 'null']],
  ['x-litellm-call-id', ['a', 'b'.repeat(5000), '%00']],
  ['x-litellm-timeout', ['1', '-1', 'x', '1e9', '0.001']],
  ['x-litellm-num-retries', ['0', '99', 'x']],
  ['x-litellm-tags', ['a,b', ',,,', 't'.repeat(3000), '__proto__']],
  ['x-litellm-customer-id', ['c1', '__proto__', 'u'.repeat(4000)]],
  ['anthropic-version', ['2023-06-01', 'x']],
  ['anthropic-beta', ['a,b', 'x'.repeat(2000)]],
  ['expect', ['100-continue', 'x']],
  ['connection', ['close', 'upgrade']],
  ['traceparent', ['00-x', 'a'.repeat(500)]],
  ['range', ['bytes=0-']],
]
const rawRequests = [
  'GET / HTTP/1.1\r\n\r\n',
  'GET /%00 HTTP/1.1\r\nhost: a\r\n\r\n',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n{',
  'POST /key/generate HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'POST /key/generate HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'GET http://example.com/v1/models HTTP/1.1\r\nhost: b\r\n\r\n',
  'GET //v1//models HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /../../etc/passwd HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /v1/models%2f..%2f HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /\u00ff\u00fe HTTP/1.1\r\nhost: a\r\n\r\n',
  `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
  `GET / HTTP/1.1\r\nhost: a\r\nx: ${'b'.repeat(20_000)}\r\n\r\n`,
  'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n',
  'TRACE / HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /v1/models HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\u0016\u0003\u0001\u0000',
  'POST /v1/messages HTTP/1.1\r\nhost: a\r\nhost: b\r\ncontent-length: 2\r\n\r\n{}',
  'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /v1/models HTTP/0.9\r\n\r\n',
]

/** The next request. */
export function plan() {
  if (chance(0.01)) return { raw: chance(0.5) ? pick(rawRequests) : mutateText(pick(rawRequests)) }
  let path
  let value
  let method = 'POST'
  if (chance(0.5)) {
    const [to, make] = pick(calls)
    path = to
    value = make()
  } else {
    path = pick(routes)
    method = chance(0.2) ? pick(methods) : methodOf(path)
    value = (management[path] ?? anyManagement)()
    path = path.replace(/:\w+/g, () => encodeURIComponent(pick([name(), 'x', '%', '..', pick(keys)])))
    if (chance(0.6)) path += pick(queries)
  }
  for (let n = pick([0, 0, 0, 1, 1, 1, 2, 5]); n > 0; n--) value = mutate(value)
  if (chance(0.03)) path = mutateText(path).replace(/[^\x21-\xff]/g, '_')
  if (!path.startsWith('/')) path = `/${path}`
  if (chance(0.02)) method = pick(methods)
  const headers = { 'content-type': 'application/json' }
  const key = chance(0.1)
    ? undefined
    : chance(0.05)
      ? mutateText(pick(keys))
      : chance(0.05)
        ? keys[1]
        : chance(0.5)
          ? master
          : pick(keys.slice(2))
  if (key) {
    if (chance(0.8)) headers.authorization = `${chance(0.95) ? 'Bearer' : pick(['bearer', 'Basic', ''])} ${key}`
    else headers[pick(keyHeaders)] = key
  }
  while (chance(0.25)) {
    const [header, options] = pick(otherHeaders)
    headers[header] = pick(options)
  }
  const body = method === 'GET' || method === 'HEAD' ? (chance(0.05) ? Buffer.from('{}') : undefined) : textOf(value)
  if (body && chance(0.9)) headers['content-length'] ??= body.length
  const odd = below(100)
  return {
    method,
    path,
    headers,
    body,
    ...(body && odd < 2 && { part: below(body.length) }),
    ...(odd >= 2 && odd < 4 && { leaveAfter: below(20) }),
    ...(body && odd === 4 && { part: below(body.length), leaveAfter: 10 }),
  }
}
