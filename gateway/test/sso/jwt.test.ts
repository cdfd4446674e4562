import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ConfigError } from '../../src/config/checker.js'
import { caller, hello, startGateway } from '../http/start.js'
import { type SigningKey, sign, signingKey, startProvider, type TestProvider } from './provider.js'

const audience = 'llm-gateway'
let key: SigningKey
let provider: TestProvider

const machines = {
  crawler: { team: 'search' },
  analyst: { team: 'data', mail: 'ana@example.test', groups: ['data', 'unrelated'] },
}

beforeAll(async () => {
  key = await signingKey('first')
  provider = await startProvider({ keys: [key], machines })
})
afterAll(() => provider.stop())

const model = (name: string) => ({
  model_name: name,
  litellm_params: { model: `openai/${name}`, api_key: 'unused', mock_response: `I am ${name}.` },
})

async function start(jwtauth: object, options: { urls?: string; environment?: Record<string, string> } = {}) {
  const gateway = await startGateway({
    config: {
      model_list: [model('large'), model('small')],
      general_settings: { enable_jwt_auth: true, litellm_jwtauth: jwtauth },
    },
    environment: {
      JWT_PUBLIC_KEY_URL: options.urls ?? `${provider.issuer}/jwks`,
      JWT_AUDIENCE: audience,
      JWT_ISSUER: provider.issuer,
      ...options.environment,
    },
  })
  return { gateway, call: caller(gateway) }
}

const now = () => Math.floor(Date.now() / 1000)
const claims = (more: object = {}) => ({
  iss: provider.issuer,
  aud: audience,
  sub: 'robot-7',
  iat: now(),
  exp: now() + 300,
  ...more,
})

it('serves a machine by the token that a provider has issued', async () => {
  const { gateway, call } = await start({
    user_id_jwt_field: 'sub',
    user_id_upsert: true,
    team_id_jwt_field: 'team',
    team_id_upsert: true,
  })
  const token = await provider.token('crawler', audience)
  const { status, json } = await call('POST', '/v1/chat/completions', hello('small'), { key: token })
  expect([status, json.choices?.[0].message.content]).toEqual([200, 'I am small.'])
  const { json: team } = await call('GET', '/team/info?team_id=search')
  expect(team.team_info.team_id).toBe('search')
  const { json: user } = await call('GET', '/user/info?user_id=crawler')
  expect(user.user_info.user_id).toBe('crawler')
  const { json: audit } = await call('GET', '/audit?action=token%20accepted')
  expect(audit.audit_logs.map((line: { table_name: string }) => line.table_name).sort()).toEqual(['teams', 'users'])
  await vi.waitFor(async () => {
    const { json: rows } = await call('GET', '/spend/logs')
    expect(rows).toEqual([expect.objectContaining({ user: 'crawler', team_id: 'search' })])
  })
  await gateway.stop()
})

it.each([
  ['another audience', { aud: 'other-service' }, "The audience of the token, 'aud', is not this gateway."],
  ['another issuer', { iss: 'http://127.0.0.1:1' }, "The issuer of the token, 'iss', is not the configured one."],
  ['an end in the past', { exp: 1_700_000_000 }, 'The token has expired.'],
  ['no end', { exp: undefined }, "The token must have the claim 'exp'."],
  ['a beginning in the future', { nbf: 4_000_000_000 }, "The token is not valid yet: see its claim 'nbf'."],
])('refuses a token with %s in the dialect of the client', async (_title, wrong, message) => {
  const { gateway, call } = await start({ user_id_jwt_field: 'sub', user_id_upsert: true })
  const token = await sign(key, claims(wrong))
  const openai = await call('POST', '/v1/chat/completions', hello('small'), { key: token })
  expect([openai.status, openai.json.error.message]).toEqual([401, message])
  const anthropic = await call(
    'POST',
    '/v1/messages',
    { ...hello('small'), max_tokens: 5 },
    { key: '', headers: { 'x-api-key': token } },
  )
  expect([anthropic.status, anthropic.json]).toEqual([
    401,
    { type: 'error', error: { type: 'authentication_error', message } },
  ])
  expect(openai.text + anthropic.text).not.toContain(token.slice(0, 20))
  await gateway.stop()
})

it('refuses forged signatures and algorithms without a private key', async () => {
  const { gateway, call } = await start({ user_id_jwt_field: 'sub', user_id_upsert: true })
  const forger = await signingKey('first')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { createHmac, createPublicKey } = await import('node:crypto')
  const pem = createPublicKey({ key: key.jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  const unsigned = `${part({ alg: 'HS256', kid: 'first' })}.${part(claims())}`
  const tokens = [
    await sign(forger, claims()),
    `${part({ alg: 'none' })}.${part(claims())}.`,
    `${unsigned}.${createHmac('sha256', pem).update(unsigned).digest('base64url')}`,
    'eyJub3Q.a.token',
  ]
  for (const token of tokens) {
    const { status, json } = await call('GET', '/v1/models', undefined, { key: token })
    expect([status, json.error.type]).toEqual([401, 'auth_error'])
  }
  await gateway.stop()
})

it('applies the models of the team, and refuses a blocked team and a blocked user at once', async () => {
  const { gateway, call } = await start({
    user_id_jwt_field: 'sub',
    user_id_upsert: true,
    team_ids_jwt_field: 'groups',
  })
  await call('POST', '/team/new', { team_id: 'data', models: ['small'] })
  const token = await provider.token('analyst', audience)
  const ask = async (name: string) => (await call('POST', '/v1/chat/completions', hello(name), { key: token })).status
  expect([await ask('small'), await ask('large')]).toEqual([200, 403])
  await call('POST', '/team/block', { team_id: 'data' })
  expect(await ask('small')).toBe(401)
  await call('POST', '/team/unblock', { team_id: 'data' })
  expect(await ask('small')).toBe(200)
  await call('POST', '/user/block', { user_ids: ['analyst'] })
  expect(await ask('small')).toBe(401)
  await gateway.stop()
})

it('holds the budget of the user', async () => {
  const { gateway, call } = await start({ user_id_jwt_field: 'sub' })
  await call('POST', '/user/new', { user_id: 'robot-7', max_budget: 0, auto_create_key: false })
  const { status, json } = await call('POST', '/v1/chat/completions', hello('small'), {
    key: await sign(key, claims()),
  })
  expect([status, json.error.type]).toEqual([422, 'budget_exceeded'])
  await gateway.stop()
})

it('takes the first team of a list that may use the model', async () => {
  const { gateway, call } = await start({ team_ids_jwt_field: 'realm.groups' })
  await call('POST', '/team/new', { team_id: 'a', models: ['small'] })
  await call('POST', '/team/new', { team_id: 'b', models: ['large'] })
  const token = await sign(key, claims({ realm: { groups: ['a', 'b', 'c'] } }))
  const { json } = await call('GET', '/v1/models', undefined, { key: token })
  expect(json.data.map(({ id }: { id: string }) => id).sort()).toEqual(['large', 'small'])
  expect((await call('POST', '/v1/chat/completions', hello('large'), { key: token })).status).toBe(200)
  await vi.waitFor(async () => {
    const { json: rows } = await call('GET', '/spend/logs')
    expect(rows).toEqual([expect.objectContaining({ team_id: 'b' })])
  })
  await gateway.stop()
})

it('names what is missing when a user or a team does not exist', async () => {
  const { gateway, call } = await start({ user_id_jwt_field: 'sub', team_id_jwt_field: 'team' })
  const ask = async (more: object) =>
    (await call('GET', '/v1/models', undefined, { key: await sign(key, claims(more)) })).json.error.message
  expect(await ask({ sub: 'nobody' })).toMatch(/^The user 'nobody' of the token does not exist\./)
  expect(await ask({ sub: undefined, team: 'none' })).toMatch(/^The team 'none' of the token does not exist\./)
  expect(await ask({ sub: undefined })).toMatch(/^The token names no user and no team\./)
  expect(await ask({ sub: 'default_user_id' })).toMatch(/default_user_id/)
  await gateway.stop()
})

it('gives management routes to the scope of admins only', async () => {
  const { gateway, call } = await start({ user_id_jwt_field: 'sub', user_id_upsert: true })
  const ask = async (more: object) =>
    (await call('POST', '/key/generate', { user_id: 'else' }, { key: await sign(key, claims(more)) })).status
  expect(await ask({ scope: 'openid litellm_proxy_admin' })).toBe(200)
  expect(await ask({ scope: 'openid' })).toBe(403)
  await gateway.stop()
})

it('narrows a token to the models of its scope', async () => {
  const { gateway, call } = await start({
    user_id_jwt_field: 'sub',
    user_id_upsert: true,
    enforce_scope_based_access: true,
    scope_mappings: [{ scope: 'small_only', models: ['small'] }],
  })
  const ask = async (name: string, scope: string) =>
    (await call('POST', '/v1/chat/completions', hello(name), { key: await sign(key, claims({ scope })) })).status
  expect([await ask('small', 'small_only'), await ask('large', 'small_only'), await ask('small', 'other')]).toEqual([
    200, 403, 403,
  ])
  await gateway.stop()
})

it('follows a rotation of keys, and goes on with known keys while the provider is away', async () => {
  const own = await startProvider({ keys: [key], machines })
  const rotated = await signingKey('second')
  const { gateway, call } = await start(
    { user_id_jwt_field: 'sub', user_id_upsert: true, public_key_ttl: 0 },
    { urls: `${own.issuer}/.well-known/openid-configuration`, environment: { JWT_ISSUER: own.issuer } },
  )
  const ask = async (signer: SigningKey, more: object = {}) =>
    (await call('GET', '/v1/models', undefined, { key: await sign(signer, claims({ iss: own.issuer, ...more })) }))
      .status
  expect(await ask(key)).toBe(200)
  await own.stop()
  vi.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now() + 60_000)
  try {
    expect(await ask(key, { jti: 'new' })).toBe(200)
    const again = await startProvider({ keys: [rotated, key], machines, port: own.port })
    expect(await ask(rotated)).toBe(401) // tried a moment ago
    vi.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now() + 120_000)
    expect(await ask(rotated)).toBe(200)
    const before = again.requests.length
    const unknown = await signingKey('third')
    for (let index = 0; index < 5; index++) expect(await ask(unknown, { jti: String(index) })).toBe(401)
    expect(again.requests.length - before).toBeLessThanOrEqual(2)
    await again.stop()
  } finally {
    vi.restoreAllMocks()
  }
  await gateway.stop()
})

it('answers 503 while no key of the provider is known, and serves virtual keys', async () => {
  const { gateway, call } = await start({ user_id_jwt_field: 'sub' }, { urls: 'http://127.0.0.1:9/jwks' })
  const { status, json } = await call('GET', '/v1/models', undefined, { key: await sign(key, claims()) })
  expect([status, json.error.type]).toEqual([503, 'service_unavailable_error'])
  expect((await call('GET', '/v1/models')).status).toBe(200)
  await gateway.stop()
})

it('needs the address of the public keys, and warns of what is not checked', async () => {
  await expect(start({}, { environment: { JWT_PUBLIC_KEY_URL: '' } })).rejects.toThrow(ConfigError)
  const { gateway } = await start({}, { environment: { JWT_AUDIENCE: '', JWT_ISSUER: '' } })
  const dangerous = gateway.config.lines.filter(({ treatment }) => treatment === 'dangerous')
  expect(dangerous.map(({ note }) => note.split(' ')[0])).toEqual(['JWT_AUDIENCE', 'JWT_ISSUER'])
  await gateway.stop()
})

it('uses the team that the request names, if it is one of the token', async () => {
  const { gateway, call } = await start({ team_ids_jwt_field: 'groups' })
  for (const id of ['a', 'b']) await call('POST', '/team/new', { team_id: id })
  const token = await sign(key, claims({ groups: ['a', 'b'] }))
  const ask = async (team: string) =>
    (await call('POST', '/v1/chat/completions', hello('small'), { key: token, headers: { 'x-litellm-team-id': team } }))
      .status
  expect([await ask('b'), await ask('c')]).toEqual([200, 403])
  await vi.waitFor(async () => {
    const { json: rows } = await call('GET', '/spend/logs')
    expect(rows).toContainEqual(expect.objectContaining({ team_id: 'b' }))
  })
  await gateway.stop()
})

it('maps roles to admins, teams and users, and refuses others', async () => {
  const { gateway, call } = await start({
    roles_jwt_field: 'realm_access.roles',
    role_mappings: [
      { role: 'operator', internal_role: 'proxy_admin' },
      { role: 'service', internal_role: 'team' },
      { role: 'person', internal_role: 'internal_user' },
    ],
    object_id_jwt_field: 'oid',
    enforce_rbac: true,
    team_id_upsert: true,
    user_id_upsert: true,
  })
  const ask = async (role: string, path: string, oid?: string) =>
    (await call('GET', path, undefined, { key: await sign(key, claims({ oid, realm_access: { roles: [role] } })) }))
      .status
  expect(await ask('operator', '/user/list')).toBe(200)
  expect([await ask('service', '/v1/models', 'batch'), await ask('service', '/user/list', 'batch')]).toEqual([200, 403])
  expect([await ask('person', '/v1/models', 'eve'), await ask('person', '/user/list', 'eve')]).toEqual([200, 401])
  expect(await ask('guest', '/v1/models', 'eve')).toBe(403)
  expect((await call('GET', '/team/info?team_id=batch')).status).toBe(200)
  expect((await call('GET', '/user/info?user_id=eve')).status).toBe(200)
  await gateway.stop()
})

it('keeps role and teams of a user as the token has them', async () => {
  const { gateway, call } = await start({
    user_id_jwt_field: 'sub',
    user_email_jwt_field: 'email',
    user_id_upsert: true,
    team_ids_jwt_field: 'groups',
    roles_jwt_field: 'roles',
    sync_user_role_and_teams: true,
    jwt_litellm_role_map: [{ jwt_role: 'auditor', litellm_role: 'proxy_admin_viewer' }],
  })
  await call('POST', '/team/new', { team_id: 'a', team_member_budget: 3 })
  await call('POST', '/team/new', { team_id: 'b' })
  const ask = async (more: object) =>
    (await call('GET', '/v1/models', undefined, { key: await sign(key, claims({ sub: 'joe', ...more })) })).status
  const user = async () => (await call('GET', '/user/info?user_id=joe')).json.user_info
  expect(await ask({ groups: ['a'], roles: ['auditor'], email: 'joe@example.test' })).toBe(200)
  expect(await user()).toMatchObject({ user_role: 'proxy_admin_viewer', teams: ['a'], user_email: 'joe@example.test' })
  const { json } = await call('GET', '/team/info?team_id=a')
  expect(json.team_memberships).toContainEqual(expect.objectContaining({ user_id: 'joe' }))
  expect(JSON.stringify(json.team_memberships)).toContain('"max_budget":3')
  expect(await ask({ groups: ['b'], roles: ['auditor'] })).toBe(200)
  expect((await user()).teams).toEqual(['b'])
  await gateway.stop()
})

it('checks the domain and the roles, and books on the customer and the default team', async () => {
  const { gateway, call } = await start({
    user_email_jwt_field: 'email',
    user_allowed_email_domain: 'example.test',
    user_roles_jwt_field: 'roles',
    user_allowed_roles: ['caller'],
    end_user_id_jwt_field: 'tenant',
    team_id_default: 'everyone',
  })
  await call('POST', '/team/new', { team_id: 'everyone' })
  const good = { email: 'a@example.test', roles: ['caller'], tenant: 'acme' }
  const ask = async (more: object) => {
    const token = await sign(key, claims({ ...good, ...more }))
    return (await call('POST', '/v1/chat/completions', hello('small', { user: 'other' }), { key: token })).status
  }
  expect(await ask({})).toBe(200)
  expect(await ask({ email: 'a@evil-example.test' })).toBe(403)
  expect(await ask({ roles: ['guest'] })).toBe(403)
  await vi.waitFor(async () => {
    const { json: rows } = await call('GET', '/spend/logs')
    expect(rows).toContainEqual(expect.objectContaining({ team_id: 'everyone', end_user: 'acme' }))
  })
  await gateway.stop()
})

it('creates one user for tokens that arrive together, and shows metrics to admins only', async () => {
  const { gateway, call } = await start({ user_id_jwt_field: 'sub', user_id_upsert: true })
  const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => sign(key, claims({ jti: `${index}` }))))
  const found = await Promise.all(tokens.map((token) => call('GET', '/v1/models', undefined, { key: token })))
  expect(new Set(found.map(({ status }) => status))).toEqual(new Set([200]))
  const { json } = await call('GET', '/audit?action=token%20accepted')
  expect(json.total).toBe(1)
  const admin = await sign(key, claims({ scope: 'litellm_proxy_admin' }))
  expect((await call('GET', '/metrics', undefined, { key: admin })).status).toBe(200)
  expect((await call('GET', '/metrics', undefined, { key: tokens[0] })).status).toBe(401)
  await gateway.stop()
})
