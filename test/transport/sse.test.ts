import { expect, it } from 'vitest'
import { ndjson } from '../../src/transport/ndjson.js'
import { sse } from '../../src/transport/sse.js'

type Event = [event: string | undefined, data: string]

function events(...parts: (string | Buffer)[]): Event[] {
  const seen: Event[] = []
  const framer = sse((event, data) => seen.push([event, data]))
  for (const part of parts) framer.push(Buffer.from(part))
  framer.end()
  return seen
}

const text = ': hello\n\nevent: a\ndata: {"x":"é🙂"}\n\nid: 7\nretry: 5\ndata: one\ndata: two\n\ndata:[DONE]\n\n'
const whole: Event[] = [
  ['a', '{"x":"é🙂"}'],
  [undefined, 'one\ntwo'],
  [undefined, '[DONE]'],
]

it('splits a body into events', () => {
  expect(events(text)).toEqual(whole)
})

it.each(['\n', '\r\n', '\r'])('decodes the same events for every cut, with line ends %j', (lineEnd) => {
  const bytes = Buffer.from(text.replaceAll('\n', lineEnd))
  for (let at = 0; at <= bytes.length; at++) {
    expect(events(bytes.subarray(0, at), bytes.subarray(at)), `cut at ${at}`).toEqual(whole)
  }
})

it('accepts single bytes', () => {
  const bytes = Buffer.from(text)
  expect(events(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(whole)
})

it('delivers a last event without its blank line, or without its line end', () => {
  expect(events('data: 1\n\ndata: 2\n')).toEqual([
    [undefined, '1'],
    [undefined, '2'],
  ])
  expect(events('data: 1\n\ndata: 2')).toEqual([
    [undefined, '1'],
    [undefined, '2'],
  ])
  expect(events('data: 1\r\n\r\ndata: 2\r')).toEqual([
    [undefined, '1'],
    [undefined, '2'],
  ])
})

it('skips a byte order mark', () => {
  expect(events('\uFEFFdata: 1\n\n')).toEqual([[undefined, '1']])
})

it('does not wait for an endless event', () => {
  const framer = sse(() => {}, 100)
  expect(() => framer.push(Buffer.from(`data: ${'x'.repeat(200)}`))).toThrow()
})

it('passes on an error that is bare JSON', () => {
  const body = { error: { code: 429, message: 'slow: down' } }
  const lines = JSON.stringify(body, null, 2)
  for (const text of [JSON.stringify(body), lines, `\n\n${lines}\n\ndata: 2`]) {
    const [first, second] = events(`data: 1\n\n${text}`)
    expect(first).toEqual([undefined, '1'])
    expect(JSON.parse(second?.[1] ?? '')).toEqual(body)
  }
  expect(events('data: 1\n\n{"a":1}\nerror\n{\nx\n\ndata: 2\n\n')).toEqual([
    [undefined, '1'],
    [undefined, '2'],
  ])
})

it('splits lines of JSON for every cut', () => {
  const bytes = Buffer.from('{"a":"é🙂"}\r\n\n{"b":1}\n{"c":2}')
  for (let at = 0; at <= bytes.length; at++) {
    const seen: string[] = []
    const framer = ndjson((_, data) => seen.push(data))
    framer.push(bytes.subarray(0, at))
    framer.push(bytes.subarray(at))
    framer.end()
    expect(seen).toEqual(['{"a":"é🙂"}', '{"b":1}', '{"c":2}'])
  }
  const endless = ndjson(() => {}, 100)
  expect(() => endless.push(Buffer.from('x'.repeat(101)))).toThrow('more than 100')
})

it.each(['\n', '\r\n', '\r'])('delivers an event with its blank line, with line ends %j', (lineEnd) => {
  const seen: string[] = []
  const framer = sse((_, data) => seen.push(data))
  for (const data of ['1', '2', '3']) {
    framer.push(Buffer.from(`data: ${data}${lineEnd}`))
    expect(seen.at(-1)).not.toBe(data)
    framer.push(Buffer.from(lineEnd))
    expect(seen.at(-1)).toBe(data)
  }
  framer.end()
  expect(seen).toEqual(['1', '2', '3'])
})

it.each([
  ['server-sent events', sse, 'data: ', '\n\n'],
  ['server-sent events with carriage returns', sse, 'data: ', '\r\r'],
  ['lines of JSON', ndjson, '', '\n'],
] as const)('reads a long line in small packets in linear time: %s', (_, make, before, after) => {
  const packet = Buffer.alloc(100, 'x')
  const time = (packets: number) => {
    let length = 0
    const framer = make((_, data) => {
      length = data.length
    })
    const start = performance.now()
    framer.push(Buffer.from(before))
    for (let at = 0; at < packets; at++) framer.push(packet)
    framer.push(Buffer.from(after))
    expect(length).toBe(packets * packet.length)
    return performance.now() - start
  }
  time(1000)
  // a quadratic reader takes minutes for the 20 MB
  expect(time(200_000)).toBeLessThan(5000)
})

it('reads a stray body of many lines in linear time', () => {
  const framer = sse(() => {})
  const start = performance.now()
  framer.push(Buffer.from(`${'{"a":{\n'.repeat(5000)}"a":1\n${'}\n'.repeat(10_000)}`))
  framer.end()
  expect(performance.now() - start).toBeLessThan(2000)
})
