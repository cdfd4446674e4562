import { expect, it } from 'vitest'
import { createClient } from '../src/index.js'

const client = createClient({
  providers: {
    azure: { apiKey: 'azure-key', apiBase: 'https://one.openai.azure.com' },
    bedrock: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', region: 'eu-west-1' },
    vertex_ai: { authToken: 'ya29.token', project: 'acme', location: 'europe-west4' },
  },
})

it('signs a request to Bedrock with its body, in the region of the client', async () => {
  const model = 'bedrock/amazon.nova-lite-v1:0'
  const sign = (body: string, method = 'POST') =>
    client.authorizeRequest({ model, path: '/model/amazon.nova-lite-v1%3A0/invoke', method, body })
  const { url, headers } = await sign('{"a":1}')
  expect(url).toBe('https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/invoke')
  expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/bedrock\//)
  const signature = ({ headers: { authorization = '' } }: { headers: Record<string, string> }) =>
    authorization.split('Signature=')[1]
  expect(signature(await sign('{"a":2}'))).not.toBe(signature({ headers }))
  expect(signature(await sign('', 'GET'))).not.toBe(signature(await sign('')))
})

it('gives the token of Vertex AI at the host of the location', async () => {
  const path = '/v1/projects/acme/locations/europe-west4/publishers/google/models/gemini-2.5-flash:generateContent'
  const found = await client.authorizeRequest({ model: 'vertex_ai/gemini-2.5-flash', path })
  expect(found.url).toBe(`https://europe-west4-aiplatform.googleapis.com${path}`)
  expect(found.headers.authorization).toBe('Bearer ya29.token')
})

it('gives the key of Azure, and options of the request precede those of the client', async () => {
  const path = '/openai/deployments/gpt/chat/completions?api-version=2024-10-21'
  const found = await client.authorizeRequest({ model: 'azure/gpt', path })
  expect([found.url, found.headers['api-key']]).toEqual([`https://one.openai.azure.com${path}`, 'azure-key'])
  const other = await client.authorizeRequest({
    ...{ model: 'azure/gpt', path, apiKey: 'other', apiBase: 'https://two.openai.azure.com' },
  })
  expect([other.url, other.headers['api-key']]).toEqual([`https://two.openai.azure.com${path}`, 'other'])
})

it.each(['openai', '//evil.test/x', '/a/../b', '/a/%2E./b', '/..', '/a b', 'https://evil.test/'])(
  'rejects the path %s',
  async (path) => {
    const error = await client.authorizeRequest({ model: 'azure/gpt', path }).catch((thrown: Error) => thrown)
    expect(String(error)).toContain("'path' must begin with one '/'")
  },
)

it('reports a missing credential', async () => {
  const bare = createClient({ providers: { openai: { apiKey: ' ' } } })
  const error = await bare
    .authorizeRequest({ model: 'azure/gpt', path: '/openai/models', apiBase: '' })
    .catch((thrown: Error) => thrown)
  expect(error).toBeInstanceOf(Error)
})
