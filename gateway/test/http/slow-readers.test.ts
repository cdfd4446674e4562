import { EventEmitter, once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { JsonFields } from '../../src/http/json-fields.js'
import { growthBytes, SlowReaders } from '../../src/http/slow-readers.js'
import { caller, startGateway } from './start.js'

const megabyte = 1024 * 1024

class Reader extends EventEmitter {
  destroyed = false
  destroy() {
    this.destroyed = true
    this.emit('close')
  }
}
const raw = (reader: Reader) => reader as unknown as ServerResponse

it('ends the stream that has waited longest when waiting streams hold too much', async () => {
  const readers = new SlowReaders(() => ({ maxUnreadBytes: 100, readerTimeout: 60_000 }))
  const [first, second, third] = [new Reader(), new Reader(), new Reader()]
  const one = readers.drained(raw(first), 40)
  const two = readers.drained(raw(second), 40)
  expect([readers.held, readers.ended]).toEqual([80, 0])
  const three = readers.drained(raw(third), 50)
  expect(await one).toBe(false)
  expect([first.destroyed, second.destroyed, readers.held, readers.ended]).toEqual([true, false, 90, 1])
  second.emit('drain')
  third.emit('close')
  // a reader that left by itself was not ended
  expect(await Promise.all([two, three])).toEqual([true, true])
  expect([readers.held, readers.ended]).toEqual([0, 1])
})

it('ends a stream whose reader takes nothing for the timeout', async () => {
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const readers = new SlowReaders(() => ({ maxUnreadBytes: undefined, readerTimeout: 5_000 }))
  const [stuck, slow] = [new Reader(), new Reader()]
  const ended = readers.drained(raw(stuck), 10)
  await vi.advanceTimersByTimeAsync(4_000)
  const drained = readers.drained(raw(slow), 10)
  await vi.advanceTimersByTimeAsync(2_500)
  expect(await ended).toBe(false)
  expect(slow.destroyed).toBe(false)
  slow.emit('drain')
  expect(await drained).toBe(true)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(vi.getTimerCount()).toBe(0)
})

it('ends the first of the streams that all wait for one another', async () => {
  const readers = new SlowReaders(() => ({ maxUnreadBytes: 100 * growthBytes, readerTimeout: 60_000 }), 8 * growthBytes)
  const found: string[] = []
  const streams = Array.from({ length: 4 }, () => new Reader())
  const waits = streams.map(async (reader, at) => {
    for (let held = 3; held <= 4; held++) {
      const room = readers.grew(raw(reader), (held === 3 ? 3 : 1) * growthBytes, held * growthBytes)
      if (room && !(await room)) {
        readers.released(held * growthBytes)
        found.push(`${at} ended`)
        return
      }
      await Promise.resolve()
    }
    readers.released(4 * growthBytes)
    found.push(`${at} whole`)
  })
  await Promise.all(waits)
  expect(found.filter((one) => one.endsWith('whole')).length).toBeGreaterThan(0)
  expect([readers.held, readers.ended]).toEqual([0, found.filter((one) => one.endsWith('ended')).length])
})

it('lets streams that grow wait while all of them hold too much, until others have ended', async () => {
  const readers = new SlowReaders(() => ({ maxUnreadBytes: undefined, readerTimeout: 60_000 }), 4 * growthBytes)
  const [first, second, third] = [new Reader(), new Reader(), new Reader()]
  expect(readers.grew(raw(first), 2 * growthBytes, 2 * growthBytes)).toBe(undefined)
  expect(readers.grew(raw(second), 2 * growthBytes, 2 * growthBytes)).toBe(undefined)
  const continued: number[] = []
  const waits = [second, third].map(async (reader, at) => {
    const room = await readers.grew(raw(reader), growthBytes, (3 - 2 * at) * growthBytes)
    continued.push(at)
    return room
  })
  await new Promise(setImmediate)
  expect([continued, readers.held]).toEqual([[], 4 * growthBytes])
  // room for one of them: the first that waits
  readers.released(3 * growthBytes)
  expect(await waits[0]).toBe(true)
  expect([continued, readers.held]).toEqual([[0], growthBytes])
  readers.released(3 * growthBytes)
  expect(await waits[1]).toBe(true)
  expect([readers.held, readers.ended, third.destroyed]).toEqual([0, 0, false])
  expect([second, third].map((reader) => reader.listenerCount('close'))).toEqual([0, 0])
})

it('ends the stream that has waited longest for room, and one whose client has left waits no more', async () => {
  const readers = new SlowReaders(() => ({ maxUnreadBytes: 100, readerTimeout: 60_000 }), 10)
  const [first, second] = [new Reader(), new Reader()]
  const one = readers.grew(raw(first), 60, 60)
  const two = readers.grew(raw(second), 60, 60)
  expect(await one).toBe(false)
  expect([first.destroyed, second.destroyed, readers.ended]).toEqual([true, false, 1])
  second.destroy()
  expect(await two).toBe(true)
  expect(readers.held).toBe(0)
})

/** A provider whose streams never end. It sends as fast as it is read. */
async function endless() {
  const open = new Set<ServerResponse>()
  const event = `data: ${JSON.stringify({
    ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' },
    choices: [{ index: 0, delta: { content: 'x'.repeat(8_000) }, finish_reason: null }],
  })}\n\n`
  const server = createServer((request, response) => {
    open.add(response)
    response.on('close', () => open.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const write = () => {
      while (!response.destroyed && response.write(event));
    }
    response.on('drain', write)
    request.resume().on('end', write)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { open, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

it.each([
  ['a bridged stream', '/v1/chat/completions'],
  ['a stream that passes through', '/openai/v1/audio/speech'],
])(
  'reads %s from the provider only as fast as its client, and bounds what clients leave unread',
  async (_, path) => {
    const { open, base } = await endless()
    const gateway = await startGateway({
      config: {
        model_list: [
          {
            model_name: 'gpt-4o',
            litellm_params: { model: 'openai/gpt-4o', api_base: `${base}/v1`, api_key: 'k', use_in_pass_through: true },
          },
        ],
        llmux_settings: { max_unread_bytes: 4 * megabyte },
      },
    })
    onTestFinished(() => gateway.stop())
    const { url } = await gateway.listen({ port: 0 })
    const call = caller(gateway)
    const { json } = await call('POST', '/key/generate', {})
    const body = JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'Go on' }] })
    for (let count = 0; count < 4; count++) {
      const request = httpRequest(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${json.key}`, 'content-type': 'application/json' },
      })
      request.on('error', () => {})
      request.end(body)
      onTestFinished(() => void request.destroy())
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      expect(response.statusCode).toBe(200)
      response.on('error', () => {}).pause()
    }
    const value = async (name: string) => {
      const { text } = await call('GET', '/metrics')
      return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])
    }
    // the system takes some megabytes for each connection; the next ones are held in memory, and exceed the bound together
    await expect.poll(() => value('llmux_slow_readers_ended_total'), { timeout: 20_000 }).toBeGreaterThan(0)
    await expect.poll(() => value('llmux_unread_bytes')).toBeLessThanOrEqual(4 * megabyte)
    // the provider is left, and each ended stream is booked
    await expect
      .poll(
        async () => {
          const closed = await value('llmux_slow_readers_ended_total')
          const { json } = await call('GET', '/spend/logs/v2')
          return [4 - open.size - closed, json.data.length - closed]
        },
        { timeout: 20_000 },
      )
      .toEqual([0, 0])
  },
  60_000,
)

it('finds fields of JSON however its text is divided, at their own depth only', () => {
  const text = JSON.stringify({
    usage2: 1,
    choices: [{ usage: { prompt_tokens: 99 }, text: 'a "usage": {"prompt_tokens": 98} \\' }],
    'u"x': { usage: 3 },
    usage: { prompt_tokens: 5, details: { usage: [1, '}'] } },
    model: 'm',
    id: 'x',
  })
  for (let size = 1; size <= text.length; size++) {
    const fields = new JsonFields(['usage', 'model'])
    for (let at = 0; at < text.length; at += size) fields.push(text.slice(at, at + size))
    expect(fields.found).toEqual({ usage: { prompt_tokens: 5, details: { usage: [1, '}'] } }, model: 'm' })
  }
  const list = new JsonFields(['usage'])
  list.push('[{"usage":1,"a":{"usage":7}},\n{"usage" : 2},{"b":1}]')
  expect(list.found).toEqual({ usage: 2 })
  const none = new JsonFields(['usage'])
  for (const part of ['"usage":1', '<html>{"a"', ']]}}']) none.push(part)
  expect(none.found).toEqual({})
})
