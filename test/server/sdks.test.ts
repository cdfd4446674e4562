import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import NewestOpenAI from 'openai-newest'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mockProvider, type Reply } from '../../simulator/index.js'
import { type Client, createClient } from '../../src/index.js'
import { createHandler } from '../../src/server/index.js'
import { accounts } from '../matrix/targets.js'

/** The vendors' own packages against a handler, over HTTP: whole answers, streams, tools and errors. */

const mock = mockProvider()
let client: Client
let server: Server
let base = ''

beforeAll(async () => {
  client = createClient({ dispatcher: mock.dispatcher, providers: accounts, maxRetries: 0 })
  server = createServer(createHandler(client).node)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

beforeEach(() => mock.reset())

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await client.close()
})

const models = [
  'openai/gpt-4o',
  'mistral/mistral-large-latest',
  'anthropic/claude-sonnet-4-5',
  'gemini/gemini-3-flash-preview',
  'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'cohere/command-a-reasoning-08-2025',
  'ollama/qwen3:4b',
]

const schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }
const call: Reply = {
  text: 'I look it up.',
  reasoning: 'A city.',
  toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }],
}
const final: Reply = { text: 'Rain in Oslo.' }
const ask = 'Weather in Oslo?'

/** Replies with a call, then with the final text. */
function script(): void {
  mock.reply(call)
  mock.reply(final)
}

/** The result has to reach the provider. */
const received = (): string => JSON.stringify(mock.requests.at(-1)?.body)

describe.each(models)('%s behind the handler', (model) => {
  describe('with @anthropic-ai/sdk', () => {
    const sdk = () => new Anthropic({ apiKey: 'any', baseURL: base, maxRetries: 0 })
    const tools = [{ name: 'get_weather', description: 'Weather.', input_schema: schema }]

    it.each([false, true])('runs a tool (streamed: %s)', async (streamed) => {
      script()
      const send = (messages: Anthropic.MessageParam[]) => {
        const params = { model, max_tokens: 2000, tools, messages }
        return streamed ? sdk().messages.stream(params).finalMessage() : sdk().messages.create(params)
      }
      const first = await send([{ role: 'user', content: ask }])
      expect(first.stop_reason).toBe('tool_use')
      // Mistral counts without being asked to, the simulator only if it is asked
      if (!(streamed && model.startsWith('mistral/'))) expect(first.usage.input_tokens).toBeGreaterThan(0)
      const use = first.content.find((block) => block.type === 'tool_use')
      expect(use).toMatchObject({ name: 'get_weather', input: { city: 'Oslo' } })
      const second = await send([
        { role: 'user', content: ask },
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use?.id ?? '', content: 'rain at 7 degrees' }] },
      ])
      expect(second.content.find((block) => block.type === 'text')?.text).toBe('Rain in Oslo.')
      expect(received()).toContain('rain at 7 degrees')
    })

    it('streams text', async () => {
      mock.reply({ text: 'one two three' })
      const deltas: string[] = []
      const stream = sdk().messages.stream({ model, max_tokens: 2000, messages: [{ role: 'user', content: 'Count.' }] })
      stream.on('text', (delta) => deltas.push(delta))
      expect(await stream.finalText()).toBe('one two three')
      expect(deltas.length).toBeGreaterThan(1)
    })

    it('counts tokens', async () => {
      const messages = [{ role: 'user' as const, content: 'Count these words.' }]
      const { input_tokens: tokens } = await sdk().messages.countTokens({ model, messages })
      expect(tokens).toBeGreaterThan(0)
    })

    it('throws its own error class', async () => {
      mock.fail({ kind: 'status', status: 429, retryAfter: 3 })
      const request = sdk().messages.create({ model, max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] })
      const error = await request.catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Anthropic.RateLimitError)
      expect((error as InstanceType<typeof Anthropic.RateLimitError>).headers?.get('retry-after')).toBe('3')
    })
  })

  describe('with @google/genai', () => {
    const sdk = () => new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: base } })
    const tools = [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: schema }] }]

    it.each([false, true])('runs a tool (streamed: %s)', async (streamed) => {
      script()
      const chat = sdk().chats.create({ model, config: { tools, systemInstruction: 'Be brief.' } })
      const send = async (message: Parameters<typeof chat.sendMessage>[0]['message']) => {
        if (!streamed) return [await chat.sendMessage({ message })]
        const chunks = []
        for await (const chunk of await chat.sendMessageStream({ message })) chunks.push(chunk)
        return chunks
      }
      const first = await send(ask)
      const [found] = first.flatMap(({ functionCalls }) => functionCalls ?? [])
      expect(found).toMatchObject({ name: 'get_weather', args: { city: 'Oslo' } })
      expect(first.at(-1)?.usageMetadata?.promptTokenCount ?? 1).toBeGreaterThan(0)
      const response = { output: 'rain at 7 degrees' }
      const second = await send([
        { functionResponse: { ...(found?.id && { id: found.id }), name: 'get_weather', response } },
      ])
      expect(second.map(({ text }) => text ?? '').join('')).toBe('Rain in Oslo.')
      expect(received()).toContain('rain at 7 degrees')
    })

    it('counts tokens', async () => {
      const { totalTokens } = await sdk().models.countTokens({ model, contents: 'Count these words.' })
      expect(totalTokens).toBeGreaterThan(0)
    })

    it('throws its own error class', async () => {
      mock.fail({ kind: 'status', status: 429, retryAfter: 3 })
      const request = sdk().models.generateContent({ model, contents: 'Hi' })
      await expect(request).rejects.toMatchObject({ name: 'ApiError', status: 429 })
    })
  })

  describe.each([
    ['openai 6', OpenAI],
    ['the newest openai', NewestOpenAI as unknown as typeof OpenAI],
  ])('with %s', (_, Package) => {
    const sdk = () => new Package({ apiKey: 'any', baseURL: `${base}/v1`, maxRetries: 0 })

    it.each([false, true])('runs a tool over chat completions (streamed: %s)', async (streamed) => {
      script()
      const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: schema } }]
      const send = (messages: OpenAI.ChatCompletionMessageParam[]) =>
        streamed
          ? sdk().chat.completions.stream({ model, tools, messages }).finalChatCompletion()
          : sdk().chat.completions.create({ model, tools, messages })
      const first = (await send([{ role: 'user', content: ask }])).choices[0]
      expect(first?.finish_reason).toBe('tool_calls')
      const [found] = first?.message.tool_calls ?? []
      expect(found).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } })
      const second = await send([
        { role: 'user', content: ask },
        first?.message as OpenAI.ChatCompletionMessage,
        { role: 'tool', tool_call_id: found?.id ?? '', content: 'rain at 7 degrees' },
      ])
      expect(second.choices[0]?.message.content).toBe('Rain in Oslo.')
      expect(received()).toContain('rain at 7 degrees')
    })

    it.each([false, true])('runs a tool over responses (streamed: %s)', async (streamed) => {
      script()
      const tools = [{ type: 'function' as const, name: 'get_weather', parameters: schema, strict: false }]
      const send = (input: OpenAI.Responses.ResponseInput) =>
        streamed
          ? sdk().responses.stream({ model, tools, input }).finalResponse()
          : sdk().responses.create({ model, tools, input })
      const first = await send([{ role: 'user', content: ask }])
      const found = (first.output as OpenAI.Responses.ResponseOutputItem[]).find(
        (item) => item.type === 'function_call',
      )
      expect(found).toMatchObject({ name: 'get_weather', arguments: '{"city":"Oslo"}' })
      const result = {
        type: 'function_call_output' as const,
        call_id: found?.call_id ?? '',
        output: 'rain at 7 degrees',
      }
      const history = first.output as OpenAI.Responses.ResponseInput
      const second = await send([{ role: 'user', content: ask }, ...history, result])
      expect(second.output_text).toBe('Rain in Oslo.')
      expect(received()).toContain('rain at 7 degrees')
    })
  })
})
