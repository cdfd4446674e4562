import { describe, expect, it, vi } from 'vitest'
import {
  AbortError,
  type ChatCompletion,
  type ChatCompletionChunk,
  LLMError,
  StreamInterruptedError,
} from '../../src/index.js'
import { models, rejection, simulated, user } from '../helpers/simulated.js'

const { sim, client } = simulated()

const words = Array.from({ length: 20 }, (_, at) => `word${at} `)
const text = words.join('')

async function collect(stream: AsyncIterable<ChatCompletionChunk>) {
  const chunks: ChatCompletionChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}
const textOf = (chunks: ChatCompletionChunk[]) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')

describe.each(models)('a stream of %s', (model) => {
  const ask = (more: object = {}) => client().completion({ model, messages: user('hi'), stream: true, ...more })

  it('has one id, the role first, one finish reason, and the text', async () => {
    sim().reply({ text, chunks: words })
    const chunks = await collect(await ask())
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant')
    expect(chunks.slice(1).some((chunk) => chunk.choices[0]?.delta.role)).toBe(false)
    expect(textOf(chunks)).toBe(text)
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean)).toEqual(['stop'])
    expect(chunks.every((chunk) => chunk.object === 'chat.completion.chunk')).toBe(true)
  })

  it('has usage at its end when asked for, and in meta always', async () => {
    const usage = { promptTokens: 9, completionTokens: 40 }
    const expected = { prompt_tokens: 9, completion_tokens: 40, total_tokens: 49 }
    sim().reply({ text, chunks: words, usage, chunkDelayMs: 2 })
    const silent = await ask()
    expect(silent.meta.usage).toBeUndefined()
    expect((await collect(silent)).some((chunk) => chunk.usage)).toBe(false)
    expect(silent.meta.usage).toMatchObject(expected)
    sim().reply({ text, chunks: words, usage })
    const chunks = await collect(await ask({ stream_options: { include_usage: true } }))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: expected })
    expect(chunks.filter((chunk) => chunk.usage)).toHaveLength(1)
  })

  it('gives the whole answer, with or without a loop over it', async () => {
    sim().reply({ text, chunks: words }, { times: 3 })
    const whole = await client().completion({ model, messages: user('hi') })
    const looped = await ask()
    await collect(looped)
    for (const answer of [await looped.final(), await (await ask()).final()]) {
      expect({ ...answer, id: '', created: 0 }).toEqual({ ...whole, id: '', created: 0 })
      expect(answer.meta.usage).toEqual(whole.usage)
    }
    sim().reply({ text, chunks: words })
    expect(await (await ask()).text()).toBe(text)
  })

  it('streams tool calls by index', async () => {
    sim().reply({
      toolCalls: [
        { name: 'get_weather', arguments: { city: 'Paris' } },
        { name: 'get_time', arguments: { zone: 'CET' } },
      ],
    })
    const tool = (name: string) => ({ type: 'function' as const, function: { name, parameters: { type: 'object' } } })
    const stream = await ask({ tools: [tool('get_weather'), tool('get_time')] })
    const chunks = await collect(stream)
    const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
    expect([...new Set(deltas.map((delta) => delta.index))]).toEqual([0, 1])
    const joined = (index: number) =>
      deltas
        .filter((delta) => delta.index === index)
        .map((delta) => delta.function?.arguments ?? '')
        .join('')
    expect([JSON.parse(joined(0)), JSON.parse(joined(1))]).toEqual([{ city: 'Paris' }, { zone: 'CET' }])
    const { choices } = await stream.final()
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    expect(choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function.name)).toEqual([
      'get_weather',
      'get_time',
    ])
  })

  it('closes the socket when the loop is left', async () => {
    sim().reply({ text, chunks: words, chunkDelayMs: 20 })
    const stream = await ask()
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    const [request] = sim().requests
    await request?.closed
    expect(request).toMatchObject({ closedByClient: true, completed: false })
    const error = await rejection(stream.final())
    expect(error).toBeInstanceOf(AbortError)
    expect((error as AbortError).partial?.choices[0]?.message.content).toMatch(/^word0/)
  })

  it('closes the socket at the end of an `await using` block, and after an error in the loop', async () => {
    sim().reply({ text, chunks: words, chunkDelayMs: 20 }, { times: 2 })
    {
      await using stream = await ask()
      expect(stream.meta.provider).toBe(model.split('/')[0])
    }
    const thrown = await rejection(
      (async () => {
        for await (const _ of await ask()) throw new Error('mine')
      })(),
    )
    expect(thrown).toMatchObject({ message: 'mine' })
    await Promise.all(sim().requests.map((request) => request.closed))
    expect(sim().requests.map((request) => request.closedByClient)).toEqual([true, true])
  })

  it('keeps the connection for the next call after a natural end', async () => {
    const same = client()
    const before = sim().connections.total
    for (let at = 0; at < 3; at++) {
      await (await same.completion({ model, messages: user('hi'), stream: true })).final()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(sim().connections.total - before).toBe(1)
  })

  it('throws from the loop when aborted, with the answer so far', async () => {
    sim().reply({ text, chunks: words, chunkDelayMs: 20 }, { times: 2 })
    const stream = await ask()
    const reason = new Error('user pressed stop')
    const error = await rejection(
      (async () => {
        for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.abort(reason)
      })(),
    )
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ name: 'AbortError', code: 'aborted', cause: reason })
    expect((error as AbortError).partial?.choices[0]?.message.content).toMatch(/^word0/)
    expect(stream.meta.attempts).toMatchObject([{ outcome: 'aborted' }])
    const controller = new AbortController()
    const signalled = await ask({ signal: controller.signal })
    controller.abort(reason)
    expect(await rejection(collect(signalled))).toMatchObject({ code: 'aborted', cause: reason })
    await Promise.all(sim().requests.map((request) => request.closed))
    expect(sim().requests.every((request) => request.closedByClient)).toBe(true)
  })

  it.each([['cut' as const], ['end' as const]])(
    'throws StreamInterruptedError with the partial answer when it is %s',
    async (kind) => {
      sim().reply({ text, chunks: words })
      sim().fail({ kind, afterChunks: 3 })
      const stream = await ask()
      const chunks: ChatCompletionChunk[] = []
      const error = await rejection(
        (async () => {
          for await (const chunk of stream) chunks.push(chunk)
        })(),
      )
      expect(error).toBeInstanceOf(StreamInterruptedError)
      const { partial, attempts } = error as StreamInterruptedError
      expect(partial?.choices[0]?.message.content).toBe(words.slice(0, 3).join(''))
      expect((error as Error).message).toMatch(
        /on 'partial'\. To have it continued, call a Router with resume: 'continue'/,
      )
      expect(textOf(chunks)).toBe(words.slice(0, 3).join(''))
      expect(attempts).toMatchObject([
        { outcome: 'stream_interrupted', status: 200, message: (error as Error).message },
      ])
      expect(stream.meta.attempts).toEqual(attempts)
      await expect(stream.final()).rejects.toBe(error)
    },
  )

  it('tries again, unseen, when it breaks before the first content', async () => {
    sim().reply({ text, chunks: words }, { times: 3 })
    for (const fault of [
      { kind: 'cut', afterChunks: 0 },
      { kind: 'error-event', afterChunks: 0 },
    ] as const)
      sim().fail(fault)
    const stream = await ask()
    expect(textOf(await collect(stream))).toBe(text)
    expect(stream.meta.attempts.map((attempt) => attempt.outcome)).toEqual([
      'stream_interrupted',
      model.startsWith('openai') ? 'internal_server' : 'overloaded',
      'success',
    ])
    expect(stream.meta.retries).toBe(2)
  })

  it('classifies an error event after content like any error, and keeps the text', async () => {
    sim().reply({ text, chunks: words })
    sim().fail({ kind: 'error-event', afterChunks: 2 })
    const error = await rejection(collect(await ask()))
    if (!LLMError.is(error)) throw error
    expect(error.code).toBe(model.startsWith('openai') ? 'internal_server' : 'overloaded')
    expect(error.partial?.choices[0]?.message.content).toBe(words.slice(0, 2).join(''))
    expect(sim().requests).toHaveLength(1)
  })

  it('gives the same chunks for CRLF, comments, cut writes and a missing last blank line', async () => {
    sim().reply({ text, chunks: words, reasoning: 'é🙂 thinking' }, { times: 4 })
    const expected = await collect(await ask())
    for (const wire of [
      { lineEnding: '\r\n' as const, comments: true },
      { writeBytes: 7, lineEnding: '\r\n' as const },
      { finalBlankLine: false, writeBytes: 3 },
    ]) {
      sim().reset()
      sim().reply({ text, chunks: words, reasoning: 'é🙂 thinking', ...wire })
      const chunks = await collect(await ask())
      expect(chunks.map((chunk) => chunk.choices)).toEqual(expected.map((chunk) => chunk.choices))
    }
  })

  it('is read once', async () => {
    const stream = await ask()
    await collect(stream)
    expect(() => stream[Symbol.asyncIterator]()).toThrow('already')
  })

  it('writes an error as the last event of its bytes on request', async () => {
    sim().fail({ kind: 'cut', afterChunks: 2 })
    const text = await new Response((await ask()).toReadableStream({ onError: 'event' })).text()
    const last = text.trim().split('\n\n').at(-1) ?? ''
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({
      error: { type: 'server_error', code: 'stream_interrupted', param: null },
    })
    sim().fail({ kind: 'cut', afterChunks: 2 })
    const lines = await new Response((await ask()).toReadableStream({ format: 'ndjson', onError: 'event' })).text()
    expect(JSON.parse(lines.trim().split('\n').at(-1) ?? '')).toHaveProperty('error.code', 'stream_interrupted')
    sim().fail({ kind: 'cut', afterChunks: 2 })
    expect(await rejection(new Response((await ask()).toReadableStream()).text())).toBeInstanceOf(Error)
    const stream = await ask()
    expect(() => stream.toReadableStream({ onError: 'ignore' as 'event' })).toThrow("'onError' must be")
    stream.abort()
  })

  it('converts to bytes in both formats, and closes the socket when they are cancelled', async () => {
    sim().reply({ text, chunks: words }, { times: 2 })
    const sse = await new Response((await ask()).toReadableStream()).text()
    expect(sse).toMatch(/^data: \{.*\n\n/)
    expect(sse.endsWith('data: [DONE]\n\n')).toBe(true)
    const lines = (await new Response((await ask()).toReadableStream({ format: 'ndjson' })).text())
      .trimEnd()
      .split('\n')
    expect(textOf(lines.map((line) => JSON.parse(line) as ChatCompletionChunk))).toBe(text)
    sim().reset()
    sim().reply({ text, chunks: words, chunkDelayMs: 20 })
    const reader = (await ask()).toReadableStream().getReader()
    await reader.read()
    await reader.cancel()
    await sim().requests[0]?.closed
    expect(sim().requests[0]?.closedByClient).toBe(true)
  })

  it('does not read ahead of a reader that sleeps', async () => {
    const long = Array.from({ length: 40_000 }, () => 'some words that fill the buffers up ')
    sim().reply({ text: long.join(''), chunks: long })
    const stream = await ask()
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sim().requests[0]?.completed).toBe(false)
    let count = 1
    while (!(await iterator.next()).done) count++
    expect(count).toBeGreaterThan(40_000)
  })
})

describe('a server that answers `stream: true` with a whole answer', () => {
  it('is streamed all the same', async () => {
    const whole = { id: 'x', object: 'chat.completion', created: 1, model: 'm' }
    const choices = [{ index: 0, message: { role: 'assistant', content: 'all at once' }, finish_reason: 'stop' }]
    sim().reply({
      raw: { body: { ...whole, choices, usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } } },
    })
    const stream = await client().completion({ model: 'openai/gpt-4o', messages: user('hi'), stream: true })
    expect(textOf(await collect(stream))).toBe('all at once')
    const answer: ChatCompletion = await stream.final()
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.usage?.total_tokens).toBe(3)
  })
})

it('releases an unread stream when the call is aborted', async () => {
  sim().reply({ text, chunks: words, chunkDelayMs: 20 })
  const controller = new AbortController()
  const options = { stream: true, signal: controller.signal } as const
  await client().completion({ model: 'openai/gpt-4o', messages: user('hi'), ...options })
  controller.abort()
  await vi.waitFor(() => expect(sim().requests[0]?.closedByClient).toBe(true))
})
