import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type BadRequestError,
  completion,
  type InvalidResponseError,
  JSONSchemaValidationError,
  LLMError,
  UnsupportedParamsError,
} from '../src/index.js'
import { models, rejection, simulated, user } from './helpers/simulated.js'

const { sim, client } = simulated()

describe.each(models)('completion of %s', (model) => {
  it('returns an answer with non-enumerable meta', async () => {
    sim().reply({ text: 'Hello!', usage: { promptTokens: 3, completionTokens: 2 } })
    const answer = await client().completion({ model, messages: user('hi') })
    expect(answer).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello!', refusal: null } }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    })
    expect(Object.keys(answer)).not.toContain('meta')
    expect(JSON.stringify(answer)).not.toContain('meta')
    expect(answer.meta).toMatchObject({
      operation: 'chat',
      provider: model.split('/')[0],
      model: model.split('/')[1],
      status: 200,
      retries: 0,
      cache: { hit: false },
      warnings: [],
      usage: answer.usage,
    })
    expect(answer.meta.requestId).toBeTruthy()
    expect(answer.meta.latencyMs).toBeGreaterThan(0)
    expect(answer.meta.nativeFinishReason).toBe(model.startsWith('openai') ? 'stop' : 'end_turn')
    expect(answer.meta.rateLimits.requests?.limit).toBeGreaterThan(0)
    expect(answer.meta.headers['content-type']).toContain('application/json')
  })

  it('takes its own answer as the next turn of the conversation', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: { type: 'object' } } }]
    sim().reply({ reasoning: 'Let me look.', toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] })
    const first = await client().completion({ model, messages: user('weather?'), tools })
    const [choice] = first.choices
    const call = choice?.message.tool_calls?.[0]
    if (!choice || call?.type !== 'function') throw new Error('a tool call was expected')
    expect(choice.finish_reason).toBe('tool_calls')
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Paris' })
    const messages = [
      ...user('weather?'),
      choice.message,
      { role: 'tool' as const, tool_call_id: call.id, content: '21 °C' },
    ]
    const second = await client().completion({ model, messages, tools })
    expect(second.choices[0]?.message.content).toContain('21')
  })

  it('does not touch the request', async () => {
    const freeze = <T>(value: T): T => {
      if (value && typeof value === 'object') for (const part of Object.values(Object.freeze(value))) freeze(part)
      return value
    }
    const request = freeze({
      model,
      messages: [
        { role: 'system' as const, content: 'Be short.' },
        { role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] },
      ],
      stop: ['END'],
      extra_body: { extra: { deep: true } },
    })
    await client().completion(request)
    expect(sim().requests[0]?.body).toMatchObject({ extra: { deep: true } })
  })

  it('sends unknown snake_case fields and extra headers on', async () => {
    const request = { model, messages: user('hi'), brand_new_field: [1], headers: { 'X-Trace': 't1' } }
    await client({ headers: { 'x-app': 'mine' } }).completion(request)
    expect(sim().requests[0]?.body).toMatchObject({ brand_new_field: [1] })
    expect(sim().requests[0]?.headers).toMatchObject({ 'x-trace': 't1', 'x-app': 'mine', 'user-agent': 'llmux' })
  })

  it('gives a typed, validated answer for a schema', async () => {
    const schema = z.object({ city: z.string(), celsius: z.number() })
    sim().reply({ text: '{"city":"Paris","celsius":21}' }, { times: 3 })
    const answer = await client().completion({ model, messages: user('weather?'), response_format: schema })
    expect(answer.choices[0]?.message.parsed?.celsius).toBe(21)
    const stream = await client().completion({ model, messages: user('w?'), response_format: schema, stream: true })
    expect((await stream.final()).choices[0]?.message.parsed).toEqual({ city: 'Paris', celsius: 21 })
    const wrong = z.object({ city: z.number() })
    const error = await rejection(client().completion({ model, messages: user('w?'), response_format: wrong }))
    expect(error).toBeInstanceOf(JSONSchemaValidationError)
    expect(error).toMatchObject({ issues: [{ path: 'city' }] })
  })

  it.each([
    [{ kind: 'status', status: 400 }, 'bad_request'],
    [{ kind: 'status', status: 401 }, 'authentication'],
    [{ kind: 'status', status: 403 }, 'permission_denied'],
    [{ kind: 'status', status: 404 }, 'not_found'],
    [{ kind: 'status', status: 408 }, 'timeout'],
    [{ kind: 'status', status: 422 }, 'unprocessable_entity'],
    [{ kind: 'status', status: 429 }, 'rate_limit'],
    [{ kind: 'status', status: 500 }, 'internal_server'],
    [{ kind: 'status', status: 502 }, 'service_unavailable'],
    [{ kind: 'status', status: 529 }, 'overloaded'],
    [{ kind: 'status', reason: 'quota' }, 'quota_exceeded'],
    [{ kind: 'status', reason: 'context-window' }, 'context_window_exceeded'],
    [{ kind: 'status', reason: 'content-policy' }, 'content_policy_violation'],
    [{ kind: 'status', reason: 'image' }, 'image_fetch'],
    [{ kind: 'garbage', what: 'html' }, 'invalid_response'],
    [{ kind: 'garbage', what: 'truncated-json' }, 'invalid_response'],
    [{ kind: 'garbage', what: 'empty' }, 'invalid_response'],
    [{ kind: 'garbage', what: 'not-json' }, 'invalid_response'],
    [{ kind: 'garbage', what: 'binary' }, 'invalid_response'],
    [{ kind: 'garbage', what: 'html', status: 502 }, 'service_unavailable'],
    [{ kind: 'garbage', what: 'html', status: 404 }, 'not_found'],
    [{ kind: 'garbage', what: 'empty', status: 500 }, 'internal_server'],
    [{ kind: 'garbage', what: 'truncated-json', status: 429 }, 'rate_limit'],
    [{ kind: 'reset' }, 'api_connection'],
    [{ kind: 'error-event' }, undefined],
  ] as const)('turns %j into %s, streamed or not', async (fault, code) => {
    for (const stream of [false, true]) {
      sim().reset()
      sim().fail(fault, { times: 2 })
      const call = client().completion({ model, messages: user('hi'), maxRetries: 0, stream })
      const error = await rejection(call.then((answer) => ('final' in answer ? answer.final() : answer)))
      if (!LLMError.is(error)) throw error
      // no body at all is a stream that was cut
      const cut = stream && fault.kind === 'garbage' && fault.what === 'empty' && !('status' in fault)
      if (code) expect(error.code).toBe(cut ? 'stream_interrupted' : code)
      expect(error.provider).toBe(model.split('/')[0])
      expect(error.message).toContain(sim().url)
      expect(error.attempts).toHaveLength(1)
      expect(error.message.length).toBeLessThan(3000)
    }
  })

  it('does not read more than it may', async () => {
    sim().fail({ kind: 'huge', bytes: 3_000_000 }, { times: 2 })
    for (const stream of [false, true]) {
      const limits = { maxResponseBytes: 1_000_000, maxRetries: 0, stream }
      const call = client().completion({ model, messages: user('hi'), ...limits })
      const error = await rejection(call.then((answer) => ('final' in answer ? answer.final() : answer)))
      expect((error as InvalidResponseError).message).toContain('maxResponseBytes')
    }
  })

  it('cuts an error body of any size', async () => {
    sim().fail({ kind: 'huge', bytes: 5_000_000, status: 500 })
    const error = (await rejection(client().completion({ model, messages: user('hi'), maxRetries: 0 }))) as LLMError
    expect(error.code).toBe('internal_server')
    expect(JSON.stringify(error).length).toBeLessThan(200_000)
  })
})

describe('an invalid request', () => {
  const refusal = async (request: object) =>
    (await rejection(client().completion(request as Parameters<typeof completion>[0]))) as BadRequestError

  it('is rejected before anything is sent', async () => {
    expect((await refusal({ model: 'openai/gpt-4o', messages: [] })).message).toContain(
      "'messages' must be a non-empty array",
    )
    expect((await refusal({ model: 'openai/gpt-4o' })).message).toContain("'messages'")
    expect((await refusal({ messages: user('hi') })).message).toContain("'model'")
    expect((await refusal({ model: 'openai/', messages: user('hi') })).message).toContain(
      "must name a model after the provider; got 'openai/'",
    )
    expect((await refusal({ model: 'openai/gpt-4o', messages: user('hi'), api_key: 'x' })).message).toContain(
      "'apiKey'",
    )
    expect((await refusal({ model: 'openai/gpt-4o', messages: user('hi'), extra_body: 5 })).message).toContain(
      'extra_body',
    )
    expect((await refusal({ model: 'openai/gpt-4o', messages: user('hi'), metadata: { a: 1n } })).message).toContain(
      'JSON',
    )
    for (const format of ['json', 'json_object', () => ({}), true]) {
      const error = await refusal({ model: 'openai/gpt-4o', messages: user('hi'), response_format: format })
      expect(error).toMatchObject({ code: 'bad_request', param: 'response_format' })
      expect(error.message).toContain("{ type: 'json_object' }")
    }
    expect(sim().requests).toHaveLength(0)
  })

  it('suggests similar names for an unknown model', async () => {
    expect((await refusal({ model: 'gpt-4oo', messages: user('hi') })).message).toMatch(
      /Unknown model 'gpt-4oo'.*'gpt-4o'/,
    )
    expect((await refusal({ model: 'claude-sonet-4-5', messages: user('hi') })).message).toContain(
      "'claude-sonnet-4-5'",
    )
    expect((await refusal({ model: 'opnai/gpt-4o', messages: user('hi') })).message).toMatch(/'opnai'.*openai/)
  })

  it('names every unsupported parameter, or reports dropped ones', async () => {
    const request = { model: 'anthropic/claude-sonnet-4-5', messages: user('hi'), seed: 1, logprobs: true }
    const error = await refusal(request)
    expect(error).toBeInstanceOf(UnsupportedParamsError)
    expect((error as UnsupportedParamsError).params).toEqual(expect.arrayContaining(['seed', 'logprobs']))
    expect(error.message).toContain('dropParams')
    const { meta } = await client().completion({ ...request, dropParams: true })
    expect(meta.warnings.map((warning) => warning.type === 'dropped' && warning.param)).toEqual(
      expect.arrayContaining(['seed', 'logprobs']),
    )
    expect(sim().requests[0]?.body).not.toHaveProperty('seed')
  })
})

describe('a provider of your own', () => {
  it('is a row', async () => {
    const own = client({ providers: { acme: { apiKey: 'k-acme' } } })
    own.registerProvider({ id: 'acme', name: 'Acme', base: sim().openaiBase, env: ['ACME_API_KEY'] })
    const answer = await own.completion({ model: 'acme/large/v2', messages: user('hi') })
    expect(answer.meta).toMatchObject({ provider: 'acme', model: 'large/v2' })
    expect(sim().requests[0]?.headers.authorization).toBe('Bearer k-acme')
    await expect(client().completion({ model: 'acme/large', messages: user('hi') })).rejects.toThrow(
      "Unknown provider 'acme'",
    )
  })
})

it('reports a server that is down, with advice', async () => {
  const call = completion({ model: 'openai/m', messages: user('hi'), apiBase: 'http://127.0.0.1:1/v1', maxRetries: 0 })
  expect(await rejection(call)).toMatchObject({
    code: 'api_connection',
    message: expect.stringMatching(/http:\/\/127\.0\.0\.1:1.*refused.*Is the server running/),
  })
})
