import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../simulator/index.js'
import { createClient, LLMError, type ResponsesEvent, ResponsesStream } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

let simulator: Simulator
const client = createClient({ proxy: false, maxRetryDelay: 10 })

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(async () => {
  await client.close()
  await simulator.close()
})

const here = () => ({ model: 'openai/gpt-5', input: 'Hello', apiBase: `${simulator.url}/v1`, apiKey: 'k' })
const weather = { type: 'function', name: 'weather', parameters: { type: 'object', properties: {} }, strict: false }

describe('responses()', () => {
  it('passes request and answer through unchanged, with text and cost', async () => {
    simulator.reply({ text: 'Hi there', usage: { promptTokens: 1000, completionTokens: 100 } })
    const answer = await client.responses({ ...here(), instructions: 'Be brief', reasoning: { effort: 'low' } })
    expect(simulator.requests.at(-1)).toMatchObject({
      path: '/v1/responses',
      body: { model: 'gpt-5', input: 'Hello', instructions: 'Be brief', reasoning: { effort: 'low' } },
    })
    expect(answer).toMatchObject({ object: 'response', status: 'completed', output_text: 'Hi there' })
    expect(answer.meta).toMatchObject({
      operation: 'responses',
      provider: 'openai',
      model: 'gpt-5',
      nativeFinishReason: 'completed',
      usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
    })
    expect(answer.meta.cost.total).toBeGreaterThan(0)
    expect(JSON.stringify(answer)).not.toContain('"meta"')
  })

  it('bills searches of the web by the piece', async () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } }
    const body = {
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      model: 'gpt-5',
      status: 'completed',
      output: [search, search, { ...search, action: { type: 'open_page' } }],
      usage: { input_tokens: 10, output_tokens: 10, total_tokens: 20 },
    }
    simulator.reply({ raw: { body } })
    const { meta } = await client.responses(here())
    expect(meta.usage).toMatchObject({ server_tool_use: { web_search_requests: 2 } })
    expect(meta.cost.tools).toBeCloseTo(0.02)
  })

  it('puts an answer together whatever its items are numbered by', async () => {
    const item = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] }
    const events = [
      { type: 'response.created', response: { id: 'r', object: 'response', model: 'gpt-5', output: [] } },
      { type: 'response.output_item.done', output_index: 4_294_967_294, item },
      { type: 'response.completed', response: { id: 'r', object: 'response', model: 'gpt-5', status: 'completed' } },
    ]
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    simulator.reply({ raw: { body, headers: { 'content-type': 'text/event-stream' } } })
    const stream = await client.responses({ ...here(), stream: true })
    expect((await stream.final()).output_text).toBe('hi')
  })

  it('streams the events of the API, and puts the answer together beside', async () => {
    simulator.reply({ text: 'One two three', reasoning: 'Counting', usage: { promptTokens: 10, completionTokens: 9 } })
    const stream = await client.responses({ ...here(), stream: true })
    expect(stream).toBeInstanceOf(ResponsesStream)
    const events: ResponsesEvent[] = []
    for await (const event of stream) events.push(event)
    expect(events[0]?.type).toBe('response.created')
    expect(events.at(-1)?.type).toBe('response.completed')
    const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
    expect(text).toBe('One two three')
    const final = await stream.finalResponse()
    expect(final).toMatchObject({ status: 'completed', output_text: 'One two three' })
    expect(final.output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    expect(stream.meta).toMatchObject({ usage: { total_tokens: 19 } })
    expect(stream.meta.cost.total).toBeGreaterThan(0)
    expect(stream.meta.timeToFirstTokenMs).toBeGreaterThanOrEqual(0)
  })

  it('writes a stream as server-sent events', async () => {
    const stream = await client.responses({ ...here(), stream: true })
    const sent = await new Response(stream.toReadableStream()).text()
    expect(sent).toMatch(/^event: response\.created\ndata: {"type":"response\.created"/)
    expect(sent).toMatch(/event: response\.completed\ndata: {.*}\n\n$/)
  })

  it('has typed errors before and in the stream, and retries temporary ones', async () => {
    simulator.fail({ kind: 'status', status: 429, retryAfterMs: 1 })
    const { meta } = await client.responses(here())
    expect(meta.retries).toBe(1)
    simulator.fail({ kind: 'status', status: 401 })
    expect(await rejection(client.responses(here()))).toMatchObject({ code: 'authentication' })
    const failed = { code: 'rate_limit_exceeded', message: 'Slow down.' }
    const data = { type: 'response.failed', response: { status: 'failed', error: failed } }
    simulator.reply({ raw: { events: [{ event: data.type, data }] } })
    const error = await rejection(client.responses({ ...here(), stream: true, maxRetries: 0 }))
    expect(error).toMatchObject({ code: 'rate_limit', providerCode: 'rate_limit_exceeded' })
  })

  it('rejects a stream that was cut, with the answer so far', async () => {
    simulator.reply({ text: 'One two three four' })
    simulator.fail({ kind: 'cut', afterChunks: 2 })
    const stream = await client.responses({ ...here(), stream: true })
    const error = await rejection(stream.final())
    expect(error).toMatchObject({ code: 'stream_interrupted' })
    expect(LLMError.is(error) && error.partial?.choices[0]?.message.content).toMatch(/^One two/)
    expect(stream.meta).toMatchObject({ cost: { estimated: true } })
  })

  it('ends with the caller', async () => {
    const stop = new AbortController()
    simulator.reply({ text: 'a b c d e f', chunkDelayMs: 50 })
    const stream = await client.responses({ ...here(), stream: true, signal: stop.signal })
    stop.abort()
    expect(await rejection(stream.final())).toMatchObject({ code: 'aborted' })
    simulator.reply({ text: 'a', delayMs: 500 })
    expect(await rejection(client.responses({ ...here(), timeout: 30 }))).toMatchObject({ code: 'timeout' })
  })

  it('is translated to chat for providers without a Responses API', async () => {
    const options = { apiBase: simulator.anthropicBase, apiKey: 'k' }
    const request = { model: 'anthropic/claude-sonnet-4-5', input: 'Hi', ...options }
    const answer = await client.responses(request)
    expect(answer).toMatchObject({ object: 'response', status: 'completed', output_text: 'You said: Hi' })
    expect(answer.meta).toMatchObject({ operation: 'responses', provider: 'anthropic' })
    const stream = await client.responses({ ...request, stream: true })
    const types = []
    for await (const event of stream) types.push(event.type)
    expect(types[0]).toBe('response.created')
    expect(types.at(-1)).toBe('response.completed')
    expect(await stream.text()).toBe('You said: Hi')
  })

  it('rejects messages and misspelled parameters', async () => {
    const messages = client.responses({ ...here(), messages: [] } as never)
    expect(await rejection(messages)).toMatchObject({ param: 'messages' })
    const misspelt = client.responses({ ...here(), maxOutputTokens: 1 } as never)
    expect(await rejection(misspelt)).toMatchObject({ code: 'bad_request', param: 'maxOutputTokens' })
  })

  it.each([
    ['xai/grok-4', {}, '/v1/responses'],
    ['azure/my-gpt', {}, '/v1/openai/v1/responses'],
    ['azure/my-gpt', { apiVersion: 'preview' }, '/v1/openai/v1/responses?api-version=preview'],
    ['azure/my-gpt', { apiVersion: '2025-04-01-preview' }, '/v1/openai/responses?api-version=2025-04-01-preview'],
  ])('goes to %s with %o', async (model, options, path) => {
    await client.responses({ ...here(), model, ...options })
    expect(simulator.requests.at(-1)?.path).toBe(path)
  })
})

describe('completion() of models that have the Responses API only', () => {
  const messages = [{ role: 'user' as const, content: 'What is the weather?' }]
  const tools = [{ type: 'function' as const, function: { name: weather.name, parameters: weather.parameters } }]
  const chat = () => ({ model: 'openai/o1-pro', messages, apiBase: `${simulator.url}/v1`, apiKey: 'k' })

  it('goes over it, whole and streamed, with tools, their results and the reasoning between them', async () => {
    for (const stream of [false, true]) {
      simulator.reply({ reasoning: 'Look it up', toolCalls: [{ name: 'weather', arguments: { city: 'Rome' } }] })
      const first = await client.completion({ ...chat(), tools, stream })
      const answer = 'final' in first ? await first.final() : first
      const [choice] = answer.choices
      if (!choice) throw new Error('there is no choice')
      expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { reasoning_content: 'Look it up' } })
      const [call] = choice.message.tool_calls ?? []
      const result = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: 'sunny' }
      simulator.reply({ text: 'It is sunny' })
      const second = await client.completion({ ...chat(), tools, messages: [...messages, choice.message, result] })
      expect(second.choices[0]?.message.content).toBe('It is sunny')
      const { path, body } = simulator.requests.at(-1) ?? {}
      expect(path).toBe('/v1/responses')
      const { input } = body as { input: { type?: string }[] }
      expect(input.map(({ type }) => type)).toEqual([undefined, 'reasoning', 'function_call', 'function_call_output'])
      expect(JSON.stringify(input)).toContain('gAAAAA')
      expect(second.meta).toMatchObject({ operation: 'chat', model: 'o1-pro' })
      expect(second.meta.cost.total).toBeGreaterThan(0)
    }
  })

  it('makes the same answer however its bytes are cut', async () => {
    const reply = {
      text: 'Grüße, 世界!',
      reasoning: 'Hm',
      toolCalls: [{ name: 'weather', arguments: { city: 'Köln' }, id: 'c' }],
    }
    simulator.reply({ ...reply })
    const whole = await client.completion({ ...chat(), tools })
    for (const writeBytes of [1, 3, 64]) {
      simulator.reply({ ...reply, writeBytes })
      const stream = await client.completion({
        ...chat(),
        tools,
        stream: true,
        stream_options: { include_usage: true },
      })
      const { choices, usage } = await stream.final()
      expect({ finish: choices[0]?.finish_reason, text: choices[0]?.message.content, usage }).toEqual({
        finish: whole.choices[0]?.finish_reason,
        text: whole.choices[0]?.message.content,
        usage: whole.usage,
      })
      expect(choices[0]?.message.tool_calls).toEqual(whole.choices[0]?.message.tool_calls)
    }
  })

  it('uses the API for any model with the responses/ prefix', async () => {
    const answer = await client.completion({ ...chat(), model: 'openai/responses/gpt-4o' })
    expect(simulator.requests.at(-1)).toMatchObject({ path: '/v1/responses', body: { model: 'gpt-4o' } })
    expect(answer.meta.model).toBe('gpt-4o')
    await client.completion({ ...chat(), model: 'xai/responses/grok-4' })
    expect(simulator.requests.at(-1)).toMatchObject({ path: '/v1/responses', body: { model: 'grok-4' } })
    await client.completion({ ...chat(), model: 'azure/responses/mine' })
    expect(simulator.requests.at(-1)).toMatchObject({ path: '/v1/openai/v1/responses', body: { model: 'mine' } })
  })

  it('goes the usual way for other models', async () => {
    await client.completion({ ...chat(), model: 'openai/gpt-5' })
    expect(simulator.requests.at(-1)?.path).toBe('/v1/chat/completions')
  })
})
