import { afterEach, describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient, memoryCache, Router, type TextCompletionChunk, UnsupportedParamsError } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

const mock = mockProvider()
const providers = Object.fromEntries(
  ['openai', 'azure', 'deepseek', 'mistral', 'anthropic', 'together_ai', 'text-completion-openai'].map((id) => [
    id,
    { apiKey: 'k', ...(id === 'azure' && { apiBase: 'https://example.openai.azure.com' }) },
  ]),
)
const client = createClient({ dispatcher: mock.dispatcher, providers, maxRetries: 0 })
const instruct = 'openai/gpt-3.5-turbo-instruct'

afterEach(() => mock.reset())

const textOf = (chunks: readonly TextCompletionChunk[]) => chunks.map(({ choices }) => choices[0]?.text ?? '').join('')

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

describe('textCompletion() at a host with the endpoint', () => {
  it('sends the request unchanged and returns the answer unchanged', async () => {
    mock.reply({ text: ' lived a fox' })
    const request = { prompt: 'Once', suffix: '.', echo: false, logprobs: 2, best_of: 3, min_p: 0.1, max_tokens: 5 }
    const answer = await client.textCompletion({ model: instruct, ...request })
    expect(mock.requests.at(-1)).toMatchObject({ path: '/v1/completions' })
    expect(mock.requests.at(-1)?.body).toEqual({ model: 'gpt-3.5-turbo-instruct', ...request })
    expect(answer).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: ' lived a fox', finish_reason: 'stop' }],
    })
    expect(answer.meta).toMatchObject({ operation: 'textCompletion', provider: 'openai', warnings: [] })
    expect(answer.meta.usage).toEqual(answer.usage)
    expect(answer.meta.cost.total).toBeGreaterThan(0)
  })

  it('streams the chunks of the host, and hides the usage that nobody asked for', async () => {
    mock.reply({ text: 'One two three' })
    const stream = await client.textCompletion({ model: instruct, prompt: 'Count', stream: true })
    const chunks = await all(stream)
    expect(textOf(chunks)).toBe('One two three')
    expect(chunks.every(({ object, choices }) => object === 'text_completion' && choices.length === 1)).toBe(true)
    expect(stream.meta.usage?.total_tokens).toBeGreaterThan(0)
    expect(stream.meta.cost.total).toBeGreaterThan(0)
    expect(await stream.text()).toBe('One two three')
    expect(mock.requests.at(-1)?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
  })

  it('streams the usage on request', async () => {
    const stream_options = { include_usage: true }
    const stream = await client.textCompletion({ model: instruct, prompt: 'Hi', stream: true, stream_options })
    const chunks = await all(stream)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
  })

  it('takes token ids and several prompts', async () => {
    const { choices } = await client.textCompletion({ model: instruct, prompt: [[1, 2], [3]] })
    expect(choices.map(({ index }) => index)).toEqual([0, 1])
    expect(mock.requests.at(-1)?.body).toMatchObject({ prompt: [[1, 2], [3]] })
  })

  it('uses the path of the host', async () => {
    await client.textCompletion({ model: 'deepseek/deepseek-chat', prompt: 'def', suffix: 'return' })
    expect(mock.requests.at(-1)).toMatchObject({ path: '/beta/completions', body: { suffix: 'return' } })
    await client.textCompletion({ model: 'azure/old', baseModel: 'gpt-3.5-turbo-instruct', prompt: 'x' })
    expect(mock.requests.at(-1)?.path).toMatch(/^\/openai\/deployments\/old\/completions\?api-version=/)
    await client.textCompletion({ model: 'text-completion-openai/davinci-002', prompt: 'x' })
    expect(mock.requests.at(-1)?.path).toBe('/v1/completions')
  })

  it('translates the answers of Mistral, which have the form of chat', async () => {
    const message = { role: 'assistant', content: '  return 1' }
    const head = { id: 'm1', created: 1, model: 'codestral-latest' }
    const usage = { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 }
    mock.reply({
      raw: {
        body: { ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }], usage },
      },
    })
    const request = { model: 'mistral/codestral-latest', prompt: 'def f():', suffix: '# end', echo: true }
    const answer = await client.textCompletion(request)
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/fim/completions',
      body: { model: 'codestral-latest', prompt: 'def f():', suffix: '# end' },
    })
    expect(mock.requests.at(-1)?.body).not.toHaveProperty('echo')
    expect(answer.choices).toMatchObject([{ text: 'def f():  return 1', finish_reason: 'stop' }])
    expect(answer.meta.usage).toMatchObject({ total_tokens: 7 })
    const chunk = (content: string, finish_reason: string | null) => ({
      ...{ ...head, object: 'chat.completion.chunk' },
      choices: [{ index: 0, delta: { content }, finish_reason }],
      ...(finish_reason && { usage }),
    })
    mock.reply({ raw: { events: [chunk(' re', null), chunk('turn', 'stop'), '[DONE]'] } })
    const stream = await client.textCompletion({ ...request, stream: true })
    expect(textOf(await all(stream))).toBe('def f(): return')
    expect(stream.meta.usage).toMatchObject({ total_tokens: 7 })
  })
})

describe('textCompletion() over chat', () => {
  it('sends the prompt as the message of a user', async () => {
    mock.reply({ text: 'Hello', finishReason: 'length' })
    const answer = await client.textCompletion({ model: 'anthropic/claude-sonnet-4-5', prompt: 'Greet', max_tokens: 5 })
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/messages',
      body: { messages: [{ role: 'user', content: 'Greet' }] },
    })
    expect(answer).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'Hello', logprobs: null, finish_reason: 'length' }],
      usage: { total_tokens: expect.any(Number) },
    })
    expect(answer.meta).toMatchObject({ operation: 'textCompletion', provider: 'anthropic' })
    expect(answer.meta.cost.total).toBeGreaterThan(0)
  })

  it('is for chat models of OpenAI and Azure, and for other models of Mistral', async () => {
    for (const model of ['openai/gpt-4o', 'azure/gpt-4o', 'mistral/mistral-large-latest']) {
      await client.textCompletion({ model, prompt: 'x' })
      expect(mock.requests.at(-1)?.path, model).toMatch(/\/chat\/completions/)
    }
  })

  it('repeats the prompt with echo, also in a stream', async () => {
    mock.reply({ text: 'b c' }, { times: 2 })
    const request = { model: 'anthropic/claude-sonnet-4-5', prompt: 'a ', echo: true }
    expect((await client.textCompletion(request)).choices[0]?.text).toBe('a b c')
    const stream = await client.textCompletion({ ...request, stream: true })
    const chunks = await all(stream)
    expect(textOf(chunks)).toBe('a b c')
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect((await stream.final()).choices[0]?.text).toBe('a b c')
  })

  it('sends one call per prompt and adds up their usage', async () => {
    const answer = await client.textCompletion({ model: 'openai/gpt-4o', prompt: ['one', 'two', 'three'], echo: true })
    expect(mock.requests).toHaveLength(3)
    expect(answer.choices.map(({ index, text }) => [index, text])).toEqual([
      [0, 'oneYou said: one'],
      [1, 'twoYou said: two'],
      [2, 'threeYou said: three'],
    ])
    const single = await client.textCompletion({ model: 'openai/gpt-4o', prompt: 'one' })
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(2 * (single.usage?.prompt_tokens ?? 0))
    expect(answer.meta.usage).toEqual(answer.usage)
  })

  it('rejects what chat can not answer, and reports what it leaves out', async () => {
    const model = 'anthropic/claude-sonnet-4-5'
    const wrong = [
      { prompt: 'a', suffix: 'b' },
      { prompt: [1, 2] },
      { prompt: [] },
      { prompt: ['a', 'b'], stream: true as const },
    ]
    const params = ['suffix', 'prompt', 'prompt', 'prompt']
    for (const [at, request] of wrong.entries()) {
      expect(await rejection(client.textCompletion({ model, ...request }))).toMatchObject({
        code: 'bad_request',
        param: params[at],
      })
    }
    expect(mock.requests).toHaveLength(0)
    const { meta } = await client.textCompletion({ model, prompt: 'a', best_of: 3, logit_bias: { 50256: -100 } })
    expect(meta.warnings.map((one) => 'param' in one && one.param)).toEqual(['best_of', 'logit_bias'])
    const strict = client.textCompletion({ model, prompt: 'a', logit_bias: { 50256: -100 }, dropParams: false })
    expect(await rejection(strict)).toBeInstanceOf(UnsupportedParamsError)
  })
})

describe('textCompletion() around the call', () => {
  it('falls back between hosts with and without the endpoint', async () => {
    mock.fail({ kind: 'status', status: 500 })
    const answer = await client.textCompletion({
      model: instruct,
      prompt: 'x',
      fallbacks: ['anthropic/claude-sonnet-4-5'],
    })
    expect(answer.meta.provider).toBe('anthropic')
    expect(answer.choices).toHaveLength(1)
  })

  it('is routed, limited and settled once', async () => {
    const settled: unknown[] = []
    await using router = new Router({
      client: { dispatcher: mock.dispatcher, providers },
      modelList: [
        { modelName: 'text', params: { model: instruct, rpm: 10 } },
        { modelName: 'chat', params: { model: 'openai/gpt-4o' } },
      ],
      fallbacks: [{ text: ['chat'] }],
      onSettled: ({ operation, outcome, cost }) => settled.push([operation, outcome, (cost?.total ?? 0) > 0]),
      numRetries: 0,
    })
    mock.fail({ kind: 'status', status: 500 })
    const answer = await router.textCompletion({ model: 'text', prompt: ['a', 'b'] })
    expect(answer.choices).toHaveLength(2)
    expect(answer.meta.router).toMatchObject({ modelGroup: 'chat', fallbacks: 1 })
    const stream = await router.textCompletion({ model: 'text', prompt: 'a', stream: true })
    expect(await stream.text()).toBe('You said: a')
    expect(settled).toEqual([
      ['textCompletion', 'success', true],
      ['textCompletion', 'success', true],
    ])
  })

  it('answers from the cache, also as a stream', async () => {
    const cached = createClient({ dispatcher: mock.dispatcher, providers, cache: memoryCache() })
    for (const model of [instruct, 'anthropic/claude-sonnet-4-5']) {
      mock.reset()
      const first = await cached.textCompletion({ model, prompt: 'x y' })
      const second = await cached.textCompletion({ model, prompt: 'x y' })
      expect(second).toEqual(first)
      expect(second.meta).toMatchObject({ cache: { hit: true }, cost: { total: 0 } })
      const stream = await cached.textCompletion({ model, prompt: 'x y', stream: true })
      expect(textOf(await all(stream))).toBe(first.choices[0]?.text)
      await cached.textCompletion({ model, prompt: 'x z' })
      expect(mock.requests).toHaveLength(2)
    }
    await cached.close()
  })

  it('estimates the usage of a stream that its reader leaves', async () => {
    mock.reply({ text: 'one two three four', chunkDelayMs: 5 })
    const stream = await client.textCompletion({ model: instruct, prompt: 'Count to four', stream: true })
    for await (const _ of stream) break
    expect(stream.meta.cost).toMatchObject({ estimated: true })
    expect(stream.meta.usage?.prompt_tokens).toBeGreaterThan(1)
  })

  it('maps errors of the host', async () => {
    mock.fail({ kind: 'status', status: 401 })
    expect(await rejection(client.textCompletion({ model: instruct, prompt: 'x' }))).toMatchObject({
      code: 'authentication',
    })
    mock.fail({ kind: 'status', status: 429 })
    const stream = client.textCompletion({ model: instruct, prompt: 'x', stream: true })
    expect(await rejection(stream)).toMatchObject({ code: 'rate_limit' })
  })
})
