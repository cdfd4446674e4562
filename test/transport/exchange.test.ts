import { once } from 'node:events'
import { Agent } from 'undici'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Exchange, type Reader, type ResponseHeaders } from '../../src/transport/exchange.js'
import { createAgent } from '../../src/transport/undici-transport.js'
import { startProxy, startServer } from '../helpers/server.js'

/** Runs an exchange to its end, and tells what the reader was told. */
function run(
  dispatcher: Awaited<ReturnType<typeof createAgent>>,
  origin: string,
  during?: (exchange: Exchange, step: string) => void,
) {
  const told: string[] = []
  let text = ''
  let exchange: Exchange | undefined
  const over = new Promise<void>((resolve) => {
    const note = (step: string) => {
      told.push(step)
      if (exchange) during?.(exchange, step)
    }
    const reader: Reader = {
      head: (status) => note(`head ${status}`),
      data: (chunk) => {
        text += chunk
        note('data')
      },
      end: () => {
        note('end')
        resolve()
      },
      fail: (error) => {
        note(`fail ${error.message}`)
        resolve()
      },
    }
    exchange = new Exchange(dispatcher, { origin, path: '/x', headers: { a: 'b' }, body: '{}' }, reader)
  })
  return { over, told, text: () => text, exchange: () => exchange }
}

const plain = { connectTimeout: 1000, proxy: undefined, proxyInEnvironment: false } as const

afterEach(() => vi.unstubAllEnvs())

describe('an exchange', () => {
  it('sends a POST and reports head, data and end', async () => {
    await using server = await startServer((request, response) => {
      response.setHeader('seen', `${request.method} ${request.url} ${request.headers.a}`)
      request.pipe(response)
    })
    const agent = await createAgent(plain)
    const { over, told, text } = run(agent, server.url)
    await over
    expect(told).toEqual(['head 200', 'data', 'end'])
    expect(text()).toBe('{}')
    await agent.close()
  })

  it.each([
    ['an agent of its own', () => createAgent(plain)],
    ['an agent of the caller', () => new Agent()],
  ])('gives headers in lower case and repeated ones as a list: %s', async (_, make) => {
    const agent = await make()
    await using server = await startServer((_, response) => {
      response.writeHead(200, [
        ...['X-Request-Id', 'r-1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Content-Type', 'application/json'],
      ])
      response.end('{}')
    })
    const found = await new Promise<ResponseHeaders>((resolve, reject) => {
      let headers: ResponseHeaders | undefined
      const reader: Reader = {
        head: (_, given) => {
          headers = given
        },
        data: () => {},
        end: () => headers && resolve(headers),
        fail: reject,
      }
      new Exchange(agent, { origin: server.url, path: '/', headers: {}, body: '{}' }, reader)
    })
    expect(found.get('content-type')).toBe('application/json')
    expect(found.get('set-cookie')).toEqual(['a=1', 'b=2'])
    expect(found.get('absent')).toBeUndefined()
    expect(found.map).toMatchObject({ 'x-request-id': 'r-1', 'content-type': 'application/json' })
    await agent.close()
  })

  it('gives the same headers after their bytes were freed', async () => {
    await using server = await startServer((_, response) => {
      const repeated = ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']
      response.writeHead(200, ['X-Name', Buffer.from('Grüße').toString('latin1'), 'X-Empty', '', ...repeated])
      response.end('{}')
    })
    const agent = await createAgent(plain)
    const read = (release: boolean) =>
      new Promise<ResponseHeaders>((resolve, reject) => {
        const reader: Reader = {
          head(_, headers) {
            if (release) headers.release?.()
            resolve(headers)
          },
          data: () => {},
          end: () => {},
          fail: reject,
        }
        new Exchange(agent, { origin: server.url, path: '/', headers: {}, body: '{}' }, reader)
      })
    const [kept, freed] = [await read(false), await read(true)]
    const undated = ({ date: _, ...rest }: ResponseHeaders['map']) => rest
    expect(freed.get('absent')).toBeUndefined()
    expect(undated(freed.map)).toEqual(undated(kept.map))
    expect(freed.map).toMatchObject({ 'x-empty': '', 'set-cookie': ['a=1', 'b=2'] })
    await agent.close()
  })

  it('closes the socket when cancelled and reports only the reason', async () => {
    await using server = await startServer((_, response) => response.write('first'))
    const agent = await createAgent(plain)
    const { over, told } = run(agent, server.url, (exchange, step) => {
      if (step === 'data') exchange.cancel(new Error('enough'))
    })
    await over
    expect(told).toEqual(['head 200', 'data', 'fail enough'])
    await vi.waitFor(() => expect(server.sockets.size).toBe(0))
    await agent.close()
  })

  it('can be cancelled before a connection exists', async () => {
    await using server = await startServer((_, response) => response.end('never'))
    const agent = await createAgent(plain)
    const { over, told, exchange } = run(agent, server.url)
    exchange()?.cancel(new Error('changed my mind'))
    await over
    expect(told).toEqual(['fail changed my mind'])
    await agent.close()
  })

  it('fails alone when its reader throws, without the pool', async () => {
    await using server = await startServer((_, response) => response.end('body'))
    const agent = await createAgent(plain)
    const bad = run(agent, server.url, (_, step) => {
      if (step === 'data') throw new Error('reader broke')
    })
    await bad.over
    expect(bad.told).toEqual(['head 200', 'data', 'fail reader broke'])
    const good = run(agent, server.url)
    await good.over
    expect(good.told.at(-1)).toBe('end')
    await agent.close()
  })

  it('applies back-pressure while paused', async () => {
    const block = Buffer.alloc(1 << 20, 'x')
    let written = 0
    await using server = await startServer(async (_, response) => {
      for (let at = 0; at < 64; at++) {
        if (!response.write(block)) await once(response, 'drain')
        written++
      }
      response.end()
    })
    const agent = await createAgent(plain)
    const { over, exchange, text } = run(agent, server.url, (running, step) => {
      if (step === 'head 200') running.pause()
    })
    await vi.waitFor(() => expect(written).toBeGreaterThan(0))
    const settled = async () => {
      let last = -1
      while (last !== written) {
        last = written
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
    await settled()
    expect(written).toBeLessThan(40)
    exchange()?.resume()
    await over
    expect(text().length).toBe(64 << 20)
    await agent.close()
  })
})

describe('a proxy', () => {
  it('is taken from the option', async () => {
    await using server = await startServer((_, response) => response.end('through'))
    await using proxy = await startProxy()
    const agent = await createAgent({ ...plain, proxy: `http://user:pass@127.0.0.1:${proxy.port}` })
    const { over, text } = run(agent, server.url)
    await over
    expect(text()).toBe('through')
    expect(proxy.seen).toEqual([
      { target: `127.0.0.1:${server.port}`, authorization: `Basic ${Buffer.from('user:pass').toString('base64')}` },
    ])
    await agent.close()
  })

  it('is taken from the environment, except for hosts in NO_PROXY', async () => {
    await using server = await startServer((_, response) => response.end('through'))
    await using proxy = await startProxy()
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) vi.stubEnv(name, proxy.url)
    for (const [noProxy, through] of [
      ['', 1],
      ['127.0.0.1', 1],
    ] as const) {
      vi.stubEnv('NO_PROXY', noProxy)
      vi.stubEnv('no_proxy', noProxy)
      const agent = await createAgent({ ...plain, proxyInEnvironment: true })
      const { over, text } = run(agent, server.url)
      await over
      expect(text()).toBe('through')
      expect(proxy.seen.length).toBe(through)
      await agent.close()
    }
  })

  it('is disabled by proxy: false', async () => {
    await using server = await startServer((_, response) => response.end('straight'))
    vi.stubEnv('http_proxy', 'http://127.0.0.1:9')
    const agent = await createAgent({ ...plain, proxy: false, proxyInEnvironment: true })
    const { over, text } = run(agent, server.url)
    await over
    expect(text()).toBe('straight')
    await agent.close()
  })
})
