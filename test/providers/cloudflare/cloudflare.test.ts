import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/index.js'
import { type Said, startHosts } from '../../helpers/hosts.js'
import { rejection, user } from '../../helpers/simulated.js'

beforeEach(() => {
  for (const name of ['API_BASE', 'API_KEY', 'API_TOKEN', 'ACCOUNT_ID']) vi.stubEnv(`CLOUDFLARE_${name}`, '')
})
afterEach(() => vi.unstubAllEnvs())

const model = 'cloudflare/@cf/meta/llama-3.3-70b-instruct-fp8-fast'
const messages = user('hi')
const cloudflare = { apiKey: 'k', accountId: 'acc' }

/** Recorded, shortened. */
const answer = (content: unknown) => ({
  id: 'id-1767213409746',
  object: 'chat.completion',
  created: 1_767_213_409,
  model: '@cf/meta/llama-3.3-70b-instruct-fp8-fast',
  choices: [
    { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
  ],
})

describe('cloudflare/', () => {
  it('addresses the account', async () => {
    await using hosts = await startHosts(() => ({ body: answer('ok') }))
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { cloudflare } })
    await client.completion({ model, messages })
    vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', 'another')
    vi.stubEnv('CLOUDFLARE_API_KEY', 'env-key')
    await createClient({ dispatcher: hosts.dispatcher }).completion({ model, messages })
    expect(hosts.seen.map(({ origin, path }) => origin + path)).toEqual([
      'https://api.cloudflare.com/client/v4/accounts/acc/ai/v1/chat/completions',
      'https://api.cloudflare.com/client/v4/accounts/another/ai/v1/chat/completions',
    ])
    expect(hosts.seen[0]?.body).toMatchObject({ model: '@cf/meta/llama-3.3-70b-instruct-fp8-fast', messages })
    expect(hosts.seen[1]?.headers.authorization).toBe('Bearer env-key')
  })

  it('accepts the base that LiteLLM uses', async () => {
    await using hosts = await startHosts(() => ({ body: answer('ok') }))
    vi.stubEnv('CLOUDFLARE_API_BASE', 'https://api.cloudflare.com/client/v4/accounts/acc/ai/run/')
    vi.stubEnv('CLOUDFLARE_API_KEY', 'env-key')
    await createClient({ dispatcher: hosts.dispatcher }).completion({ model, messages })
    expect(hosts.seen[0]?.path).toBe('/client/v4/accounts/acc/ai/v1/chat/completions')
  })

  it('names missing settings before it sends a request', async () => {
    await using hosts = await startHosts(() => ({ body: answer('ok') }))
    const client = createClient({ dispatcher: hosts.dispatcher })
    expect(await rejection(client.completion({ model, messages, apiKey: 'k' }))).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/CLOUDFLARE_ACCOUNT_ID.*accountId/),
    })
    vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', 'acc')
    expect(await rejection(client.completion({ model, messages }))).toMatchObject({ code: 'authentication' })
    expect(hosts.seen).toEqual([])
  })

  it('returns JSON content as a string', async () => {
    // recorded: with a json_schema, the content is an object
    await using hosts = await startHosts(() => ({ body: answer({ title: 'Apples', author: 'H' }) }))
    const client = createClient({ dispatcher: hosts.dispatcher, providers: { cloudflare } })
    const { choices } = await client.completion({ model, messages, response_format: { type: 'json_object' } })
    expect(choices[0]?.message.content).toBe('{"title":"Apples","author":"H"}')
  })

  it('maps the errors of Cloudflare’s envelope', async () => {
    // written from documentation: https://developers.cloudflare.com/workers-ai/platform/errors
    const envelope = (code: number, message: string) => ({
      result: null,
      success: false,
      errors: [{ code, message }],
      messages: [],
    })
    const cases: [Said, object][] = [
      [
        { status: 400, body: envelope(5007, 'No such model @cf/x or task') },
        { code: 'not_found', providerCode: '5007' },
      ],
      [
        { status: 429, body: envelope(3036, 'You have used up your daily free allocation') },
        { code: 'quota_exceeded' },
      ],
      [{ status: 429, body: envelope(3040, 'No more data centers to forward the request to') }, { code: 'overloaded' }],
      [{ status: 403, body: envelope(5016, 'User has not agreed to model terms') }, { code: 'permission_denied' }],
      [{ status: 400, body: envelope(10000, 'Authentication error') }, { code: 'authentication' }],
      [{ status: 408, body: envelope(3007, 'Request timeout') }, { code: 'timeout' }],
      [
        { status: 429, body: { error: { message: '4006: you have used up your daily free allocation' } } },
        { code: 'quota_exceeded' },
      ],
    ]
    for (const [said, expected] of cases) {
      await using hosts = await startHosts(() => said)
      const client = createClient({ dispatcher: hosts.dispatcher, providers: { cloudflare }, maxRetries: 0 })
      expect(await rejection(client.completion({ model, messages }))).toMatchObject(expected)
    }
  })
})
