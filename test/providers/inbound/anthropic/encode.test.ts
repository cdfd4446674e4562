import { describe, expect, it } from 'vitest'
import { anthropicWire } from '../../../../providers/inbound/anthropic/index.js'
import { seal } from '../../../../providers/inbound/seal.js'
import type { AnswerMessage, ChatCompletion, Choice } from '../../../../src/types/chat.js'
import type { Warning } from '../../../../src/types/meta.js'

const request = { model: 'wise', max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] }

function encode(message: Partial<AnswerMessage>, more: Partial<Choice> = {}, answer: Partial<ChatCompletion> = {}) {
  const warnings: Warning[] = []
  const context = { model: 'wise', created: 1, id: 'a1', warn: (warning: Warning) => warnings.push(warning) }
  const choice: Choice = {
    index: 0,
    message: { role: 'assistant', content: null, refusal: null, ...message },
    finish_reason: 'stop',
    logprobs: null,
    ...more,
  }
  const whole = { id: 'x', object: 'chat.completion' as const, created: 1, model: 'up', choices: [choice], ...answer }
  return { message: anthropicWire.encodeAnswer(whole, request, context), warnings }
}

describe('an answer', () => {
  it('is a message with text and usage', () => {
    const { message } = encode(
      { content: 'Hi.' },
      {},
      {
        service_tier: 'default',
        usage: {
          prompt_tokens: 100,
          completion_tokens: 7,
          total_tokens: 107,
          prompt_tokens_details: {
            cached_tokens: 60,
            cache_creation_tokens: 30,
            cache_creation_token_details: { ephemeral_5m_input_tokens: 30 },
          },
          completion_tokens_details: { reasoning_tokens: 3 },
          server_tool_use: { web_search_requests: 2 },
        },
      },
    )
    expect(message).toEqual({
      id: 'msg_a1',
      type: 'message',
      role: 'assistant',
      model: 'wise',
      content: [{ type: 'text', text: 'Hi.', citations: null }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 60,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 0 },
        output_tokens: 7,
        output_tokens_details: { thinking_tokens: 3 },
        server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
        service_tier: 'standard',
        inference_geo: null,
        speed: null,
      },
    })
  })

  it('has thinking first, then text, then calls with parsed input', () => {
    const { message } = encode(
      {
        content: 'I look.',
        reasoning_content: 'Hm.',
        thinking_blocks: [
          { type: 'thinking', thinking: 'Hm.', signature: 'EqM=' },
          { type: 'redacted_thinking', data: 'EmQ=' },
        ],
        tool_calls: [
          { id: 't1', type: 'function', function: { name: 'look', arguments: '{"at":"door"}' } },
          { id: 't2', type: 'function', function: { name: 'look', arguments: '{"at":"wall",}' } },
          { id: 't3', type: 'custom', custom: { name: 'say', input: 'hey' } },
        ],
      },
      { finish_reason: 'tool_calls' },
    )
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: 'EqM=' },
      { type: 'redacted_thinking', data: 'EmQ=' },
      { type: 'text', text: 'I look.', citations: null },
      { type: 'tool_use', id: 't1', name: 'look', input: { at: 'door' }, caller: { type: 'direct' } },
      { type: 'tool_use', id: 't2', name: 'look', input: { at: 'wall' }, caller: { type: 'direct' } },
      { type: 'tool_use', id: 't3', name: 'say', input: { input: 'hey' }, caller: { type: 'direct' } },
    ])
    expect(message.stop_reason).toBe('tool_use')
  })

  it('signs reasoning that has no signature, so that clients return it', () => {
    const { message } = encode({ content: 'Hi.', reasoning_content: 'Hm.' })
    expect(message.content[0]).toEqual({ type: 'thinking', thinking: 'Hm.', signature: seal({}) })
  })

  it('carries what its provider wants back, behind everything a reader looks at', () => {
    const fields = {
      output_items: [{ type: 'reasoning', encrypted_content: 'x' }],
      output_items_of: 'openai',
      other: 1,
    }
    const { message } = encode({
      content: 'Hi.',
      provider_specific_fields: fields,
      tool_calls: [
        {
          id: 't1',
          type: 'function',
          function: { name: 'f', arguments: '' },
          provider_specific_fields: { thought_signature: 'g' },
        },
      ],
    })
    const { other: _, ...kept } = fields
    expect(message.content).toEqual([
      { type: 'text', text: 'Hi.', citations: null },
      { type: 'thinking', thinking: '', signature: seal({ call: { thought_signature: 'g' } }) },
      { type: 'tool_use', id: 't1', name: 'f', input: {}, caller: { type: 'direct' } },
      { type: 'thinking', thinking: '', signature: seal({ message: kept }) },
    ])
  })

  it('gives back the blocks of a Claude behind another host', () => {
    const blocks = [
      { type: 'text', text: 'a' },
      { type: 'server_tool_use', id: 's' },
      { type: 'text', text: 'b' },
    ]
    expect(encode({ content: 'ab', provider_specific_fields: { content_blocks: blocks } }).message.content).toEqual(
      blocks,
    )
  })

  it('cites pages', () => {
    const url_citation = { url: 'https://x', title: 'X', start_index: 0, end_index: 3, content: 'cited' }
    const { message } = encode({ content: 'Yes', annotations: [{ type: 'url_citation', url_citation }] })
    expect(message.content[0]).toMatchObject({
      citations: [
        { type: 'web_search_result_location', url: 'https://x', title: 'X', cited_text: 'cited', encrypted_index: '' },
      ],
    })
  })

  it('warns of images and audio, which the API has no blocks for', () => {
    const { warnings } = encode({
      content: 'See',
      images: [{ type: 'image_url', image_url: 'data:image/png;base64,AA' }],
    })
    expect(warnings).toMatchObject([
      { type: 'dropped', message: 'Left out: answers of the Messages API hold no images.' },
    ])
  })

  it.each([
    [{ finish_reason: 'length' }, {}, { stop_reason: 'max_tokens' }],
    [{ finish_reason: 'stop', native_finish_reason: 'pause_turn' }, {}, { stop_reason: 'pause_turn' }],
    [
      { finish_reason: 'length', native_finish_reason: 'model_context_window_exceeded' },
      {},
      { stop_reason: 'model_context_window_exceeded' },
    ],
    [
      { finish_reason: 'stop' },
      { provider_specific_fields: { stop_sequence: 'END' } },
      { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    ],
    [
      { finish_reason: 'content_filter' },
      { refusal: 'I can not.' },
      {
        stop_reason: 'refusal',
        stop_details: { type: 'refusal', category: null, explanation: 'I can not.' },
        content: [{ type: 'text', text: 'I can not.' }],
      },
    ],
  ] as const)('ended with %j has its stop reason', (choice, message, expected) => {
    expect(encode(message as Partial<AnswerMessage>, choice as Partial<Choice>).message).toMatchObject(expected)
  })
})
