import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { mockProvider } from '../../../simulator/index.js'
import { createClient } from '../../../src/index.js'
import { rejection, user } from '../../helpers/simulated.js'

const body = {
  output: { message: { role: 'assistant', content: [{ text: 'Hello' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-secret')
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_REGION_NAME', 'AWS_BEARER_TOKEN_BEDROCK', 'AWS_PROFILE'])
    vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

describe('bedrock/, through the public API', () => {
  const call = (options: object = {}, model = 'bedrock/anthropic.claude-3-haiku-20240307-v1:0') => {
    const mock = mockProvider({ reply: { raw: { body } } })
    const client = createClient({ dispatcher: mock.dispatcher })
    return {
      mock,
      answer: client.completion({ model, messages: user('hi'), region: 'us-east-1', maxRetries: 0, ...options }),
    }
  }

  it('signs requests and decodes answers', async () => {
    const { mock, answer } = call()
    const { choices, usage, meta } = await answer
    expect(choices[0]?.message.content).toBe('Hello')
    expect(usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 })
    expect(meta.cost.total).toBeGreaterThan(0)
    const [request] = mock.requests
    expect(request?.path).toBe('/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse')
    expect(request?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/bedrock\/aws4_request/,
    )
  })

  it('accepts a bearer token', async () => {
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'token')
    const { mock, answer } = call()
    await answer
    expect(mock.requests[0]?.headers.authorization).toBe('Bearer token')
  })

  it('signs no request to a base of the call', async () => {
    const { mock, answer } = call({ apiBase: 'https://elsewhere.example' })
    await answer
    expect(mock.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  it('reports a missing region', async () => {
    const { answer } = call({ region: undefined })
    expect(await rejection(answer)).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/region.*AWS_REGION/),
    })
  })

  it('hides the secret key', async () => {
    const mock = mockProvider()
    mock.reply({
      raw: {
        status: 403,
        headers: { 'x-amzn-errortype': 'AccessDeniedException' },
        body: { message: 'canary-secret' },
      },
    })
    const client = createClient({ dispatcher: mock.dispatcher })
    const model = 'bedrock/amazon.nova-lite-v1:0'
    const error = await rejection(
      client.completion({ model, messages: user('hi'), region: 'us-east-1', maxRetries: 0 }),
    )
    expect(error).toMatchObject({ code: 'permission_denied', message: expect.stringContaining('[redacted]') })
    expect(JSON.stringify(error)).not.toContain('canary-secret')
  })
})
