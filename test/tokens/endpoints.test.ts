import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { InvalidResponseError } from '../../src/errors.js'
import {
  anthropicCount,
  type CountEndpoint,
  converseCount,
  geminiCount,
  providerCount,
  vertexCount,
} from '../../src/tokens/endpoints.js'
import { object } from '../corpus/json.js'
import { corpusFolder, howToConfigure, type Recording } from '../corpus/recording.js'

describe('Anthropic', () => {
  it('is asked without what steers the answer', () => {
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
    expect(anthropicCount.path('claude-opus-4-1')).toBe('/v1/messages/count_tokens')
  })

  it('gives a count that it calls an estimate', () => {
    expect(providerCount(anthropicCount, { input_tokens: 14 }, 'claude')).toMatchObject({
      tokens: 14,
      exact: false,
      method: 'provider',
    })
  })
})

describe('the others', () => {
  const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]

  it('Gemini is asked with the whole request', () => {
    const chat = { contents, generationConfig: { temperature: 0 } }
    expect(geminiCount.encode(chat, 'gemini-2.5-flash')).toEqual({
      generateContentRequest: { ...chat, model: 'models/gemini-2.5-flash' },
    })
    expect(geminiCount.path('gemini-2.5-flash')).toBe('/v1beta/models/gemini-2.5-flash:countTokens')
    expect(providerCount(geminiCount, { totalTokens: 8 }, 'gemini')).toMatchObject({
      tokens: 8,
      exact: true,
      reasons: [],
    })
  })

  it('Vertex is asked with its parts', () => {
    expect(vertexCount.encode({ contents, safetySettings: [] }, 'gemini-2.5-flash')).toEqual({ contents })
  })

  it('Bedrock is asked for a Converse request', () => {
    const chat = { messages: [{ role: 'user', content: [{ text: 'Hi' }] }], inferenceConfig: { maxTokens: 10 } }
    expect(converseCount.encode(chat, '')).toEqual({ input: { converse: { messages: chat.messages } } })
    expect(converseCount.path('anthropic.claude-v1:0')).toBe('/model/anthropic.claude-v1%3A0/count-tokens')
  })

  it.each([null, undefined, 'x', {}, { input_tokens: '14' }, { input_tokens: -1 }, { input_tokens: 1.5 }])(
    'an answer without a number is an error: %j',
    (answer) => {
      expect(() => providerCount(anthropicCount, answer, 'claude')).toThrow(InvalidResponseError)
    },
  )
})

const folder = corpusFolder()

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
    const model = /models?\/([^/]+?)(?::countTokens|\/count-tokens)$/.exec(url)?.[1] ?? ''
    const { model: named, ...rest } = object(chat)
    const again = endpoint?.encode(
      provider === 'google-ai-studio' ? rest : { ...rest, ...(named !== undefined && { model: named }) },
      model,
    )
    expect(again).toEqual(body)
    expect(url.endsWith(decodeURIComponent(endpoint?.path(model) ?? ''))).toBe(true)
  })
})
