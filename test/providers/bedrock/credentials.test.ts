import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Settings, Signable } from '../../../providers/contract.js'
import type { AuthenticationError } from '../../../src/errors.js'

const chain = vi.hoisted(() => ({ make: vi.fn(), missing: false }))

vi.mock('@aws-sdk/credential-providers', () => ({
  get fromNodeProviderChain() {
    if (chain.missing)
      throw Object.assign(new Error("Cannot find package '@aws-sdk/…'"), { code: 'ERR_MODULE_NOT_FOUND' })
    return chain.make
  },
}))

const now = Date.UTC(2026, 0, 1)
const request: Signable = {
  method: 'POST',
  url: 'https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse',
  headers: { 'content-type': 'application/json', 'user-agent': 'llmux', 'x-mine': '1' },
  body: '{}',
  now,
}
const keys = { region: 'us-east-1', accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }

async function authorize(settings: Settings, changes: Partial<Signable> = {}): Promise<Record<string, string>> {
  const { provider } = await import('../../../providers/bedrock.js')
  const aid = { key: undefined, send: async () => ({ status: 599, text: 'nothing is sent to sign in' }) }
  return { ...(await provider.authorize?.({ ...request, ...changes }, settings, aid)) }
}

beforeEach(() => {
  // what was found is kept in the module: every test begins without it
  vi.resetModules()
  chain.missing = false
  chain.make.mockReset()
})
afterEach(() => vi.restoreAllMocks())

describe('configured keys', () => {
  it('sign body, host and AWS headers only', async () => {
    const headers = await authorize(keys)
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE\/20260101\/us-east-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    )
    expect(headers['x-amz-date']).toBe('20260101T000000Z')
    expect(headers['x-amz-security-token']).toBe('token')
    expect(chain.make).not.toHaveBeenCalled()
  })

  it('replace an earlier signature', async () => {
    const first = await authorize(keys)
    const again = await authorize(keys, { now: now + 60_000, headers: { ...request.headers, ...first } })
    expect(again).toEqual(await authorize(keys, { now: now + 60_000 }))
    expect(again.authorization).not.toBe(first.authorization)
  })

  it('exclude the session token for long-lived keys', async () => {
    const headers = await authorize({ ...keys, accessKeyId: 'AKIAEXAMPLE' })
    expect(headers).not.toHaveProperty('x-amz-security-token')
  })

  it.each([
    [{ accessKeyId: 'ASIAEXAMPLE' }, 'secretAccessKey', 'AWS_SECRET_ACCESS_KEY'],
    [{ secretAccessKey: 'secret' }, 'accessKeyId', 'AWS_ACCESS_KEY_ID'],
  ])('report a missing %s', async (half, option, variable) => {
    const error = await authorize({ region: 'us-east-1', ...half }).catch((thrown: unknown) => thrown)
    expect(error).toHaveProperty('code', 'authentication')
    expect((error as Error).message).toContain(option)
    expect((error as Error).message).toContain(variable)
    expect((error as Error).message).not.toContain('secret-')
  })
})

describe('credential chain', () => {
  const found = { accessKeyId: 'ASIACHAIN', secretAccessKey: 's', sessionToken: 't' }

  it('prefers a profile to keys in the environment', async () => {
    chain.make.mockReturnValue(async () => found)
    const headers = await authorize({ ...keys, profile: 'work' })
    expect(chain.make).toHaveBeenCalledWith({ profile: 'work', clientConfig: { region: 'us-east-1' } })
    expect(headers.authorization).toContain('Credential=ASIACHAIN/')
  })

  it('caches credentials until shortly before they expire', async () => {
    const source = vi.fn(async () => ({ ...found, expiration: new Date(now + 3_600_000) }))
    chain.make.mockReturnValue(source)
    const settings = { region: 'us-east-1' }
    await Promise.all([authorize(settings), authorize(settings)])
    await authorize(settings, { now: now + 3_000_000 })
    expect(source).toHaveBeenCalledTimes(1)
    await authorize(settings, { now: now + 3_400_000 })
    expect(source).toHaveBeenCalledTimes(2)
  })

  it('retries after a failure and reports the settings', async () => {
    chain.make.mockReturnValueOnce(async () => {
      throw new Error('Could not load credentials from any providers')
    })
    const error = await authorize({ region: 'us-east-1' }).catch((thrown: unknown) => thrown)
    expect((error as AuthenticationError).code).toBe('authentication')
    expect((error as Error).message).toMatch(
      /found none \(Could not load .*AWS_ACCESS_KEY_ID.*AWS_BEARER_TOKEN_BEDROCK/,
    )
    chain.make.mockReturnValueOnce(async () => found)
    await expect(authorize({ region: 'us-east-1' })).resolves.toHaveProperty('authorization')
  })

  it('reports the command that installs the package', async () => {
    chain.missing = true
    const error = await authorize({ region: 'us-east-1' }).catch((thrown: unknown) => thrown)
    expect((error as AuthenticationError).code).toBe('authentication')
    expect((error as Error).message).toMatch(/AWS_ACCESS_KEY_ID.*apiKey.*npm install @aws-sdk\/credential-providers/)
  })
})
