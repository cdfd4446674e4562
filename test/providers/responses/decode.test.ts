import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { decode, streamOf } from './helpers.js'

/** Written from https://platform.openai.com/docs/api-reference/responses/object. */
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1_700_000_001,
  status: 'completed',
  model: 'gpt-5-codex-2025',
  service_tier: 'default',
  incomplete_details: null,
  error: null,
  output: [
    {
      type: 'reasoning',
      id: 'rs_1',
      summary: [
        { type: 'summary_text', text: 'First.' },
        { type: 'summary_text', text: 'Then.' },
      ],
      encrypted_content: 'secret',
    },
    { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } },
    {
      type: 'web_search_call',
      id: 'ws_2',
      status: 'completed',
      action: { type: 'open_page', url: 'https://a.example' },
    },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      phase: 'commentary',
      content: [{ type: 'output_text', text: 'Looking.', annotations: [] }],
    },
    {
      type: 'message',
      id: 'msg_2',
      role: 'assistant',
      status: 'completed',
      content: [
        {
          type: 'output_text',
          text: 'Found.',
          annotations: [
            { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 5 },
            { type: 'file_citation', file_id: 'file_1', filename: 'a.txt', index: 3 },
          ],
        },
      ],
    },
    { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"a":1}', status: 'completed' },
    { type: 'custom_tool_call', id: 'ct_1', call_id: 'call_2', name: 'c', input: 'free text' },
    { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'AAAA' },
  ],
  usage: {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 40 },
    output_tokens: 30,
    output_tokens_details: { reasoning_tokens: 20 },
    total_tokens: 130,
  },
}

describe('a response as a chat answer', () => {
  it('keeps unknown fields, except those that repeat the request', () => {
    const { provider_specific_fields: kept } = decode({
      ...response,
      tools: [],
      store: true,
      field_of_tomorrow: { a: 1 },
    })
    expect(kept).toEqual({ field_of_tomorrow: { a: 1 } })
  })

  it('has text, reasoning, calls, images, citations, usage and the items for the next turn', () => {
    const answer = decode(response)
    expect(answer).toEqual({
      id: 'resp_1',
      object: 'chat.completion',
      created: 1_700_000_001,
      model: 'gpt-5-codex-2025',
      service_tier: 'default',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          native_finish_reason: 'completed',
          logprobs: null,
          message: {
            role: 'assistant',
            content: 'Looking.\n\nFound.',
            refusal: null,
            reasoning_content: 'First.\n\nThen.',
            annotations: [
              {
                type: 'url_citation',
                url_citation: { url: 'https://a.example', title: 'A', start_index: 10, end_index: 15 },
              },
            ],
            images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
              { id: 'call_2', type: 'custom', custom: { name: 'c', input: 'free text' } },
            ],
            provider_specific_fields: {
              annotations: [{ type: 'file_citation', file_id: 'file_1', filename: 'a.txt', index: 3 }],
              output_items: response.output,
              output_items_of: 'openai',
            },
          },
        },
      ],
      usage: {
        prompt_tokens: 100,
        completion_tokens: 30,
        total_tokens: 130,
        prompt_tokens_details: { cached_tokens: 40 },
        completion_tokens_details: { reasoning_tokens: 20 },
        server_tool_use: { web_search_requests: 1 },
      },
    })
  })

  it('has the reason for its end', () => {
    const cut = (reason: string) =>
      decode({ ...response, output: [], status: 'incomplete', incomplete_details: { reason } })
    expect(cut('max_output_tokens').choices[0]).toMatchObject({
      finish_reason: 'length',
      native_finish_reason: 'max_output_tokens',
    })
    expect(cut('content_filter').choices[0]?.finish_reason).toBe('content_filter')
  })

  it('keeps no items if the message is complete without them', () => {
    const { choices } = decode({ ...response, output: [{ ...response.output[4], phase: 'final_answer' }] })
    expect(choices[0]?.message.provider_specific_fields).not.toHaveProperty('output_items')
  })

  it('has a refusal in its place', () => {
    const refusal = { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] }
    expect(decode({ ...response, output: [refusal] }).choices[0]?.message).toMatchObject({
      content: null,
      refusal: 'No.',
    })
  })

  it('is an error if the response failed', () => {
    const failed = {
      ...response,
      status: 'failed',
      output: [],
      error: { code: 'rate_limit_exceeded', message: 'Slow down.' },
    }
    for (const body of [failed, { error: { message: 'x' } }, { nothing: 1 }, 'text', null]) {
      expect(() => decode(body)).toThrow(ProviderFault)
    }
  })
})

describe('a stream of the Responses API as chunks', () => {
  const at = (output_index: number, type: string, more: object) => ({ type: `response.${type}`, output_index, ...more })
  const open = { type: 'response.created', response: { ...response, status: 'in_progress', output: [], usage: null } }
  const done = response.output.map((item, index) => at(index, 'output_item.done', { item }))

  it('makes the same answer of whole items as of the whole response', () => {
    for (const events of [
      [open, ...done, { type: 'response.completed', response }],
      // some hosts send the items with the last event only, or leave them out there
      [open, { type: 'response.completed', response }],
      [open, ...done, { type: 'response.completed', response: { ...response, output: [] } }],
    ]) {
      const { answer, whole } = streamOf(events)
      expect(whole).toBe(true)
      expect(answer).toEqual(decode({ ...response, output: response.output }))
    }
  })

  it('hands text, reasoning and arguments over as they come, and not again when they are whole', () => {
    const { chunks, answer } = streamOf([
      open,
      at(0, 'output_item.added', { item: { type: 'reasoning', id: 'rs_1', summary: [] } }),
      at(0, 'reasoning_summary_part.added', { summary_index: 0 }),
      at(0, 'reasoning_summary_text.delta', { summary_index: 0, delta: 'First.' }),
      at(0, 'reasoning_summary_part.added', { summary_index: 1 }),
      at(0, 'reasoning_summary_text.delta', { summary_index: 1, delta: 'Then.' }),
      at(0, 'output_item.done', { item: response.output[0] }),
      at(1, 'output_text.delta', { delta: 'Loo' }),
      at(1, 'output_text.delta', { delta: 'king.' }),
      at(1, 'output_item.done', { item: response.output[3] }),
      at(2, 'output_item.added', { item: { ...response.output[5], arguments: '' } }),
      at(2, 'function_call_arguments.delta', { delta: '{"a"' }),
      at(2, 'function_call_arguments.delta', { delta: ':1}' }),
      at(2, 'output_item.done', { item: response.output[5] }),
      { type: 'response.completed', response: { ...response, output: [] } },
    ])
    expect(chunks.map(({ choices }) => choices[0]?.delta.reasoning_content).filter(Boolean)).toEqual([
      'First.',
      '\n\nThen.',
    ])
    expect(answer.choices[0]?.message).toMatchObject({
      content: 'Looking.',
      reasoning_content: 'First.\n\nThen.',
      tool_calls: [{ id: 'call_1', function: { name: 'f', arguments: '{"a":1}' } }],
    })
    expect(chunks.filter(({ choices }) => choices[0]?.delta.role).length).toBe(1)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 130 } })
  })

  it('counts citations from the beginning of the whole text, whichever part they are in', () => {
    const note = (title: string) => ({
      type: 'url_citation',
      url: 'https://a.example',
      title,
      start_index: 1,
      end_index: 3,
    })
    const parts = ['One.', 'Three.'].map((text) => ({ type: 'output_text', text, annotations: [note(text)] }))
    const before = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Zero', annotations: [] }],
    }
    const whole = { ...response, output: [before, { type: 'message', role: 'assistant', content: parts }] }
    const said = [
      open,
      at(0, 'output_text.delta', { content_index: 0, delta: 'Zero' }),
      at(0, 'output_item.done', { item: before }),
      ...parts.flatMap(({ text }, content_index) => [
        at(1, 'output_text.delta', { content_index, delta: text.slice(0, 2) }),
        at(1, 'output_text.delta', { content_index, delta: text.slice(2) }),
      ]),
    ]
    const notes = parts.map(({ annotations: [annotation] }, content_index) =>
      at(1, 'output_text.annotation.added', { content_index, annotation_index: 0, annotation }),
    )
    const last = [at(1, 'output_item.done', { item: whole.output[1] }), { type: 'response.completed', response: whole }]
    const expected = decode(whole).choices[0]?.message
    expect(expected?.annotations?.map(({ url_citation: { start_index: start } }) => start)).toEqual([7, 11])
    for (const events of [
      [...said, ...notes, ...last],
      [...said, ...last],
      [open, ...last.slice(1)],
    ]) {
      expect(streamOf(events).answer.choices[0]?.message).toEqual(expected)
    }
  })

  it('was cut without a last event', () => {
    expect(streamOf([open, ...done]).whole).toBe(false)
  })

  it('is an error if an event is one, in both its shapes', () => {
    const error = { code: 'server_error', message: 'Broken.' }
    for (const event of [
      { type: 'error', error },
      { type: 'error', ...error },
      { type: 'response.failed', response: { ...response, status: 'failed', error } },
    ]) {
      expect(() => streamOf([open, event])).toThrow(ProviderFault)
    }
  })
})

it('numbers that no output has cost nothing, and keep their order', () => {
  const message = (text: string) => ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] })
  const { answer, whole } = streamOf([
    { type: 'response.output_text.delta', output_index: 4_294_967_294, delta: 'hi' },
    { type: 'response.output_item.done', output_index: 4_294_967_294, item: message('hi') },
    { type: 'response.output_item.done', output_index: 1, item: { type: 'reasoning', id: 'rs_1', summary: [] } },
    { type: 'response.completed', response: { id: 'r', status: 'completed', output: [] } },
  ])
  expect(whole).toBe(true)
  expect(answer.choices[0]?.message.content).toBe('hi')
  const kept = answer.choices[0]?.message.provider_specific_fields?.output_items
  expect(kept).toMatchObject([{ type: 'reasoning' }, { type: 'message' }])
})

describe('an answer with commentary', () => {
  const message = (phase: string, text: string) => ({
    type: 'message',
    role: 'assistant',
    phase,
    content: [{ type: 'output_text', text, annotations: [] }],
  })
  const output = [message('commentary', 'Let me see.'), message('final_answer', '{"a":1}')]
  const body = { id: 'r', object: 'response', created_at: 1, model: 'm', status: 'completed', output }
  const events = [
    { type: 'response.created', response: { ...body, status: 'in_progress', output: [] } },
    ...output.flatMap((item, output_index) => [
      { type: 'response.output_item.added', output_index, item: { ...item, content: [] } },
      { type: 'response.output_text.delta', output_index, content_index: 0, delta: item.content[0]?.text },
      { type: 'response.output_item.done', output_index, item },
    ]),
    { type: 'response.completed', response: body },
  ]

  it('has it in the text, in front', () => {
    expect(decode(body).choices[0]?.message.content).toBe('Let me see.\n\n{"a":1}')
    expect(streamOf(events).answer.choices[0]?.message.content).toBe('Let me see.\n\n{"a":1}')
  })

  it('is the JSON alone if JSON was asked for, and keeps the commentary for the next turn', () => {
    const state = { json: true }
    for (const { choices } of [decode(body, state), streamOf(events, state).answer]) {
      expect(choices[0]?.message.content).toBe('{"a":1}')
      expect(choices[0]?.message.provider_specific_fields).toMatchObject({ output_items: output })
    }
  })

  it('is the commentary if there is nothing else', () => {
    expect(decode({ ...body, output: output.slice(0, 1) }, { json: true }).choices[0]?.message.content).toBe(
      'Let me see.',
    )
  })
})

describe('an answer that ends early', () => {
  it.each([
    ['max_output_tokens', 'length'],
    ['max_messages', 'length'],
    ['content_filter', 'content_filter'],
    ['steered', 'stop'],
    ['a_new_limit', 'length'],
  ])('for %s has the finish reason %s', (reason, finish) => {
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'Hel' }] }]
    const body = { id: 'r', output, status: 'incomplete', incomplete_details: { reason } }
    expect(decode(body).choices[0]).toMatchObject({ finish_reason: finish, native_finish_reason: reason })
  })
})

describe('a response without an answer', () => {
  it.each(['cancelled', 'queued', 'in_progress'])('is a failure if its status is %s', (status) => {
    expect(() => decode({ id: 'r', output: [], status })).toThrow(ProviderFault)
  })
})

describe('a failure in a stream', () => {
  const failed = { type: 'response.failed', response: { status: 'failed', error: null, output: [] } }

  it('without its error waits for the event with the error', () => {
    const error = { type: 'error', error: { code: 'too_many_requests', message: 'Too Many Requests' } }
    expect(() => streamOf([failed, error])).toThrow(expect.objectContaining({ body: { error: error.error } }))
  })

  it('without any error is a failure at the end', () => {
    expect(() => streamOf([failed])).toThrow(ProviderFault)
  })
})

describe('a call of a tool', () => {
  it('has the name of the caller, and an object for empty arguments', () => {
    const output = [{ type: 'function_call', call_id: 'call_1', name: 'fs_read', arguments: '' }]
    const body = { id: 'r', output, status: 'completed' }
    const events = [{ type: 'response.completed', response: body }]
    const state = { json: false, names: { fs_read: 'fs.read' } }
    for (const { choices } of [decode(body, state), streamOf(events, state).answer]) {
      expect(choices[0]?.message.tool_calls).toEqual([
        { id: 'call_1', type: 'function', function: { name: 'fs.read', arguments: '{}' } },
      ])
    }
  })
})

describe('usage', () => {
  it('keeps cache writes by their lifetime', () => {
    const usage = {
      input_tokens: 100,
      output_tokens: 1,
      input_tokens_details: {
        cached_tokens: 0,
        cache_write_tokens: 90,
        cache_write_tokens_details: { ttl_30m_tokens: 30, ttl_12h_tokens: 60 },
      },
    }
    expect(decode({ id: 'r', output: [], status: 'completed', usage }).usage?.prompt_tokens_details).toEqual({
      cached_tokens: 0,
      cache_creation_tokens: 90,
      cache_creation_token_details: { ephemeral_30m_input_tokens: 30, ephemeral_12h_input_tokens: 60 },
    })
  })
})
