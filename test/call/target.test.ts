import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Provider } from '../../providers/contract.js'
import { findTarget, withHeaders } from '../../src/call/target.js'
import { AuthenticationError, BadRequestError } from '../../src/errors.js'

const provider: Provider = {
  id: 'acme',
  name: 'Acme',
  dialect: { framing: 'sse', error: () => ({ kind: 'bad_request', message: '' }) },
  address: { base: 'https://api.acme.example/v1', env: ['ACME_BASE_URL'], path: () => '/chat/completions' },
  auth: {
    schemes: [
      { option: 'apiKey', env: ['ACME_API_KEY'], header: 'x-api-key' },
      { option: 'authToken', env: ['ACME_AUTH_TOKEN'], header: 'authorization', prefix: 'Bearer ' },
    ],
  },
  optionHeaders: [{ option: 'organization', env: ['ACME_ORG'], header: 'acme-org' }],
  quirks: undefined,
}
const find = (options = {}, configured = {}, of = provider) =>
  findTarget(of, { operation: 'chat', model: 'm', stream: false }, options, configured)

beforeEach(() => {
  for (const name of ['ACME_BASE_URL', 'ACME_API_KEY', 'ACME_AUTH_TOKEN', 'ACME_ORG']) vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

describe('the address of a call', () => {
  it('is the host of the provider unless options or environment override it', () => {
    vi.stubEnv('ACME_API_KEY', 'env')
    expect(find()).toMatchObject({ origin: 'https://api.acme.example', path: '/v1/chat/completions', ownHost: true })
    vi.stubEnv('ACME_BASE_URL', 'https://eu.acme.example/v1/')
    expect(find()).toMatchObject({ origin: 'https://eu.acme.example', path: '/v1/chat/completions', ownHost: false })
    const configured = { apiBase: 'http://client:1/x' }
    expect(find({}, configured)).toMatchObject({ origin: 'http://client:1', path: '/x/chat/completions' })
    expect(find({ apiBase: 'http://call:2' }, configured)).toMatchObject({
      origin: 'http://call:2',
      path: '/chat/completions',
    })
  })

  it('keeps the query of a base, and does not double /v1', () => {
    expect(find({ apiBase: 'https://a.example/v1?api-version=1', apiKey: 'k' }).path).toBe(
      '/v1/chat/completions?api-version=1',
    )
    const versioned = { ...provider, address: { ...provider.address, path: () => '/v1/messages' } }
    expect(find({ apiBase: 'https://a.example/v1', apiKey: 'k' }, {}, versioned).path).toBe('/v1/messages')
    expect(find({ apiBase: 'https://a.example', apiKey: 'k' }, {}, versioned).path).toBe('/v1/messages')
  })

  it.each([
    ['localhost:8080/v1', /https:\/\/ or http:\/\//],
    ['not a url', /https:\/\/ or http:\/\//],
    ['ftp://a.example', /https:\/\/ or http:\/\//],
    ['https://user:canary@a.example', /^(?!.*canary).*user name or password/],
    ['https://a.example/v1/chat/completions', /without \/chat\/completions/],
  ])('refuses %s as a base', (apiBase, message) => {
    expect(() => find({ apiBase, apiKey: 'k' })).toThrow(BadRequestError)
    expect(() => find({ apiBase, apiKey: 'k' })).toThrow(message)
  })
})

describe('which key goes with it', () => {
  it('rejects a call without an address, with advice', () => {
    expect(() => find()).toThrow(AuthenticationError)
    expect(() => find()).toThrow(/ACME_API_KEY or ACME_AUTH_TOKEN.*apiKey/)
  })

  it('takes the nearest: call, client, environment', () => {
    vi.stubEnv('ACME_API_KEY', ' env\n')
    expect(find().headers['x-api-key']).toBe('env')
    expect(find({}, { apiKey: 'client' }).headers['x-api-key']).toBe('client')
    expect(find({ apiKey: 'call' }, { apiKey: 'client' }).headers['x-api-key']).toBe('call')
    expect(find({}, { authToken: 'token' }).headers.authorization).toBe('Bearer token')
  })

  it("sends the environment's key to the environment's base and to the provider only", () => {
    vi.stubEnv('ACME_API_KEY', 'env')
    const elsewhere = find({ apiBase: 'http://localhost:8080/v1' })
    expect(elsewhere.headers['x-api-key']).toBeUndefined()
    expect(elsewhere.withheld).toMatch(
      /ACME_API_KEY belongs to https:\/\/api\.acme\.example.*http:\/\/localhost:8080.*apiKey/,
    )
    expect(find({}, { apiBase: 'http://gateway.example' }).headers['x-api-key']).toBeUndefined()
    expect(find({ apiBase: 'https://api.acme.example/v2' }).headers['x-api-key']).toBe('env')
    vi.stubEnv('ACME_BASE_URL', 'http://gateway.example')
    expect(find().headers['x-api-key']).toBe('env')
    expect(find({ apiBase: 'https://api.acme.example/v1' }).headers['x-api-key']).toBeUndefined()
  })

  it("sends the client's key to the client's base only", () => {
    const configured = { apiKey: 'client', apiBase: 'http://gateway.example/v1' }
    expect(find({}, configured).headers['x-api-key']).toBe('client')
    expect(find({ apiBase: 'http://gateway.example/other' }, configured).headers['x-api-key']).toBe('client')
    expect(find({ apiBase: 'http://evil.example' }, configured).headers['x-api-key']).toBeUndefined()
  })

  it('needs none at a base of your own', () => {
    expect(find({ apiBase: 'http://localhost:8080/v1' })).toMatchObject({ keySource: 'none', withheld: undefined })
  })

  it('refuses a key that cannot be one, without showing it', () => {
    expect(() => find({ apiKey: 'canary\nline' })).toThrow(/^(?!.*canary)/)
    expect(() => find({ apiKey: 'canary\nline' })).toThrow(AuthenticationError)
  })

  it('refuses a reference to the environment, which only a Router reads', () => {
    const words = "The key for Acme is the text 'os.environ/ACME_KEY'"
    expect(() => find({ apiKey: 'os.environ/ACME_KEY' })).toThrow(words)
    expect(() => find({}, { apiKey: 'os.environ/ACME_KEY' })).toThrow('Pass process.env.ACME_KEY')
  })

  it("sends the environment's organization to the provider's own host only", () => {
    vi.stubEnv('ACME_ORG', 'org-env')
    expect(find({ apiKey: 'k' }).headers['acme-org']).toBe('org-env')
    expect(find({ apiKey: 'k', apiBase: 'http://a.example' }).headers['acme-org']).toBeUndefined()
    expect(find({ apiKey: 'k', apiBase: 'http://a.example', organization: 'mine' }).headers['acme-org']).toBe('mine')
  })
})

it('lets the caller’s headers win, joins lists of the dialect, and knows secrets', () => {
  const target = withHeaders(
    find({ apiKey: 'key-1' }),
    { body: {}, headers: { 'acme-beta': 'a,b' } },
    [{ 'User-Agent': 'mine' }],
    { 'acme-beta': 'b,c', Authorization: 'Bearer other-secret' },
  )
  expect(target.headers).toMatchObject({
    'user-agent': 'mine',
    'acme-beta': 'a,b,c',
    authorization: 'Bearer other-secret',
  })
  expect(target.secrets).toEqual(expect.arrayContaining(['key-1', 'Bearer other-secret', 'other-secret']))
})
