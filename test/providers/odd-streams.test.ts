import { describe, expect, it } from 'vitest'
import { type ChatCompletion, createClient, type FunctionTool } from '../../src/index.js'
import { startServer } from '../helpers/server.js'
import { rejection, user } from '../helpers/simulated.js'

type Body = Record<string, unknown>
/** A text is sent as it is; an object is an event with its type as the name. */
type Event = Body | string

const tools: FunctionTool[] = [
  { type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } },
]

async function streamed(model: string, events: readonly Event[]): Promise<ChatCompletion> {
  await using server = await startServer((_, response) => {
    response.setHeader('content-type', 'text/event-stream')
    for (const event of events) {
      if (typeof event === 'string') response.write(event)
      else response.write(`${event.type ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
    }
    response.end()
  })
  const client = createClient({ maxRetries: 0 })
  try {
    const request = { model, apiKey: 'k', apiBase: server.url, messages: user('Hi'), tools, max_tokens: 50 }
    const stream = await client.completion({ ...request, stream: true })
    let text = ''
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
    const answer = await stream.final()
    expect(answer.choices[0]?.message.content ?? '').toBe(text)
    return answer
  } finally {
    await client.close()
  }
}

const choice = async (model: string, events: readonly Event[]) => (await streamed(model, events)).choices[0]
const message = async (model: string, events: readonly Event[]) => (await choice(model, events))?.message
const argumentsOf = async (model: string, events: readonly Event[]) =>
  (await message(model, events))?.tool_calls?.map((call) => call.type === 'function' && call.function.arguments)

const claude = 'anthropic/claude-sonnet-4-5'
const start = (usage: Body = { input_tokens: 40, output_tokens: 1 }) => ({
  type: 'message_start',
  message: { id: 'msg_9', type: 'message', role: 'assistant', model: 'claude', content: [], usage },
})
const open = (index: number, content_block: Body) => ({ type: 'content_block_start', index, content_block })
const delta = (index: number, given: Body) => ({ type: 'content_block_delta', index, delta: given })
const text = (index: number, value: string) => delta(index, { type: 'text_delta', text: value })
const json = (index: number, value: string) => delta(index, { type: 'input_json_delta', partial_json: value })
const close = (index: number) => ({ type: 'content_block_stop', index })
const end = (stop_reason: string, usage: Body = { output_tokens: 7 }) => ({
  type: 'message_delta',
  delta: { stop_reason },
  usage,
})
const stop = { type: 'message_stop' }
const call = (input: unknown = {}) => ({ type: 'tool_use', id: 'toolu_9', name: 'look_up', input })

const gemini = (words: string, finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts: [{ text: words }] }, ...(finishReason && { finishReason }) }],
})
const cohere: Event[] = [
  { type: 'message-start', id: 'm', delta: { message: { role: 'assistant' } } },
  { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Sea' } } } },
  { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
]
const responses = (more: Body) => ({ id: 'resp_9', object: 'response', model: 'gpt', output: [], ...more })
const chat = (given: Body, finish_reason: string | null = null) => ({
  id: 'chat_9',
  choices: [{ index: 0, delta: given, finish_reason }],
})
const piece = (given: Body) => chat({ tool_calls: [given] })

describe('an event that is named an error', () => {
  it.each([
    [claude, [start(), open(0, { type: 'text', text: '' }), text(0, 'Se')]],
    ['gemini/gemini-2.5-flash', [gemini('Se')]],
    ['cohere/command-a-03-2025', cohere.slice(0, 2)],
    ['hosted_vllm/m', [chat({ content: 'Se' })]],
    ['openai/responses/gpt-5.5', []],
  ])('of %s fails with its text, or its message', async (model, before: Event[]) => {
    const plain = await rejection(streamed(model, [...before, 'event: error\ndata: No room left\n\n']))
    expect(plain).toMatchObject({ code: 'internal_server', retryable: true })
    expect(plain).toHaveProperty('message', expect.stringContaining('No room left'))
    const bare = await rejection(streamed(model, [...before, 'event: error\ndata: {"message":"No room left"}\n\n']))
    expect(bare).toHaveProperty('message', expect.stringContaining('No room left'))
  })
})

describe('an event without data', () => {
  it.each([
    [claude, [start(), open(0, { type: 'text', text: '' }), text(0, 'Sea'), close(0), end('end_turn'), stop]],
    ['gemini/gemini-2.5-flash', [gemini('S'), gemini('ea', 'STOP')]],
    ['cohere/command-a-03-2025', cohere],
    ['hosted_vllm/m', [chat({ content: 'Sea' }), chat({}, 'stop')]],
  ])('of %s keeps the connection alive', async (model, events: Event[]) => {
    const answer = await streamed(
      model,
      events.flatMap((event) => ['data: \n\n', event]),
    )
    expect(answer.choices[0]).toMatchObject({ message: { content: 'Sea' }, finish_reason: 'stop' })
  })
})

describe('a stream of Gemini with arguments in pieces', () => {
  const model = 'gemini/gemini-3-pro-preview'
  const part = (functionCall: Body, finishReason?: string) => ({
    candidates: [{ content: { role: 'model', parts: [{ functionCall }] }, ...(finishReason && { finishReason }) }],
  })
  const first = part({ name: 'look_up', willContinue: true })
  const piece = (jsonPath: string, value: Body) => part({ partialArgs: [{ jsonPath, ...value }], willContinue: true })

  it('has one call with all of them', async () => {
    const events = [
      first,
      piece('$.city', { stringValue: 'Par', willContinue: true }),
      piece('$.city', { stringValue: 'is' }),
      piece('$.days[1].hot', { boolValue: false }),
      piece("$['max temp']", { numberValue: 0 }),
      piece('$.note', { nullValue: null }),
      piece('$.__proto__.odd', { stringValue: 'x' }),
      part({}, 'STOP'),
    ]
    const answer = await choice(model, events)
    expect(answer).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: [{ type: 'function' }] } })
    const [call] = answer?.message.tool_calls ?? []
    const args = call?.type === 'function' ? JSON.parse(call.function.arguments) : undefined
    expect(args).toEqual({ city: 'Paris', days: [null, { hot: false }], 'max temp': 0, note: null })
  })

  it('keeps calls apart, and the one that a limit cuts', async () => {
    const last = part({ name: 'look_up', args: { b: 2 } })
    const events = [first, piece('$.a', { numberValue: 1 }), part({}), last, first, piece('$.c', { stringValue: 'h' })]
    const end = { candidates: [{ finishReason: 'MAX_TOKENS' }] }
    expect(await argumentsOf(model, [...events, end])).toEqual(['{"a":1}', '{"b":2}', '{"c":"h"}'])
  })
})

describe("a stream of a proxy in Anthropic's form", () => {
  it('has the text of a block that was never opened', async () => {
    expect(
      await message(claude, [start(), text(0, 'Se'), text(0, 'a'), close(0), end('end_turn'), stop]),
    ).toMatchObject({
      content: 'Sea',
    })
  })

  it('ends the blocks that were never closed', async () => {
    const signed = delta(0, { type: 'signature_delta', signature: 'EqQB' })
    const thought = delta(0, { type: 'thinking_delta', thinking: 'Hm' })
    const events = [start(), open(0, { type: 'thinking', thinking: '' }), thought, signed, open(1, call({ a: 1 }))]
    const answer = await message(claude, [...events, open(2, call()), end('tool_use'), stop])
    expect(answer?.thinking_blocks).toEqual([{ type: 'thinking', thinking: 'Hm', signature: 'EqQB' }])
    expect(answer?.tool_calls).toMatchObject([
      { function: { arguments: '{"a":1}' } },
      { function: { arguments: '{}' } },
    ])
  })

  it('keeps text under the index of a call out of its arguments', async () => {
    const events = [start(), open(0, call()), json(0, '{"a":'), text(0, '\n'), json(0, '1}'), close(0)]
    const answer = await message(claude, [...events, end('tool_use'), stop])
    expect(answer).toMatchObject({ content: '\n', tool_calls: [{ function: { arguments: '{"a":1}' } }] })
    expect(JSON.stringify(answer?.provider_specific_fields ?? {})).not.toContain('"input":{}')
  })

  it('reads an input that is JSON text', async () => {
    expect(await argumentsOf(claude, [start(), open(0, call('{"a":1}')), close(0), end('tool_use'), stop])).toEqual([
      '{"a":1}',
    ])
  })

  it('gives a call without an id one of its own', async () => {
    const { id: _, ...nameless } = call()
    const answer = await message(claude, [start(), open(0, nameless), close(0), end('tool_use'), stop])
    expect(answer?.tool_calls?.[0]?.id).toMatch(/^call_chatcmpl-/)
  })

  it('is whole without a stop reason if nothing is missing', async () => {
    const events = [start(), open(0, { type: 'text', text: '' }), text(0, 'Sea'), close(0), open(1, call()), stop]
    expect(await choice(claude, events)).toMatchObject({
      message: { content: 'Sea', tool_calls: [{ function: { arguments: '{}' } }] },
      finish_reason: 'tool_calls',
    })
  })

  it.each([
    ['nothing', [start(), stop]],
    ['half a call', [start(), open(0, call()), json(0, '{"a'), stop]],
  ])('is cut if it has %s and no stop reason', async (_, events: Event[]) => {
    expect(await rejection(streamed(claude, events))).toMatchObject({ code: 'stream_interrupted' })
  })

  it('keeps the input tokens of the start if the end has zeros', async () => {
    const counts = { input_tokens: 40, cache_read_input_tokens: 300, output_tokens: 1 }
    const zeros = { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 7 }
    const events = [start(counts), open(0, { type: 'text', text: '' }), text(0, 'Sea'), close(0)]
    const { meta } = await streamed(claude, [...events, end('end_turn', zeros), stop])
    expect(meta.usage).toMatchObject({
      prompt_tokens: 340,
      prompt_tokens_details: { cached_tokens: 300 },
      completion_tokens: 7,
    })
  })
})

describe('a stream of the Responses API', () => {
  const model = 'openai/responses/gpt-5.5'
  const completed = { type: 'response.completed', response: responses({ status: 'completed' }) }

  it('takes texts and arguments that come in one piece', async () => {
    const item = { type: 'function_call', call_id: 'c', name: 'look_up', arguments: '' }
    const answer = await message(model, [
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Sea' },
      { type: 'response.output_item.added', output_index: 1, item },
      { type: 'response.function_call_arguments.done', output_index: 1, arguments: '{"a":1}' },
      completed,
    ])
    expect(answer).toMatchObject({ content: 'Sea', tool_calls: [{ function: { arguments: '{"a":1}' } }] })
  })

  it('does not repeat them after their pieces', async () => {
    const at = { output_index: 0, content_index: 0 }
    const answer = await message(model, [
      { type: 'response.output_text.delta', ...at, delta: 'Se' },
      { type: 'response.output_text.delta', ...at, delta: 'a' },
      { type: 'response.output_text.done', ...at, text: 'Sea' },
      completed,
    ])
    expect(answer?.content).toBe('Sea')
  })

  it('finds items without a place by their id', async () => {
    const item = (id: string, rest: string) => ({
      id,
      type: 'function_call',
      call_id: `call_${id}`,
      name: 'look_up',
      arguments: rest,
    })
    const added = (id: string) => ({ type: 'response.output_item.added', item: item(id, '') })
    const piece = (id: string, rest: string) => ({
      type: 'response.function_call_arguments.delta',
      item_id: id,
      delta: rest,
    })
    const output = [item('one', '{"a":1}'), item('two', '{"b":2}')]
    const events = [added('one'), piece('one', '{"a":1}'), added('two'), piece('two', '{"b":2}')]
    const last = { type: 'response.completed', response: responses({ output }) }
    expect(await argumentsOf(model, [...events, last])).toEqual(['{"a":1}', '{"b":2}'])
  })

  it('does not repeat items that have other ids at the end, or none', async () => {
    const message = (id?: string) => ({ id, type: 'message', content: [{ type: 'output_text', text: 'Sea' }] })
    const pieces = [{ type: 'response.output_text.delta', item_id: 'msg_1', content_index: 0, delta: 'Sea' }]
    for (const id of ['msg_1', 'msg_2', undefined]) {
      const last = { type: 'response.completed', response: responses({ output: [message(id)] }) }
      expect(await choice(model, [...pieces, last])).toMatchObject({ message: { content: 'Sea' } })
    }
  })

  it('is whole with the end mark of chat if its items are', async () => {
    const item = { type: 'message', content: [{ type: 'output_text', text: 'Sea' }] }
    const done = { type: 'response.output_item.done', output_index: 0, item }
    const opened = { type: 'response.output_text.delta', output_index: 1, content_index: 0, delta: 'Mor' }
    expect(await choice(model, [done, 'data: [DONE]\n\n'])).toMatchObject({ message: { content: 'Sea' } })
    expect(await rejection(streamed(model, [done, opened, 'data: [DONE]\n\n']))).toMatchObject({
      code: 'stream_interrupted',
    })
  })

  it('separates the parts of its reasoning by their index', async () => {
    const part = (summary_index: number, words: string) => ({
      type: 'response.reasoning_summary_text.delta',
      output_index: 0,
      summary_index,
      delta: words,
    })
    const answer = await message(model, [part(0, 'Fir'), part(0, 'st.'), part(1, 'Then.'), completed])
    expect(answer?.reasoning_content).toBe('First.\n\nThen.')
  })

  it('is cut by a limit that has no name', async () => {
    const answer = await streamed(model, [
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Se' },
      { type: 'response.incomplete', response: responses({}) },
    ])
    expect(answer.choices[0]?.finish_reason).toBe('length')
  })

  it('fails if the response was cancelled', async () => {
    const events = [{ type: 'response.cancelled', response: responses({ status: 'cancelled' }) }]
    expect(await rejection(streamed(model, events))).toMatchObject({ code: 'internal_server' })
  })
})

describe("a stream in OpenAI's form", () => {
  const model = 'hosted_vllm/m'
  const done = 'data: [DONE]\n\n'
  const named = (index: number, id: string, rest: string) => ({
    index,
    id,
    type: 'function',
    function: { name: 'look_up', arguments: rest },
  })

  it('has calls that share an index in their own places, with ids', async () => {
    const rest = (id: string, text: string) => piece({ index: 0, id, function: { arguments: text } })
    const events = [piece(named(0, 'a', '{"a"')), piece(named(0, 'b', '{"b"')), rest('a', ':1}'), rest('b', ':2}')]
    expect(await argumentsOf(model, [...events, chat({}, 'tool_calls'), done])).toEqual(['{"a":1}', '{"b":2}'])
  })

  it('has calls that share an index in their own places, without ids', async () => {
    const call = (name: string, text: string) => piece({ index: 0, function: { name, arguments: text } })
    const events = [call('look_up', '{"a":'), call('look_up', '1}'), call('send', '{"b":2}')]
    expect(await argumentsOf(model, [...events, chat({}, 'tool_calls'), done])).toEqual(['{"a":1}', '{"b":2}'])
  })

  it('has calls of one name that share an index without ids', async () => {
    const call = (text: string) => piece({ index: 0, function: { name: 'look_up', arguments: text } })
    const events = [call('{"a":{}'), call('}'), call(''), call('{"b":2}'), call('{}'), chat({}, 'tool_calls'), done]
    expect(await argumentsOf(model, events)).toEqual(['{"a":{}}', '{"b":2}', '{}'])
  })

  it('has calls and their finish reason if only the end mark follows', async () => {
    const events = [piece(named(0, 'a', '')), done]
    expect(await choice(model, events)).toMatchObject({
      message: { tool_calls: [{ function: { arguments: '{}' } }] },
      finish_reason: 'tool_calls',
    })
  })

  it('takes an empty object at the start of a call as a placeholder', async () => {
    const first = { index: 0, id: 'a', type: 'function', function: { name: 'look_up', arguments: {} } }
    const more = { index: 0, function: { arguments: '{"a":1}' } }
    expect(await argumentsOf(model, [piece(first), piece(more), chat({}, 'tool_calls'), done])).toEqual(['{"a":1}'])
    expect(await argumentsOf(model, [piece(first), chat({}, 'tool_calls'), done])).toEqual(['{}'])
  })

  it('takes null for no arguments', async () => {
    expect(await argumentsOf(model, [piece(named(0, 'a', 'null')), chat({}, 'tool_calls'), done])).toEqual(['{}'])
    const more = ['null', '}'].map((rest) => piece({ index: 0, function: { arguments: rest } }))
    const events = [piece(named(0, 'a', '{"a":')), ...more, chat({}, 'tool_calls'), done]
    expect(await argumentsOf(model, events)).toEqual(['{"a":null}'])
  })

  it('tells calls apart that share an index, also by their pieces', async () => {
    const events = [
      piece(named(0, 'a', '{"a":')),
      piece({ index: 0, function: { arguments: '1}' } }),
      piece(named(0, 'b', '{"b":')),
      piece({ index: 0, function: { arguments: '2}' } }),
    ]
    expect(await argumentsOf(model, [...events, chat({}, 'tool_calls'), done])).toEqual(['{"a":1}', '{"b":2}'])
  })

  it('finds the call of a piece by its id if the index is of no call', async () => {
    const events = [piece(named(0, 'a', '{"a":')), piece({ index: 1, id: 'a', function: { arguments: '1}' } })]
    expect(await argumentsOf(model, [...events, chat({}, 'tool_calls'), done])).toEqual(['{"a":1}'])
  })

  it('goes on after a finish reason that is the word null', async () => {
    const events = [chat({ content: 'Se' }, 'null'), chat({ content: 'a' }, 'null'), chat({}, 'length'), done]
    expect(await choice(model, events)).toMatchObject({
      message: { content: 'Sea' },
      finish_reason: 'length',
    })
  })

  it('ends with the calls, or the reason, that follow a stop', async () => {
    const sea = chat({ content: 'Sea' }, 'stop')
    expect(await choice(model, [sea, piece(named(0, 'a', '{}')), done])).toMatchObject({ finish_reason: 'tool_calls' })
    expect(await choice(model, [sea, chat({}, 'length'), done])).toMatchObject({ finish_reason: 'length' })
    expect(await choice(model, [chat({ content: 'Sea' }, 'length'), chat({}, 'stop'), done])).toMatchObject({
      finish_reason: 'length',
    })
  })

  it('has text that is beside the deltas, as in text completions', async () => {
    const texts = [
      { id: 'c', choices: [{ index: 0, text: 'Se' }] },
      { id: 'c', choices: [{ index: 0, text: 'a', finish_reason: 'stop' }] },
    ]
    expect((await message(model, [...texts, done]))?.content).toBe('Sea')
  })

  it('has calls whose function is not apart', async () => {
    const flat = { index: 0, id: 'a', name: 'look_up', arguments: '{"a":1}' }
    expect((await message(model, [piece(flat), chat({}, 'tool_calls'), done]))?.tool_calls).toEqual([
      { id: 'a', type: 'function', function: { name: 'look_up', arguments: '{"a":1}' } },
    ])
  })

  it('keeps its usage if zeros follow', async () => {
    const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }
    const zeros = { id: 'c', choices: [], usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } }
    const { meta } = await streamed(model, [{ ...chat({ content: 'Sea' }, 'stop'), usage }, zeros, done])
    expect(meta.usage).toMatchObject(usage)
  })
})

describe('a whole answer', () => {
  const completed = async (model: string, body: Body) => {
    await using server = await startServer((_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    })
    const client = createClient({ maxRetries: 0 })
    const request = { model, apiKey: 'k', apiBase: server.url, messages: user('Hi'), tools, max_tokens: 50 }
    return await client.completion(request).finally(() => client.close())
  }
  const answered = async (model: string, body: Body) => (await completed(model, body)).choices[0]
  const claudeBody = (content: unknown[], stop_reason: string | null) => ({ type: 'message', content, stop_reason })

  it.each([
    [claude, claudeBody([{ type: 'tool_use', name: 'look_up', input: '{"a":1}' }], 'tool_use')],
    [
      'gemini/gemini-2.5-flash',
      { candidates: [{ content: { parts: [{ functionCall: { name: 'look_up', args: '{"a":1}' } }] } }] },
    ],
  ])('of %s may have arguments as JSON text, and a call without an id', async (model, body) => {
    const calls = (await answered(model, body))?.message.tool_calls
    expect(calls).toMatchObject([{ id: expect.stringMatching(/^call_./), function: { arguments: '{"a":1}' } }])
  })

  it('is none without content and stop reason', async () => {
    expect(await rejection(answered(claude, claudeBody([], null)))).toMatchObject({ code: 'invalid_response' })
    expect(await answered(claude, claudeBody([], 'end_turn'))).toMatchObject({ finish_reason: 'stop' })
  })

  it.each([
    ['repetition', 'length'],
    ['max_completion_tokens', 'length'],
    ['timeout', 'length'],
    ['content-filter', 'content_filter'],
    ['guardrail_intervened', 'content_filter'],
    ['CONTENT_FILTERED', 'content_filter'],
  ])('with the finish reason %s ends with %s', async (finish_reason, expected) => {
    const body = { choices: [{ index: 0, message: { role: 'assistant', content: 'Sea' }, finish_reason }] }
    const ended = await answered('hosted_vllm/m', body)
    expect(ended).toMatchObject({ finish_reason: expected, native_finish_reason: finish_reason })
  })

  it('is an error if it has one beside an empty choice', async () => {
    const empty = { index: 0, message: { role: 'assistant', content: null }, finish_reason: null }
    const body = { choices: [empty], error: { message: 'No room left', code: 503 } }
    expect(await rejection(answered('hosted_vllm/m', body))).toMatchObject({ code: 'service_unavailable' })
  })

  it('has calls whose function is not apart', async () => {
    const tool_calls = [{ id: 'a', name: 'look_up', arguments: { a: 1 } }]
    const body = { choices: [{ index: 0, message: { role: 'assistant', tool_calls }, finish_reason: 'tool_calls' }] }
    expect((await answered('hosted_vllm/m', body))?.message.tool_calls).toEqual([
      { id: 'a', type: 'function', function: { name: 'look_up', arguments: '{"a":1}' } },
    ])
  })

  it.each([
    ['a text', 'Sea'],
    ['parts of the type text', [{ type: 'text', text: 'Sea' }]],
  ])('of the Responses API may have %s as its content', async (_, content) => {
    const output = [
      { type: 'message', role: 'assistant', content },
      { type: 'function_call', call_id: 'c', name: 'look_up', arguments: { a: 1 } },
    ]
    expect(
      (await answered('openai/responses/gpt-5.5', responses({ output, status: 'completed' })))?.message,
    ).toMatchObject({ content: 'Sea', tool_calls: [{ function: { arguments: '{"a":1}' } }] })
  })

  it.each([
    [
      'hosted_vllm/m',
      { input_tokens: 9, output_tokens: 3, input_tokens_details: { cached_tokens: 4 } },
      { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, prompt_tokens_details: { cached_tokens: 4 } },
    ],
    [
      'perplexity/sonar-deep-research',
      { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, reasoning_tokens: 500 },
      { prompt_tokens: 9, completion_tokens: 503, completion_tokens_details: { reasoning_tokens: 500 } },
    ],
    [
      claude,
      {
        input_tokens: 9,
        output_tokens: 3,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 5 },
      },
      { prompt_tokens: 34, prompt_tokens_details: { cache_creation_tokens: 25 } },
    ],
  ])('of %s has its usage', async (model, usage, expected) => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Sea' }, finish_reason: 'stop' }]
    const content = [{ type: 'text', text: 'Sea' }]
    const { meta } = await completed(model, { choices, content, stop_reason: 'end_turn', usage })
    expect(meta.usage).toMatchObject(expected)
  })
})
