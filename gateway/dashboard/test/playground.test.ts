import { describe, expect, it } from 'vitest'
import { formField, modelBody } from '../src/pages/models/deployment.ts'
import { addChunk, emptyAnswer, eventReader } from '../src/pages/playground/stream.ts'
import { messagesOf } from '../src/pages/playground/turns.ts'

describe('the stream of the playground', () => {
  it('reads events that are cut anywhere', () => {
    const text = 'data: {"a":1}\n\n: comment\n\ndata: {"b":2}\r\n\r\ndata: [DONE]\n\n'
    for (let cut = 0; cut < text.length; cut++) {
      const read = eventReader()
      expect([...read(text.slice(0, cut)), ...read(text.slice(cut))]).toEqual(['{"a":1}', '{"b":2}', '[DONE]'])
    }
  })

  it('adds up text, tool calls and usage', () => {
    const tool = (index: number, part: object) => ({
      choices: [{ delta: { tool_calls: [{ index, function: part }] } }],
    })
    const answer = [
      { model: 'gpt-4o', choices: [{ delta: { content: 'Hel' } }] },
      { choices: [{ delta: { content: 'lo', reasoning_content: 'hm' } }] },
      tool(0, { name: 'get_weather', arguments: '{"city":' }),
      tool(0, { arguments: '"Seoul"}' }),
      { choices: [], usage: { prompt_tokens: 5, completion_tokens: 7 } },
    ].reduce(addChunk, emptyAnswer)
    expect(answer).toMatchObject({
      text: 'Hello',
      reasoning: 'hm',
      toolCalls: [{ name: 'get_weather', arguments: '{"city":"Seoul"}' }],
      inputTokens: 5,
      outputTokens: 7,
      model: 'gpt-4o',
    })
    expect(answer.cost).toBeUndefined()
  })
})

describe('the messages of the playground', () => {
  const answer = { ...emptyAnswer, toolCalls: [{ id: 'call_1', name: 'look', arguments: '{}' }] }
  const asked = { role: 'user', content: 'Look' } as const
  const called = { role: 'assistant', content: '', answer } as const

  it('have the calls of tools with their results', () => {
    const results = [{ id: 'call_1', text: 'A cat' }]
    expect(messagesOf('Be short.', [asked, called, { role: 'tool', content: '', results }])).toEqual([
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Look' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'A cat' },
    ])
  })

  it('have no calls of tools that stayed without a result', () => {
    const again = { role: 'user', content: 'Again' } as const
    expect(messagesOf('', [asked, { ...called, content: 'Hm' }, again])).toEqual([
      { role: 'user', content: 'Look' },
      { role: 'assistant', content: 'Hm' },
      { role: 'user', content: 'Again' },
    ])
    expect(messagesOf('', [asked, called, again])).toHaveLength(2)
  })
})

describe('the form of a deployment', () => {
  it('has prices per million tokens, and the body has them per token', () => {
    expect(modelBody({ model_name: 'a', model: 'openai/x', input_cost: 0.15, more: { api_version: '1' } })).toEqual({
      model_name: 'a',
      litellm_params: { model: 'openai/x', input_cost_per_token: 1.5e-7, api_version: '1' },
    })
    expect(modelBody({ output_cost: null })).toEqual({ litellm_params: { output_cost_per_token: null } })
  })

  it('shows an error of the body at its field', () => {
    expect(formField('litellm_params.model')).toBe('model')
    expect(formField('litellm_params.input_cost_per_token')).toBe('input_cost')
    expect(formField(undefined)).toBeUndefined()
  })
})
