import { describe, expect, it } from 'vitest'
import { LLMError } from '../../src/index.js'
import { messageOf, rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client: simulatedClient } = simulated()

const client = () =>
  simulatedClient({
    providers: {
      gemini: { apiKey: 'any', apiBase: sim().base('gemini') },
      vertex_ai: { authToken: 'any', project: 'my-project', apiBase: sim().base('vertex_ai') },
    },
  })

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

const hosts = ['gemini/gemini-2.5-flash', 'gemini/gemini-3-flash-preview', 'vertex_ai/gemini-2.5-flash'] as const

describe.each(hosts)('%s', (model) => {
  it('answers, streamed and not', async () => {
    const messages = [{ role: 'system' as const, content: 'Be brief.' }, ...user('Hello there')]
    const answer = await client().completion({ model, messages })
    expect(answer.choices[0]?.message.content).toBe('You said: Hello there')
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.usage?.total_tokens).toBe((answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0))
    const stream = await client().completion({ model, messages, stream: true })
    const final = await stream.final()
    expect(final.choices[0]?.message.content).toBe('You said: Hello there')
    expect(final.meta.cost).toEqual(answer.meta.cost)
    expect(sim().requests.map(({ wire, operation }) => [wire, operation])).toEqual([
      ['gemini', 'chat'],
      ['gemini', 'chat'],
    ])
  })

  it.each([false, true])('calls a tool and quotes its result (stream: %s)', async (stream) => {
    const ask = async (messages: Parameters<ReturnType<typeof client>['completion']>[0]['messages']) => {
      const request = { model, messages, tools: [weather], reasoning_effort: 'low' as const }
      if (!stream) return client().completion(request)
      return (await client().completion({ ...request, stream: true })).final()
    }
    const question = user("What's the weather in New York?")
    const first = await ask(question)
    const [call] = messageOf(first).tool_calls ?? []
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"New York"}' } })
    // the signatures come back with it, or Gemini 3 would refuse it
    const result = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: '21 degrees' }
    const second = await ask([...question, messageOf(first), result])
    expect(second.choices[0]?.message.content).toBe('get_weather says: 21 degrees')
  })

  it('makes parallel tool calls', async () => {
    const toolCalls = [
      { name: 'get_weather', arguments: { city: 'Paris' } },
      { name: 'get_weather', arguments: { city: 'Rome' } },
    ]
    sim().reply({ toolCalls }, { times: 2 })
    const request = { model, messages: user('Where is it warmer?'), tools: [weather] }
    const whole = await client().completion(request)
    const final = await (await client().completion({ ...request, stream: true })).final()
    for (const answer of [whole, final]) {
      const calls = messageOf(answer).tool_calls ?? []
      expect(calls.map((call) => call.type === 'function' && call.function.arguments)).toEqual([
        '{"city":"Paris"}',
        '{"city":"Rome"}',
      ])
      const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'warm' }))
      const next = await client().completion({
        ...request,
        messages: [...request.messages, messageOf(answer), ...results],
      })
      expect(next.choices[0]?.message.content).toBe('get_weather says: warm\nget_weather says: warm')
    }
  })

  it('fills in a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { title: { type: 'string' }, score: { type: 'integer', minimum: 3 } },
      required: ['title', 'score'],
      additionalProperties: false,
    }
    const answer = await client().completion({
      model,
      messages: user('Hello there'),
      response_format: { type: 'json_schema', json_schema: { name: 'review', schema } },
    })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ title: 'example title', score: 3 })
  })

  it.each([false, true])('reasons if requested (stream: %s)', async (stream) => {
    const request = { model, messages: user('Hello there'), reasoning_effort: 'medium' as const }
    const answer = stream
      ? await (await client().completion({ ...request, stream: true })).final()
      : await client().completion(request)
    expect(answer.choices[0]?.message.reasoning_content).toContain('Hello there')
    expect(answer.choices[0]?.message.content).toBe('You said: Hello there')
    expect(answer.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0)
  })

  it('describes images', async () => {
    const url = `data:image/png;base64,${Buffer.alloc(68).toString('base64')}`
    const content = [
      { type: 'text' as const, text: 'Look' },
      { type: 'image_url' as const, image_url: { url } },
    ]
    const answer = await client().completion({ model, messages: [{ role: 'user', content }] })
    expect(answer.choices[0]?.message.content).toContain('1 image: image/png (68 bytes)')
  })

  it("rejects requests with Google's messages", async () => {
    const body = { contents: [], generationConfig: {} }
    const error = await rejection(
      client().completion({ model, messages: user('Hi'), extra_body: { ...body, contents: [{ parts: [] }] } }),
    )
    expect(error).toMatchObject({ code: 'bad_request', status: 400 })
  })

  it('counts tokens and reports cached ones', async () => {
    sim().reply({
      text: 'Hi',
      usage: { promptTokens: 2_000, cachedTokens: 1_500, completionTokens: 30, reasoningTokens: 20 },
    })
    const { usage } = await client().completion({ model, messages: user('Hi') })
    expect(usage).toMatchObject({
      prompt_tokens: 2_000,
      completion_tokens: 30,
      total_tokens: 2_030,
      prompt_tokens_details: { cached_tokens: 1_500 },
      completion_tokens_details: { reasoning_tokens: 20 },
    })
  })

  it.each([false, true])('answers a prohibited prompt without content (stream: %s)', async (stream) => {
    sim().fail({ kind: 'status', reason: 'content-policy' })
    const request = { model, messages: user('Hello there') }
    const answer = stream
      ? await (await client().completion({ ...request, stream: true })).final()
      : await client().completion(request)
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'content_filter' })
  })

  it.each([
    [{ kind: 'status', status: 429 }, 'rate_limit'],
    [{ kind: 'status', status: 503 }, 'overloaded'],
    [{ kind: 'status', reason: 'quota' }, 'quota_exceeded'],
    [{ kind: 'status', reason: 'context-window' }, 'context_window_exceeded'],
    [{ kind: 'status', reason: 'image' }, 'image_fetch'],
    [{ kind: 'garbage', what: 'truncated-json' }, 'invalid_response'],
    [{ kind: 'garbage', what: 'html' }, 'invalid_response'],
    [{ kind: 'reset' }, 'api_connection'],
    [{ kind: 'error-event', afterChunks: 0 }, 'overloaded'],
    [{ kind: 'error-event', afterChunks: 2 }, 'overloaded'],
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

describe('embeddings', () => {
  it.each(['gemini/gemini-embedding-001', 'vertex_ai/text-embedding-004'])('of %s', async (model) => {
    const answer = await client().embedding({ model, input: ['a', 'b'], dimensions: 8 })
    expect(answer.data.map(({ embedding }) => embedding.length)).toEqual([8, 8])
    sim().reply({ vectors: [[0.5, 0.5]] })
    const scripted = await client().embedding({ model, input: 'a' })
    expect(scripted.data[0]?.embedding).toEqual([0.5, 0.5])
  })
})

it('returns the same bytes for the same request', async () => {
  const url = `${sim().base('gemini')}/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse`
  const ask = async () =>
    (await fetch(url, { method: 'POST', body: '{"contents":[{"parts":[{"text":"Hi"}]}]}' })).text()
  expect(await ask()).toBe(await ask())
  expect(await ask()).toContain('\r\n\r\n')
})

describe('requests that Gemini rejects', () => {
  const post = async (body: object, model = 'gemini-2.5-flash') => {
    const url = `${sim().base('gemini')}/v1beta/models/${model}:generateContent`
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    return ((await response.json()) as { error?: { message: string } }).error?.message
  }
  const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]
  const call = { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] }
  const answer = { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] }

  it.each<[string, object]>([
    ['Unknown name "foo": Cannot find field', { contents, foo: 1 }],
    [
      `Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters'`,
      {
        contents,
        tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', additionalProperties: false } }] }],
      },
    ],
    ['contents is not specified', { contents: [] }],
    ['valid role', { contents: [{ role: 'assistant', parts: [{ text: 'Hi' }] }] }],
    ['must not be empty', { contents: [{ role: 'user', parts: [] }] }],
    ['number of function response parts', { contents: [...contents, call, ...contents] }],
    ['immediately after a function call turn', { contents: [...contents, answer] }],
    ['Invalid function name', { contents, tools: [{ function_declarations: [{ name: 'a b' }] }] }],
    ['set without function_declarations', { contents, toolConfig: { functionCallingConfig: { mode: 'ANY' } } }],
    ['range', { contents, generationConfig: { temperature: 3 } }],
    ['Thinking level is not supported', { contents, generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } }],
    [
      'only allowed for STRING',
      {
        contents,
        generationConfig: { responseMimeType: 'application/json', responseSchema: { type: 'INTEGER', enum: [1] } },
      },
    ],
    [
      'Base64 decoding failed',
      { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'data:image/png,x' } }] }] },
    ],
    [
      'Corrupted thought signature',
      { contents: [{ role: 'model', parts: [{ text: 'x', thoughtSignature: 'AAAA' }] }] },
    ],
  ])('%s', async (message, body) => {
    expect(await post(body)).toContain(message)
  })

  it('rejects unsigned calls since Gemini 3', async () => {
    expect(await post({ contents: [...contents, call, answer] })).toBeUndefined()
    expect(await post({ contents: [...contents, call, answer] }, 'gemini-3-pro-preview')).toContain('thought_signature')
    // of turns that are over nothing is asked
    expect(await post({ contents: [...contents, call, answer, ...contents] }, 'gemini-3-pro-preview')).toBeUndefined()
  })
})
