import { describe, expect, it } from 'vitest'
import { ProviderFault } from '../../../providers/contract.js'
import { assemble, type Body, chunksOf, decode, fixture, linesOf } from './helpers.js'

const answer = (message: Body, more: Body = {}): Body => ({
  model: 'm',
  created_at: '2026-01-01T00:00:00Z',
  message,
  done: true,
  done_reason: 'stop',
  prompt_eval_count: 3,
  eval_count: 2,
  ...more,
})

const whole: Record<string, Body> = {
  'thinking and tools': fixture('answer-thinking-tools').body,
  text: answer({ content: 'Hello' }),
  nothing: answer({ content: '' }),
  'a cut answer': answer({ content: 'Once upon' }, { done_reason: 'length' }),
  'calls without ids': answer({
    tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }, { function: { name: 'g' } }],
  }),
  'an older server': answer({ content: 'x' }, { done_reason: undefined, prompt_eval_count: undefined }),
  'nothing counted': answer(
    { content: 'x' },
    { prompt_eval_count: undefined, eval_count: undefined, total_duration: 5 },
  ),
}

describe('a stream', () => {
  it.each(Object.keys(whole))('of %s adds up to the whole answer, however it is cut', (name) => {
    const body = whole[name] as Body
    for (const size of [1, 4, 1000]) {
      const { chunks, whole: complete } = chunksOf(linesOf(body, size))
      expect(complete).toBe(true)
      expect(assemble(chunks)).toEqual(decode(structuredClone(body)))
    }
  })

  it('has one id, the role first, one finish, and the usage last', () => {
    const { chunks } = chunksOf(linesOf(fixture('answer-thinking-tools').body))
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['f1']))
    expect(new Set(chunks.map(({ created }) => created))).toEqual(new Set([1785917456]))
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant' })
    expect(chunks.filter((chunk) => chunk.choices[0]?.delta.role)).toHaveLength(1)
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1)
    expect(chunks.filter((chunk) => chunk.usage)).toEqual([chunks.at(-1)])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 52 } })
  })

  it('gives every text delta the same plain shape', () => {
    const { chunks } = chunksOf(linesOf(whole.text as Body, 5))
    expect(chunks[1]).toEqual({
      id: 'f1',
      object: 'chat.completion.chunk',
      created: 1767225600,
      model: 'm',
      choices: [{ index: 0, delta: { content: 'Hello' }, finish_reason: null }],
    })
  })

  it('gives each call a place of its own, whatever index the server gives', () => {
    const call = (name: string) => ({ function: { index: 0, name, arguments: {} } })
    const lines = [
      { message: { content: '', tool_calls: [call('f')] }, done: false },
      { message: { content: '', tool_calls: [call('g'), call('h')] }, done: false },
      { message: { content: '' }, done: true, done_reason: 'stop' },
    ]
    const deltas = chunksOf(lines).chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(deltas.map(({ index, id, function: fn }) => [index, id, fn?.name])).toEqual([
      [0, 'call_f1_0', 'f'],
      [1, 'call_f1_1', 'g'],
      [2, 'call_f1_2', 'h'],
    ])
  })

  it('is complete only after its last line', () => {
    const lines = linesOf(fixture('answer-thinking-tools').body)
    for (let end = 0; end < lines.length; end++) expect(chunksOf(lines.slice(0, end)).whole).toBe(false)
    expect(chunksOf(lines).whole).toBe(true)
  })

  it('may have text in its last line', () => {
    const { chunks, whole: complete } = chunksOf([whole.text])
    expect(complete).toBe(true)
    expect(assemble(chunks)).toEqual(decode(structuredClone(whole.text)))
  })

  it('has the probabilities of its pieces', () => {
    const [line, ...rest] = linesOf(whole.text as Body, 5)
    const { chunks } = chunksOf([{ ...line, logprobs: [{ token: 'Hello', logprob: -1 }] }, ...rest])
    expect(assemble(chunks).choices[0]?.logprobs?.content).toEqual([
      { token: 'Hello', bytes: null, logprob: -1, top_logprobs: [] },
    ])
  })

  it('ignores unknown lines', () => {
    const [first, ...rest] = linesOf(whole.text as Body)
    const { chunks, whole: complete } = chunksOf([first, null, 5, { mood: 'good' }, { message: 'x' }, ...rest])
    expect(complete).toBe(true)
    expect(assemble(chunks)).toMatchObject({
      choices: [{ message: { content: 'Hello' } }],
      provider_specific_fields: { mood: 'good' },
    })
  })

  it('throws the error of a failed stream', () => {
    // the server writes `{"error": …}` as a line of its own: server/routes.go (streamResponse) of ollama/ollama
    const error = { error: 'an error was encountered while running the model: CUDA error' }
    expect(() => chunksOf([...linesOf(whole.text as Body).slice(0, 1), error])).toThrow(
      expect.objectContaining({ body: error }),
    )
    expect(() => chunksOf(['{"model":'])).toThrow(ProviderFault)
  })
})
