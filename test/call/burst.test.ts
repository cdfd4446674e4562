import type { Dispatcher } from 'undici'
import { expect, it, vi } from 'vitest'
import { createClient, StreamInterruptedError } from '../../src/index.js'
import { user } from '../helpers/simulated.js'

const base = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' }
const event = (value: object) => Buffer.from(`data: ${JSON.stringify({ ...base, ...value })}\n\n`)
const delta = (content: string) => event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
const ending = [
  event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  event({ choices: [], usage }),
  Buffer.from('data: [DONE]\n\n'),
]

/** Sends all pieces of an answer, and its end or an error, in one call of the socket's handler. */
function burst(pieces: readonly Buffer[], error?: Error) {
  const controller = { paused: false, aborted: false, reason: null, pause() {}, resume() {}, abort() {} } as never
  const dispatcher = {
    dispatch(_: unknown, handler: Required<Dispatcher.DispatchHandler>) {
      setImmediate(() => {
        handler.onRequestStart(controller, {})
        handler.onResponseStart(controller, 200, { 'content-type': 'text/event-stream' }, '')
        for (const piece of pieces) handler.onResponseData(controller, piece)
        if (error) handler.onResponseError(controller, error)
        else handler.onResponseEnd(controller, {})
      })
      return true
    },
  } as unknown as Dispatcher
  const client = createClient({ dispatcher, maxRetries: 0 })
  return client.completion({ model: 'openai/m', apiKey: 'k', messages: user('Hi'), stream: true })
}

it('gives the first text of a burst before it reads the rest', async () => {
  const stream = await burst([delta('one '), delta('two'), ...ending])
  const seen: [text: string | null | undefined, over: boolean][] = []
  for await (const { choices } of stream) seen.push([choices[0]?.delta.content, stream.meta.usage !== undefined])
  expect(seen[0]).toEqual(['one ', false])
  expect(seen[1]).toEqual(['two', true])
  expect(stream.meta.usage).toMatchObject(usage)
  expect(await stream.text()).toBe('one two')
})

it('counts all of a burst as received when the loop is left after its first text', async () => {
  const stream = await burst([delta('one '), delta('two'), ...ending])
  for await (const _ of stream) break
  expect(stream.meta.usage).toMatchObject(usage)
  expect(await stream.text()).toBe('one two')
})

it('counts all of a burst as received when the stream is aborted after its first text', async () => {
  const stream = await burst([delta('one '), delta('two'), ...ending])
  stream.abort()
  expect(await stream.text()).toBe('one two')
})

it('reports an error at the end of a burst after the texts before it', async () => {
  const stream = await burst([delta('one '), delta('two')], new Error('socket hang up'))
  const texts: unknown[] = []
  const failure = await (async () => {
    for await (const { choices } of stream) texts.push(choices[0]?.delta.content)
  })().catch((error: unknown) => error)
  expect(texts).toEqual(['one ', 'two'])
  expect(failure).toBeInstanceOf(StreamInterruptedError)
  expect((failure as StreamInterruptedError).partial?.choices[0]?.message.content).toBe('one two')
})

it('gives nothing more to a reader that has returned', async () => {
  const stream = await burst([delta('one '), delta('two'), ...ending])
  const reader = stream[Symbol.asyncIterator]()
  expect((await reader.next()).done).toBe(false)
  await reader.return?.()
  expect(await reader.next()).toEqual({ value: undefined, done: true })
})

it('is read to its end under fake timers', async () => {
  vi.useFakeTimers({ toFake: ['queueMicrotask'] })
  try {
    const handled = await burst([delta('one '), delta('two'), ...ending])
    expect(await handled.text()).toBe('one two')
  } finally {
    vi.useRealTimers()
  }
})
