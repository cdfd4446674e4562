import { expect, it } from 'vitest'
import type { LlmRequest } from '../../src/http/llm-request.js'
import { WatchedStream } from '../../src/http/watched-stream.js'

const chunk = 'data: {"choices":[{"index":0,"delta":{"content":"word"}}]}\n\n'

/** A stream of chunks that can't be ended. */
const stubborn: AsyncIterable<string> = {
  [Symbol.asyncIterator]: () => ({
    next: async () => ({ value: chunk, done: false }),
    return: () => Promise.reject(new Error('the source does not end')),
  }),
}

const requestOf = (refusal?: Error) =>
  ({
    route: { operation: 'chat', dialect: 'openai' },
    admitted: { streamed: { count: () => refusal, fits: () => false } },
  }) as unknown as LlmRequest

it('releases the call of a client that has left, also if its source fails to end', async () => {
  let released = 0
  const stream = new WatchedStream(requestOf(), stubborn, true, () => released++)
  expect(await stream.next()).toEqual({ value: chunk, done: false })
  await expect(stream.return()).rejects.toThrow('does not end')
  expect(released).toBe(1)
})

it('ends with the refusal of a budget, also if its source fails to end', async () => {
  let released = 0
  const stream = new WatchedStream(requestOf(new Error('used up')), stubborn, true, () => released++)
  const texts: string[] = []
  for await (const text of stream) texts.push(text)
  expect(texts).toHaveLength(1)
  expect(texts[0]).toContain('used up')
  expect(released).toBe(1)
})
