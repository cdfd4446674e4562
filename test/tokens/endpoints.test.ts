import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { provider as anthropic } from '../../providers/anthropic.js'
import { foundry } from '../../providers/azure.js'
import { provider as bedrock } from '../../providers/bedrock.js'
import { provider as cohere } from '../../providers/cohere.js'
import type { CountEndpoint } from '../../providers/contract.js'
import { provider as gemini } from '../../providers/gemini.js'
import { provider as vertex } from '../../providers/vertex.js'
import { providerCount } from '../../src/tokens/endpoints.js'
import { object } from '../corpus/wire/json.js'
import { corpusFolder, howToConfigure, type Recording } from '../corpus/wire/recording.js'

const countOf = ({ count }: { count?: CountEndpoint }): CountEndpoint => {
  if (!count) throw new Error('the provider has no counting endpoint')
  return count
}
const anthropicCount = countOf(anthropic)
const geminiCount = countOf(gemini)
const vertexCount = countOf(vertex)
const converseCount = countOf(bedrock)

describe('Anthropic', () => {
  it('receives no parameters of the answer', () => {
    const prompt = {
      model: 'claude-opus-4-1',
      system: 'You are a scientist',
      messages: [{ role: 'user', content: 'Hello, Claude' }],
      tools: [{ name: 'get_weather', input_schema: { type: 'object' } }],
      tool_choice: { type: 'auto' },
      thinking: { type: 'enabled', budget_tokens: 16_000 },
    }
    const chat = { ...prompt, max_tokens: 20_000, temperature: 1, stream: true, metadata: { user_id: 'u' } }
    expect(anthropicCount.encode(chat, prompt.model)).toEqual(prompt)
    expect(anthropicCount.path('claude-opus-4-1', {}, '')).toBe('/v1/messages/count_tokens')
  })

  it('returns a count marked as an estimate', () => {
    expect(providerCount(anthropicCount, 14, 'claude')).toMatchObject({
      tokens: 14,
      exact: false,
      method: 'provider',
    })
  })
})

describe('the others', () => {
  const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]

  it('Gemini receives the complete request', () => {
    const chat = { contents, generationConfig: { temperature: 0 } }
    expect(geminiCount.encode(chat, 'gemini-2.5-flash')).toEqual({
      generateContentRequest: { ...chat, model: 'models/gemini-2.5-flash' },
    })
    expect(geminiCount.path('gemini-2.5-flash', {}, '')).toBe('/v1beta/models/gemini-2.5-flash:countTokens')
    expect(providerCount(geminiCount, 8, 'gemini')).toMatchObject({
      tokens: 8,
      exact: true,
      reasons: [],
    })
  })

  it('Vertex receives the parts of the request', () => {
    expect(vertexCount.encode({ contents, safetySettings: [] }, 'gemini-2.5-flash')).toEqual({ contents })
    expect(vertexCount.path('gemini-2.5-flash', { project: 'p', location: 'us' }, '')).toBe(
      '/v1/projects/p/locations/us/publishers/google/models/gemini-2.5-flash:countTokens',
    )
  })

  it('Claude on Azure uses the base URL of Azure', async () => {
    const { path } = countOf((await foundry.route?.('claude-sonnet-4-6')) ?? {})
    expect(path('', {}, '')).toBe('/anthropic/v1/messages/count_tokens')
    expect(path('', {}, '/anthropic')).toBe('/v1/messages/count_tokens')
  })

  it('Claude on Vertex has an address of its own', async () => {
    const claude = await vertex.route?.('claude-sonnet-4-6')
    const count = countOf(claude ?? {})
    expect(count.path('claude-sonnet-4-6', { project: 'p', location: 'us' }, '')).toBe(
      '/v1/projects/p/locations/us/publishers/anthropic/models/count-tokens:rawPredict',
    )
    expect(count.encode({ anthropic_version: 'v', messages: [], max_tokens: 1 }, 'claude-sonnet-4-6')).toEqual({
      model: 'claude-sonnet-4-6',
      messages: [],
    })
  })

  it('Bedrock receives a Converse request', () => {
    const chat = { messages: [{ role: 'user', content: [{ text: 'Hi' }] }], inferenceConfig: { maxTokens: 10 } }
    expect(converseCount.encode(chat, '')).toEqual({ input: { converse: { messages: chat.messages } } })
    expect(converseCount.path('anthropic.claude-v1:0', {}, '')).toBe('/model/anthropic.claude-v1%3A0/count-tokens')
    expect(converseCount.path('us.anthropic.claude-v1:0', {}, '')).toBe('/model/anthropic.claude-v1%3A0/count-tokens')
  })

  it.each([null, undefined, 'x', {}, { input_tokens: '14', totalTokens: null, inputTokens: {} }])(
    'have no number in %j',
    (answer) => {
      for (const endpoint of [anthropicCount, geminiCount, vertexCount, converseCount]) {
        expect(endpoint.decode(answer)).toBeUndefined()
      }
    },
  )
})

const folder = corpusFolder()

describe('Cohere', () => {
  const count = countOf(cohere)

  it('receives the text of the prompt', () => {
    const chat = {
      model: 'command-a-03-2025',
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hello' },
            { type: 'image_url', image_url: { url: 'data:…' } },
          ],
        },
        {
          role: 'assistant',
          tool_plan: 'Look.',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
      ],
      temperature: 0,
    }
    expect(count.encode(chat, 'command-a-03-2025')).toEqual({
      model: 'command-a-03-2025',
      text: 'Be brief.\nHello\nLook.\nf\n{}',
    })
    expect(count.exact).toBe(false)
  })

  /** The shape of a recorded answer. */
  it('returns the tokens themselves', () => {
    expect(count.decode({ tokens: [9707, 11, 1879, 0], token_strings: ['Hello', ',', ' world', '!'] })).toBe(4)
    for (const answer of [null, {}, { tokens: 4 }, 'x']) expect(count.decode(answer)).toBeUndefined()
  })
})

describe('recorded counts', () => {
  if (folder === undefined) {
    it.skip(howToConfigure)
    return
  }
  const inner: Readonly<Record<string, (body: Record<string, unknown>) => unknown>> = {
    anthropic: (body) => body,
    'google-ai-studio': (body) => body.generateContentRequest,
    vertex: (body) => body,
    bedrock: (body) => object(body.input).converse,
  }
  const endpoints: Readonly<Record<string, CountEndpoint>> = {
    anthropic: anthropicCount,
    'google-ai-studio': geminiCount,
    vertex: vertexCount,
    bedrock: converseCount,
  }
  const found = Object.keys(inner).flatMap((provider) =>
    readdirSync(join(folder, provider, 'count-tokens')).map((file) => {
      const path = join(folder, provider, 'count-tokens', file)
      return JSON.parse(readFileSync(path, 'utf8')) as Recording & { request: { url: string } }
    }),
  )

  it.each(found.map((one) => [one.id, one] as const))('%s', (_, { provider, request, response }) => {
    const endpoint = endpoints[provider]
    const body = object(request.body)
    const chat = inner[provider]?.(body)
    expect(endpoint?.decode(response.body)).toBeGreaterThan(0)
    // Another form of the same endpoints, which we don't send: contents alone, an InvokeModel body.
    if (chat === undefined) return
    const url = decodeURIComponent(new URL(request.url).pathname)
    const { model: named, ...rest } = object(chat)
    const inPath = /models?\/([^/]+?)(?::countTokens|\/count-tokens)$/.exec(url)?.[1] ?? ''
    const model = typeof named === 'string' && provider === 'anthropic' ? named : inPath
    const again = endpoint?.encode(rest, model)
    expect(again).toEqual(body)
    // the version of the API is the recorder's
    const asked = decodeURIComponent(endpoint?.path(model, { project: 'my-project', location: 'global' }, '') ?? '')
    expect(url.replace('/v1beta1/', '/v1/')).toBe(asked)
  })
})
