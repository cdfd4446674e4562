import { describe, expect, it } from 'vitest'
import { Assembler, chunksOf } from '../../src/call/assemble.js'
import { Pipe } from '../../src/call/pipe.js'
import type { ChatCompletionChunk, Delta } from '../../src/index.js'

const chunk = (delta: Delta, finish: 'stop' | null = null, index = 0): ChatCompletionChunk => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index, delta, finish_reason: finish }],
})

function pipe(pauses = true) {
  const told: string[] = []
  const source = {
    pause: () => pauses && told.push('pause') > 0,
    resume: () => told.push('resume'),
    leave: () => told.push('leave'),
  }
  return { pipe: new Pipe<ChatCompletionChunk>(source), told }
}

describe('the queue between socket and reader', () => {
  it('hands chunks over in order, whether the reader waits or not', async () => {
    const { pipe: queue } = pipe()
    queue.put(chunk({ content: 'a' }))
    expect((await queue.next()).value?.choices[0]?.delta.content).toBe('a')
    const waiting = queue.next()
    queue.put(chunk({ content: 'b' }))
    expect((await waiting).value?.choices[0]?.delta.content).toBe('b')
    queue.finish()
    expect(await queue.next()).toEqual({ value: undefined, done: true })
    expect(await queue.next()).toEqual({ value: undefined, done: true })
  })

  it('fails after the chunks before the failure, once', async () => {
    const { pipe: queue } = pipe()
    queue.put(chunk({ content: 'a' }))
    queue.finish(new Error('cut'))
    expect((await queue.next()).done).toBe(false)
    await expect(queue.next()).rejects.toThrow('cut')
    expect((await queue.next()).done).toBe(true)
  })

  it('pauses the socket for a slow reader, and resumes it when the queue is empty', async () => {
    const { pipe: queue, told } = pipe()
    for (let at = 0; at < 1500; at++) queue.put(chunk({ content: `${at}` }))
    expect(told).toEqual(['pause'])
    for (let at = 0; at < 1500; at++) await queue.next()
    expect(told).toEqual(['pause', 'resume'])
  })

  it('pauses the socket for a few large items', async () => {
    const { pipe: queue, told } = pipe()
    // a reader that keeps up never pauses it
    for (let at = 0; at < 20; at++) {
      queue.put(chunk({ content: 'a' }))
      await queue.next()
      queue.count(100_000)
    }
    expect(told).toEqual([])
    for (let at = 0; at < 3; at++) {
      queue.put(chunk({ content: 'a' }))
      queue.count(100_000)
    }
    expect(told).toEqual(['pause'])
    queue.takeWaiting()
    expect(told).toEqual(['pause', 'resume'])
  })

  it('fills on while its source has no reader yet', async () => {
    const { pipe: queue, told } = pipe(false)
    for (let at = 0; at < 1500; at++) queue.put(chunk({ content: `${at}` }))
    queue.count(1_000_000)
    for (let at = 0; at < 1500; at++) await queue.next()
    expect(told).toEqual([])
  })

  it('stops the source when the reader leaves before the end', async () => {
    const left = pipe()
    await left.pipe.return()
    expect(left.told).toEqual(['leave'])
    const ended = pipe()
    ended.pipe.finish()
    await ended.pipe.return()
    expect(ended.told).toEqual([])
  })

  it('refuses a second next() while one is waiting', async () => {
    const { pipe: queue } = pipe()
    const first = queue.next()
    await expect(queue.next()).rejects.toThrow('next() was called again')
    queue.finish()
    expect((await first).done).toBe(true)
  })
})

describe('assembling', () => {
  it('joins streamed pieces', () => {
    const assembler = new Assembler()
    const deltas: Delta[] = [
      { role: 'assistant' },
      { reasoning_content: 'hm' },
      { reasoning_content: 'm', thinking_blocks: [{ type: 'thinking', thinking: 'hmm', signature: 's' }] },
      { content: 'Hel' },
      { content: 'lo' },
      { tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 1, id: 't2', function: { name: 'g', arguments: '{}' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      { provider_specific_fields: { citations: [1], x: 1 } },
      { provider_specific_fields: { citations: [2], x: 2 } },
    ]
    for (const delta of deltas) assembler.add(chunk(delta))
    assembler.add(chunk({}, 'stop'))
    assembler.add({ ...chunk({}), choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } })
    expect(assembler.answer()).toEqual({
      id: 'c1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          logprobs: null,
          message: {
            role: 'assistant',
            content: 'Hello',
            refusal: null,
            reasoning_content: 'hmm',
            thinking_blocks: [{ type: 'thinking', thinking: 'hmm', signature: 's' }],
            tool_calls: [
              { id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
              { id: 't2', type: 'function', function: { name: 'g', arguments: '{}' } },
            ],
            provider_specific_fields: { citations: [1, 2], x: 2 },
          },
        },
      ],
    })
  })

  it('does not touch the chunks', () => {
    const fields = Object.freeze({ list: Object.freeze([1]) })
    const assembler = new Assembler()
    const frozen = Object.freeze(chunk({ provider_specific_fields: fields }))
    assembler.add(frozen)
    assembler.add(chunk({ provider_specific_fields: { list: [2] } }))
    expect(fields.list).toEqual([1])
  })

  it('is undone by chunksOf', () => {
    const assembler = new Assembler()
    for (const delta of [{ role: 'assistant' as const }, { content: 'Hi' }, { content: '' }])
      assembler.add(chunk(delta))
    assembler.add(chunk({ content: 'other' }, 'stop', 1))
    assembler.add(chunk({}, 'stop'))
    const again = new Assembler()
    for (const piece of chunksOf(assembler.answer())) again.add(piece)
    expect(again.answer()).toEqual(assembler.answer())
  })
})
