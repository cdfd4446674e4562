import { connect } from 'node:net'
import { Agent, request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/index.js'

const started: Simulator[] = []

async function start(options?: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options)
  started.push(simulator)
  return simulator
}

afterEach(async () => {
  for (const simulator of started.splice(0)) await simulator.close()
})

const messages = [{ role: 'user', content: 'Hello there' }]

async function ask(simulator: Simulator, body: object = {}, headers: Record<string, string> = {}) {
  const text = JSON.stringify({ model: 'm', messages, ...body })
  const answer = await request(`${simulator.openaiBase}/chat/completions`, { method: 'POST', headers, body: text })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

async function askAnthropic(simulator: Simulator, body: object = {}, headers: Record<string, string> = {}) {
  const text = JSON.stringify({ model: 'm', max_tokens: 9, messages, ...body })
  const all = { 'anthropic-version': '2023-06-01', ...headers }
  const answer = await request(`${simulator.url}/v1/messages`, { method: 'POST', headers: all, body: text })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

it('returns the same bytes for the same request on every simulator', async () => {
  const [one, two] = [await start(), await start()]
  for (const body of [{}, { stream: true }, { model: 'fail-429' }, { stream: true, model: 'error-after-2' }]) {
    expect(await ask(one, body)).toEqual(await ask(two, body))
    expect(await ask(one, body)).toEqual(await ask(two, body))
    expect(await askAnthropic(one, body)).toEqual(await askAnthropic(two, body))
  }
  expect((await ask(one)).text).not.toBe((await ask(one, { seed: 1 })).text)
})

describe('headers', () => {
  it('match those of the real APIs', async () => {
    const simulator = await start()
    expect((await ask(simulator)).headers).toMatchObject({
      'content-type': 'application/json',
      'x-request-id': expect.stringMatching(/^req_/),
      'x-ratelimit-remaining-tokens': expect.any(String),
    })
    expect((await askAnthropic(simulator, { stream: true })).headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'request-id': expect.stringMatching(/^req_/),
      'anthropic-ratelimit-input-tokens-reset': expect.stringMatching(/Z$/),
    })
  })
})

describe('keys and models', () => {
  it('accepts configured API keys and models', async () => {
    const simulator = await start({ apiKeys: ['good'], models: ['m'] })
    expect((await ask(simulator, {}, { authorization: 'Bearer good' })).status).toBe(200)
    const wrong = await ask(simulator, {}, { authorization: 'Bearer sk-secret-key-of-mine' })
    expect(wrong.status).toBe(401)
    expect(wrong.text).toContain('Incorrect API key provided: sk-secre*********mine.')
    expect((await ask(simulator)).text).toContain("You didn't provide an API key")
    expect((await askAnthropic(simulator, {}, { 'x-api-key': 'good' })).status).toBe(200)
    expect((await askAnthropic(simulator, {}, { 'x-api-key': 'bad' })).text).toContain('authentication_error')
    const unknown = await ask(simulator, { model: 'other' }, { authorization: 'Bearer good' })
    expect([unknown.status, JSON.parse(unknown.text).error.code]).toEqual([404, 'model_not_found'])
  })

  it('rejects malformed requests', async () => {
    const simulator = await start()
    expect((await ask(simulator, { messages: [] })).text).toContain('empty_array')
    expect((await ask(simulator, { stream_options: { include_usage: true } })).status).toBe(400)
    const stray = [...messages, { role: 'tool', tool_call_id: 'call_1', content: 'x' }]
    expect((await ask(simulator, { messages: stray })).text).toContain('must be a response to a preceeding message')
    const calls = [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }]
    const open = [...messages, { role: 'assistant', content: null, tool_calls: calls }, ...messages]
    expect((await ask(simulator, { messages: open })).text).toContain('did not have response messages: call_1')
    const tools = [{ type: 'function', function: { name: 'get.weather' } }]
    expect((await ask(simulator, { tools })).text).toContain('tools[0].function.name')
    expect((await ask(simulator, { tool_choice: 'auto' })).text).toContain("only allowed when 'tools' are specified")
    const long = [{ ...messages[0] }, { role: 'assistant', tool_calls: [{ ...calls[0], id: 'x'.repeat(41) }] }]
    expect((await ask(simulator, { messages: long })).text).toContain('string_above_max_length')
    const bad = await request(`${simulator.openaiBase}/chat/completions`, { method: 'POST', body: '{"model"' })
    expect(bad.statusCode).toBe(400)
    const lost = await request(`${simulator.openaiBase}/nothing`, { method: 'POST', body: '{}' })
    expect([lost.statusCode, await lost.body.text()]).toEqual([404, expect.stringContaining('Invalid URL')])
  })
})

describe('scripted replies', () => {
  it('apply in order, then the default reply', async () => {
    const simulator = await start({ reply: 'usual' })
    simulator.reply('first')
    simulator.reply((seen) => (seen.headers['x-who'] === 'me' ? 'mine' : undefined))
    simulator.reply({ text: 'for gpt' }, { model: 'gpt' })
    const said = async (...args: [object?, Record<string, string>?]) =>
      JSON.parse((await ask(simulator, ...args)).text).choices[0].message.content
    expect(await said()).toBe('first')
    expect(await said()).toBe('usual')
    expect(await said({}, { 'x-who': 'me' })).toBe('mine')
    expect(await said({}, { 'x-who': 'me' })).toBe('usual')
    expect(await said({ model: 'gpt' })).toBe('for gpt')
  })

  it('set chunks, calls, finish reason and usage exactly', async () => {
    const simulator = await start()
    simulator.reply({
      chunks: ['a', '', 'b c'],
      toolCalls: [{ id: 'call_x', name: 'f', arguments: '{"broken' }],
      finishReason: 'length',
      usage: { promptTokens: 10, cachedTokens: 4, completionTokens: 7, reasoningTokens: 2 },
    })
    const { text } = await ask(simulator, { stream: true, stream_options: { include_usage: true } })
    const chunks = events(text).map((data) => JSON.parse(data))
    const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta ?? [])
    expect(deltas.slice(1, 4).map((delta) => delta.content)).toEqual(['a', '', 'b c'])
    expect(deltas.flatMap((delta) => delta.tool_calls?.[0].function.arguments ?? []).join('')).toBe('{"broken')
    expect(chunks.at(-2).choices[0].finish_reason).toBe('length')
    expect(chunks.at(-1).usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 })
    simulator.reply({
      text: 'x',
      finishReason: 'length',
      usage: { promptTokens: 10, cachedTokens: 4, cacheCreationTokens: 1 },
    })
    expect(JSON.parse((await askAnthropic(simulator)).text)).toMatchObject({
      stop_reason: 'max_tokens',
      usage: { input_tokens: 5, cache_read_input_tokens: 4, cache_creation_input_tokens: 1 },
    })
    simulator.reply({ text: 'x', usage: null })
    expect(JSON.parse((await ask(simulator)).text)).not.toHaveProperty('usage')
  })

  it('can be raw', async () => {
    const simulator = await start()
    simulator.reply({ raw: { status: 202, headers: { 'x-own': '1' }, body: { any: 'thing' } } })
    expect(await ask(simulator)).toMatchObject({ status: 202, headers: { 'x-own': '1' }, text: '{"any":"thing"}' })
    simulator.reply({ raw: { events: ['one', { event: 'two', data: { n: 2 } }] } })
    expect((await ask(simulator, { stream: true })).text).toBe('data: one\n\nevent: two\ndata: {"n":2}\n\n')
  })

  it('can be raw and split into writes', async () => {
    const simulator = await start({ writeBytes: 3, lineEnding: '\r\n' })
    simulator.reply({ raw: { events: ['one', 'two'] } })
    const chunks = await readChunks(simulator)
    expect(chunks[0]?.toString()).toBe('dat')
    expect(Buffer.concat(chunks).toString()).toBe('data: one\r\n\r\ndata: two\r\n\r\n')
  })

  it('report errors of their function in the response', async () => {
    const simulator = await start({
      reply() {
        throw new Error('oops')
      },
    })
    expect(await ask(simulator)).toMatchObject({ status: 400, text: expect.stringContaining('script failed: oops') })
  })

  it('can wait between chunks', async () => {
    const simulator = await start()
    simulator.reply({ chunks: ['a', 'b', 'c'], delayMs: 20, chunkDelayMs: 20 })
    const begin = performance.now()
    await ask(simulator, { stream: true })
    expect(performance.now() - begin).toBeGreaterThanOrEqual(58)
  })
})

describe('stream controls', () => {
  it('change the framing and not the events', async () => {
    const plain = await start()
    const usual = (await ask(plain, { stream: true })).text
    const changed = await start({ lineEnding: '\r\n', comments: true, finalBlankLine: false })
    const { text } = await ask(changed, { stream: true })
    expect(text).toMatch(/^: simulator\r\n\r\ndata: /)
    expect(text).toMatch(/\[DONE\]\r\n$/)
    expect(events(text)).toEqual(events(usual))
    plain.reply({ text: 'x', endMark: false })
    expect((await ask(plain, { stream: true })).text).toMatch(/"finish_reason":"stop"[^\n]*\n\n$/)
  })

  it('split the bytes anywhere', async () => {
    const simulator = await start({ reply: 'Grüße 🗽', writeBytes: 7 })
    const chunks = await readChunks(simulator)
    expect(chunks.slice(0, -1).every((chunk) => chunk.length === 7)).toBe(true)
    expect(events(Buffer.concat(chunks).toString())).toHaveLength(4)
    simulator.reply({ text: 'Grüße 🗽', writeBytes: 0 })
    const whole = await readChunks(simulator)
    expect(Buffer.concat(whole).equals(Buffer.concat(chunks))).toBe(true)
    expect(whole).toHaveLength(5)
  })
})

describe('observation', () => {
  it('records a client that disconnects', async () => {
    const simulator = await start({ reply: { chunks: Array.from({ length: 1_000 }, () => 'word '), chunkDelayMs: 5 } })
    const answer = await request(`${simulator.openaiBase}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages, stream: true }),
    })
    for await (const _ of answer.body) break
    const [seen] = simulator.requests
    expect(seen?.status).toBe(200)
    await seen?.closed
    expect(seen).toMatchObject({ closedByClient: true, completed: false, order: 0, wire: 'openai', model: 'm' })
    await expect.poll(() => simulator.connections.open).toBe(0)
  })

  it('records a complete exchange and the reuse of its socket', async () => {
    const simulator = await start()
    const agent = new Agent({ connections: 1 })
    for (let i = 0; i < 2; i++) {
      const body = JSON.stringify({ model: 'm', messages })
      const url = `${simulator.openaiBase}/chat/completions`
      await (await request(url, { method: 'POST', body, dispatcher: agent })).body.dump()
    }
    const [seen, again] = simulator.requests
    await again?.closed
    expect(seen).toMatchObject({ closedByClient: false, completed: true, body: { model: 'm', messages } })
    expect(again?.startedAt).toBeGreaterThanOrEqual(seen?.startedAt ?? Number.NaN)
    expect(simulator.connections).toEqual({ open: 1, total: 1 })
    simulator.reset()
    expect(simulator.requests).toEqual([])
  })

  it('keeps at most keepRequests requests', async () => {
    const simulator = await start({ keepRequests: 2 })
    for (let i = 0; i < 4; i++) await ask(simulator)
    expect(simulator.requests.map(({ order }) => order)).toEqual([2, 3])
  })

  it('waits for a client that reads slowly', async () => {
    const simulator = await start()
    const body = JSON.stringify({ model: `huge-${200_000_000}`, messages })
    const socket = connect(simulator.port, '127.0.0.1')
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().external
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    await new Promise((resolve) => socket.once('readable', resolve))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const held = process.memoryUsage().arrayBuffers + process.memoryUsage().external - before
    expect(simulator.requests[0]).toMatchObject({ status: 200, completed: false })
    expect(held).toBeLessThan(50_000_000)
    socket.destroy()
    await simulator.requests[0]?.closed
    expect(simulator.requests[0]?.closedByClient).toBe(true)
  })
})

describe('close', () => {
  it('ends exchanges in flight', async () => {
    const simulator = await start()
    const answer = await request(`${simulator.openaiBase}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'silence-after-1', messages, stream: true }),
      dispatcher: new Agent(),
    })
    const reading = answer.body.text()
    await Promise.all([simulator.close(), simulator.close(), expect(reading).rejects.toThrow()])
    expect(simulator.connections.open).toBe(0)
  })

  it('lets the process exit', async () => {
    const servers = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
    const before = servers()
    const simulator = await start()
    expect(servers()).toBe(before + 1)
    const answer = await request(`${simulator.openaiBase}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'slow-first-token-60000', messages, stream: true }),
    })
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const during = timers()
    answer.body.on('error', () => {}).destroy()
    await simulator.requests[0]?.closed
    expect(timers()).toBeLessThan(during)
    await simulator.close()
    await expect.poll(servers).toBe(before)
  })
})

function events(text: string): string[] {
  return text
    .split(/\r?\n\r?\n/)
    .flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? [])
    .map((data) => data.trim())
    .filter((data) => data !== '[DONE]')
}

async function readChunks(simulator: Simulator): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  const agent = new Agent()
  await new Promise<void>((resolve, reject) => {
    agent.dispatch(
      {
        origin: simulator.url,
        path: '/v1/chat/completions',
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages, stream: true }),
      },
      {
        onRequestStart() {},
        onResponseData: (_, chunk) => void chunks.push(Buffer.from(chunk)),
        onResponseEnd: () => resolve(),
        onResponseError: (_, error) => reject(error),
      },
    )
  })
  await agent.close()
  return chunks
}
