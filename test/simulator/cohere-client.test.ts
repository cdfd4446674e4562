import { describe, expect, it } from 'vitest'
import { LLMError } from '../../src/index.js'
import { messageOf, rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client: simulatedClient } = simulated()

const client = () => simulatedClient({ providers: { cohere: { apiKey: 'any', apiBase: sim().base('cohere') } } })

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

describe.each(['cohere/command-a-03-2025', 'cohere/command-a-reasoning-08-2025'])('%s', (model) => {
  const thinks = model.includes('reasoning')

  it('answers, streamed and not', async () => {
    const messages = [{ role: 'system' as const, content: 'Be brief.' }, ...user('Hello there')]
    const answer = await client().completion({ model, messages })
    const final = await (await client().completion({ model, messages, stream: true })).final()
    for (const one of [answer, final]) {
      expect(messageOf(one).content).toBe('You said: Hello there')
      expect(one.choices[0]?.finish_reason).toBe('stop')
      expect(one.usage?.total_tokens).toBe((one.usage?.prompt_tokens ?? 0) + (one.usage?.completion_tokens ?? 0))
      expect(messageOf(one).reasoning_content !== undefined).toBe(thinks)
    }
    expect(final.usage).toEqual(answer.usage)
    expect(sim().requests.map(({ wire, operation }) => `${wire} ${operation}`)).toEqual(['cohere chat', 'cohere chat'])
  })

  it.each([false, true])('calls tools and quotes their results (stream: %s)', async (stream) => {
    const ask = async (messages: Parameters<ReturnType<typeof client>['completion']>[0]['messages']) => {
      const request = { model, messages, tools: [weather] }
      if (!stream) return client().completion(request)
      return (await client().completion({ ...request, stream: true })).final()
    }
    const question = user("What's the weather in New York?")
    const first = await ask(question)
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    const [call] = messageOf(first).tool_calls ?? []
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"New York"}' } })
    const result = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: '21 degrees' }
    const second = await ask([...question, messageOf(first), result])
    expect(messageOf(second).content).toContain('21 degrees')
  })

  it('fills in a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { title: { type: 'string' }, score: { type: 'integer' } },
      required: ['title', 'score'],
    }
    const answer = await client().completion({
      model,
      messages: user('Hello there'),
      response_format: { type: 'json_schema', json_schema: { name: 'review', schema } },
    })
    expect(JSON.parse(messageOf(answer).content ?? '')).toEqual({ title: 'example title', score: 1 })
  })

  it.each([
    [{ kind: 'status', status: 429 }, 'rate_limit'],
    [{ kind: 'status', status: 503 }, 'service_unavailable'],
    [{ kind: 'status', reason: 'quota' }, 'quota_exceeded'],
    [{ kind: 'status', reason: 'context-window' }, 'context_window_exceeded'],
    [{ kind: 'status', reason: 'content-policy' }, 'content_policy_violation'],
    [{ kind: 'status', reason: 'image' }, 'image_fetch'],
    [{ kind: 'garbage', what: 'truncated-json' }, 'invalid_response'],
    [{ kind: 'reset' }, 'api_connection'],
    [{ kind: 'error-event', afterChunks: 0 }, 'internal_server'],
    [{ kind: 'error-event', afterChunks: 2 }, 'internal_server'],
    [{ kind: 'cut', afterChunks: 2 }, 'stream_interrupted'],
    [{ kind: 'end', afterChunks: 2 }, 'stream_interrupted'],
  ] as const)('goes wrong: %j', async (fault, code) => {
    sim().fail(fault, { times: Infinity })
    const run = async () =>
      (await client().completion({ model, messages: user('One two three four'), stream: true, maxRetries: 0 })).text()
    const error = await rejection(run())
    expect(LLMError.is(error) && error.code).toBe(code)
  })
})

it('thinks with capable models, unless thinking is disabled', async () => {
  const model = 'cohere/command-a-reasoning-08-2025'
  const request = { model, messages: user('Hello'), reasoning_effort: 'none' as const }
  expect(messageOf(await client().completion(request)).reasoning_content).toBeUndefined()
  const body = { model: 'command-r', messages: user('Hello'), thinking: { type: 'enabled' } }
  expect(await post('chat', body)).toContain('thinking is not supported')
})

it('returns embeddings', async () => {
  const request = { model: 'cohere/embed-v4.0', input: ['a', 'b'], input_type: 'search_document' }
  const answer = await client().embedding({ ...request, dimensions: 256 })
  expect(answer.data.map(({ embedding }) => embedding.length)).toEqual([256, 256])
  sim().reply({ vectors: [[0.5, 0.25]] })
  expect((await client().embedding({ ...request, input: 'a' })).data[0]?.embedding).toEqual([0.5, 0.25])
})

it('ranks by the words of the query, or by scripted scores', async () => {
  const documents = ['Paris is in France', 'Ruby is a language', 'The Ruby gem']
  const request = { model: 'cohere/rerank-v3.5', query: 'ruby gem', documents, top_n: 2 }
  const answer = await client().rerank(request)
  expect(answer.results.map(({ index }) => index)).toEqual([2, 1])
  sim().reply({ scores: [0.9, 0.1, 0.2] })
  expect((await client().rerank(request)).results).toMatchObject([
    { index: 0, relevance_score: 0.9 },
    { index: 2, relevance_score: 0.2 },
  ])
})

const post = async (operation: string, body: object) => {
  const response = await fetch(`${sim().base('cohere')}/v2/${operation}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  return response.text()
}

it('returns the same bytes for the same request', async () => {
  const body = { model: 'command-r', messages: user('Hello'), stream: true }
  expect(await post('chat', body)).toBe(await post('chat', body))
})

describe('requests that Cohere rejects', () => {
  const model = 'command-a-03-2025'
  const messages = user('Hello')
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }

  it.each<[string, string, object]>([
    ["parameter 'top_p' is not a valid field", 'chat', { model, messages, top_p: 1 }],
    [
      "parameter 'strict' is not a valid field",
      'chat',
      { model, messages, tools: [{ type: 'function', function: { name: 'f', parameters: {}, strict: true } }] },
    ],
    ['model is required', 'chat', { messages }],
    ['at least 1 token', 'chat', { model, messages: user('') }],
    [
      'not found in the tool calls',
      'chat',
      { model, messages: [...messages, { role: 'tool', tool_call_id: 'a', content: 'x' }] },
    ],
    [
      'followed by their results',
      'chat',
      { model, messages: [...messages, { role: 'assistant', tool_calls: [call] }, ...messages] },
    ],
    ['tool_choice', 'chat', { model, messages, tool_choice: 'auto' }],
    ['must be between', 'chat', { model, messages, p: 1 }],
    ['input_type', 'embed', { model: 'embed-v4.0', texts: ['a'] }],
    ['at most 96', 'embed', { model: 'embed-v4.0', texts: new Array(97).fill('a'), input_type: 'search_query' }],
    ['must not be empty', 'rerank', { model: 'rerank-v3.5', query: 'a', documents: [] }],
  ])('%s', async (message, operation, body) => {
    expect(await post(operation, body)).toContain(message)
  })
})
