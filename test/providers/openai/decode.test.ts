import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { answer, type Body, decode, messageOf } from './helpers.js'

const call = (more: Body = {}) => ({
  id: 'call_1',
  type: 'function',
  function: { name: 'f', arguments: '{}' },
  ...more,
})

describe('an answer of OpenAI', () => {
  // https://platform.openai.com/docs/api-reference/chat/object, all of it seen in recordings
  const body = answer(
    { content: 'Hi.', refusal: null, annotations: [] },
    { logprobs: { content: [{ token: 'Hi', bytes: [72, 105], logprob: -0.1, top_logprobs: [] }], refusal: null } },
    {
      usage: {
        prompt_tokens: 9,
        completion_tokens: 2,
        total_tokens: 11,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      service_tier: 'default',
      system_fingerprint: 'fp_1',
    },
  )

  it('comes out as it went in', () => {
    const [choice] = body.choices as Body[]
    expect(decode(body)).toEqual({
      ...body,
      choices: [
        { ...choice, message: { role: 'assistant', content: 'Hi.', refusal: null }, native_finish_reason: 'stop' },
      ],
    })
  })

  it('has nothing that is not there', () => {
    const { message, ...choice } = decode(answer({ content: 'Hi.' })).choices[0] ?? {}
    expect(Object.keys(message ?? {})).toEqual(['role', 'content', 'refusal'])
    expect(Object.keys(choice)).toEqual(['index', 'finish_reason', 'logprobs', 'native_finish_reason'])
    expect(Object.keys(decode(answer({})))).toEqual(['id', 'object', 'created', 'model', 'choices'])
  })

  it('may have several choices, in any order', () => {
    const choices = [1, 0].map((index) => ({ index, message: { content: `${index}` }, finish_reason: 'stop' }))
    expect(decode(answer({}, {}, { choices })).choices.map(({ message }) => message.content)).toEqual(['1', '0'])
  })

  it.each([
    ['no choice', []],
    ['choices that are none', ['noise', null]],
    ['a choice without a message', [{ index: 0 }]],
    ['a choice that stopped without a message', [{ index: 0, finish_reason: 'stop' }]],
  ])('is invalid with %s', (_, choices) => {
    expect(() => decode(answer({}, {}, { choices }))).toThrow(ProviderFault)
  })

  it('is an error if it ends with the word', () => {
    const ended = () => decode(answer({ content: 'Half of it' }, { finish_reason: 'error' }))
    expect(ended).toThrow(ProviderFault)
  })

  it('takes the message of a completion for the text of a choice', () => {
    expect(decode(answer({}, {}, { choices: [{ text: 'Hi' }] })).choices[0]?.message.content).toBe('Hi')
  })

  it('may refuse, call a function, and speak', () => {
    expect(messageOf({ content: null, refusal: 'No.' })).toEqual({ role: 'assistant', content: null, refusal: 'No.' })
    expect(messageOf({ function_call: { name: 'f', arguments: '{"a":1}' } })?.function_call).toEqual({
      name: 'f',
      arguments: '{"a":1}',
    })
    const audio = { id: 'audio_1', data: 'UklGRg==', expires_at: 1, transcript: 'Hi' }
    expect(messageOf({ content: null, audio })?.audio).toEqual(audio)
    expect(messageOf({ content: null, audio: null })).not.toHaveProperty('audio')
  })

  it('may call custom tools', () => {
    const custom = { id: 'call_1', type: 'custom', custom: { name: 'sql', input: 'select 1' } }
    expect(messageOf({ tool_calls: [custom] })?.tool_calls).toEqual([custom])
  })

  it('may cite pages', () => {
    const note = {
      type: 'url_citation',
      url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 },
    }
    expect(messageOf({ content: 'Hi', annotations: [note] })?.annotations).toEqual([note])
  })
})

describe('differences of hosts', () => {
  it('gets missing fields', () => {
    const body = { choices: [{ message: { content: 'Hi' } }, { message: { content: 'Ho' } }] }
    expect(decode(body)).toMatchObject({
      id: 'chatcmpl-fallback',
      object: 'chat.completion',
      created: 1700000000,
      model: 'asked',
      choices: [
        { index: 0, finish_reason: 'stop', logprobs: null, message: { role: 'assistant', refusal: null } },
        { index: 1 },
      ],
    })
    expect(decode(body).choices[0]).not.toHaveProperty('native_finish_reason')
    expect(decode({ ...body, id: '', created: 0, model: '' })).toMatchObject({
      id: 'chatcmpl-fallback',
      created: 1700000000,
      model: 'asked',
    })
    expect(decode({ ...body, created: 1700000001.7 }).created).toBe(1700000001)
  })

  it('is read: a null field is an absent one', () => {
    const nulls = {
      content: 'Hi',
      refusal: null,
      tool_calls: null,
      function_call: null,
      audio: null,
      reasoning: null,
      reasoning_content: null,
      annotations: null,
      images: null,
      prefix: null,
    }
    const body = answer(
      nulls,
      { logprobs: null, stop_reason: null },
      { usage: null, service_tier: null, system_fingerprint: null, prompt_logprobs: null, kv_transfer_params: null },
    ) // as vLLM sends them
    expect(decode(body)).toEqual(decode(answer({ content: 'Hi' })))
  })

  it('is read: content as a list of parts, with the thinking of Mistral', () => {
    // https://docs.mistral.ai/capabilities/reasoning, seen in recordings
    const content = [
      {
        type: 'thinking',
        thinking: [
          { type: 'text', text: 'Think' },
          { type: 'text', text: 'ing.' },
        ],
      },
      { type: 'text', text: 'Hi ' },
      { type: 'text', text: 'there.' },
    ]
    expect(messageOf({ content })).toEqual({
      role: 'assistant',
      content: 'Hi there.',
      refusal: null,
      reasoning_content: 'Thinking.',
    })
    expect(messageOf({ content: [] })?.content).toBeNull()
  })

  it.each(['reasoning', 'reasoning_content'])('is read: reasoning under %s', (name) => {
    expect(messageOf({ content: 'Hi', [name]: 'Hm.' })?.reasoning_content).toBe('Hm.')
    expect(messageOf({ content: 'Hi', [name]: '' })).not.toHaveProperty('reasoning_content')
  })

  it('is read once if both names are sent', () => {
    const message = messageOf({ content: 'Hi', reasoning: 'Hm.', reasoning_content: 'Hm.' })
    expect(message).toEqual({ role: 'assistant', content: 'Hi', refusal: null, reasoning_content: 'Hm.' })
  })

  it('is kept: the details of reasoning, and whatever else is new, at its level', () => {
    const body = answer(
      { content: 'Hi', reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }], novelty: 1 },
      { stop_reason: 2, content_filter_results: { hate: { filtered: false } } },
      { provider: 'Acme', prompt_filter_results: [{ prompt_index: 0 }], x_groq: { id: 'req_1' } },
    )
    const { provider_specific_fields, choices } = decode(body)
    expect(provider_specific_fields).toEqual({
      provider: 'Acme',
      prompt_filter_results: [{ prompt_index: 0 }],
      x_groq: { id: 'req_1' },
    })
    expect(choices[0]?.provider_specific_fields).toEqual({
      stop_reason: 2,
      content_filter_results: { hate: { filtered: false } },
    })
    expect(choices[0]?.message.provider_specific_fields).toEqual({
      reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }],
      novelty: 1,
    })
  })

  it('is read: tool calls without ids, with arguments that are objects, and lists that are none', () => {
    const calls = [
      { function: { name: 'f', arguments: { a: 1 } } },
      { id: 7, type: 'function', function: { name: 'g' } },
      { id: '', type: 'function', function: { name: 'h', arguments: null } },
      'noise',
    ]
    const read = messageOf({ content: null, tool_calls: calls })?.tool_calls
    expect(read).toEqual([
      { id: 'call_chatcmpl-fallback_0_0', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
      { id: '7', type: 'function', function: { name: 'g', arguments: '{}' } },
      { id: 'call_chatcmpl-fallback_0_2', type: 'function', function: { name: 'h', arguments: '{}' } },
    ])
    // Hugging Face's TGI 2 gives a single call without a list around it
    expect(messageOf({ tool_calls: call() })?.tool_calls).toEqual([call()])
    expect(messageOf({ content: 'Hi', tool_calls: [] })).not.toHaveProperty('tool_calls')
  })

  it('keeps fields of a host on a call', () => {
    const extra_content = { google: { thought_signature: 'EqAB' } }
    expect(messageOf({ tool_calls: [call({ extra_content, index: 0 })] })?.tool_calls).toEqual([
      call({ provider_specific_fields: { extra_content } }),
    ])
  })

  it('is read: images, and notes that cite no page', () => {
    // https://openrouter.ai/docs/features/multimodal/image-generation and …/pdfs, the first seen in recordings
    const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]
    const cited = { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A' } }
    const file = { type: 'file', file: { hash: 'h', name: 'a.pdf' } }
    expect(messageOf({ content: 'Hi', images, annotations: [cited, file] })).toMatchObject({
      images,
      annotations: [cited],
      provider_specific_fields: { annotations: [file] },
    })
  })

  it('is read: the sources of Perplexity, and kept', () => {
    // https://docs.perplexity.ai/api-reference/chat-completions-post, seen in recordings
    const search_results = [{ title: 'Etna', url: 'https://a.example', date: '2025-01-01' }]
    const { choices, provider_specific_fields } = decode(
      answer({ content: 'High [1].' }, {}, { citations: ['https://a.example', 'https://b.example'], search_results }),
    )
    expect(choices[0]?.message.annotations).toEqual([
      { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'Etna', start_index: 0, end_index: 0 } },
    ])
    expect(provider_specific_fields).toMatchObject({ search_results })
    const older = decode(answer({ content: 'High [1].' }, {}, { citations: ['https://b.example', 'a note'] }))
    expect(older.choices[0]?.message.annotations?.map(({ url_citation }) => url_citation.url)).toEqual([
      'https://b.example',
    ])
  })

  it('is read: a choice of Azure that its filter has emptied', () => {
    // seen in recordings
    const filtered = {
      index: 0,
      finish_reason: 'content_filter',
      content_filter_results: { violence: { filtered: true, severity: 'high' } },
    }
    expect(decode(answer({}, {}, { choices: [filtered] })).choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: null, refusal: null },
      finish_reason: 'content_filter',
      native_finish_reason: 'content_filter',
      logprobs: null,
      provider_specific_fields: { content_filter_results: filtered.content_filter_results },
    })
  })
})

describe('a host that has a field for everything', () => {
  // recorded of Snowflake
  const empty = {
    function_call: { name: '', arguments: '' },
    audio: { id: '', data: '', transcript: '', expires_at: 0 },
  }

  it('adds no empty fields', () => {
    expect(messageOf({ content: 'Hi', ...empty })).toEqual({ role: 'assistant', content: 'Hi', refusal: null })
  })

  it('has a finish reason for tools without a word of the host', () => {
    const custom = { name: '', input: '' }
    const [choice] = decode(answer({ ...empty, tool_calls: [call({ custom })] }, { finish_reason: '' })).choices
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: [call()] } })
    expect(choice).not.toHaveProperty('native_finish_reason')
  })
})

describe('a finish reason', () => {
  const tool_calls = [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }]
  const function_call = { name: 'f', arguments: '{}' }

  it.each([
    ['stop', 'stop', {}],
    ['length', 'length', {}],
    ['tool_calls', 'tool_calls', { tool_calls }],
    ['content_filter', 'content_filter', {}],
    ['function_call', 'function_call', { function_call }],
    ['eos', 'stop', {}],
    ['eos_token', 'stop', {}],
    ['end_turn', 'stop', {}],
    ['stop_sequence', 'stop', {}],
    ['max_tokens', 'length', {}],
    ['MAX_TOKENS', 'length', {}],
    ['model_length', 'length', {}],
    ['tool_use', 'tool_calls', { tool_calls }],
    ['SAFETY', 'content_filter', {}],
    ['something_new', 'stop', {}],
    // the reason agrees with the message
    ['stop', 'tool_calls', { tool_calls }],
    ['something_new', 'tool_calls', { tool_calls }],
    ['stop', 'function_call', { function_call }],
    ['tool_calls', 'stop', {}],
    ['tool_calls', 'stop', { tool_calls: [] }],
    ['function_call', 'tool_calls', { tool_calls }],
    // limits and filters win
    ['length', 'length', { tool_calls }],
    ['content_filter', 'content_filter', { tool_calls }],
  ])('%s becomes %s with %j, and keeps its name', (native, finish, message) => {
    expect(decode(answer(message, { finish_reason: native })).choices[0]).toMatchObject({
      finish_reason: finish,
      native_finish_reason: native,
    })
  })

  it.each([
    ['max_tokens', 'length'],
    ['stop', 'stop'],
  ])('%s is read in the finish_details of older models', (type, finish) => {
    const choice = { index: 0, message: { content: 'Hi' }, finish_details: { type } }
    expect(decode(answer({}, {}, { choices: [choice] })).choices[0]?.finish_reason).toBe(finish)
  })

  it('keeps the name of the provider behind the host', () => {
    expect(decode(answer({}, { native_finish_reason: 'end_turn' })).choices[0]).toMatchObject({
      finish_reason: 'stop',
      native_finish_reason: 'end_turn',
    })
  })
})

describe('an answer that is none', () => {
  it.each([[null], ['text'], [[]], [5], [{}], [{ choices: {} }], [{ id: 'x' }]])('is a fault: %j', (body) => {
    expect(() => decode(body)).toThrow(ProviderFault)
    expect(() => decode(body)).toThrow(expect.objectContaining({ body: undefined }))
  })

  it.each([
    // seen in recordings of OpenRouter
    [{ error: { message: 'Internal Server Error', code: 500 }, user_id: 'user_1' }],
    [{ error: { message: 'Upstream failed', code: 502 }, choices: [] }],
    [{ error: 'no' }],
    // of documentation: https://docs.vllm.ai, https://docs.mistral.ai
    [{ object: 'error', message: 'no', type: 'BadRequestError', code: 400 }],
    [{ message: 'no' }],
    [{ detail: 'Not Found' }],
  ])('but an error hands the error on: %j', (body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ name: 'ProviderFault', body }))
  })

  it('hands on the error of a choice that has nothing else', () => {
    // https://openrouter.ai/docs/api-reference/errors
    const failed = { index: 0, message: { content: '' }, finish_reason: 'error', error: { code: 502, message: 'gone' } }
    expect(() => decode(answer({}, {}, { choices: [failed] }))).toThrow(expect.objectContaining({ body: failed }))
  })
})
