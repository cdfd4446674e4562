import * as six from 'ai'
import * as seven from 'ai-7'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { mockProvider } from '../../simulator/index.js'
import { createLlmux, toUIMessageStreamResponse } from '../../src/adapters/ai-sdk/index.js'
import { createClient, LLMError, Router } from '../../src/index.js'

const providers = Object.fromEntries(['openai', 'anthropic', 'gemini', 'cohere'].map((id) => [id, { apiKey: 'any' }]))

function setup() {
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher, providers })
  return { mock, client, llmux: createLlmux(client) }
}

interface Turn {
  role: string
  content: { type: string; signature?: string }[]
}

const turnsOf = (request: { readonly body: unknown } | undefined): Turn[] =>
  (request?.body as { messages: Turn[] } | undefined)?.messages ?? []

const weather = { city: 'Oslo', degrees: -3 }

/** Both majors have the functions under the same names. */
describe.each([
  ['AI SDK 6', six],
  ['AI SDK 7', seven as unknown as typeof six],
])('%s', (_, ai) => {
  const tools = {
    get_weather: ai.tool({
      description: 'The weather of a city.',
      inputSchema: z.object({ city: z.string() }),
      execute: async () => weather,
    }),
  }

  it.each(['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-flash', 'cohere/command-a-03-2025'])(
    'runs a tool and answers with its result: %s',
    async (model) => {
      const { mock, llmux } = setup()
      mock.reply({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] })
      mock.reply('It is -3 degrees.')
      const { text, steps, totalUsage } = await ai.generateText({
        model: llmux(model),
        system: 'Answer in one sentence.',
        prompt: 'How cold is it in Oslo?',
        tools,
        stopWhen: ai.stepCountIs(3),
      })
      expect(text).toBe('It is -3 degrees.')
      expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
      expect(JSON.stringify(mock.requests[1]?.body)).toMatch(/degrees/)
      expect(totalUsage.totalTokens).toBeGreaterThan(0)
      const { llmux: facts } = steps[1]?.providerMetadata ?? {}
      expect(facts).toMatchObject({ provider: model.split('/')[0], cost: { total: expect.any(Number) } })
    },
  )

  it('streams text, reasoning and a tool call', async () => {
    const { mock, llmux } = setup()
    mock.reply({
      reasoning: 'The user wants the weather.',
      text: 'One moment.',
      toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }],
    })
    mock.reply('It is cold.')
    const result = ai.streamText({
      model: llmux('anthropic/claude-sonnet-4-5'),
      prompt: 'How cold is it in Oslo?',
      tools,
      stopWhen: ai.stepCountIs(3),
      providerOptions: { llmux: { thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 4000 } },
    })
    const types: string[] = []
    for await (const part of result.fullStream) if (types.at(-1) !== part.type) types.push(part.type)
    expect(types.filter((type) => /^(reasoning|text|tool)-/.test(type))).toEqual([
      'reasoning-start',
      'reasoning-delta',
      'reasoning-end',
      'text-start',
      'text-delta',
      'text-end',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
      'tool-call',
      'tool-result',
      'text-start',
      'text-delta',
      'text-end',
    ])
    // the signature of the first turn's thinking goes back to Anthropic, before the tool call
    const messages = turnsOf(mock.requests[1])
    const assistant = messages.find(({ role }) => role === 'assistant')
    expect(assistant?.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use'])
    expect(assistant?.content[0]?.signature).toEqual(expect.any(String))
  })

  it('sends signatures of Gemini back after an answer without streaming', async () => {
    const { mock, llmux } = setup()
    mock.reply({ reasoning: 'Weather.', toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] })
    mock.reply('Cold.')
    // the simulator rejects a signature that is not its own
    const { text } = await ai.generateText({
      model: llmux('gemini/gemini-3-pro-preview'),
      prompt: 'Oslo?',
      tools,
      stopWhen: ai.stepCountIs(2),
    })
    expect(text).toBe('Cold.')
    expect(JSON.stringify(mock.requests[1]?.body)).toContain('"thoughtSignature":"')
  })

  it('makes an object that matches a schema', async () => {
    const { mock, llmux } = setup()
    mock.reply(JSON.stringify(weather))
    const schema = z.object({ city: z.string(), degrees: z.number() })
    const { object } = await ai.generateObject({ model: llmux('openai/gpt-4o-mini'), schema, prompt: 'Oslo?' })
    expect(object).toEqual(weather)
    expect(mock.requests[0]?.body).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { schema: { required: ['city', 'degrees'] } } },
    })
  })

  it('embeds values', async () => {
    const { llmux, mock } = setup()
    const { embeddings, usage } = await ai.embedMany({
      model: llmux.embeddingModel('openai/text-embedding-3-small'),
      values: ['a', 'b'],
    })
    expect(embeddings.map(({ length }) => length > 0)).toEqual([true, true])
    expect(usage.tokens).toBeGreaterThan(0)
    expect(mock.requests).toHaveLength(1)
  })

  it('reranks documents', async () => {
    const { llmux } = setup()
    const { ranking } = await ai.rerank({
      model: llmux.rerankingModel('cohere/rerank-v3.5'),
      query: 'rainy day',
      documents: ['sunny beach', 'rainy day in the city'],
      topN: 1,
    })
    expect(ranking.map(({ originalIndex }) => originalIndex)).toEqual([1])
  })

  it('sends images and files', async () => {
    const { mock, llmux } = setup()
    mock.reply('Seen.')
    await ai.generateText({
      model: llmux('openai/gpt-4o-mini'),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compare.' },
            { type: 'image', image: new Uint8Array([137, 80, 78, 71]), mediaType: 'image/png' },
            { type: 'image', image: new URL('https://example.com/a.png') },
            { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf', filename: 'a.pdf' },
          ],
        },
      ],
    })
    const messages = turnsOf(mock.requests[0])
    expect(messages[0]?.content).toEqual([
      { type: 'text', text: 'Compare.' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw==' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } },
    ])
  })

  it('reports dropped settings as warnings', async () => {
    const { mock, llmux } = setup()
    mock.reply('Hello')
    const { warnings } = await ai.generateText({ model: llmux('anthropic/claude-sonnet-4-5'), prompt: 'Hi', seed: 1 })
    expect(warnings).toContainEqual(expect.objectContaining({ type: 'unsupported', feature: 'seed' }))
  })

  it('uses the fallbacks of a Router and names the deployment', async () => {
    const mock = mockProvider()
    const router = new Router({
      client: { dispatcher: mock.dispatcher, providers },
      numRetries: 0,
      modelList: [
        { modelName: 'main', params: { model: 'openai/gpt-4o-mini' } },
        { modelName: 'spare', id: 'claude', params: { model: 'anthropic/claude-sonnet-4-5' } },
      ],
      fallbacks: [{ main: ['spare'] }],
    })
    mock.fail({ kind: 'status', status: 500 }, { times: Number.POSITIVE_INFINITY, wire: 'openai' })
    mock.reply('From the spare.', { wire: 'anthropic' })
    const { text, providerMetadata } = await ai.generateText({ model: createLlmux(router)('main'), prompt: 'Hi' })
    expect(text).toBe('From the spare.')
    expect(providerMetadata?.llmux).toMatchObject({ router: { deployment: 'claude', fallbacks: 1 } })
  })

  it('throws the errors of llmux, once', async () => {
    const { mock, llmux } = setup()
    mock.fail({ kind: 'status', status: 401 }, { times: Number.POSITIVE_INFINITY })
    const failure = await ai.generateText({ model: llmux('openai/gpt-4o-mini'), prompt: 'Hi' }).catch((error) => error)
    expect(LLMError.is(failure) && failure.code).toBe('authentication')
    expect(mock.requests).toHaveLength(1)
  })

  it('ends a stream with an error part if the connection breaks', async () => {
    const { mock, llmux } = setup()
    mock.reply({ chunks: ['one ', 'two ', 'three'] })
    mock.fail({ kind: 'cut', afterChunks: 2 })
    const result = ai.streamText({ model: llmux('openai/gpt-4o-mini'), prompt: 'Hi', onError: () => {} })
    const errors: unknown[] = []
    let text = ''
    for await (const part of result.fullStream) {
      if (part.type === 'error') errors.push(part.error)
      if (part.type === 'text-delta') text += part.text
    }
    expect(text).not.toBe('')
    expect(errors.map((error) => LLMError.is(error) && error.code)).toEqual(['stream_interrupted'])
  })

  it('closes the connection when the caller aborts', async () => {
    const { mock, llmux } = setup()
    mock.reply({ chunks: [...'abcdefgh'], chunkDelayMs: 20 })
    const stop = new AbortController()
    const result = ai.streamText({ model: llmux('openai/gpt-4o-mini'), prompt: 'Hi', abortSignal: stop.signal })
    const types: string[] = []
    for await (const part of result.fullStream) {
      types.push(part.type)
      if (part.type === 'text-delta') stop.abort()
    }
    expect(types).toContain('abort')
    await expect.poll(() => mock.requests[0]?.closedByClient).toBe(true)
  })
})

describe.each([
  ['AI SDK 6', six],
  ['AI SDK 7', seven as unknown as typeof six],
])('toUIMessageStreamResponse for %s', (_, ai) => {
  /** Reads a response as `useChat` does: validates each event and assembles the message. */
  async function read(response: Response) {
    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const { body } = response
    if (!body) throw new Error('no body')
    const transport = new ai.DefaultChatTransport({ fetch: async () => new Response(body) })
    const events = await transport.sendMessages({
      chatId: 'a',
      messages: [],
      trigger: 'submit-message',
      messageId: undefined,
      abortSignal: undefined,
    })
    const errors: unknown[] = []
    let message: six.UIMessage | undefined
    const onError = (error: unknown) => errors.push(error)
    for await (const state of ai.readUIMessageStream({ stream: events, onError })) message = state
    return { message, errors }
  }

  it('has reasoning, text and a tool call', async () => {
    const { mock, client } = setup()
    mock.reply({
      reasoning: 'Weather.',
      text: 'One moment.',
      toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }],
    })
    const stream = await client.completion({
      model: 'anthropic/claude-sonnet-4-5',
      messages: [{ role: 'user', content: 'Oslo?' }],
      thinking: { type: 'enabled', budget_tokens: 2000 },
      max_tokens: 4000,
      tools: [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }],
      stream: true,
    })
    const { message, errors } = await read(toUIMessageStreamResponse(stream, { messageId: 'm1' }))
    expect(errors).toEqual([])
    expect(message).toMatchObject({
      id: 'm1',
      parts: [
        { type: 'step-start' },
        { type: 'reasoning', text: 'Weather.' },
        { type: 'text', text: 'One moment.' },
        { type: 'tool-get_weather', state: 'input-available', input: { city: 'Oslo' } },
      ],
    })
  })

  it('leaves the reasoning out on request', async () => {
    const { mock, client } = setup()
    mock.reply({ reasoning: 'Secret.', text: 'Hello.' })
    const stream = await client.completion({
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    })
    const { message } = await read(toUIMessageStreamResponse(stream, { sendReasoning: false }))
    expect(message?.parts.map(({ type }) => type)).toEqual(['step-start', 'text'])
  })

  it('turns a failure into an error event without internal details', async () => {
    const { mock, client } = setup()
    mock.reply({ chunks: ['one ', 'two ', 'three'] })
    mock.fail({ kind: 'cut', afterChunks: 2 })
    const stream = await client.completion({
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    })
    const { message, errors } = await read(toUIMessageStreamResponse(stream, { status: 201 }))
    expect(message?.parts).toContainEqual(expect.objectContaining({ type: 'text' }))
    expect(errors).toHaveLength(1)
    expect(String(errors[0])).not.toMatch(/socket|openai/i)
  })

  it('has malformed arguments as an error of the tool call', async () => {
    const { mock, client } = setup()
    mock.reply({ toolCalls: [{ name: 'get_weather', arguments: '{"city": ' }] })
    const stream = await client.completion({
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hi' }],
      tools: [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }],
      stream: true,
    })
    const { message } = await read(toUIMessageStreamResponse(stream))
    expect(message?.parts).toContainEqual(
      expect.objectContaining({
        state: 'output-error',
        errorText: "The arguments of 'get_weather' must be JSON; got 9 characters that are not.",
      }),
    )
  })
})

describe('AI SDK 7', () => {
  it('passes its reasoning setting on', async () => {
    const { mock, llmux } = setup()
    mock.reply('Hello')
    await seven.generateText({ model: llmux('openai/gpt-5-mini'), prompt: 'Hi', reasoning: 'low' })
    expect(mock.requests[0]?.body).toMatchObject({ reasoning_effort: 'low' })
  })
})

describe('createLlmux', () => {
  it('rejects a target that is no client', () => {
    expect(() => createLlmux({} as never)).toThrow(
      "'target' must be a client of createClient() or a Router; got an object.",
    )
  })

  it('has no image models', () => {
    expect(() => createLlmux(createClient()).imageModel('openai/gpt-image-1')).toThrow('has no image models')
  })
})
