import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { type BrowserStream, fetchStream, readStream, StreamError } from '../../src/browser/index.js'
import { createClient, toHttpError } from '../../src/index.js'

const request = {
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'Hi' }],
  stream: true as const,
}

/** A server's route over a client, as a `fetch` function. */
function serve(format: 'sse' | 'ndjson' = 'sse') {
  const mock = mockProvider()
  const client = createClient({ dispatcher: mock.dispatcher, maxRetries: 0, providers: { openai: { apiKey: 'any' } } })
  const route: typeof fetch = async (_, init) => {
    try {
      init?.signal?.throwIfAborted()
      const stream = await client.completion(request)
      init?.signal?.addEventListener('abort', () => stream.abort())
      const type = format === 'sse' ? 'text/event-stream' : 'application/x-ndjson'
      return new Response(stream.toReadableStream({ format, onError: 'event' }), { headers: { 'content-type': type } })
    } catch (error) {
      const { status, headers, body } = toHttpError(error)
      return new Response(JSON.stringify(body), { status, headers })
    }
  }
  return { mock, route }
}

const codeOf = (error: unknown) => (error instanceof StreamError ? error.code : error)

async function failureOf(stream: Promise<BrowserStream>): Promise<StreamError> {
  try {
    for await (const _ of await stream);
  } catch (error) {
    if (error instanceof StreamError) return error
    throw error
  }
  throw new Error('no failure')
}

describe.each(['sse', 'ndjson'] as const)('a stream of %s', (format) => {
  it('yields chunks that add up to the answer', async () => {
    const { mock, route } = serve(format)
    mock.reply('The quick brown fox')
    const stream = await fetchStream('/api/chat', { fetch: route, body: { messages: [] } })
    const pieces: string[] = []
    for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '')
    expect(pieces.filter(Boolean).length).toBeGreaterThan(1)
    expect(pieces.join('')).toBe('The quick brown fox')
    expect(stream.text).toBe('The quick brown fox')
    expect((await stream.final()).choices[0]?.finish_reason).toBe('stop')
  })

  it('assembles tool calls', async () => {
    const { mock, route } = serve(format)
    mock.reply({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] })
    const { choices } = await (await fetchStream('/', { fetch: route })).final()
    expect(choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
    ])
  })

  it('throws the error event of the server and keeps the text so far', async () => {
    const { mock, route } = serve(format)
    mock.reply({ chunks: ['one ', 'two ', 'three'] })
    mock.fail({ kind: 'cut', afterChunks: 2 })
    const stream = await fetchStream('/', { fetch: route })
    const failure = await failureOf(Promise.resolve(stream))
    expect(failure).toMatchObject({ code: 'failed', serverCode: 'stream_interrupted', type: 'server_error' })
    expect(stream.text).toMatch(/^one/)
  })
})

describe('fetchStream', () => {
  it('throws the status, type and delay of an error answer', async () => {
    const { mock, route } = serve()
    mock.fail({ kind: 'status', status: 429, retryAfter: '7' })
    const failure = await failureOf(fetchStream('/', { fetch: route }))
    expect(failure).toMatchObject({
      code: 'http',
      status: 429,
      type: 'rate_limit_error',
      retryAfterMs: 7000,
      retryable: true,
    })
  })

  it('throws for a server that is not reached', async () => {
    const failure = await failureOf(fetchStream('/', { fetch: () => Promise.reject(new TypeError('Failed to fetch')) }))
    expect(failure).toMatchObject({
      code: 'network',
      message: "The server at '/' was not reached. Check its address and the connection, then try again.",
      retryable: true,
    })
  })

  it('sends a JSON body by POST, with the headers of the caller', async () => {
    let sent: RequestInit | undefined
    const stream = fetchStream('/', {
      body: { a: 1 },
      headers: { 'x-page': '1' },
      fetch: async (_, init) => {
        sent = init
        return new Response('{"error":{"message":"No."}}', { status: 400 })
      },
    })
    await expect(stream).rejects.toMatchObject({ message: 'No.', retryable: false })
    expect(sent?.method).toBe('POST')
    expect(sent?.body).toBe('{"a":1}')
    expect(Object.fromEntries(new Headers(sent?.headers))).toEqual({
      'content-type': 'application/json',
      'x-page': '1',
    })
  })
})

describe('BrowserStream', () => {
  function open(): { response: Response; send: (text: string) => void; cancelled: () => boolean } {
    let cancelled = false
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given
      },
      cancel() {
        cancelled = true
      },
    })
    const response = new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    return {
      response,
      send: (text) => controller?.enqueue(new TextEncoder().encode(text)),
      cancelled: () => cancelled,
    }
  }

  const chunk = (content: string) =>
    `data: ${JSON.stringify({ id: 'a', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`

  it('throws aborted from the loop after abort(), and closes the connection', async () => {
    const { response, send, cancelled } = open()
    const stream = await readStream(response)
    send(chunk('Hello'))
    const seen: string[] = []
    const reading = (async () => {
      for await (const { choices } of stream) {
        seen.push(choices[0]?.delta.content ?? '')
        stream.abort('the user left')
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: 'aborted', cause: 'the user left' })
    expect(seen).toEqual(['Hello'])
    expect(cancelled()).toBe(true)
    await expect(stream.final()).rejects.toMatchObject({ code: 'aborted' })
  })

  it('closes the connection when a loop is left', async () => {
    const { response, send, cancelled } = open()
    send(chunk('Hello'))
    for await (const _ of await readStream(response)) break
    expect(cancelled()).toBe(true)
  })

  it('throws interrupted if the body ends without an end', async () => {
    const response = new Response(chunk('Hello'), { headers: { 'content-type': 'text/event-stream' } })
    expect(codeOf(await failureOf(readStream(response)))).toBe('interrupted')
  })

  it.each([
    ['data: {oops\n\n', "The stream must consist of JSON; got '{oops'."],
    ['data: 7\n\n', 'The stream must consist of chat completion chunks; got 7.'],
  ])('throws invalid_response for %j', async (body, message) => {
    const response = new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    expect(await failureOf(readStream(response))).toMatchObject({ code: 'invalid_response', message })
  })

  it('can be read once', async () => {
    const response = new Response(`${chunk('Hello')}data: [DONE]\n\n`)
    const stream = await readStream(response)
    for await (const _ of stream);
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow('This stream has been read already.')
  })

  it('reads characters that are split between packets', async () => {
    const bytes = new TextEncoder().encode(`${chunk('Grüße')}data: [DONE]\n\n`)
    const at = bytes.indexOf(0xc3) + 1
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.subarray(0, at))
        controller.enqueue(bytes.subarray(at))
        controller.close()
      },
    })
    const stream = await readStream(new Response(body))
    await stream.final()
    expect(stream.text).toBe('Grüße')
  })
})
