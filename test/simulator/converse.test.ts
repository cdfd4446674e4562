import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mockProvider, type Simulator, startSimulator } from '../../simulator/index.js'
import type { CompletionRequest, Message } from '../../src/index.js'
import { createClient, LLMError } from '../../src/index.js'

const claude = 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const nova = 'bedrock/us.amazon.nova-2-lite-v1:0'
const hello: Message[] = [{ role: 'user', content: 'Hello there' }]
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const
const png = `data:image/png;base64,${Buffer.from('not an image').toString('base64')}`

let simulator: Simulator
let client: ReturnType<typeof createClient>

beforeAll(async () => {
  simulator = await startSimulator()
  client = createClient({ providers: { bedrock: { apiBase: simulator.url, apiKey: 'any', region: 'us-east-1' } } })
})
beforeEach(() => simulator.reset())
afterAll(async () => {
  await client.close()
  await simulator.close()
})

const ask = (change: Partial<CompletionRequest> = {}) =>
  client.completion({ model: claude, messages: hello, ...change, stream: false } as CompletionRequest & {
    stream: false
  })
const stream = (change: Partial<CompletionRequest> = {}) =>
  client.completion({ model: claude, messages: hello, ...change, stream: true } as CompletionRequest & { stream: true })

describe('llmux against the simulated Bedrock', () => {
  it('completes a chat, streamed and not', async () => {
    const whole = await ask()
    expect(whole.choices[0]?.message.content).toBe('You said: Hello there')
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'end_turn' })
    expect(whole.meta.warnings).toEqual([])
    const streamed = await stream()
    expect(await streamed.text()).toBe('You said: Hello there')
    const { prompt_tokens, completion_tokens, total_tokens } = whole.usage ?? {}
    expect(total_tokens).toBe(Number(prompt_tokens) + Number(completion_tokens))
    expect(streamed.meta.usage).toEqual(whole.usage)
    expect(simulator.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['converse', 'converse-stream'])
  })

  it.each([1, 13])('streams in writes of %i bytes', async (writeBytes) => {
    simulator.reply({ text: 'Größe 🙂 passt', reasoning: 'Überlegung', writeBytes })
    const streamed = await stream()
    const answer = await streamed.final()
    expect(answer.choices[0]?.message).toMatchObject({ content: 'Größe 🙂 passt', reasoning_content: 'Überlegung' })
  })

  it.each([claude, nova])('calls a tool and uses its result (%s)', async (model) => {
    const messages: Message[] = [{ role: 'user', content: "What's the weather in Paris?" }]
    const first = await ask({ model, messages, tools: [weather], reasoning_effort: 'low' })
    const [choice] = first.choices
    if (!choice) throw new Error('no choice')
    const { message, finish_reason } = choice
    expect(finish_reason).toBe('tool_calls')
    expect(message.reasoning_content).toMatch(/^The user says/)
    const [call] = message.tool_calls ?? []
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"Paris"}' } })
    const streamed = await stream({ model, messages, tools: [weather] }).then((answer) => answer.final())
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject([{ function: { arguments: '{"city":"Paris"}' } }])
    const history: Message[] = [
      ...messages,
      message,
      { role: 'tool', tool_call_id: call?.id ?? '', content: '21 degrees' },
    ]
    const second = await ask({ model, messages: history, tools: [weather], reasoning_effort: 'low' })
    expect(second.choices[0]?.message.content).toBe('get_weather says: 21 degrees')
    // the tools of the history are declared, though none are given
    await ask({ model, messages: history })
  })

  it.each([claude, nova])('answers with JSON by a schema (%s)', async (model) => {
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }
    const response_format = { type: 'json_schema', json_schema: { name: 'answer', schema } } as const
    const whole = await ask({ model, response_format })
    expect(JSON.parse(whole.choices[0]?.message.content ?? '')).toEqual({ ok: true })
    const streamed = await stream({ model, response_format })
    expect(JSON.parse(await streamed.text())).toEqual({ ok: true })
  })

  it('sends images as bytes', async () => {
    const content = [
      { type: 'text', text: 'What is it?' },
      { type: 'image_url', image_url: { url: png } },
    ] as const
    const answer = await ask({ messages: [{ role: 'user', content: [...content] }] })
    expect(answer.choices[0]?.message.content).toContain('image/png (12 bytes)')
  })

  it('reports cache usage', async () => {
    const system: Message = { role: 'system', content: 'x'.repeat(400), cache_control: { type: 'ephemeral' } }
    const { usage } = await ask({ messages: [system, ...hello] })
    expect(usage?.prompt_tokens_details?.cache_creation_tokens).toBe(100)
  })

  it('returns embeddings of Titan and Cohere', async () => {
    const titan = await client.embedding({
      model: 'bedrock/amazon.titan-embed-text-v2:0',
      input: ['a', 'b'],
      dimensions: 256,
    })
    expect(titan.data.map(({ embedding }) => embedding.length)).toEqual([256, 256])
    const cohere = await client.embedding({ model: 'bedrock/cohere.embed-multilingual-v3', input: ['a', 'b'] })
    expect(cohere.data.map(({ embedding }) => embedding.length)).toEqual([1024, 1024])
    expect(simulator.requests).toHaveLength(3)
    simulator.reply({ vectors: [[0.5, 0.25]] })
    const scripted = await client.embedding({ model: 'bedrock/amazon.titan-embed-text-v1', input: 'a' })
    expect(scripted.data[0]?.embedding).toEqual([0.5, 0.25])
  })

  it('throws error classes, before the stream and inside it', async () => {
    simulator.fail({ kind: 'status', status: 429, retryAfterMs: 1 })
    expect((await ask()).meta.retries).toBe(1)
    simulator.fail({ kind: 'status', reason: 'context-window' })
    await expect(ask()).rejects.toMatchObject({ code: 'context_window_exceeded', status: 400 })
    simulator.fail({ kind: 'error-event', afterChunks: 0 })
    const unseen = await stream()
    expect(await unseen.text()).toBe('You said: Hello there')
    expect(unseen.meta.retries).toBe(1)
    simulator.fail({ kind: 'error-event', afterChunks: 2, status: 503 })
    await expect(stream().then((answer) => answer.text())).rejects.toSatisfy((error) => {
      if (!LLMError.is(error)) return false
      expect(error.partial?.choices[0]?.message.content).toBe('You said:')
      return error.code === 'service_unavailable' && error.providerCode === 'ServiceUnavailableException'
    })
    simulator.fail({ kind: 'cut', afterChunks: 2 })
    await expect(stream().then((answer) => answer.text())).rejects.toMatchObject({ code: 'stream_interrupted' })
  })

  it('signs requests with keys, and reports rejected credentials', async () => {
    const locked = mockProvider({ apiKeys: ['AKIDEXAMPLE'] })
    const signing = createClient({
      dispatcher: locked.dispatcher,
      maxRetries: 0,
      providers: { bedrock: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any', region: 'us-east-1' } },
    })
    const answer = await signing.completion({ model: claude, messages: hello })
    expect(answer.choices[0]?.message.content).toBe('You said: Hello there')
    await expect(signing.completion({ model: claude, messages: hello, apiKey: 'other' })).rejects.toMatchObject({
      status: 403,
    })
    await signing.close()
  })

  it('signs reasoning for Claude only, and can omit the usage', async () => {
    const signed = await ask({ reasoning_effort: 'low' })
    expect(signed.choices[0]?.message.thinking_blocks?.[0]).toHaveProperty('signature')
    const plain = await ask({ model: 'bedrock/openai.gpt-oss-120b-1:0', reasoning_effort: 'low' })
    expect(plain.choices[0]?.message.reasoning_content).toMatch(/^The user says/)
    expect(JSON.stringify(plain.choices[0]?.message.thinking_blocks ?? [])).not.toContain('signature')
    simulator.reply({ text: 'Bare', usage: null })
    expect((await ask()).usage).toBeUndefined()
    simulator.reply({ text: 'Bare', endMark: false })
    const streamed = await stream()
    expect(await streamed.text()).toBe('Bare')
  })

  it('returns the same bytes for the same request', async () => {
    const bytes = async () => {
      const mock = mockProvider()
      const twin = createClient({
        dispatcher: mock.dispatcher,
        providers: { bedrock: { apiKey: 'any', region: 'us-east-1' } },
      })
      const streamed = await twin.completion({ model: claude, messages: hello, reasoning_effort: 'low', stream: true })
      const answer = await streamed.final()
      await twin.close()
      return JSON.stringify([answer.choices, answer.usage, streamed.meta.requestId])
    }
    expect(await bytes()).toBe(await bytes())
  })
})
