import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { caller, startGateway } from '../http/start.js'
import { type Account, clientSecret, signingKey, startProvider } from './provider.js'

const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const end of ending.splice(0).reverse()) await end()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

interface Visit {
  readonly status: number
  readonly text: string
  readonly url: string
  readonly location: string | null
}

/** A browser: cookies by name, and redirects up to one that `stop` wants to see. */
class Browser {
  readonly cookies = new Map<string, { value: string; path: string; attributes: string }>()

  constructor(readonly headers: Readonly<Record<string, string>> = {}) {}

  async open(address: string, stop: (location: URL) => boolean = () => false): Promise<Visit> {
    let url = address
    for (let step = 0; step < 12; step++) {
      const { pathname } = new URL(url)
      const sent = [...this.cookies].filter(([, { path }]) => pathname.startsWith(path))
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { ...this.headers, cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; ') },
      })
      for (const line of response.headers.getSetCookie()) this.#keep(line)
      const location = response.headers.get('location')
      if (location === null || stop(new URL(location, url)))
        return { status: response.status, text: await response.text(), url, location }
      url = new URL(location, url).href
    }
    throw new Error('too many redirects')
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const mark = pair.indexOf('=')
    const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? '/'
    const ended = attributes.some((part) => /^max-age=0$/i.test(part) || /^expires=thu, 01 jan 1970/i.test(part))
    if (ended) this.cookies.delete(pair.slice(0, mark))
    else this.cookies.set(pair.slice(0, mark), { value: pair.slice(mark + 1), path, attributes: attributes.join('; ') })
  }

  get session(): string {
    return this.cookies.get('llmux_session')?.value ?? ''
  }
}

const ana: Account = {
  sub: 'sub-ana',
  preferred_username: 'ana',
  name: 'Ana Example',
  email: 'ana@example.test',
  email_verified: true,
  groups: ['research', 'llm-admins', 'unknown'],
}

async function start(options: { environment?: Record<string, string>; person?: () => Account } = {}) {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const person = options.person ?? (() => ana)
  const provider = await startProvider({ keys: [await signingKey('one')], redirectUri: `${base}/sso/callback`, person })
  const gateway = await startGateway({
    config: {
      model_list: [
        { model_name: 'small', litellm_params: { model: 'openai/small', api_key: 'unused', mock_response: 'Hi.' } },
      ],
      general_settings: { litellm_jwtauth: { team_ids_jwt_field: 'groups' } },
    },
    environment: {
      GENERIC_CLIENT_ID: 'gateway',
      GENERIC_CLIENT_SECRET: clientSecret,
      GENERIC_ISSUER: provider.issuer,
      GENERIC_SCOPE: 'openid email profile groups',
      PROXY_BASE_URL: base,
      ...options.environment,
    },
  })
  await gateway.listen({ port })
  let running = true
  const stop = async () => {
    if (running) await provider.stop()
    running = false
  }
  ending.push(stop, () => gateway.stop())
  return { base, provider, stop, gateway, call: caller(gateway), browser: new Browser() }
}

it('signs a person in, with the teams and the role of the groups', async () => {
  const { base, call, browser } = await start({
    environment: { GENERIC_ROLE_MAPPINGS_ROLES: "{'proxy_admin_viewer': ['llm-admins']}" },
  })
  await call('POST', '/team/new', { team_id: 'research' })
  const { status, text } = await browser.open(`${base}/sso/key/generate`)
  expect([status, text]).toEqual([200, 'Signed in as ana (proxy_admin_viewer).\n'])
  const cookie = browser.cookies.get('llmux_session')
  expect(cookie?.attributes).toBe('Path=/; Max-Age=86400; HttpOnly; SameSite=Lax')
  expect(browser.cookies.has('llmux_sign_in')).toBe(false)

  const { json } = await call('GET', '/user/info?user_id=ana')
  expect(json.user_info).toMatchObject({
    user_email: 'ana@example.test',
    user_alias: 'Ana Example',
    user_role: 'proxy_admin_viewer',
    teams: ['research'],
  })
  const { json: team } = await call('GET', '/team/info?team_id=research')
  expect(team.team_info.members_with_roles).toContainEqual({
    user_id: 'ana',
    user_email: 'ana@example.test',
    role: 'user',
  })
  const { json: audit, text: lines } = await call('GET', '/audit?action=signed%20in')
  expect(audit.audit_logs.map((line: { table_name: string }) => line.table_name).sort()).toEqual([
    'keys',
    'teams',
    'users',
  ])
  expect(lines).not.toContain(browser.session)

  const own = (headers: object, method = 'GET', path = '/v1/models') =>
    call(method, path, method === 'POST' ? {} : undefined, {
      key: '',
      headers: { cookie: `llmux_session=${browser.session}`, ...headers },
    })
  expect((await own({})).status).toBe(200)
  expect((await own({ 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  expect((await own({ 'sec-fetch-site': 'cross-site' })).status).toBe(401)
  expect((await own({ origin: 'https://evil.test' }, 'POST', '/key/generate')).status).toBe(401)
})

it('takes people out of teams that the provider no longer names, and keeps those of an admin', async () => {
  let groups = ['research', 'ops']
  const { base, call } = await start({ person: () => ({ ...ana, groups }) })
  for (const id of ['research', 'ops', 'given']) await call('POST', '/team/new', { team_id: id })
  await new Browser().open(`${base}/sso/key/generate`)
  await call('POST', '/team/member_add', { team_id: 'given', member: { user_id: 'ana', role: 'user' } })
  groups = ['ops']
  await new Browser().open(`${base}/sso/key/generate`)
  const { json } = await call('GET', '/user/info?user_id=ana')
  expect([...json.user_info.teams].sort()).toEqual(['given', 'ops'])
  expect(json.user_info.user_role).toBe('internal_user')
})

it('ends a session at its time, and by signing out', async () => {
  const { base, call, browser } = await start({ environment: { LITELLM_UI_SESSION_DURATION: '1h' } })
  await browser.open(`${base}/sso/key/generate`)
  const first = browser.session
  expect((await call('GET', '/v1/models', undefined, { key: first })).status).toBe(200)
  const { json } = await call('POST', '/key/generate', { user_id: 'ana' })
  const { text } = await browser.open(`${base}/sso/logout`)
  expect([text, browser.session]).toEqual(['Signed out.\n', ''])
  expect((await call('GET', '/v1/models', undefined, { key: first })).status).toBe(401)
  expect((await call('GET', '/v1/models', undefined, { key: json.key })).status).toBe(200)

  await browser.open(`${base}/sso/key/generate`)
  const second = browser.session
  const later = Date.now() + 3_600_001
  vi.spyOn(Date, 'now').mockReturnValue(later)
  expect((await call('GET', '/v1/models', undefined, { key: second })).status).toBe(401)
})

it('refuses a blocked user', async () => {
  const { base, call, browser } = await start()
  await call('POST', '/user/new', { user_id: 'ana', auto_create_key: false })
  await call('POST', '/user/block', { user_ids: ['ana'] })
  const { status, text } = await browser.open(`${base}/sso/key/generate`)
  expect([status, browser.session]).toEqual([403, ''])
  expect(text).toContain('The user ana is blocked.')
})

it('shows the reason of a refused sign-in to a browser as a page', async () => {
  const { base, call } = await start()
  await call('POST', '/user/new', { user_id: 'ana', auto_create_key: false })
  await call('POST', '/user/block', { user_ids: ['ana'] })
  const headers = { accept: 'text/html,*/*;q=0.8', 'accept-language': 'en-US,en;q=0.9' }
  const { status, text } = await new Browser(headers).open(`${base}/sso/key/generate`)
  expect(status).toBe(403)
  expect(text).toContain('<h1>You are not signed in</h1>')
  expect(text).toContain('<p role="alert">The user ana is blocked.')
  const odd = await fetch(`${base}/sso/key/generate?return_to=${encodeURIComponent('//evil.test')}`, { headers })
  expect(odd.status).toBe(400)
  expect(await odd.text()).toContain('&#39;return_to&#39; must be a path')
  const korean = await fetch(`${base}/sso/callback`, { headers: { accept: 'text/html', 'accept-language': 'ko-KR' } })
  expect([korean.status, korean.headers.get('content-security-policy')]).toEqual([
    401,
    expect.stringContaining("default-src 'none'"),
  ])
  expect(await korean.text()).toContain('<html lang="ko">')
})

it('refuses a callback with the state of another browser, or without one', async () => {
  const { base, browser, call } = await start()
  const atCallback = (location: URL) => location.pathname === '/sso/callback'
  const { location } = await browser.open(`${base}/sso/key/generate`, atCallback)
  const victim = new Browser()
  const none = await victim.open(String(location))
  expect([none.status, victim.session]).toEqual([401, ''])
  await victim.open(`${base}/sso/key/generate`, (url) => url.origin !== base)
  const other = await victim.open(String(location))
  expect([other.status, victim.session]).toEqual([401, ''])
  expect(other.text).toContain("The 'state' is not that of this browser.")
  const changed = new URL(String(location))
  changed.searchParams.set('iss', 'http://127.0.0.1:1')
  expect((await browser.open(changed.href)).status).toBe(401)
  // the provider accepts a code once
  expect((await browser.open(String(location))).status).toBe(200)
  expect((await call('GET', '/user/list')).json.users.map((user: { user_id: string }) => user.user_id)).toEqual(['ana'])
})

it.each(['https://evil.test/', '//evil.test/', '/\\evil.test', '/\t/evil.test', 'javascript:alert(1)', 'ui'])(
  'does not send people to %j after the sign-in',
  async (target) => {
    const { base, browser } = await start()
    const { status, location } = await browser.open(
      `${base}/sso/key/generate?return_to=${encodeURIComponent(target)}`,
      () => true,
    )
    expect([status, location]).toEqual([400, null])
  },
)

it('goes back to a path of the gateway', async () => {
  const { base, browser } = await start()
  const { location } = await browser.open(
    `${base}/sso/key/generate?return_to=${encodeURIComponent('/health/liveliness?a=1')}`,
    ({ pathname }) => pathname.startsWith('/health'),
  )
  expect(location).toBe('/health/liveliness?a=1')
})

it('binds a user to the first subject, and never to the user of the master key', async () => {
  let person: Account = ana
  const { base, call } = await start({ person: () => person })
  expect((await new Browser().open(`${base}/sso/key/generate`)).status).toBe(200)
  person = { ...ana, sub: 'sub-mallory', email: 'mallory@example.test' }
  const mallory = new Browser()
  expect([(await mallory.open(`${base}/sso/key/generate`)).status, mallory.session]).toEqual([403, ''])
  person = { sub: 'sub-other', preferred_username: 'default_user_id' }
  expect((await new Browser().open(`${base}/sso/key/generate`)).status).toBe(401)
  expect((await call('GET', '/user/info?user_id=ana')).json.user_info.user_email).toBe('ana@example.test')
})

it('finds an invited user by an address that the provider has verified', async () => {
  let person: Account = { ...ana, email_verified: false }
  const { base, call } = await start({ person: () => person })
  await call('POST', '/user/new', { user_id: 'invited', user_email: 'Ana@example.test', auto_create_key: false })
  expect((await new Browser().open(`${base}/sso/key/generate`)).text).toBe('Signed in as ana (internal_user).\n')
  person = { ...ana, sub: 'sub-2', preferred_username: 'ana2' }
  expect((await new Browser().open(`${base}/sso/key/generate`)).text).toBe('Signed in as invited (internal_user).\n')
})

it('accepts addresses of ALLOWED_EMAIL_DOMAINS only', async () => {
  const { base, browser } = await start({ environment: { ALLOWED_EMAIL_DOMAINS: 'other.test' } })
  expect((await browser.open(`${base}/sso/key/generate`)).status).toBe(403)
})

it('works with the endpoints alone, and makes PROXY_ADMIN_ID an admin', async () => {
  const { base, browser, provider, gateway } = await start()
  const issuer = provider.issuer
  const second = await startGateway({
    config: {},
    environment: {
      GENERIC_CLIENT_ID: 'gateway',
      GENERIC_CLIENT_SECRET: clientSecret,
      GENERIC_AUTHORIZATION_ENDPOINT: `${issuer}/auth`,
      GENERIC_TOKEN_ENDPOINT: `${issuer}/token`,
      GENERIC_USERINFO_ENDPOINT: `${issuer}/me`,
      PROXY_BASE_URL: base,
      PROXY_ADMIN_ID: 'ana',
    },
  })
  ending.push(() => second.stop())
  // the provider knows one address of a client: the second gateway takes it over
  await gateway.close()
  await second.listen({ port: Number(new URL(base).port) })
  expect((await browser.open(`${base}/sso/key/generate`)).text).toBe('Signed in as ana (proxy_admin).\n')
})

it('answers 503 while the provider is away, and the master key works', async () => {
  const { base, browser, call, stop } = await start()
  await stop()
  const { status, text } = await browser.open(`${base}/sso/key/generate`)
  expect([status, text.includes(clientSecret)]).toEqual([503, false])
  expect((await call('GET', '/user/list')).status).toBe(200)
})

it('answers 501 without a configuration, and needs PROXY_BASE_URL on a public address', async () => {
  const plain = await startGateway({ config: {} })
  ending.push(() => plain.stop())
  const { status, json } = await caller(plain)('GET', '/sso/key/generate', undefined, {
    key: '',
    headers: { host: 'localhost' },
  })
  expect([status, json.error.type]).toEqual([400, 'invalid_request_error'])
  const { url } = await plain.listen({ port: 0 })
  expect((await fetch(`${url}/sso/key/generate`)).status).toBe(501)
})
