import OpenAI from 'openai'
import { type Dispatcher, request, fetch as undiciFetch } from 'undici'
import { describe, expect, it, vi } from 'vitest'
import { type MockProvider, mockProvider, startSimulator } from '../../simulator/index.js'

const url = 'https://api.openai.com/v1/chat/completions'
const messages = [{ role: 'user', content: 'Hello there' }]
const body = (change: object = {}): string => JSON.stringify({ model: 'm', messages, ...change })

async function post(mock: MockProvider, change?: object) {
  const answer = await request(url, { method: 'POST', body: body(change), dispatcher: mock.dispatcher })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

/** A handler of undici 7's own form, which writes down what it is told. */
function listen(
  mock: MockProvider,
  change: object,
  act: (controller: Dispatcher.DispatchController) => void = () => {},
) {
  const told: string[] = []
  const chunks: Buffer[] = []
  const over = new Promise<Error | undefined>((resolve) => {
    const options = { origin: 'https://api.openai.com', path: '/v1/chat/completions', method: 'POST' as const }
    mock.dispatcher.dispatch(
      { ...options, body: body(change) },
      {
        onRequestStart: () => void told.push('start'),
        onResponseStart: (_, status) => void told.push(`head ${status}`),
        onResponseData(controller, chunk) {
          told.push('data')
          chunks.push(chunk)
          act(controller)
        },
        onResponseEnd() {
          told.push('end')
          resolve(undefined)
        },
        onResponseError(_, error) {
          told.push('error')
          resolve(error)
        },
      },
    )
    told.push('dispatched')
  })
  return { told, chunks, over }
}

describe('mockProvider', () => {
  it('answers undici.request without a network', async () => {
    const mock = mockProvider({ reply: 'Hello' })
    const { status, headers, text } = await post(mock)
    expect([status, headers['content-type']]).toEqual([200, 'application/json'])
    expect(JSON.parse(text).choices[0].message.content).toBe('Hello')
    expect(mock.requests[0]).toMatchObject({
      wire: 'openai',
      path: '/v1/chat/completions',
      body: { model: 'm', messages },
      completed: true,
      status: 200,
    })
  })

  it('returns the bytes of the simulator', async () => {
    const [mock, simulator] = [mockProvider(), await startSimulator()]
    for (const change of [{}, { stream: true }, { model: 'fail-429' }]) {
      const real = await request(`${simulator.openaiBase}/chat/completions`, { method: 'POST', body: body(change) })
      expect((await post(mock, change)).text).toBe(await real.body.text())
    }
    await simulator.close()
  })

  it('recognises the API by the path, and accepts bodies and headers in every form', async () => {
    const mock = mockProvider()
    const anthropic = { model: 'claude', max_tokens: 9, messages }
    const answer = await undiciFetch('https://api.anthropic.com/v1/messages', {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01', 'X-Api-Key': 'k' },
      body: JSON.stringify(anthropic),
      dispatcher: mock.dispatcher,
    })
    expect(await answer.json()).toMatchObject({ type: 'message', content: [{ text: 'You said: Hello there' }] })
    expect(mock.requests[0]).toMatchObject({ wire: 'anthropic', body: anthropic, headers: { 'x-api-key': 'k' } })
    const embeddings = 'https://resource.openai.azure.com/openai/deployments/d/embeddings?api-version=1'
    const options = { method: 'POST' as const, dispatcher: mock.dispatcher }
    const input = Buffer.from('{"model":"e","input":"x"}')
    await request(embeddings, { ...options, body: input, headers: ['Api-Key', 'secret'] })
    expect(mock.requests[1]).toMatchObject({ operation: 'embedding', headers: { 'api-key': 'secret' } })
  })

  it('works with the openai package', async () => {
    const mock = mockProvider()
    const send = (input: string, init: RequestInit) =>
      undiciFetch(input, { ...init, dispatcher: mock.dispatcher } as never)
    const fetch = send as unknown as typeof globalThis.fetch
    const client = new OpenAI({ apiKey: 'any', maxRetries: 0, fetch })
    mock.reply({ chunks: ['Hel', 'lo'] })
    const chat = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'x' }] }
    let text = ''
    for await (const chunk of await client.chat.completions.create({ ...chat, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('Hello')
    mock.fail({ kind: 'status', status: 401 })
    await expect(client.chat.completions.create(chat)).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
    mock.fail({ kind: 'cut', afterChunks: 1 })
    const cut = await client.chat.completions.create({ ...chat, stream: true })
    const read = async () => {
      for await (const _ of cut);
    }
    await expect(read()).rejects.toThrow()
  })

  it('calls each handler callback once, in order, after dispatch has returned', async () => {
    const mock = mockProvider({ reply: { chunks: ['a', 'b'] } })
    const { told, over } = listen(mock, { stream: true })
    expect(await over).toBeUndefined()
    expect(told.slice(0, 4)).toEqual(['dispatched', 'start', 'head 200', 'data'])
    expect(told.filter((word) => word === 'data')).toHaveLength(5)
    expect(told.at(-1)).toBe('end')
  })

  it('fails like a socket', async () => {
    const mock = mockProvider()
    mock.fail({ kind: 'reset' })
    expect(await listen(mock, {}).over).toMatchObject({ code: 'ECONNRESET' })
    mock.fail({ kind: 'cut', afterChunks: 1 })
    const cut = listen(mock, { stream: true })
    expect(await cut.over).toMatchObject({ code: 'UND_ERR_SOCKET', name: 'SocketError' })
    expect(cut.told.at(-1)).toBe('error')
    expect(mock.requests[1]).toMatchObject({ completed: false, closedByClient: false })
  })

  it('stops on abort and records it', async () => {
    const mock = mockProvider()
    const reason = new Error('enough')
    const { told, over } = listen(mock, { stream: true }, (controller) => controller.abort(reason))
    expect(await over).toBe(reason)
    expect(told).toEqual(['dispatched', 'start', 'head 200', 'data', 'error'])
    await mock.requests[0]?.closed
    expect(mock.requests[0]).toMatchObject({ closedByClient: true, completed: false })
  })

  it('stays silent until the client disconnects, then clears its timer', async () => {
    const mock = mockProvider()
    const answer = await request(url, {
      method: 'POST',
      body: body({ model: 'silence-after-1', stream: true }),
      dispatcher: mock.dispatcher,
    })
    for await (const _ of answer.body) break
    await mock.requests[0]?.closed
    expect(mock.requests[0]?.closedByClient).toBe(true)
  })

  it('pauses with its handler', async () => {
    const mock = mockProvider({ reply: { chunks: ['a', 'b'] } })
    const paused: Dispatcher.DispatchController[] = []
    const { told, over } = listen(mock, { stream: true }, (controller) => {
      controller.pause()
      paused.push(controller)
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(told.filter((word) => word === 'data')).toHaveLength(1)
    const timer = setInterval(() => paused.at(-1)?.resume(), 1)
    await over
    clearInterval(timer)
    expect(told.filter((word) => word === 'data')).toHaveLength(5)
  })

  it('ends the exchange of a handler that throws', async () => {
    const mock = mockProvider()
    const { over } = listen(mock, {}, () => {
      throw new Error('mine')
    })
    expect(await over).toMatchObject({ message: 'mine' })
  })

  it('uses fake timers for its delays', async () => {
    vi.useFakeTimers()
    try {
      const mock = mockProvider({ reply: { chunks: ['a', 'b'] } })
      expect((await post(mock, { stream: true })).text).toContain('[DONE]')
      mock.fail({ kind: 'slow-headers', ms: 60_000 })
      const late = post(mock)
      await vi.advanceTimersByTimeAsync(60_000)
      expect((await late).status).toBe(200)
    } finally {
      vi.useRealTimers()
    }
  })

  it('fails exchanges in flight and later ones after close()', async () => {
    const mock = mockProvider()
    const open = listen(mock, { model: 'silence-after-1', stream: true })
    await expect.poll(() => open.told.includes('data')).toBe(true)
    await mock.close()
    expect(await open.over).toMatchObject({ code: 'UND_ERR_DESTROYED' })
    expect(await listen(mock, {}).over).toMatchObject({ code: 'UND_ERR_CLOSED' })
  })
})
