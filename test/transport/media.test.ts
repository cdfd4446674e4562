import { describe, expect, it } from 'vitest'
import { isPublicAddress } from '../../src/transport/addresses.js'
import { fetchMedia } from '../../src/transport/media.js'
import { startServer } from '../helpers/server.js'

const limits = { maxBytes: 1000, allowPrivate: true, signal: new AbortController().signal }

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::10.0.0.1',
    '[::1]',
    'ff02::1',
    '3fff:fff::1',
    '5f00::1',
    'fec0::7',
    'feff::1',
    '168.63.129.16',
    '::ffff:168.63.129.16',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each([
    '8.8.8.8',
    '172.32.0.1',
    '1.1.1.1',
    '2606:4700:4700::1111',
    '168.63.129.17',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})

describe('downloading media', () => {
  it('returns type and base64 and follows redirects', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/moved') return response.writeHead(302, { location: '/a.png' }).end()
      response.writeHead(200, { 'content-type': 'Image/PNG; x=y' }).end('bytes')
    })
    const media = await fetchMedia([`${server.url}/moved`, `${server.url}/a.png`, `${server.url}/a.png`], limits)
    const expected = { type: 'image/png', data: Buffer.from('bytes').toString('base64') }
    expect([...media]).toEqual([
      [`${server.url}/moved`, expected],
      [`${server.url}/a.png`, expected],
    ])
  })

  it('rejects private addresses: given, resolved or redirected to', async () => {
    let asked = 0
    await using server = await startServer((_, response) => {
      asked++
      response.end()
    })
    const strict = { ...limits, allowPrivate: false }
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433']) {
      const call = fetchMedia([`http://${host}:${server.port}/a.png?token=canary`], strict)
      await expect(call).rejects.toThrow(/not a public address.*allowPrivateMedia/)
      await expect(call).rejects.toThrow(/^(?!.*canary)/)
    }
    expect(asked).toBe(0)
  })

  it.each([
    ['404', /answered 404/],
    ['html', /'text\/html'|unknown/],
    ['large', /maxMediaBytes/],
    ['loop', /redirects/],
    ['file', /no http/],
    ['cut', /could not be fetched/],
  ])('reports the reason of a failed download: %s', async (path, message) => {
    await using server = await startServer((request, response) => {
      switch (request.url) {
        case '/404':
          return response.writeHead(404).end()
        case '/html':
          return response.writeHead(200, { 'content-type': 'application/x-msdownload' }).end('x')
        case '/large':
          return response.writeHead(200, { 'content-type': 'image/png' }).end('x'.repeat(2000))
        case '/loop':
          return response.writeHead(302, { location: '/loop' }).end()
        case '/file':
          return response.writeHead(302, { location: 'file:///etc/passwd' }).end()
        default:
          response.writeHead(200, { 'content-type': 'image/png', 'content-length': '500' }).write('x')
          return setTimeout(() => response.destroy(), 20)
      }
    })
    const call = fetchMedia([`${server.url}/${path}`], limits)
    await expect(call).rejects.toMatchObject({ code: 'image_fetch' })
    await expect(call).rejects.toThrow(path === 'html' ? /no model takes/ : message)
  })

  it('ends with the call', async () => {
    await using server = await startServer(() => {})
    const stop = new AbortController()
    const call = fetchMedia([server.url], { ...limits, signal: stop.signal })
    const reason = new Error('over')
    setTimeout(() => stop.abort(reason), 30)
    await expect(call).rejects.toBe(reason)
  })
})
