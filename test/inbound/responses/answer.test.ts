import OpenAI from 'openai'
import NewestOpenAI from 'openai-newest'
import { describe, expect, it } from 'vitest'
import { responsesWire } from '../../../providers/inbound/responses/index.js'
import type { ChatCompletion, ChatCompletionChunk, Choice, Delta, FinishReason } from '../../../src/types/chat.js'
import type { ResponsesEvent, ResponsesParams } from '../../../src/types/responses.js'

const context = { model: 'asked', created: 1000, id: 'abc' }
const usage = {
  prompt_tokens: 20,
  completion_tokens: 10,
  total_tokens: 30,
  prompt_tokens_details: { cached_tokens: 5, cache_creation_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 4 },
}
type Message = Choice['message']
type Request = Record<string, unknown>

const asParams = (request: Request): ResponsesParams => ({ model: 'asked', input: 'Hi', ...request }) as ResponsesParams

function answer(message: Partial<Message>, finish_reason: FinishReason = 'stop', request: Request = {}) {
  const chat: Omit<ChatCompletion, 'meta'> = {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'answering',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: null, ...message },
        finish_reason,
        logprobs: null,
      },
    ],
    usage,
  }
  return responsesWire.encodeAnswer(chat, asParams(request), context)
}

function stream(
  deltas: readonly Delta[],
  finish_reason: FinishReason = 'stop',
  request: Request = {},
): ResponsesEvent[] {
  const encoder = responsesWire.streamEncoder(asParams(request), context)
  const out: ResponsesEvent[] = []
  const head = { id: 'c', object: 'chat.completion.chunk' as const, created: 1, model: 'answering' }
  const chunks: ChatCompletionChunk[] = deltas.map((delta) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: null }],
  }))
  chunks.push({ ...head, choices: [{ index: 0, delta: {}, finish_reason }] }, { ...head, choices: [], usage })
  for (const chunk of chunks) encoder.push(chunk, out)
  encoder.end(out)
  return out
}

const types = (events: readonly ResponsesEvent[]) => events.map(({ type }) => type.replace('response.', ''))

const thinking = { type: 'thinking' as const, thinking: 'I think.', signature: 'c2ln' }
const readCall = { id: 'c1', type: 'function' as const, function: { name: 'read', arguments: '{"path":"a"}' } }

describe('an answer of a bridged model', () => {
  it('has reasoning, message and calls in this order, with usage', () => {
    const response = answer(
      {
        content: 'I will look.',
        reasoning_content: 'I think.',
        thinking_blocks: [thinking],
        tool_calls: [readCall],
      },
      'tool_calls',
    )
    expect(response).toMatchObject({
      id: 'resp_llmuxabc',
      object: 'response',
      created_at: 1000,
      status: 'completed',
      model: 'answering',
      error: null,
      incomplete_details: null,
      output_text: 'I will look.',
      output: [
        { type: 'reasoning', id: 'rs_llmuxabc_0', summary: [{ type: 'summary_text', text: 'I think.' }] },
        {
          type: 'message',
          id: 'msg_llmuxabc_1',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'I will look.', annotations: [], logprobs: [] }],
        },
        {
          type: 'function_call',
          id: 'fc_llmuxabc_2',
          call_id: 'c1',
          name: 'read',
          arguments: '{"path":"a"}',
          status: 'completed',
        },
      ],
      usage: {
        input_tokens: 20,
        input_tokens_details: { cached_tokens: 5, cache_write_tokens: 2 },
        output_tokens: 10,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 30,
      },
    })
  })

  it('repeats the request as OpenAI does', () => {
    const tool = { type: 'function', name: 'read', parameters: null }
    expect(
      answer({ content: 'Hi' }, 'stop', { instructions: 'Be brief', tools: [tool], temperature: 0, store: false }),
    ).toMatchObject({
      instructions: 'Be brief',
      tools: [{ ...tool, description: null, strict: false }],
      temperature: 0,
      store: false,
      top_p: 1,
      tool_choice: 'auto',
      parallel_tool_calls: true,
      text: { format: { type: 'text' }, verbosity: 'medium' },
      reasoning: { effort: null, summary: null },
      truncation: 'disabled',
      metadata: {},
      background: false,
      previous_response_id: null,
    })
  })

  it('is incomplete if it was cut or filtered', () => {
    expect(answer({ content: 'Hel' }, 'length')).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ type: 'message', status: 'incomplete' }],
    })
    expect(answer({}, 'content_filter')).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      output: [],
    })
    const cut = { ...readCall, function: { name: 'read', arguments: '{"pa' } }
    expect(answer({ tool_calls: [cut] }, 'length').output).toMatchObject([{ status: 'incomplete', arguments: '{"pa' }])
  })

  it('has an empty message if the model said nothing', () => {
    expect(answer({ content: '' }).output).toMatchObject([
      { type: 'message', content: [{ type: 'output_text', text: '' }] },
    ])
  })

  it('keeps refusals, citations and images', () => {
    const note = {
      type: 'url_citation' as const,
      url_citation: { url: 'https://a', title: 'A', start_index: 0, end_index: 2 },
    }
    expect(answer({ content: 'Hi', annotations: [note] }).output).toMatchObject([
      {
        content: [
          { annotations: [{ type: 'url_citation', url: 'https://a', title: 'A', start_index: 0, end_index: 2 }] },
        ],
      },
    ])
    expect(answer({ refusal: 'No.' }).output).toMatchObject([{ content: [{ type: 'refusal', refusal: 'No.' }] }])
    const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AAAA' } }
    expect(answer({ images: [image] }).output).toMatchObject([
      { type: 'image_generation_call', status: 'completed', result: 'AAAA', output_format: 'png' },
    ])
  })

  it('gives calls back to tools in namespaces and to custom tools', () => {
    const tools = [
      { type: 'custom', name: 'patch' },
      { type: 'namespace', name: 'agents', tools: [{ type: 'function', name: 'spawn' }] },
    ]
    const calls = [
      { id: 'c1', type: 'function' as const, function: { name: 'patch', arguments: '{"input":"a \\"b\\""}' } },
      { id: 'c2', type: 'function' as const, function: { name: 'agents__spawn', arguments: '' } },
    ]
    expect(answer({ tool_calls: calls }, 'tool_calls', { tools }).output).toMatchObject([
      { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: 'a "b"' },
      { type: 'function_call', call_id: 'c2', name: 'spawn', namespace: 'agents', arguments: '{}' },
    ])
  })
})

describe('what a provider wants back', () => {
  /** The assistant message of the next turn. */
  function nextTurn(output: readonly unknown[]) {
    const results = (output as { type: string; call_id?: string }[])
      .filter(({ type }) => type === 'function_call')
      .map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'x' }))
    const input = [{ role: 'user', content: 'Hi' }, ...output, ...results]
    const { messages } = responsesWire.decodeRequest(asParams({ input }), context)
    return messages[1]
  }

  const message = {
    content: 'I will look.',
    reasoning_content: 'I think.',
    thinking_blocks: [thinking, { type: 'redacted_thinking' as const, data: 'ZZ' }],
    tool_calls: [{ ...readCall, provider_specific_fields: { thought_signature: 'sig' } }],
    provider_specific_fields: { content_blocks: [{ type: 'text', text: 'Größe' }], stop_sequence: 'x' },
  }
  const expected = {
    role: 'assistant',
    ...message,
    provider_specific_fields: { content_blocks: [{ type: 'text', text: 'Größe' }] },
  }

  it('comes back with the items of an answer', () => {
    expect(nextTurn(answer(message, 'tool_calls').output)).toEqual(expected)
  })

  it('comes back with the items of a stream', () => {
    const events = stream(
      [
        { reasoning_content: 'I ' },
        { reasoning_content: 'think.' },
        { thinking_blocks: message.thinking_blocks, content: 'I will look.' },
        {
          tool_calls: [{ index: 0, ...readCall, provider_specific_fields: { thought_signature: 'sig' } }],
        },
        { provider_specific_fields: message.provider_specific_fields },
      ],
      'tool_calls',
    )
    const end = events.at(-1)
    const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []))
    expect(done).toEqual(end && 'response' in end ? end.response.output : undefined)
    expect(done.map(({ type }) => type)).toEqual(['reasoning', 'message', 'reasoning', 'function_call', 'reasoning'])
    expect(nextTurn(done)).toEqual(expected)
  })

  it('is left out with reasoning that a client made up', () => {
    const bad = ['llmux1.', 'llmux1.%%%', `llmux1.${btoa('[1]')}`, `llmux1.${btoa('{"blocks":7,"calls":null}')}`]
    for (const encrypted_content of bad) {
      const item = { type: 'reasoning', summary: [], encrypted_content }
      expect(nextTurn([item, { role: 'assistant', content: 'Hello' }])).toEqual({ role: 'assistant', content: 'Hello' })
    }
  })
})

describe('the stream of a bridged model', () => {
  it("has OpenAI's events in their order, numbered", () => {
    const events = stream(
      [
        { role: 'assistant', content: '' },
        { reasoning_content: 'I ' },
        { reasoning_content: 'think.' },
        { content: 'I will ' },
        { content: 'look.' },
        { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'read', arguments: '' } }] },
        { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
        { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
        { tool_calls: [{ index: 1, id: 'c2', type: 'function', function: { name: 'read', arguments: '' } }] },
      ],
      'tool_calls',
    )
    expect(types(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ])
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
    expect(events[1]).toMatchObject({ response: { status: 'in_progress', output: [], usage: null } })
    expect(events.at(-1)).toMatchObject({ response: { status: 'completed', usage: { total_tokens: 30 } } })
  })

  it('keeps calls apart whose arguments come interleaved', () => {
    const part = (index: number, args: string) => ({ tool_calls: [{ index, function: { arguments: args } }] })
    const begin = (index: number) => ({
      tool_calls: [{ index, id: `c${index}`, type: 'function' as const, function: { name: 'read' } }],
    })
    const events = stream([begin(0), part(0, '{"a"'), begin(1), part(1, '{"b"'), part(0, ':1}'), part(1, ':2}')])
    expect(events.at(-1)).toMatchObject({
      response: {
        output: [
          { call_id: 'c0', arguments: '{"a":1}' },
          { call_id: 'c1', arguments: '{"b":2}' },
        ],
      },
    })
  })

  it('gives the input of a custom tool as text', () => {
    const events = stream(
      [
        { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'patch', arguments: '{"input":' } }] },
        { tool_calls: [{ index: 0, function: { arguments: '"line\\n"}' } }] },
      ],
      'tool_calls',
      { tools: [{ type: 'custom', name: 'patch' }] },
    )
    expect(types(events).slice(2, -1)).toEqual([
      'output_item.added',
      'custom_tool_call_input.delta',
      'custom_tool_call_input.done',
      'output_item.done',
    ])
    expect(events[4]).toMatchObject({ input: 'line\n' })
  })

  it('gives positions of citations in their own text', () => {
    const note = (start_index: number, end_index: number) => ({
      annotations: [
        { type: 'url_citation' as const, url_citation: { url: 'https://a', title: 'A', start_index, end_index } },
      ],
    })
    const call = {
      tool_calls: [{ index: 0, id: 'c', type: 'function' as const, function: { name: 'f', arguments: '{}' } }],
    }
    const events = stream([{ content: 'Hello' }, note(0, 5), call, { content: 'world' }, note(5, 10)])
    const cited = events.filter(({ type }) => type === 'response.output_text.annotation.added')
    expect(cited).toMatchObject([
      { annotation_index: 0, output_index: 0, annotation: { start_index: 0, end_index: 5 } },
      { annotation_index: 0, output_index: 2, annotation: { start_index: 0, end_index: 5 } },
    ])
  })
})

describe.each([
  ['the openai package', OpenAI],
  ['its newest version', NewestOpenAI as unknown as typeof OpenAI],
])('%s', (_, Client) => {
  /** A client whose every request gets these events. */
  const clientOf = (events: readonly ResponsesEvent[]) =>
    new Client({
      apiKey: 'k',
      maxRetries: 0,
      fetch: async () =>
        new Response(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''), {
          headers: { 'content-type': 'text/event-stream' },
        }),
    })
  const request = { model: 'asked', input: 'Hi', stream: true as const }

  it('puts the stream together to the answer that is not streamed', async () => {
    const tools = [{ type: 'custom' as const, name: 'patch' }]
    const calls = [
      readCall,
      { id: 'c2', type: 'function' as const, function: { name: 'patch', arguments: '{"input":"x"}' } },
    ]
    const whole = answer(
      { content: 'I will look.', reasoning_content: 'I think.', thinking_blocks: [thinking], tool_calls: calls },
      'tool_calls',
      { tools },
    )
    const events = stream(
      [
        { reasoning_content: 'I ' },
        { reasoning_content: 'think.' },
        { thinking_blocks: [thinking] },
        { content: 'I will ' },
        { content: 'look.' },
        { tool_calls: [{ index: 0, ...readCall, function: { name: 'read', arguments: '{"path"' } }] },
        { tool_calls: [{ index: 0, function: { arguments: ':"a"}' } }] },
        { tool_calls: [{ index: 1, ...calls[1], function: { name: 'patch', arguments: '{"input":"x"}' } } as never] },
      ],
      'tool_calls',
      { tools },
    )
    const final = await clientOf(events)
      .responses.stream({ ...request, tools })
      .finalResponse()
    const { output_text, ...rest } = JSON.parse(JSON.stringify(whole)) as Record<string, unknown>
    expect(final).toMatchObject({ ...rest, output: whole.output.map(({ type, id }) => ({ type, id })) })
    expect(final.output_text).toBe(output_text)
    const items = (list: readonly unknown[]) => list.map((item) => ({ ...(item as object), parsed_arguments: 0 }))
    expect(JSON.parse(JSON.stringify(items(final.output)))).toMatchObject(items(whole.output))
  })
})
