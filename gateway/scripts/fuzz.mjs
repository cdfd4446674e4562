// Sends random requests to a running gateway: valid ones, mutated ones and broken ones, with no key, a wrong, a virtual and the master key.
// Fails if an answer is 500, has a secret in it, or does not come, or if the process ends or its memory grows without bound.
//
//     npm run build && node gateway/scripts/fuzz.mjs [--requests 100000] [--seed 1] [--parallel 16] [--heap 192]
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startSimulator } from 'llmux/testing'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '16' },
    // MB of JavaScript objects: a leak ends the process
    heap: { type: 'string', default: '192' },
  },
})
const total = Number(values.requests)
const longestMs = 30_000
const mostMemory = 500 // MB

let state = Number(values.seed)
/** A repeatable source of randomness. */
function random() {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  return (state >>> 0) / 4_294_967_296
}
const below = (n) => Math.floor(random() * n)
const pick = (list) => list[below(list.length)]
const chance = (share) => random() < share

// texts that no answer, no log line and no metric may have
const secret = (name) => `sk-canary-${name}-5f1d8c7b2a904e63`
const canaries = ['openai', 'anthropic', 'gemini', 'master', 'salt', 'webhook'].map(secret)
const master = secret('master')

const simulator = await startSimulator()
const folder = mkdtempSync(join(tmpdir(), 'llmux-fuzz-'))
const config = join(folder, 'config.yaml')
const file = {
  model_list: [
    {
      model_name: 'chat',
      litellm_params: {
        model: 'openai/gpt-4o',
        api_base: simulator.openaiBase,
        api_key: secret('openai'),
        use_in_pass_through: true,
      },
    },
    {
      model_name: 'claude',
      litellm_params: {
        model: 'anthropic/claude-sonnet-4-5',
        api_base: simulator.anthropicBase,
        api_key: secret('anthropic'),
        use_in_pass_through: true,
      },
    },
    {
      model_name: 'gemini',
      litellm_params: {
        model: 'gemini/gemini-2.5-flash',
        api_base: simulator.base('gemini'),
        api_key: secret('gemini'),
        use_in_pass_through: true,
      },
    },
    {
      model_name: 'embed',
      litellm_params: {
        model: 'openai/text-embedding-3-small',
        api_base: simulator.openaiBase,
        api_key: secret('openai'),
      },
    },
  ],
  router_settings: { num_retries: 0, disable_cooldowns: true, timeout: 10 },
  litellm_settings: { cache: true, cache_params: { type: 'local', ttl: 60 } },
  general_settings: { alerting: ['slack'], max_request_size_mb: 8 },
}
writeFileSync(config, JSON.stringify(file))

let log = ''
const child = spawn(
  process.execPath,
  [
    `--max-old-space-size=${values.heap}`,
    new URL('../dist/cli.js', import.meta.url).pathname,
    '--config',
    config,
    '--data',
    join(folder, 'data'),
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    '--debug',
  ],
  {
    // no variable of this process: nothing but the simulator is reached
    env: {
      PATH: process.env.PATH,
      LITELLM_MASTER_KEY: master,
      LITELLM_SALT_KEY: secret('salt'),
      SLACK_WEBHOOK_URL: `http://127.0.0.1:9/services/${secret('webhook')}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  },
)
const port = await new Promise((resolve, reject) => {
  child.on('exit', () => reject(new Error(`The gateway did not start.\n${log}`)))
  const read = (text) => {
    log = `${log}${text}`.slice(-2_000_000)
    const found = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(log)
    if (found) resolve(Number(found[1]))
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
})
let ended = false
child.on('exit', () => {
  ended = true
})

/** Resident memory in MB. Only Linux shows it here. */
function memory() {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
/** @returns the answer; status 0 if the connection was closed without one */
function send({ method, path, headers, body, part, leaveAfter }) {
  return new Promise((resolve) => {
    const started = Date.now()
    let request
    const done = (status, text = '', sent = '') => {
      clearTimeout(timer)
      resolve({ status, text, sent, ms: Date.now() - started })
    }
    const timer = setTimeout(() => {
      request?.destroy()
      done(-1)
    }, longestMs)
    try {
      request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent })
    } catch {
      // Node itself refuses the path or a header
      return done(-2)
    }
    request.on('error', (error) => done(0, '', `${error.code} ${request.reusedSocket}`))
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('latin1')
      response.on('data', (more) => {
        text += more
      })
      response.on('error', () => done(0))
      response.on('close', () => done(response.statusCode, text, JSON.stringify(response.headers)))
    })
    if (leaveAfter !== undefined) setTimeout(() => request.destroy(), leaveAfter)
    if (part !== undefined && body !== undefined) {
      request.write(body.slice(0, part))
      setTimeout(() => (leaveAfter === undefined ? request.end(body.slice(part)) : request.destroy()), 5)
    } else request.end(body)
  })
}

/** Bytes that are no HTTP, or only nearly. */
function sendRaw(bytes) {
  return new Promise((resolve) => {
    const started = Date.now()
    let text = ''
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(bytes, 'latin1', () => setTimeout(() => socket.end(), 20)),
    )
    socket.setEncoding('latin1')
    socket.on('data', (more) => {
      text += more
    })
    socket.on('error', () => {})
    socket.setTimeout(longestMs, () => socket.destroy())
    socket.on('close', () => {
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text, sent: '', ms: Date.now() - started })
    })
  })
}

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
const dist = new URL('../dist/', import.meta.url)
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

const values_ = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  1e308,
  -1e308,
  9_007_199_254_740_991,
  2 ** 31,
  '',
  'x',
  '\u0000',
  '\ud800',
  '𝒳é\u202e',
  '__proto__',
  'constructor',
  'toString',
  "'; drop table llmux_keys; --",
  '../../etc/passwd',
  `\${jndi:x}`,
  '1e999',
  '-0',
  'NaN',
  [],
  {},
  [[]],
  [null],
  { constructor: { prototype: 1 } },
  'a'.repeat(70_000),
  'os.environ/LITELLM_MASTER_KEY',
  'oidc/x',
]
const extra = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'stream',
  'n',
  'stop',
  'logit_bias',
  'tool_choice',
  'functions',
  'seed',
  'num_retries',
  'timeout',
  'cache',
  'fallbacks',
  'tags',
  'metadata',
  'litellm_metadata',
  'user',
  'mock_response',
  'max_tokens',
  'max_completion_tokens',
  'api_base',
  'api_key',
  'extra_body',
  'model',
  'messages',
  'input',
  'thinking',
  'reasoning_effort',
  'response_format',
  'modalities',
  'audio',
  'permissions',
  'allowed_routes',
  'budget_limits',
  'duration',
  'expires',
  'spend',
  'object_permission',
]

/** Changes one place of a value. */
function mutate(value, depth = 0) {
  if (Array.isArray(value) && value.length > 0 && chance(0.8)) {
    const copy = [...value]
    const at = below(copy.length)
    if (chance(0.15)) copy.push(copy[at])
    else copy[at] = mutate(copy[at], depth + 1)
    return copy
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const copy = { ...value }
    const names = Object.keys(copy)
    const at = names.length > 0 ? pick(names) : 'a'
    if (chance(0.15)) delete copy[at]
    else if (chance(0.25))
      Object.defineProperty(copy, pick(extra), {
        value: pick(values_),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    else
      Object.defineProperty(copy, at, {
        value: depth > 5 || chance(0.3) ? pick(values_) : mutate(copy[at], depth + 1),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    return copy
  }
  return pick(values_)
}

function textOf(value) {
  let text = JSON.stringify(value) ?? 'null'
  const kind = below(60)
  if (kind === 0) return text.slice(0, below(text.length))
  if (kind === 1) {
    const bytes = Buffer.from(text)
    for (let n = 0; n < 3; n++) bytes[below(bytes.length)] = below(256)
    return bytes
  }
  if (kind === 2) text = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  else if (kind === 3) text = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`
  else if (kind === 4) text = text.replace(/\d+/, '1e999')
  else if (kind === 5) text = text.replace(/^\{/, '{"__proto__":{"model":"chat","admin":true},')
  else if (kind === 6) text = `\ufeff${text}`
  else if (kind === 7) text = ''
  else if (kind === 8)
    text = text.replace(/^\{/, `{"messages":[${'{"role":"user","content":"x"},'.repeat(2_000)}null],`)
  return Buffer.from(text)
}

const keys = [master, secret('wrong')]
/** Requests change and delete keys, so new ones are made from time to time. */
async function makeKeys() {
  const made = []
  for (const body of [{}, { models: ['chat'], max_budget: 100 }, { rpm_limit: 1_000_000, user_id: 'member' }]) {
    const answer = await send({
      method: 'POST',
      path: '/key/generate',
      headers: { authorization: `Bearer ${master}` },
      body: JSON.stringify({ ...body, key_alias: `own-${sent}-${made.length}` }),
    })
    made.push(JSON.parse(answer.text).key ?? secret('wrong'))
  }
  keys.splice(2, keys.length, ...made)
}
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

function plan() {
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
function mutateText(text) {
  const at = below(text.length + 1)
  return (
    text.slice(0, at) +
    pick(['', '%', '%00', '%ff', '/', '//', '..', '?', '#', '\u0080', 'é', ';', '\\', ' ', '{}']) +
    text.slice(at + below(3))
  )
}

const problems = []
const statuses = new Map()
let sent = 0
let slowest = 0
let peak = 0
let leaks = 0
const problem = (kind, planned, answer) => {
  if (problems.length < 40)
    problems.push({
      kind,
      ...planned,
      headers: planned.headers,
      body: planned.body?.toString('utf8').slice(0, 400),
      status: answer.status,
      text: answer.text.slice(0, 400),
    })
  else problems.push({ kind })
}

async function worker() {
  while (sent < total && !ended) {
    sent++
    if (sent % 1000 === 0) await makeKeys()
    const planned = plan()
    const answer = await (planned.raw === undefined ? send(planned) : sendRaw(planned.raw))
    if (answer.status === 0 && process.env.FUZZ_SHOW_CLOSED)
      console.log('closed', answer.sent, answer.ms, JSON.stringify({ ...planned, body: planned.body?.length }))
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    slowest = Math.max(slowest, answer.ms)
    if (answer.status === 500) problem('500', planned, answer)
    if (answer.status === -1) problem('no answer', planned, answer)
    const given = `${planned.path ?? ''}${planned.raw ?? ''}${planned.body ?? ''}${JSON.stringify(planned.headers ?? {})}`
    for (const canary of canaries) {
      // an answer may repeat what the request has
      if ((answer.text.includes(canary) || answer.sent.includes(canary)) && !given.includes(canary)) {
        leaks++
        problem(`secret ${canary}`, planned, answer)
      }
    }
    if (sent % 1000 === 0) {
      peak = Math.max(peak, memory())
      if (sent % 10_000 === 0) console.log(`${sent} requests, ${Math.round(memory())} MB, problems: ${problems.length}`)
    }
  }
}

const start = Date.now()
await makeKeys()
const before = memory()
await Promise.all(Array.from({ length: Number(values.parallel) }, worker))
const after = memory()
const alive = ended ? { status: 0 } : await send({ method: 'GET', path: '/health/readiness', headers: {} })
if (alive.status !== 200)
  problems.push({ kind: `the gateway does not answer afterwards: ${alive.status}`, log: log.slice(-2000) })
if (peak > mostMemory) problems.push({ kind: `memory ${Math.round(peak)} MB` })
const metrics = ended
  ? { text: '' }
  : await send({ method: 'GET', path: '/metrics', headers: { authorization: `Bearer ${master}` } })
const rows = ended
  ? { text: '' }
  : await send({ method: 'GET', path: '/spend/logs?limit=10000', headers: { authorization: `Bearer ${master}` } })
for (const canary of canaries) {
  for (const [where, text] of [
    ['log', log],
    ['metrics', metrics.text],
    ['rows', rows.text],
  ]) {
    if (text.includes(canary))
      problems.push({
        kind: `secret in ${where}: ${text.slice(Math.max(0, text.indexOf(canary) - 200), text.indexOf(canary) + 60)}`,
      })
  }
}
child.kill('SIGTERM')
await new Promise((resolve) => (ended ? resolve() : child.once('exit', resolve)))
agent.destroy()
await simulator.close()

for (const one of problems.slice(0, 40)) console.log(JSON.stringify(one))
const unhandled = log.split('\n').filter((line) => /unhandled|uncaught|TypeError|RangeError/i.test(line))
console.log(`log lines about bugs: ${unhandled.length}`, unhandled.slice(0, 5))
console.log(
  [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', '),
)
console.log(
  `${sent} requests in ${Math.round((Date.now() - start) / 1000)} s with seed ${values.seed}; slowest ${slowest} ms; memory ${Math.round(before)} → ${Math.round(after)} MB, most ${Math.round(peak)} MB; leaks: ${leaks}; problems: ${problems.length}`,
)
rmSync(folder, { recursive: true, force: true })
process.exitCode = problems.length > 0 ? 1 : 0
