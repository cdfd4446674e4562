import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { mockProvider } from '../../simulator/index.js'
import { ChatLlmux, LlmuxEmbeddings } from '../../src/adapters/langchain/index.js'
import { createClient, LLMError, Router } from '../../src/index.js'

const providers = Object.fromEntries(['openai', 'anthropic', 'gemini', 'cohere'].map((id) => [id, { apiKey: 'any' }]))

function setup(model = 'openai/gpt-4o-mini') {
  const mock = mockProvider()
  const target = createClient({ dispatcher: mock.dispatcher, providers })
  return { mock, target, model: new ChatLlmux({ target, model }) }
}

const getWeather = tool(async ({ city }) => `It is -3 degrees in ${city}.`, {
  name: 'get_weather',
  description: 'The weather of a city.',
  schema: z.object({ city: z.string() }),
})

const bodyOf = (request: { readonly body: unknown } | undefined): Record<string, unknown> =>
  (request?.body ?? {}) as Record<string, unknown>

describe('ChatLlmux', () => {
  it('answers with usage and facts about the call', async () => {
    const { mock, model } = setup()
    mock.reply({ text: 'Hello.', usage: { promptTokens: 9, completionTokens: 2, cachedTokens: 4 } })
    const answer = await model.invoke([new SystemMessage('Be brief.'), new HumanMessage('Hi')])
    expect(answer.text).toBe('Hello.')
    expect(answer.usage_metadata).toMatchObject({
      input_tokens: 9,
      output_tokens: 2,
      total_tokens: 11,
      input_token_details: { cache_read: 4 },
    })
    expect(answer.response_metadata).toMatchObject({
      finish_reason: 'stop',
      model_provider: 'openai',
      llmux: { cost: { total: expect.any(Number) } },
    })
    expect(bodyOf(mock.requests[0]).messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ])
  })

  it.each([
    'openai/gpt-4o-mini',
    'anthropic/claude-sonnet-4-5',
    'gemini/gemini-3-pro-preview',
    'cohere/command-a-03-2025',
  ])('runs a tool over two turns: %s', async (name) => {
    const { mock, model } = setup(name)
    // the simulator rejects a history without the signatures of its own reasoning
    mock.reply({ reasoning: 'Weather.', toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] })
    mock.reply('Cold.')
    const settings = /claude/.test(name)
      ? { settings: { thinking: { type: 'enabled' as const, budget_tokens: 1024 }, max_tokens: 2048 } }
      : {}
    const withTools = model.bindTools([getWeather], settings)
    const question = new HumanMessage('How cold is it in Oslo?')
    const first = await withTools.invoke([question])
    const [call] = first.tool_calls ?? []
    expect(call).toMatchObject({ name: 'get_weather', args: { city: 'Oslo' } })
    const result = (await getWeather.invoke({ ...call, type: 'tool_call' } as never)) as ToolMessage
    const last = await withTools.invoke([question, first, result])
    expect(last.text).toBe('Cold.')
    expect(JSON.stringify(mock.requests[1]?.body)).toContain('-3 degrees')
    if (/claude/.test(name)) expect(JSON.stringify(mock.requests[1]?.body)).toContain('"signature"')
  })

  it('streams chunks that add up to the answer, reasoning and tool calls included', async () => {
    const { mock, model } = setup('anthropic/claude-sonnet-4-5')
    mock.reply({
      reasoning: 'The weather.',
      text: 'One moment.',
      toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }],
    })
    mock.reply('Cold.')
    const withTools = model.bindTools([getWeather], {
      settings: { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 2048 },
    })
    const question = new HumanMessage('Oslo?')
    const texts: string[] = []
    let all: Awaited<ReturnType<typeof withTools.invoke>> | undefined
    for await (const chunk of await withTools.stream([question])) {
      texts.push(chunk.text)
      all = all ? all.concat(chunk) : chunk
    }
    if (!all) throw new Error('no chunks')
    expect(texts.join('')).toBe('One moment.')
    expect(texts.filter(Boolean).length).toBeGreaterThan(1)
    expect(all.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Oslo' } }])
    expect(all.usage_metadata).toMatchObject({ total_tokens: expect.any(Number) })
    expect(all.response_metadata).toMatchObject({ finish_reason: 'tool_calls', llmux: { cost: expect.any(Object) } })
    const id = all.tool_calls?.[0]?.id ?? ''
    const last = await withTools.invoke([question, all, new ToolMessage({ tool_call_id: id, content: '-3' })])
    expect(last.text).toBe('Cold.')
    expect(JSON.stringify(mock.requests[1]?.body)).toContain('"signature"')
  })

  it('keeps malformed arguments as an invalid tool call', async () => {
    const { mock, model } = setup()
    mock.reply({ toolCalls: [{ name: 'get_weather', arguments: '{"city": ' }] })
    const answer = await model.bindTools([getWeather]).invoke('Oslo?')
    expect(answer.tool_calls).toEqual([])
    expect(answer.invalid_tool_calls).toMatchObject([{ name: 'get_weather', args: '{"city": ' }])
  })

  it.each([
    ['any', 'required'],
    ['auto', 'auto'],
    ['get_weather', { type: 'function', function: { name: 'get_weather' } }],
  ])('translates the tool choice %s', async (choice, sent) => {
    const { mock, model } = setup()
    mock.reply('Hello')
    await model.bindTools([getWeather], { tool_choice: choice }).invoke('Hi')
    expect(bodyOf(mock.requests[0]).tool_choice).toEqual(sent)
  })

  it.each(['jsonSchema', 'functionCalling'] as const)('answers with a typed object by %s', async (method) => {
    const { mock, model } = setup()
    const schema = z.object({ city: z.string(), degrees: z.number() })
    const value = { city: 'Oslo', degrees: -3 }
    mock.reply(
      method === 'jsonSchema' ? JSON.stringify(value) : { toolCalls: [{ name: 'response', arguments: value }] },
    )
    expect(await model.withStructuredOutput(schema, { method }).invoke('Oslo?')).toEqual(value)
    expect(JSON.stringify(mock.requests[0]?.body)).toContain('"degrees"')
  })

  it('returns the raw message beside the object on request', async () => {
    const { mock, model } = setup()
    mock.reply('{"city":"Oslo"}')
    const schema = z.object({ city: z.string() })
    const { raw, parsed } = await model.withStructuredOutput(schema, { includeRaw: true }).invoke('Oslo?')
    expect(parsed).toEqual({ city: 'Oslo' })
    expect(AIMessage.isInstance(raw)).toBe(true)
  })

  it('translates images and files of LangChain and of OpenAI', async () => {
    const { mock, model } = setup()
    mock.reply('Seen.')
    await model.invoke([
      new HumanMessage({
        content: [
          { type: 'text', text: 'Compare.' },
          { type: 'image', data: 'iVBORw==', mimeType: 'image/png' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'file', data: 'JVBERi0=', mimeType: 'application/pdf', metadata: { filename: 'a.pdf' } },
        ],
      }),
    ])
    const [message] = bodyOf(mock.requests[0]).messages as { content: object[] }[]
    expect(message?.content).toEqual([
      { type: 'text', text: 'Compare.' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw==' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } },
    ])
  })

  it('throws the errors of llmux after its own retries only', async () => {
    const { mock, model } = setup()
    mock.fail({ kind: 'status', status: 401 }, { times: Number.POSITIVE_INFINITY })
    const failure = await model.invoke('Hi').catch((error) => error)
    expect(LLMError.is(failure) && failure.code).toBe('authentication')
    expect(mock.requests).toHaveLength(1)
  })

  it('closes the connection when the caller aborts', async () => {
    const { mock, model } = setup()
    mock.reply({ chunks: [...'abcdefgh'], chunkDelayMs: 20 })
    const stop = new AbortController()
    const read = async () => {
      for await (const chunk of await model.stream('Hi', { signal: stop.signal })) if (chunk.text) stop.abort()
    }
    await expect(read()).rejects.toThrow()
    await expect.poll(() => mock.requests[0]?.closedByClient).toBe(true)
  })

  it('uses a Router', async () => {
    const mock = mockProvider()
    const target = new Router({
      client: { dispatcher: mock.dispatcher, providers },
      numRetries: 0,
      modelList: [
        { modelName: 'main', params: { model: 'openai/gpt-4o-mini' } },
        { modelName: 'spare', id: 'claude', params: { model: 'anthropic/claude-sonnet-4-5' } },
      ],
      fallbacks: [{ main: ['spare'] }],
    })
    mock.fail({ kind: 'status', status: 500 }, { times: Number.POSITIVE_INFINITY, wire: 'openai' })
    mock.reply('Spare.', { wire: 'anthropic' })
    const answer = await new ChatLlmux({ target, model: 'main' }).invoke('Hi')
    expect(answer.text).toBe('Spare.')
    expect(answer.response_metadata.llmux).toMatchObject({ router: { deployment: 'claude' } })
  })

  it('rejects a target that is no client', () => {
    expect(() => new ChatLlmux({ target: {} as never, model: 'a' })).toThrow(
      "'target' must be a client of createClient() or a Router; got an object.",
    )
  })
})

describe('LlmuxEmbeddings', () => {
  it('embeds documents and a query', async () => {
    const { target, mock } = setup()
    const embeddings = new LlmuxEmbeddings({
      target,
      model: 'openai/text-embedding-3-small',
      settings: { dimensions: 8 },
    })
    const vectors = await embeddings.embedDocuments(['a', 'b'])
    expect(vectors.map(({ length }) => length)).toEqual([8, 8])
    expect(await embeddings.embedQuery('a')).toEqual(vectors[0])
    expect(await embeddings.embedDocuments([])).toEqual([])
    expect(mock.requests).toHaveLength(2)
  })
})
