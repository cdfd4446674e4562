import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import NewestOpenAI from 'openai-newest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { type Client, createClient, Router } from '../../src/index.js'

let simulator: Simulator
let client: Client
const outcomes: string[] = []

beforeAll(async () => {
  simulator = await startSimulator()
  const at = (provider: string) => ({ apiBase: simulator.base(provider), apiKey: 'k' })
  client = createClient({
    maxRetries: 0,
    onSettled: ({ outcome }) => outcomes.push(outcome),
    providers: { openai: at('openai'), anthropic: at('anthropic'), gemini: at('gemini') },
  })
})

afterAll(async () => {
  await client.close()
  await simulator.close()
})

const models = ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-flash']
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }
const call = { name: 'get_weather', arguments: { city: 'Paris' } }
const messages = [{ role: 'user' as const, content: 'Hi' }]

describe.each([
  ['openai 6', OpenAI],
  ['openai 7', NewestOpenAI as unknown as typeof OpenAI],
])('the SDK %s over client.fetch', (_, SDK) => {
  const sdk = () => new SDK({ apiKey: 'unused', baseURL: 'http://llmux/v1', maxRetries: 0, fetch: client.fetch })

  it.each(models)('gets an answer, a stream and tool calls of %s', async (model) => {
    const { data: answer, request_id: id } = await sdk().chat.completions.create({ model, messages }).withResponse()
    expect(answer.choices[0]?.message.content).toBe('You said: Hi')
    expect(id).toMatch(/^req_/)
    let text = ''
    for await (const chunk of await sdk().chat.completions.create({ model, messages, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('You said: Hi')
    const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }]
    simulator.reply({ toolCalls: [call] })
    const stream = sdk().chat.completions.stream({ model, messages, tools })
    const asked = (await stream.finalChatCompletion()).choices[0]?.message
    expect(asked?.tool_calls?.[0]).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"Paris"}' } })
    const id2 = asked?.tool_calls?.[0]?.id ?? ''
    const history = [...messages, asked as never, { role: 'tool' as const, tool_call_id: id2, content: 'Sunny' }]
    simulator.reply('It is sunny.')
    const last = await sdk().chat.completions.create({ model, messages: history, tools })
    expect(last.choices[0]?.message.content).toBe('It is sunny.')
  })

  it.each(models)('uses the Responses API with %s', async (model) => {
    const answer = await sdk().responses.create({ model, input: 'Hi' })
    expect(answer.output_text).toBe('You said: Hi')
    const stream = sdk().responses.stream({ model, input: 'Hi', previous_response_id: answer.id })
    expect((await stream.finalResponse()).output_text).toBe('You said: Hi')
    simulator.reply({ toolCalls: [call] })
    const tools = [{ type: 'function' as const, name: 'get_weather', parameters, strict: false }]
    const asked = await sdk().responses.create({ model, input: 'Hi', tools })
    expect(asked.output.find((item) => item.type === 'function_call')).toMatchObject({ arguments: '{"city":"Paris"}' })
  })

  it('gets embeddings', async () => {
    const { data } = await sdk().embeddings.create({ model: 'openai/text-embedding-3-small', input: ['a', 'b'] })
    expect(data.map((one) => one.embedding.every((value) => typeof value === 'number'))).toEqual([true, true])
  })

  it('throws the class of the error', async () => {
    const failed = sdk().chat.completions.create({ model: 'nothing/x', messages })
    await expect(failed).rejects.toBeInstanceOf(SDK.NotFoundError)
    simulator.fail({ kind: 'status', status: 429 })
    const limited = sdk().chat.completions.create({ model: 'openai/gpt-4o-mini', messages })
    await expect(limited).rejects.toBeInstanceOf(SDK.RateLimitError)
  })

  it('aborts a call and a stream', async () => {
    const stop = new AbortController()
    simulator.fail({ kind: 'slow-headers', ms: 5000 })
    const aborted = sdk().chat.completions.create({ model: 'openai/gpt-4o-mini', messages }, { signal: stop.signal })
    setTimeout(() => stop.abort(), 50)
    await expect(aborted).rejects.toBeInstanceOf(SDK.APIUserAbortError)
    simulator.fail({ kind: 'silence', afterChunks: 1 })
    const stream = await sdk().chat.completions.create({ model: 'openai/gpt-4o-mini', messages, stream: true })
    let chunks = 0
    for await (const _ of stream) if (++chunks === 1) setTimeout(() => stream.controller.abort(), 20)
    expect(chunks).toBeGreaterThan(0)
    await expect.poll(() => outcomes.at(-1)).toBe('aborted')
    expect(outcomes.slice(-2)).toEqual(['aborted', 'aborted'])
  })
})

describe('the SDK of Anthropic over client.fetch', () => {
  const sdk = () => new Anthropic({ apiKey: 'unused', baseURL: 'http://llmux', maxRetries: 0, fetch: client.fetch })

  it.each(models)('gets an answer, a stream and tool calls of %s', async (model) => {
    const request = { model, max_tokens: 100, messages }
    const answer = await sdk().messages.create(request)
    expect(answer.content).toMatchObject([{ type: 'text', text: 'You said: Hi' }])
    const stream = sdk().messages.stream(request)
    expect(await stream.finalText()).toBe('You said: Hi')
    simulator.reply({ toolCalls: [call] })
    const tools = [{ name: 'get_weather', input_schema: parameters }]
    const asked = await sdk()
      .messages.stream({ ...request, tools })
      .finalMessage()
    expect(asked.stop_reason).toBe('tool_use')
    const use = asked.content.find((block) => block.type === 'tool_use')
    expect(use).toMatchObject({ name: 'get_weather', input: { city: 'Paris' } })
    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'Sunny' }
    simulator.reply('It is sunny.')
    const last = await sdk().messages.create({
      ...request,
      tools,
      messages: [...messages, { role: 'assistant', content: asked.content }, { role: 'user', content: [result] }],
    })
    expect(last.content).toMatchObject([{ type: 'text', text: 'It is sunny.' }])
    expect((await sdk().messages.countTokens({ model, messages })).input_tokens).toBeGreaterThan(0)
  })

  it('throws the class of the error', async () => {
    const request = { model: 'openai/gpt-4o-mini', max_tokens: 10, messages }
    simulator.fail({ kind: 'status', status: 429, retryAfter: 7 } as never)
    const error = await sdk()
      .messages.create(request)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Anthropic.RateLimitError)
    expect(error).toMatchObject({ error: { type: 'error', error: { type: 'rate_limit_error' } } })
    simulator.fail({ kind: 'error-event', afterChunks: 1 })
    const cut = sdk()
      .messages.stream({ ...request, model: 'anthropic/claude-sonnet-4-5' })
      .finalMessage()
    await expect(cut).rejects.toThrow(/overloaded_error/)
  })
})

describe('the SDK of Google over client.fetch', () => {
  const sdk = () =>
    new GoogleGenAI({ apiKey: 'unused', httpOptions: { baseUrl: 'http://llmux', fetch: client.fetch } as never })

  it.each(models)('gets an answer, a stream and tool calls of %s', async (model) => {
    const request = { model, contents: 'Hi' }
    expect((await sdk().models.generateContent(request)).text).toBe('You said: Hi')
    let text = ''
    for await (const chunk of await sdk().models.generateContentStream(request)) text += chunk.text ?? ''
    expect(text).toBe('You said: Hi')
    simulator.reply({ toolCalls: [call] })
    const config = { tools: [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: parameters }] }] }
    const asked = await sdk().models.generateContent({ ...request, config })
    expect(asked.functionCalls).toMatchObject([{ name: 'get_weather', args: { city: 'Paris' } }])
    const turn = asked.candidates?.[0]?.content
    const response = { functionResponse: { name: 'get_weather', response: { output: 'Sunny' } } }
    simulator.reply('It is sunny.')
    const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }, turn ?? {}, { role: 'user', parts: [response] }]
    expect((await sdk().models.generateContent({ model, contents, config })).text).toBe('It is sunny.')
    expect((await sdk().models.countTokens(request)).totalTokens).toBeGreaterThan(0)
  })

  it('throws an error with the status', async () => {
    const failed = sdk().models.generateContent({ model: 'nothing/x', contents: 'Hi' })
    await expect(failed).rejects.toMatchObject({ status: 404 })
  })
})

describe('router.fetch', () => {
  it('reaches the model groups', async () => {
    const params = { model: 'anthropic/claude-sonnet-4-5', apiBase: simulator.anthropicBase, apiKey: 'k' }
    const router = new Router({ modelList: [{ modelName: 'fast', params }] })
    const sdk = new OpenAI({ apiKey: 'unused', baseURL: 'http://llmux/v1', fetch: router.fetch })
    const { data } = await sdk.models.list()
    expect(data.map(({ id }) => id)).toEqual(['fast'])
    const answer = await sdk.chat.completions.create({ model: 'fast', messages })
    expect(answer.choices[0]?.message.content).toBe('You said: Hi')
    await router.close()
  })
})
