import { Dispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { otherNames } from '../providers/known-models.js'
import { loadProvider, providerIds } from '../providers/registry.js'
import { mockProvider } from '../simulator/index.js'
import { type CompletionRequest, createClient, type ProviderOptions } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

/** What is wrong with a call is said before anything is sent, with what to do about it. */

// they come with development dependencies, and would look for credentials on this machine
vi.mock('google-auth-library', () => {
  throw new Error('it is not installed')
})
vi.mock('@azure/identity', () => {
  throw new Error('it is not installed')
})
vi.mock('@aws-sdk/credential-providers', () => {
  throw new Error('it is not installed')
})

beforeEach(async () => {
  for (const id of await providerIds()) {
    const provider = await loadProvider(id)
    const { auth, address, settings = [] } = provider ?? {}
    const schemes = auth?.schemes ?? []
    for (const name of [...schemes, ...settings].flatMap(({ env }) => env)) vi.stubEnv(name, '')
    for (const name of address?.env ?? []) vi.stubEnv(name, '')
  }
})
afterEach(() => vi.unstubAllEnvs())

/** The error of a call that must not be sent. */
async function refusal(model: string, options: ProviderOptions = {}, more: Partial<CompletionRequest> = {}) {
  const mock = mockProvider()
  const [id = ''] = model.split('/')
  const client = createClient({
    dispatcher: mock.dispatcher,
    ...(Object.keys(options).length > 0 && { providers: { [id]: options } }),
  })
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  const error = await rejection(client.completion({ model, messages, ...more, stream: false }))
  await client.close()
  expect(mock.requests).toEqual([])
  return error as Error & { code: string; param?: string }
}

describe('missing credentials', () => {
  it.each([
    ['openai/gpt-4o', ['OPENAI_API_KEY', 'apiKey']],
    ['anthropic/claude-sonnet-4-5', ['ANTHROPIC_API_KEY', 'apiKey']],
    ['gemini/gemini-2.5-flash', ['GEMINI_API_KEY', 'apiKey']],
    ['cohere/command-a-03-2025', ['COHERE_API_KEY', 'apiKey']],
    ['groq/llama-3.3-70b-versatile', ['GROQ_API_KEY', 'apiKey']],
  ])('of %s name variables and option', async (model, names) => {
    const error = await refusal(model)
    expect(error.code).toBe('authentication')
    for (const name of names) expect(error.message).toContain(name)
  })
})

describe('a missing package', () => {
  it.each([
    ['azure/gpt-4o', { apiBase: 'https://acme.openai.azure.com' }, '@azure/identity'],
    ['vertex_ai/gemini-2.5-flash', { project: 'p' }, 'google-auth-library'],
    ['vertex_ai/claude-sonnet-4-5', { project: 'p', location: 'us-east5' }, 'google-auth-library'],
    ['bedrock/amazon.nova-pro-v1:0', { region: 'us-east-1' }, '@aws-sdk/credential-providers'],
  ] satisfies [string, ProviderOptions, string][])(
    'of %s is named with how to install it',
    async (model, options, name) => {
      const error = await refusal(model, options)
      expect(error.code).toBe('authentication')
      expect(error.message).toContain(`npm install ${name}`)
    },
  )
})

describe('a missing place', () => {
  it.each([
    [
      'bedrock/amazon.nova-pro-v1:0',
      { apiKey: 'k' },
      ['region (such as us-east-1)', 'AWS_REGION', '{ bedrock: { region } }'],
    ],
    ['sagemaker/my-endpoint', {}, ['region', 'AWS_REGION', '{ sagemaker: { region } }']],
    ['vertex_ai/gemini-2.5-flash', { authToken: 't' }, ['project', 'VERTEXAI_PROJECT', '{ vertex_ai: { project } }']],
    ['vertex_ai/claude-sonnet-4-5', { authToken: 't' }, ['project', 'VERTEXAI_PROJECT']],
    ['azure/gpt-4o', { apiKey: 'k' }, ['apiBase', 'AZURE_API_BASE', 'https://my-resource.openai.azure.com']],
    ['azure_ai/m', { apiKey: 'k' }, ['apiBase', 'AZURE_AI_API_BASE', 'https://my-resource.services.ai.azure.com']],
    ['hosted_vllm/m', {}, ['apiBase', 'HOSTED_VLLM_API_BASE', 'http://localhost:8000/v1']],
    ['snowflake/m', { apiKey: 'k' }, ['apiBase', 'SNOWFLAKE_API_BASE', '.snowflakecomputing.com/api/v2/cortex/v1']],
    ['cloudflare/@cf/meta/llama-3.1-8b-instruct', { apiKey: 'k' }, ['accountId', 'CLOUDFLARE_ACCOUNT_ID']],
    ['databricks/m', { apiKey: 'k' }, ['apiBase', 'DATABRICKS_API_BASE']],
    ['watsonx/ibm/granite-3-8b-instruct', { authToken: 't', region: 'us-south' }, ['project', 'WATSONX_PROJECT_ID']],
  ] satisfies [string, ProviderOptions, string[]][])('of %s %j is asked for', async (model, options, names) => {
    const error = await refusal(model, options)
    for (const name of names) expect(error.message).toContain(name)
  })
})

describe('a place that is none', () => {
  // it is a part of the host that the key goes to
  it.each([
    ['bedrock/amazon.nova-pro-v1:0', { apiKey: 'k', region: 'elsewhere.example/' }, 'us-east-1'],
    ['sagemaker/my-endpoint', { accessKeyId: 'a', secretAccessKey: 's', region: 'elsewhere.example/' }, 'us-east-1'],
    ['vertex_ai/gemini-2.5-flash', { apiKey: 'k', location: 'elsewhere.example/' }, 'us-central1'],
    ['vertex_ai/claude-sonnet-4-5', { authToken: 't', project: 'p', location: 'us east' }, 'us-central1'],
    ['vertex_ai/gemini-2.5-flash', { authToken: 't', project: 'p', location: 'a@elsewhere' }, 'us-central1'],
    ['watsonx/ibm/granite', { authToken: 't', project: 'p', region: 'elsewhere.example/' }, 'us-south'],
  ] satisfies [string, ProviderOptions, string][])('is refused: %s %j', async (model, options, example) => {
    const error = await refusal(model, options)
    expect(error.code).toBe('bad_request')
    expect(error.message).toContain(example)
  })

  it.each([
    ['bedrock/amazon.nova-pro-v1:0', { apiKey: 'k', region: 'us-esat-1' }, "Check region ('us-esat-1') and DNS."],
    ['vertex_ai/gemini-2.5-flash', { apiKey: 'k', location: 'us-esat1' }, "Check location ('us-esat1') and DNS."],
    ['openai/gpt-4o', { apiKey: 'k' }, 'Check apiBase and DNS.'],
    ['bedrock/m', { apiKey: 'k', region: 'us-east-1', apiBase: 'https://a.example' }, 'Check apiBase and DNS.'],
  ] satisfies [string, ProviderOptions, string][])(
    'is what an unknown host comes from: %s %j',
    async (model, own, hint) => {
      const nowhere = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
      const dispatcher = new (class extends Dispatcher {
        override dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
          handler.onResponseError?.({} as Dispatcher.DispatchController, nowhere)
          return true
        }
      })()
      const client = createClient({ dispatcher, maxRetries: 0, providers: { [model.split('/')[0] ?? '']: own } })
      const error = await rejection(client.completion({ model, messages: [{ role: 'user', content: 'Hi' }] }))
      expect(String(error)).toContain(hint)
    },
  )
})

describe('an unknown name', () => {
  it.each([
    ['antropic/claude-sonnet-4-5', "'anthropic/claude-sonnet-4-5'"],
    ['vertexai/gemini-2.5-flash', "'vertex_ai/gemini-2.5-flash'"],
    ['deepsek/deepseek-chat', "'deepseek/deepseek-chat'"],
    ['gpt-4p', 'gpt-4o'],
    ['claude-sonet-4-5', 'claude-sonnet-4-5'],
    ['gemini-2.5-flash', "'gemini/gemini-2.5-flash'"],
    ['gemini-2.5-flsh', "'gemini/gemini-2.5-flsh'"],
    ['command-a-03-2025', "'cohere/command-a-03-2025'"],
    ['google/gemini-2.5-flash', "'gemini/gemini-2.5-flash' or 'vertex_ai/gemini-2.5-flash'"],
    ['vertex/gemini-2.5-flash', "'vertex_ai/gemini-2.5-flash'"],
    ['aws/amazon.nova-pro-v1:0', "'bedrock/amazon.nova-pro-v1:0'"],
    ['together/meta-llama/m', "'together_ai/meta-llama/m'"],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', "'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0'"],
  ])('%s comes with near ones', async (model, near) => {
    const error = await refusal(model)
    expect(error).toMatchObject({ code: 'bad_request', param: 'model' })
    expect(error.message).toContain(near)
  })
})

it('of other names, every one leads to a prefix', async () => {
  const prefixes = await providerIds()
  for (const [name, meant] of otherNames) {
    for (const prefix of meant) expect(prefixes).toContain(prefix)
    expect(prefixes).not.toContain(name)
  }
})

describe('a wrong request', () => {
  it.each([
    [{ max_tokens: undefined, maxTokens: 5 }, 'max_tokens'],
    [{ api_key: 'k' }, 'apiKey'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
  ])('%j says what is right', async (more, right) => {
    const error = await refusal('openai/gpt-4o', { apiKey: 'k' }, more as Partial<CompletionRequest>)
    expect(error.code).toBe('bad_request')
    expect(error.message).toContain(right)
  })
})

describe('tools without a type', () => {
  const request = (model: string, tool: object) => ({
    model,
    messages: [{ role: 'user', content: 'Hi' }],
    tools: [tool],
    apiKey: 'k',
    region: 'us-east-1',
  })

  it.each([
    ['gemini/gemini-2.5-flash', { googleSearch: {} }],
    ['bedrock/amazon.nova-lite-v1:0', { toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }],
    ['anthropic/claude-sonnet-4-5', { name: 'f', input_schema: { type: 'object', properties: {} } }],
  ])("are sent to %s in the provider's own form", async (model, tool) => {
    const mock = mockProvider()
    await using client = createClient({ dispatcher: mock.dispatcher, maxRetries: 0 })
    await client.completion(request(model, tool) as never).catch(() => {})
    expect(mock.requests).toHaveLength(1)
  })

  it('are rejected as misplaced functions', async () => {
    await using client = createClient({ maxRetries: 0 })
    for (const tool of [{ name: 'f', parameters: {} }, { function: { name: 'f' } }, { name: 'f' }]) {
      await expect(client.completion(request('gemini/gemini-2.5-flash', tool) as never)).rejects.toThrow('with a type')
    }
  })
})
