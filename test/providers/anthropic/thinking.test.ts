import { describe, expect, it } from 'vitest'
import { UnsupportedParamsError } from '../../../src/errors.js'
import { bodyOf, encode } from './helpers.js'

const of = (model: string, request: object) => {
  const { thinking, output_config } = bodyOf({ ...request, model } as never)
  return { thinking, output_config }
}

describe('reasoning_effort', () => {
  it.each([
    ['minimal', 1024],
    ['low', 1024],
    ['medium', 2048],
    ['high', 4096],
    ['xhigh', 8192],
    ['max', 16_384],
  ])('%s is a budget of %i tokens for models that take one', (reasoning_effort, budget_tokens) => {
    expect(of('claude-haiku-4-5', { reasoning_effort })).toEqual({ thinking: { type: 'enabled', budget_tokens } })
  })

  it('is adaptive thinking with an effort for models that have it', () => {
    expect(of('claude-sonnet-4-6', { reasoning_effort: 'high' })).toEqual({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    })
    for (const model of ['claude-opus-5', 'claude-of-tomorrow']) {
      expect(of(model, { reasoning_effort: 'xhigh' })).toEqual({
        thinking: { type: 'adaptive', display: 'summarized' },
        output_config: { effort: 'xhigh' },
      })
    }
  })

  it('falls to the next weaker level that the model has', () => {
    const { body, warnings } = encode({ reasoning_effort: 'xhigh', model: 'claude-opus-4-6' })
    expect(body.output_config).toEqual({ effort: 'high' })
    expect(warnings).toEqual([{ type: 'changed', param: 'reasoning_effort', message: expect.any(String) }])
    expect(of('claude-opus-5', { reasoning_effort: 'minimal' }).output_config).toEqual({ effort: 'low' })
  })

  it('none turns thinking off, as far as that goes', () => {
    expect(of('claude-haiku-4-5', { reasoning_effort: 'none' })).toEqual({ thinking: { type: 'disabled' } })
    expect(of('claude-sonnet-5-5', { reasoning_effort: 'none' })).toEqual({ thinking: { type: 'between_tools' } })
    expect(of('claude-3-5-haiku-latest', { reasoning_effort: 'none' })).toEqual({})
    expect(() => of('claude-opus-5-5', { reasoning_effort: 'none' })).toThrow(UnsupportedParamsError)
  })

  it('is refused by models that do not think', () => {
    expect(() => of('claude-3-5-haiku-20241022', { reasoning_effort: 'low' })).toThrow(UnsupportedParamsError)
  })
})

describe('thinking', () => {
  it('passes as it is and wins', () => {
    const thinking = { type: 'enabled', budget_tokens: 3000 }
    expect(of('claude-haiku-4-5', { thinking, reasoning_effort: 'low' })).toEqual({ thinking })
    const adaptive = { type: 'adaptive', display: 'omitted' }
    expect(of('claude-opus-5', { thinking: adaptive, reasoning_effort: 'low' })).toEqual({
      thinking: adaptive,
      output_config: { effort: 'low' },
    })
  })

  it('of a kind that the model refuses becomes the kind that it takes', () => {
    expect(of('claude-opus-5', { thinking: { type: 'enabled', budget_tokens: 9000 } })).toEqual({
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'high' },
    })
    expect(of('claude-sonnet-4-5', { thinking: { type: 'adaptive' } })).toEqual({
      thinking: { type: 'enabled', budget_tokens: 4096 },
    })
  })

  it('with a budget is dropped if the last tool calls have no thinking', () => {
    const messages = (extra: object) => [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
        ...extra,
      },
      { role: 'tool', tool_call_id: 'a', content: 'ok' },
    ]
    const thinking_blocks = [{ type: 'thinking', thinking: 'x', signature: 'EqAB' }]
    const { body, warnings } = encode({ reasoning_effort: 'low', messages: messages({}) })
    expect(body).not.toHaveProperty('thinking')
    expect(warnings).toEqual([{ type: 'dropped', param: 'thinking', message: expect.any(String) }])
    expect(bodyOf({ reasoning_effort: 'low', messages: messages({ thinking_blocks }) })).toHaveProperty('thinking')
    expect(bodyOf({ reasoning_effort: 'low', messages: messages({}), model: 'claude-opus-4-6' })).toHaveProperty(
      'thinking',
    )
    const answered = [...messages({}), { role: 'assistant', content: 'done' }, { role: 'user', content: 'more' }]
    expect(bodyOf({ reasoning_effort: 'low', messages: answered })).toHaveProperty('thinking')
  })
})
