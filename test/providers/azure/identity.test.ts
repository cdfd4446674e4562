import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/index.js'
import { rejection, user } from '../../helpers/simulated.js'

const getToken = vi.fn()
vi.mock('@azure/identity', () => ({
  DefaultAzureCredential: class {
    getToken = getToken
  },
}))

beforeEach(() => {
  for (const name of ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY', 'AZURE_AD_TOKEN', 'AZURE_OPENAI_AD_TOKEN']) {
    vi.stubEnv(name, '')
  }
  vi.stubEnv('AZURE_API_BASE', 'https://my-resource.openai.azure.com')
})
afterEach(() => vi.unstubAllEnvs())

it('lists other ways to sign in for a machine without an identity, which may get one later', async () => {
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher })
  getToken.mockRejectedValueOnce(new Error('ChainedTokenCredential authentication failed.'))
  const request = { model: 'azure/my-gpt', messages: user('hi') }
  expect(await rejection(client.completion(request))).toMatchObject({
    code: 'authentication',
    message: expect.stringMatching(/authentication failed\. Set AZURE_API_KEY/),
  })
  expect(mock.requests).toEqual([])
  getToken.mockResolvedValueOnce({ token: 'entra', expiresOnTimestamp: Date.now() + 3_600_000 })
  await client.completion(request)
  expect(mock.requests[0]?.headers.authorization).toBe('Bearer entra')
})
