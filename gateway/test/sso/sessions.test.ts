import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { caller, hello, master, startGateway } from '../http/start.js'

type Running = Awaited<ReturnType<typeof startGateway>>
let gateway: Running
let call: ReturnType<typeof caller>

const origin = 'http://gateway.test'
const own = { headers: { 'sec-fetch-site': 'same-origin' }, key: '' }

beforeEach(async () => {
  gateway = await startGateway({
    config: { model_list: [{ model_name: 'small', litellm_params: { model: 'openai/x', mock_response: 'Hi' } }] },
  })
  call = caller(gateway)
})
afterEach(async () => {
  vi.useRealTimers()
  await gateway.stop()
})

const cookieIn = (headers: Headers) => headers.get('set-cookie')?.split(';', 1)[0] ?? ''
const withCookie = (cookie: string, more: Record<string, string> = {}) => ({
  key: '',
  headers: { 'sec-fetch-site': 'same-origin', cookie, ...more },
})

async function signIn(key: string) {
  const { status, headers, json } = await call('POST', '/session', { key }, own)
  return { status, json, header: headers.get('set-cookie') ?? '', cookie: cookieIn(headers) }
}

it('signs the admin in with the master key', async () => {
  const { status, json, header, cookie } = await signIn(master)
  expect(status).toBe(200)
  expect(header).toMatch(/^llmux_session=llmux-session-[\w-]{40,}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/)
  expect(header).not.toContain(master)
  expect(json).toMatchObject({ signed_in: true, role: 'proxy_admin', master: true, user_id: 'default_user_id' })
  expect(json.routes).toContain('POST /key/generate')
  expect((await call('GET', '/key/list', undefined, withCookie(cookie))).status).toBe(200)
  expect((await call('POST', '/v1/chat/completions', hello('small'), withCookie(cookie))).status).toBe(200)
  expect((await call('GET', '/session', undefined, withCookie(cookie))).json).toMatchObject({ signed_in: true })
})

it('gives a session the rights of its key, as long as the key may be used', async () => {
  await call('POST', '/user/new', { user_id: 'ana', user_role: 'internal_user' })
  const { json: made } = await call('POST', '/key/generate', { user_id: 'ana', key_alias: 'laptop' })
  const { json, cookie } = await signIn(made.key)
  expect(json).toMatchObject({ role: 'internal_user', master: false, user_id: 'ana', key_alias: 'laptop' })
  expect(json.routes).toContain('POST /key/generate')
  expect(json.routes).not.toContain('POST /user/new')
  expect((await call('POST', '/user/new', {}, withCookie(cookie))).status).toBe(401)
  await call('POST', '/key/block', { key: made.key })
  expect((await call('GET', '/key/list', undefined, withCookie(cookie))).status).toBe(401)
  expect((await call('GET', '/session', undefined, withCookie(cookie))).json).toMatchObject({ signed_in: false })
})

it('lists the teams that the caller administers', async () => {
  await call('POST', '/user/new', { user_id: 'ana', user_role: 'internal_user' })
  await call('POST', '/team/new', { team_id: 'search', members_with_roles: [{ user_id: 'ana', role: 'admin' }] })
  await call('POST', '/team/new', { team_id: 'data', members_with_roles: [{ user_id: 'ana', role: 'user' }] })
  const { json: made } = await call('POST', '/key/generate', { user_id: 'ana' })
  expect((await signIn(made.key)).json.teams_admin).toEqual(['search'])
})

it.each([
  ['a wrong key', { key: 'sk-wrong' }, {}, 401],
  ['no key', {}, {}, 400],
  ['a page of another site', { key: master }, { 'sec-fetch-site': 'cross-site' }, 403],
  ['another origin of an old browser', { key: master }, { origin: 'http://evil.test' }, 403],
])('refuses a sign-in with %s', async (_name, body, headers, status) => {
  const response = await call('POST', '/session', body, { key: '', headers })
  expect([response.status, response.headers.get('set-cookie')]).toEqual([status, null])
})

it('ignores the session in requests that another site has caused', async () => {
  const { cookie } = await signIn(master)
  const from = (headers: Record<string, string>) =>
    call('POST', '/key/generate', {}, { key: '', headers: { cookie, ...headers } })
  expect((await from({ 'sec-fetch-site': 'cross-site' })).status).toBe(401)
  expect((await from({ 'sec-fetch-site': 'same-site' })).status).toBe(401)
  expect((await from({ origin: 'http://evil.test' })).status).toBe(401)
  expect((await from({ origin })).status).toBe(200)
})

it('ends a session everywhere', async () => {
  const { cookie } = await signIn(master)
  const { status, headers } = await call('DELETE', '/session', undefined, withCookie(cookie))
  expect([status, headers.get('set-cookie')]).toEqual([
    204,
    expect.stringContaining('llmux_session=; Path=/; Max-Age=0'),
  ])
  expect((await call('GET', '/key/list', undefined, withCookie(cookie))).status).toBe(401)
})

it('ends a session after twelve hours', async () => {
  const { cookie } = await signIn(master)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 12 * 3_600_000 + 1 })
  expect((await call('GET', '/key/list', undefined, withCookie(cookie))).status).toBe(401)
})

it('opens one session with a link', async () => {
  const link = new URL(await gateway.dashboardLink(origin))
  const open = () => call('GET', `${link.pathname}${link.search}`, undefined, { key: '' })
  const answers = await Promise.all([open(), open()])
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 401])
  const first = answers.find(({ status }) => status === 303)
  expect(first?.headers.get('location')).toBe('/ui/')
  const cookie = cookieIn(first?.headers ?? new Headers())
  expect((await call('GET', '/session', undefined, withCookie(cookie))).json).toMatchObject({ master: true })
  expect((await open()).status).toBe(401)
})

it('refuses a link after fifteen minutes, and tokens that were never made', async () => {
  const link = new URL(await gateway.dashboardLink(origin))
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 15 * 60_000 + 1 })
  expect((await call('GET', `${link.pathname}${link.search}`, undefined, { key: '' })).status).toBe(401)
  expect((await call('GET', '/session/open?token=x', undefined, { key: '' })).status).toBe(401)
  expect((await call('GET', '/session/open', undefined, { key: '' })).status).toBe(401)
})

it('keeps tokens out of the database and the audit', async () => {
  const { cookie } = await signIn(master)
  const { text } = await call('GET', '/audit?page_size=100')
  expect(text).toContain('signed in')
  expect(text).not.toContain(cookie.slice('llmux_session='.length))
})
