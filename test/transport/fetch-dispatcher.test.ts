import type { Dispatcher } from 'undici'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../src/index.js'
import { Exchange, type HeaderMap } from '../../src/transport/exchange.js'
import { FetchDispatcher } from '../../src/transport/fetch-dispatcher.js'
import { fetchFailure } from '../../src/transport/fetch-failure.js'
import { createAgent, createMediaSource } from '../../src/transport/fetch-transport.js'
import type { FetchFunction } from '../../src/types/fetch.js'
import { startServer } from '../helpers/server.js'

const messages = [{ role: 'user' as const, content: 'a' }]
const platform: FetchFunction = (url, init) => globalThis.fetch(url, init)

/** Runs an exchange to its end and records the calls of its reader. */
function run(dispatcher: FetchDispatcher, origin: string, during?: (exchange: Exchange, step: string) => void) {
  const steps: string[] = []
  let head: HeaderMap = {}
  let text = ''
  let fault: Error | undefined
  const over = new Promise<void>((resolve) => {
    const note = (step: string) => {
      steps.push(step)
      during?.(exchange, step)
    }
    const exchange: Exchange = new Exchange(
      dispatcher as unknown as Dispatcher,
      { origin, path: '/x?y', headers: { a: 'b' }, body: '{}' },
      {
        head(status, headers) {
          head = headers.map
          note(`head ${status}`)
        },
        data(chunk) {
          text += Buffer.from(chunk).toString()
          note('data')
        },
        end() {
          note('end')
          resolve()
        },
        fail(error) {
          fault = error
          note('fail')
          resolve()
        },
      },
    )
  })
  return { over, steps, head: () => head, text: () => text, fault: () => fault as Error & { code?: string } }
}

afterEach(() => vi.unstubAllGlobals())

describe('an exchange over fetch', () => {
  it('sends a POST and reports head, data and end', async () => {
    await using server = await startServer((request, response) => {
      response.setHeader('seen', `${request.method} ${request.url} ${request.headers.a}`)
      request.pipe(response)
    })
    const { over, steps, text, head } = run(new FetchDispatcher(platform), server.url)
    await over
    expect(steps).toEqual(['head 200', 'data', 'end'])
    expect(text()).toBe('{}')
    expect(head().seen).toBe('POST /x?y b')
  })

  it('does not follow redirects', async () => {
    let requests = 0
    await using server = await startServer((_, response) => {
      requests++
      response.writeHead(307, { location: '/other' }).end()
    })
    const { over, steps } = run(new FetchDispatcher(platform), server.url)
    await over
    expect(steps).toEqual(['head 307', 'end'])
    expect(requests).toBe(1)
  })

  it('closes the connection when cancelled', async () => {
    let closed = false
    await using server = await startServer((_, response) => {
      response.on('close', () => {
        closed = true
      })
      response.write('first')
    })
    const { over, steps, fault } = run(new FetchDispatcher(platform), server.url, (exchange, step) => {
      if (step === 'data') exchange.cancel(new Error('enough'))
    })
    await over
    expect(steps).toEqual(['head 200', 'data', 'fail'])
    expect(fault().message).toBe('enough')
    await vi.waitFor(() => expect(closed).toBe(true))
  })

  it('reads no further while paused', async () => {
    const pulls: number[] = []
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls.push(pulls.length)
          if (pulls.length > 3) controller.close()
          else controller.enqueue(Buffer.from(`${pulls.length}`))
        },
      },
      { highWaterMark: 0 },
    )
    let paused: Exchange | undefined
    const { over, steps, text } = run(
      new FetchDispatcher(async () => new Response(body)),
      'http://host.example',
      (exchange, step) => {
        if (step !== 'data' || paused) return
        paused = exchange
        exchange.pause()
      },
    )
    await vi.waitFor(() => expect(paused).toBeDefined())
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(pulls).toHaveLength(1)
    paused?.resume()
    await over
    expect(text()).toBe('123')
    expect(steps.at(-1)).toBe('end')
  })

  it('can be cancelled while paused', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const cancelled = vi.fn()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from('first')),
      cancel: cancelled,
    })
    const { over, steps } = run(
      new FetchDispatcher(async () => new Response(body)),
      'http://h.example',
      (exchange, step) => {
        if (step !== 'data') return
        exchange.pause()
        setImmediate(() => exchange.cancel(new Error('enough')))
      },
    )
    await over
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalled())
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', unhandled)
    expect(steps).toEqual(['head 200', 'data', 'fail'])
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('ends a call in time, even if the function ignores its signal', async () => {
    const client = createClient({ fetch: () => new Promise(() => {}), maxRetries: 0 })
    const call = client.completion({ model: 'openai/x', apiKey: 'k', messages, timeout: 20 })
    await expect(call).rejects.toMatchObject({ code: 'timeout', phase: 'total' })
  })

  it('reports a refused connection, and an invalid header as an error of the request', async () => {
    const { url } = await startServer((_, response) => response.end()).then(async (server) => {
      await server[Symbol.asyncDispose]()
      return server
    })
    const call = (headers = {}) =>
      createClient({ fetch: platform, maxRetries: 0 }).completion({
        ...{ model: 'openai/x', apiKey: 'k', apiBase: url, messages, headers },
      })
    await expect(call()).rejects.toMatchObject({
      code: 'api_connection',
      message: expect.stringMatching(/was refused/),
    })
    await expect(call({ 'x-name': 'żółć' })).rejects.toMatchObject({ code: 'bad_request', param: 'headers' })
  })

  it('closes after the requests in flight, and refuses later ones', async () => {
    await using server = await startServer((_, response) => void setTimeout(() => response.end('late'), 30))
    const dispatcher = new FetchDispatcher(platform)
    const { over, steps } = run(dispatcher, server.url)
    await dispatcher.close()
    await over
    expect(steps).toEqual(['head 200', 'data', 'end'])
    const after = run(dispatcher, server.url)
    await after.over
    expect(after.fault().code).toBe('UND_ERR_CLOSED')
  })
})

describe('a body that fetch has decoded', () => {
  it('is read as it is', async () => {
    const headers = { 'content-encoding': 'br', 'content-type': 'application/json' }
    const { over, head, text } = run(
      new FetchDispatcher(async () => new Response('{"a":1}', { headers })),
      'http://h.example',
    )
    await over
    expect(text()).toBe('{"a":1}')
    expect(head()).not.toHaveProperty('content-encoding')
  })

  it('is an invalid response if it could not be decoded', async () => {
    await using server = await startServer((_, response) =>
      response
        .writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' })
        .end('not gzip at all'),
    )
    const client = createClient({ fetch: platform, maxRetries: 0 })
    const call = client.completion({ model: 'openai/x', apiKey: 'k', apiBase: server.url, messages })
    await expect(call).rejects.toMatchObject({ code: 'invalid_response' })
  })
})

describe('failures of fetch', () => {
  it.each([
    [
      'Node.js',
      new TypeError('fetch failed', {
        cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      }),
      'ECONNREFUSED',
    ],
    [
      'Bun',
      Object.assign(new Error('Unable to connect. Is the computer able to access the url?'), {
        code: 'ConnectionRefused',
      }),
      'ECONNREFUSED',
    ],
    [
      'Deno',
      new TypeError(
        'error sending request for url: client error (Connect): tcp connect error: Connection refused (os error 111)',
      ),
      'ECONNREFUSED',
    ],
    [
      'Deno',
      new TypeError(
        'client error (Connect): dns error: failed to lookup address information: Name or service not known',
      ),
      'ENOTFOUND',
    ],
    ['Deno', new TypeError('client error (Connect): invalid peer certificate: UnknownIssuer'), 'CERT_UNTRUSTED'],
    ['workerd', new Error('Network connection lost.'), 'ECONNRESET'],
    [
      'Deno',
      new TypeError('fetch failed', {
        cause: new Error('client error (Connect): received corrupt message of type InvalidContentType'),
      }),
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ],
    [
      'Bun',
      Object.assign(new Error('The TLS handshake failed. Does the server speak TLS on this port?'), { code: 'EPROTO' }),
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ],
    ['a browser', new TypeError('Failed to fetch'), undefined],
  ])('of %s have the code of their cause', (_, error, code) => {
    const failure = fetchFailure(error) as Error & { code?: string }
    expect(failure.code).toBe(code)
    expect(failure.message).not.toMatch(/^$|^fetch failed$/)
  })
})

describe('the transport of other runtimes', () => {
  const agent = (proxy?: string) => createAgent({ connectTimeout: 1, proxy, proxyInEnvironment: false })

  it('calls the global fetch of the moment', async () => {
    const fetch = vi.fn(async () => new Response('replaced'))
    const dispatcher = agent() as unknown as FetchDispatcher
    vi.stubGlobal('fetch', fetch)
    const { over, text } = run(dispatcher, 'http://host.example')
    await over
    expect(text()).toBe('replaced')
  })

  it('passes a proxy to Bun, and refuses one where fetch takes none', async () => {
    expect(() => agent('http://proxy.example')).toThrow(/'proxy' needs Node\.js, Bun or Deno/)
    const fetch = vi.fn(async () => new Response('x'))
    vi.stubGlobal('Bun', {})
    vi.stubGlobal('fetch', fetch)
    await run(agent('http://proxy.example') as unknown as FetchDispatcher, 'http://host.example').over
    expect(fetch.mock.calls[0]).toMatchObject(['http://host.example/x?y', { proxy: 'http://proxy.example' }])
  })

  it('downloads media from public addresses only', async () => {
    await using server = await startServer((_, response) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end('bytes'),
    )
    const { signal } = new AbortController()
    const url = server.url.replace('127.0.0.1', 'localhost')
    await expect(createMediaSource(false).open(url, signal)).rejects.toThrow(/is not a public address/)
    const { status, contentType, body } = await createMediaSource(true).open(url, signal)
    expect([status, contentType]).toEqual([200, 'image/png'])
    let text = ''
    for await (const chunk of body) text += Buffer.from(chunk).toString()
    expect(text).toBe('bytes')
  })
})
