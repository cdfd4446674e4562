import { Ollama, type Tool as OllamaTool } from 'ollama'
import { request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mockProvider, type Simulator, startSimulator } from '../../simulator/index.js'
import type { CompletionRequest, Message } from '../../src/index.js'
import { createClient, LLMError } from '../../src/index.js'

const model = 'ollama/qwen3:4b'
const hello: Message[] = [{ role: 'user', content: 'Hello there' }]
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} satisfies OllamaTool
const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }
const image = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(4)])

let simulator: Simulator
let client: ReturnType<typeof createClient>

beforeAll(async () => {
  simulator = await startSimulator()
  client = createClient({ providers: { ollama: { apiBase: simulator.url } } })
})
beforeEach(() => simulator.reset())
afterAll(async () => {
  await client.close()
  await simulator.close()
})

const ask = (change: Partial<CompletionRequest> = {}) =>
  client.completion({ model, messages: hello, ...change, stream: false } as CompletionRequest & { stream: false })
const stream = (change: Partial<CompletionRequest> = {}) =>
  client.completion({ model, messages: hello, ...change, stream: true } as CompletionRequest & { stream: true })

describe("Ollama's package against the simulator", () => {
  const user = (content: string) => ({ role: 'user', content })
  const own = () => new Ollama({ host: simulator.url })

  it('completes a chat, streamed and not', async () => {
    const whole = await own().chat({ model: 'qwen3:4b', messages: [user('Hello there')], think: true })
    expect(whole.message).toMatchObject({ role: 'assistant', content: 'You said: Hello there' })
    expect(whole.message.thinking).toMatch(/^The user says/)
    expect(whole).toMatchObject({ model: 'qwen3:4b', done: true, done_reason: 'stop' })
    let text = ''
    let last: object = {}
    const parts = await own().chat({ model: 'qwen3:4b', messages: [user('Hello there')], stream: true })
    for await (const part of parts) {
      text += part.message.content
      last = part
    }
    expect(text).toBe('You said: Hello there')
    expect(last).toMatchObject({ done: true, eval_count: 6 })
  })

  it('calls tools, returns embeddings and lists models', async () => {
    const messages = [user("What's the weather in Paris?")]
    const answer = await own().chat({ model: 'qwen3:4b', messages, tools: [weather] })
    expect(answer.message.tool_calls).toMatchObject([
      { function: { name: 'get_weather', arguments: { city: 'Paris' } } },
    ])
    const { embeddings } = await own().embed({ model: 'nomic-embed-text', input: ['a', 'b'], dimensions: 4 })
    expect(embeddings.map((vector) => vector.length)).toEqual([4, 4])
    expect((await own().list()).models.map(({ name }) => name)).toContain('gpt-4o-mini:latest')
  })

  it('throws errors, before a stream and inside it', async () => {
    const locked = await startSimulator({ models: ['qwen3:4b'] })
    const chat = new Ollama({ host: locked.url }).chat({ model: 'llama9', messages: [user('Hi')] })
    await expect(chat).rejects.toMatchObject({ status_code: 404, error: "model 'llama9' not found" })
    await locked.close()
    simulator.fail({ kind: 'error-event', afterChunks: 1 })
    const parts = await own().chat({ model: 'qwen3:4b', messages: [user('Hi')], stream: true })
    const all = async () => {
      for await (const _ of parts);
    }
    await expect(all()).rejects.toThrow('llama runner process has terminated')
  })

  it('streams by default, and only loads the model without messages', async () => {
    const post = async (body: object) => {
      const answer = await request(`${simulator.url}/api/chat`, { method: 'POST', body: JSON.stringify(body) })
      return { type: answer.headers['content-type'], text: await answer.body.text() }
    }
    const { type, text } = await post({ model: 'qwen3', messages: [user('Hi')] })
    expect(type).toBe('application/x-ndjson')
    expect(text.trimEnd().split('\n').length).toBeGreaterThan(2)
    expect(text.endsWith('}\n')).toBe(true)
    const loaded = await post({ model: 'qwen3', messages: [], stream: false })
    expect(JSON.parse(loaded.text)).toMatchObject({ done_reason: 'load', message: { content: '' } })
  })
})

describe('requests that Ollama rejects', () => {
  const user = (rest: object = {}) => ({ role: 'user', content: 'Hi', ...rest })
  const call = (given: unknown) => ({
    role: 'assistant',
    content: '',
    tool_calls: [{ function: { name: 'f', arguments: given } }],
  })
  it.each([
    ['no model', { model: '' }, 400, 'model is required'],
    [
      'parts',
      { messages: [user({ content: [{ type: 'text', text: 'Hi' }] })] },
      400,
      /unmarshal array .*messages\.content of type string/,
    ],
    [
      'a data URL',
      { messages: [user({ images: ['data:image/png;base64,AAAA'] })] },
      400,
      'illegal base64 data at input byte 4',
    ],
    ['arguments as text', { messages: [user(), call('{}')] }, 400, /unmarshal string .*function\.arguments/],
    ['a tool without parameters', { tools: [{ type: 'function', function: { name: 'f' } }] }, 400, /parameters/],
    ['an effort that it has not', { think: 'max' }, 400, /invalid think value: "max"/],
    [
      'thinking of a model that can not',
      { model: 'llama3.2', think: true },
      400,
      '"llama3.2" does not support thinking',
    ],
    [
      'tools of a model that has none',
      { model: 'gemma3:1b', tools: [weather] },
      400,
      /gemma3:1b does not support tools/,
    ],
    ['a chat with an embedding model', { model: 'nomic-embed-text' }, 400, '"nomic-embed-text" does not support chat'],
    ['options of another kind', { options: { num_predict: '5' } }, 500, 'option "num_predict" must be of type integer'],
    ['a stop that is no list', { options: { stop: 'x' } }, 500, 'option "stop" must be of type array'],
    ['an odd format', { format: 'xml' }, 500, /invalid format: "xml"/],
  ])('%s', async (_, change, status, words) => {
    const body = JSON.stringify({ model: 'qwen3', messages: [user()], stream: false, ...change })
    const answer = await request(`${simulator.url}/api/chat`, { method: 'POST', body })
    const { error } = (await answer.body.json()) as { error: string }
    expect([answer.statusCode, error]).toEqual([
      status,
      typeof words === 'string' ? words : expect.stringMatching(words),
    ])
  })
})

describe('llmux against the simulated Ollama', () => {
  it('completes a chat, streamed and not', async () => {
    const whole = await ask()
    expect(whole.choices[0]?.message.content).toBe('You said: Hello there')
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'stop' })
    const streamed = await stream()
    expect(await streamed.text()).toBe('You said: Hello there')
    expect(streamed.meta.usage).toEqual(whole.usage)
    expect(simulator.requests.map(({ wire, path }) => `${wire} ${path}`)).toEqual([
      'ollama /api/chat',
      'ollama /api/chat',
    ])
  })

  it.each([1, 13])('streams in writes of %i bytes', async (writeBytes) => {
    simulator.reply({ text: 'Größe 🙂 passt', reasoning: 'Überlegung', writeBytes })
    const answer = await stream().then((streamed) => streamed.final())
    expect(answer.choices[0]?.message).toMatchObject({ content: 'Größe 🙂 passt', reasoning_content: 'Überlegung' })
  })

  it('calls a tool and uses its result', async () => {
    const messages: Message[] = [{ role: 'user', content: "What's the weather in Paris?" }]
    const first = await ask({ messages, tools: [weather], reasoning_effort: 'low' })
    const [choice] = first.choices
    if (!choice) throw new Error('no choice')
    const { message, finish_reason } = choice
    expect(finish_reason).toBe('tool_calls')
    expect(message.reasoning_content).toMatch(/^The user says/)
    const [call] = message.tool_calls ?? []
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"Paris"}' } })
    const streamed = await stream({ messages, tools: [weather] }).then((answer) => answer.final())
    expect(streamed.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ type: 'function' }] },
    })
    const history: Message[] = [
      ...messages,
      message,
      { role: 'tool', tool_call_id: call?.id ?? '', content: '21 degrees' },
    ]
    const second = await ask({ messages: history, tools: [weather] })
    expect(second.choices[0]?.message.content).toBe('get_weather says: 21 degrees')
  })

  it('answers with JSON by a schema, and without one', async () => {
    const response_format = { type: 'json_schema', json_schema: { name: 'answer', schema } } as const
    expect((await ask({ response_format })).choices[0]?.message.content).toBe('{"ok":true}')
    const loose = await stream({ response_format: { type: 'json_object' } })
    expect(JSON.parse(await loose.text())).toEqual({ answer: 'You said: Hello there' })
  })

  it('sends images, limits and stop sequences', async () => {
    const url = `data:image/png;base64,${image.toString('base64')}`
    const content = [
      { type: 'text', text: 'What is it?' },
      { type: 'image_url', image_url: { url } },
    ] as const
    const seen = await ask({ messages: [{ role: 'user', content: [...content] }] })
    expect(seen.choices[0]?.message.content).toContain('image/png (12 bytes)')
    expect((await ask({ stop: 'there' })).choices[0]?.message.content).toBe('You said: Hello ')
    const cut = await ask({ max_tokens: 2 })
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'You said' } })
  })

  it('returns embeddings', async () => {
    const { data, usage } = await client.embedding({ model: 'ollama/nomic-embed-text', input: ['one', 'two'] })
    expect(data.map(({ embedding }) => embedding.length)).toEqual([768, 768])
    expect(usage?.prompt_tokens).toBe(2)
    simulator.reply({ vectors: [[1, 0]] })
    const scripted = await client.embedding({ model: 'ollama/nomic-embed-text', input: 'one' })
    expect(scripted.data[0]?.embedding).toEqual([1, 0])
  })

  it('throws error classes, before the stream and inside it', async () => {
    simulator.fail({ kind: 'status', status: 503, retryAfterMs: 1 })
    expect((await ask()).meta.retries).toBe(1)
    simulator.fail({ kind: 'status', status: 404 })
    await expect(ask()).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('ollama pull qwen3:4b'),
    })
    simulator.fail({ kind: 'error-event', afterChunks: 0 })
    const unseen = await stream()
    expect(await unseen.text()).toBe('You said: Hello there')
    expect(unseen.meta.retries).toBe(1)
    simulator.fail({ kind: 'error-event', afterChunks: 2 })
    await expect(stream().then((answer) => answer.text())).rejects.toSatisfy(
      (error) => LLMError.is(error) && error.partial?.choices[0]?.message.content === 'You said:',
    )
    simulator.fail({ kind: 'cut', afterChunks: 2 })
    await expect(stream().then((answer) => answer.text())).rejects.toMatchObject({ code: 'stream_interrupted' })
  })

  it('returns the same bytes, and requires a key if configured', async () => {
    const bytes = async () => {
      const mock = mockProvider({ apiKeys: ['right'] })
      const twin = createClient({
        dispatcher: mock.dispatcher,
        maxRetries: 0,
        providers: { ollama: { apiKey: 'right' } },
      })
      const streamed = await twin.completion({ model, messages: hello, reasoning_effort: 'low', stream: true })
      const answer = await streamed.final()
      await expect(twin.completion({ model, messages: hello, apiKey: 'wrong' })).rejects.toMatchObject({ status: 401 })
      await twin.close()
      return JSON.stringify([answer.choices, answer.usage, answer.created])
    }
    expect(await bytes()).toBe(await bytes())
  })
})
