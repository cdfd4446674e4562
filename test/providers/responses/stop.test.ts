import { describe, expect, it } from 'vitest'
import { decode, encode, streamOf } from './helpers.js'

const message = (text: string, more: object = {}) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [], ...more }],
})
const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' }
const whole = (output: object[], more: object = {}) => ({
  id: 'resp_1',
  created_at: 1,
  status: 'completed',
  model: 'm',
  output,
  usage: { input_tokens: 3, output_tokens: 9, total_tokens: 12 },
  ...more,
})
const deltas = (texts: string[], index = 0) =>
  texts.map((delta) => ({ type: 'response.output_text.delta', output_index: index, content_index: 0, delta }))
const completed = (output: object[]) => ({ type: 'response.completed', response: whole(output) })
const state = (...stop: string[]) => ({ json: false, stop })

describe('stop over the Responses API', () => {
  it('keeps the sequences for the decoder, with a warning', () => {
    const { body, encodeState, warnings } = encode({ stop: ['END', ''] })
    expect(body).not.toHaveProperty('stop')
    expect(encodeState).toMatchObject({ stop: ['END'] })
    expect(warnings).toMatchObject([{ type: 'emulated', feature: 'stop' }])
    expect(encode({ stop: [] }).warnings).toBeUndefined()
    expect(() => encode({ stop: 5 as never })).toThrow("'stop' must be a string or an array of strings; got 5.")
  })

  it('cuts a whole answer at the sequence that is complete first', () => {
    const answer = decode(whole([message('One. abcd')]), state('abcd', 'c'))
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'One. ab' } })
    expect(answer.usage?.completion_tokens).toBe(9)
  })

  it('drops everything after the cut', () => {
    const tokens = ['One', 'END', ' two'].map((token) => ({ token, logprob: -1, bytes: null, top_logprobs: [] }))
    const note = { type: 'url_citation', url: 'https://a.example', title: 'a', start_index: 4, end_index: 9 }
    const first = message('OneEND two', { logprobs: tokens, annotations: [note] })
    const limit = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    const [choice] = decode(whole([first, call, message('three')], limit), state('END')).choices
    expect(choice?.message).toMatchObject({ content: 'One' })
    expect(choice?.message).not.toHaveProperty('tool_calls')
    expect(choice?.message).not.toHaveProperty('annotations')
    expect(choice?.logprobs?.content?.map(({ token }) => token)).toEqual(['One'])
    expect(choice?.finish_reason).toBe('stop')
  })

  it('cuts the items that go back in the next turn', () => {
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' }
    const output = [reasoning, message('OneEND two'), call]
    const expected = [reasoning, { content: [{ text: 'One' }] }]
    for (const answer of [
      decode(whole(output), state('END')),
      streamOf([...deltas(['OneEN', 'D two'], 1), completed(output)], state('END')).answer,
    ]) {
      expect(answer.choices[0]?.message.provider_specific_fields?.output_items).toMatchObject(expected)
    }
  })

  it('leaves an answer without a sequence as it is', () => {
    const output = [message('One EN'), call]
    const events = [...deltas(['One', ' E', 'N']), completed(output)]
    for (const answer of [decode(whole(output), state('END')), streamOf(events, state('END')).answer]) {
      expect(answer.choices[0]).toMatchObject({
        finish_reason: 'tool_calls',
        message: { content: 'One EN', tool_calls: [{ id: 'call_1' }] },
      })
    }
  })

  it('cuts a stream at every place of its chunks', () => {
    const text = 'Thought.\nObservation: rain'
    for (let at = 1; at < text.length; at++) {
      const events = [...deltas([text.slice(0, at), text.slice(at)]), completed([message(text), call])]
      const { answer, chunks, whole: ended } = streamOf(events, state('Observation:', 'Nothing'))
      expect(ended).toBe(true)
      expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Thought.\n' } })
      expect(answer.choices[0]?.message).not.toHaveProperty('tool_calls')
      expect(chunks.at(-1)?.usage?.completion_tokens).toBe(9)
    }
  })

  it('emits text as soon as it begins no sequence, and searches each message by itself', () => {
    const output = [message('One'), message('Two')]
    const events = [...deltas(['One']), ...deltas(['Two'], 1), completed(output)]
    const { chunks, answer } = streamOf(events, state('\n\n'))
    expect(chunks.map(({ choices }) => choices[0]?.delta.content).slice(0, 2)).toEqual(['One', '\n\nTwo'])
    expect(answer.choices[0]?.message.content).toBe('One\n\nTwo')
    expect(decode(whole(output), state('\n\n')).choices[0]?.message.content).toBe('One\n\nTwo')
  })

  it('keeps the tokens of the text in a stream', () => {
    const events = ['a', 'b E', 'ND c'].map((token) => ({
      type: 'response.output_text.delta',
      output_index: 0,
      delta: token,
      logprobs: [{ token, logprob: -1 }],
    }))
    const { answer } = streamOf([...events, completed([message('ab END c')])], state('END'))
    expect(answer.choices[0]?.message.content).toBe('ab ')
    expect(answer.choices[0]?.logprobs?.content?.map(({ token }) => token)).toEqual(['a'])
  })
})
