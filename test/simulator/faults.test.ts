import { request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fault, type Simulator, startSimulator } from '../../simulator/index.js'

let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator({ reply: { chunks: ['one ', 'two ', 'three'] } })
})
beforeEach(() => simulator.reset())
afterAll(() => simulator.close())

const messages = [{ role: 'user', content: 'Hello' }]

function openai(body: object = {}): ReturnType<typeof request> {
  const url = `${simulator.openaiBase}/chat/completions`
  return request(url, { method: 'POST', body: JSON.stringify({ model: 'm', messages, ...body }) })
}

function anthropic(body: object = {}): ReturnType<typeof request> {
  const headers = { 'anthropic-version': '2023-06-01' }
  const text = JSON.stringify({ model: 'm', max_tokens: 10, messages, ...body })
  return request(`${simulator.anthropicBase}/v1/messages`, { method: 'POST', headers, body: text })
}

/** What arrives, and whether it ended or broke. */
async function read(answer: ReturnType<typeof request>): Promise<{ text: string; end: 'ended' | 'broken' }> {
  const { body } = await answer
  let text = ''
  try {
    for await (const chunk of body) text += String(chunk)
    return { text, end: 'ended' }
  } catch {
    return { text, end: 'broken' }
  }
}

const stream = { stream: true }
const fail = (fault: Fault): void => simulator.fail(fault)

describe('status', () => {
  it('sends Retry-After in seconds, as a date and in milliseconds', async () => {
    fail({ kind: 'status', status: 429, retryAfter: 2 })
    const { statusCode, headers } = await openai()
    expect([statusCode, headers['retry-after']]).toEqual([429, '2'])
    expect(headers['x-ratelimit-remaining-requests']).toBe('0')
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
    fail({ kind: 'status', status: 503, retryAfter: date, retryAfterMs: 150 })
    const later = await anthropic()
    expect(later.headers).toMatchObject({ 'retry-after': date, 'retry-after-ms': '150' })
  })

  it("sends each wire's own error body, or the scripted one", async () => {
    fail({ kind: 'status', status: 401 })
    expect(await (await openai()).body.json()).toMatchObject({ error: { code: 'invalid_api_key' } })
    fail({ kind: 'status', status: 401 })
    expect(await (await anthropic()).body.json()).toMatchObject({
      type: 'error',
      error: { type: 'authentication_error' },
      request_id: expect.stringMatching(/^req_/),
    })
    fail({ kind: 'status', status: 418, body: { teapot: true } })
    expect(await (await openai()).body.json()).toEqual({ teapot: true })
    fail({ kind: 'status', reason: 'quota' })
    expect((await openai()).statusCode).toBe(429)
    fail({ kind: 'status', reason: 'quota' })
    expect((await anthropic()).statusCode).toBe(400)
  })

  it('applies in order to matching requests', async () => {
    simulator.fail({ kind: 'status', status: 500 }, { model: 'big', times: 2 })
    simulator.fail({ kind: 'status', status: 529 }, { wire: 'anthropic' })
    const statuses = []
    for (const model of ['small', 'big', 'big', 'big']) statuses.push((await openai({ model })).statusCode)
    expect(statuses).toEqual([200, 500, 500, 200])
    expect((await anthropic()).statusCode).toBe(529)
    expect((await anthropic()).statusCode).toBe(200)
  })

  it('can be a function of the request that returns a fault or undefined', async () => {
    const seen: string[] = []
    simulator.fail(
      ({ model }) => {
        seen.push(model)
        return model === 'bad' ? { kind: 'status', status: 502 } : undefined
      },
      { times: 2 },
    )
    simulator.fail({ kind: 'status', status: 529 }, { model: 'other' })
    const statuses = []
    for (const model of ['good', 'bad', 'other', 'good', 'bad', 'bad']) {
      statuses.push((await openai({ model })).statusCode)
    }
    expect(statuses).toEqual([200, 502, 529, 200, 502, 200])
    // the second fault was the last that it was there for
    expect(seen).toEqual(['good', 'bad', 'other', 'good', 'bad'])
  })

  it('reports an error of the function in the response', async () => {
    simulator.fail(() => {
      throw new Error('no such thing')
    })
    const { statusCode, body } = await openai()
    expect([statusCode, await body.text()]).toEqual([400, expect.stringContaining('script failed: no such thing')])
  })

  it('leaves a queued reply for the next request', async () => {
    simulator.reply('kept')
    fail({ kind: 'status', status: 500 })
    expect((await openai()).statusCode).toBe(500)
    expect(await (await openai()).body.text()).toContain('kept')
  })
})

describe('faults of streams', () => {
  it('cut delivers the content so far, then breaks the socket', async () => {
    for (const ask of [openai, anthropic]) {
      fail({ kind: 'cut', afterChunks: 2 })
      const { text, end } = await read(ask(stream))
      expect(end).toBe('broken')
      expect(text).toContain('two ')
      expect(text).not.toContain('three')
    }
  })

  it('end omits the end mark', async () => {
    for (const ask of [openai, anthropic]) {
      fail({ kind: 'end', afterChunks: 1 })
      const { text, end } = await read(ask(stream))
      expect(end).toBe('ended')
      expect(text).toContain('one ')
      expect(text).not.toMatch(/two|\[DONE\]|message_stop|"finish_reason":"/)
    }
  })

  it('end after all content omits the finish reason', async () => {
    fail({ kind: 'end', afterChunks: 99 })
    const { text } = await read(openai(stream))
    expect(text).toContain('three')
    expect(text).not.toMatch(/\[DONE\]|"finish_reason":"/)
  })

  it('error-event sends an error inside the stream', async () => {
    fail({ kind: 'error-event', afterChunks: 0 })
    expect((await read(openai(stream))).text).toMatch(/^data: \{"error":/)
    fail({ kind: 'error-event', afterChunks: 1, status: 500 })
    expect((await read(anthropic(stream))).text).toMatch(/"one "[\s\S]*event: error\ndata: .*"api_error".*\n\n$/)
    fail({ kind: 'error-event' })
    expect(await (await openai()).body.json()).toHaveProperty('error')
  })

  it('silence sends only keep-alive until the client disconnects', async () => {
    const pings = { openai: /(: ping\n\n){3}/, anthropic: /(event: ping\ndata: \{"type": "ping"\}\n\n){3}/ }
    for (const ask of [openai, anthropic]) {
      fail({ kind: 'silence', afterChunks: 1, keepAliveMs: 5 })
      const { body } = await ask(stream)
      let text = ''
      for await (const chunk of body) {
        text += String(chunk)
        if (pings[ask === openai ? 'openai' : 'anthropic'].test(text)) break
      }
      expect(text).toContain('one ')
      expect(text).not.toContain('two')
      const seen = simulator.requests.at(-1)
      await seen?.closed
      expect(seen).toMatchObject({ closedByClient: true, completed: false })
    }
  })

  it('slow-first-token sends headers and opening events immediately', async () => {
    fail({ kind: 'slow-first-token', ms: 60 })
    const start = performance.now()
    const { body } = await anthropic(stream)
    let first = 0
    let text = ''
    for await (const chunk of body) {
      if (text === '') first = performance.now() - start
      text += String(chunk)
    }
    expect(first).toBeLessThan(50)
    expect(performance.now() - start).toBeGreaterThanOrEqual(59)
    expect(text).toContain('message_stop')
  })
})

describe('faults of responses', () => {
  it('breaks non-streamed answers in the middle', async () => {
    fail({ kind: 'cut' })
    expect(await read(openai())).toMatchObject({ end: 'broken', text: expect.stringMatching(/^\{"id"/) })
    fail({ kind: 'end' })
    const { text, end } = await read(openai())
    expect(end).toBe('ended')
    expect(() => JSON.parse(text)).toThrow()
  })

  it('resets the socket before the headers', async () => {
    fail({ kind: 'reset' })
    await expect(openai()).rejects.toMatchObject({ code: 'ECONNRESET' })
    await simulator.requests[0]?.closed
    expect(simulator.requests[0]).toMatchObject({ status: undefined, completed: false, closedByClient: false })
  })

  it('redirects', async () => {
    fail({ kind: 'redirect', location: 'https://elsewhere.example/v1' })
    const { statusCode, headers } = await openai()
    expect([statusCode, headers.location]).toEqual([307, 'https://elsewhere.example/v1'])
  })

  it('delays the headers', async () => {
    fail({ kind: 'slow-headers', ms: 50 })
    const start = performance.now()
    expect((await openai()).statusCode).toBe(200)
    expect(performance.now() - start).toBeGreaterThanOrEqual(49)
  })

  it('sends invalid bodies', async () => {
    for (const what of ['html', 'truncated-json', 'empty', 'not-json', 'binary'] as const) {
      fail({ kind: 'garbage', what })
      const { statusCode, body } = await openai()
      const text = await body.text()
      expect(statusCode).toBe(200)
      expect(() => JSON.parse(text), what).toThrow()
    }
    fail({ kind: 'garbage', what: 'html', status: 502 })
    expect((await anthropic()).statusCode).toBe(502)
  })

  it('sends huge answers, streams and errors', async () => {
    const bytes = 3_000_000
    fail({ kind: 'huge', bytes })
    const whole = (await (await openai()).body.json()) as { choices: { message: { content: string } }[] }
    expect(whole.choices[0]?.message.content).toHaveLength(bytes)
    fail({ kind: 'huge', bytes })
    const { text } = await read(anthropic(stream))
    expect(text).toContain('a'.repeat(bytes))
    expect(text).toContain('message_stop')
    fail({ kind: 'huge', bytes, status: 500 })
    const error = await openai()
    expect(error.statusCode).toBe(500)
    expect((await error.body.text()).length).toBeGreaterThan(bytes)
  })
})

describe('model names that request a fault', () => {
  it('cause the fault without a script', async () => {
    const limited = await openai({ model: 'fail-429-retry-after-2' })
    expect([limited.statusCode, limited.headers['retry-after']]).toEqual([429, '2'])
    expect((await read(openai({ model: 'cut-after-1', ...stream }))).end).toBe('broken')
    expect((await read(openai({ model: 'error-after-0-503', ...stream }))).text).toContain('overloaded')
    expect(await (await openai({ model: 'garbage-html' })).body.text()).toContain('<html>')
    await expect(openai({ model: 'reset' })).rejects.toThrow()
  })

  it('cause the fault as often as their suffix says', async () => {
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await openai({ model: 'fail-500-x2' })).statusCode)
    expect(statuses).toEqual([500, 500, 200, 200])
  })

  it('treat other names as models', async () => {
    for (const model of ['failing-model', 'fail-', 'fail-200', 'garbage-collector', 'cut-after-x', 'huge-model']) {
      expect((await openai({ model })).statusCode, model).toBe(200)
    }
  })
})
