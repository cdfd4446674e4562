import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uiRoutes } from '../../src/dashboard/ui.js'
import type { GatewayResponse, OpenRequest } from '../../src/http/response.js'
import { caller, startGateway } from '../http/start.js'

const script = 'export const answer = 42\n'.repeat(100)
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmux-ui-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<script nonce="__NONCE__" src="/ui/assets/main-x1.js"></script>')
  writeFileSync(join(folder, 'assets', 'main-x1.js'), script)
  writeFileSync(join(folder, 'icon.svg'), '<svg/>')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function get(path: string, headers: Record<string, string> = {}, folders = [folder]) {
  const route = uiRoutes(folders).at(-1)
  const request = { method: 'GET', url: path, path, headers, ip: '127.0.0.1' } as unknown as OpenRequest
  const response = (await route?.handler(request)) as GatewayResponse
  if (typeof response.body !== 'object') return { ...response, bytes: Buffer.from(response.body ?? '') }
  const parts: Buffer[] = []
  for await (const part of response.body) parts.push(Buffer.from(part))
  return { ...response, bytes: Buffer.concat(parts) }
}

describe('files of the dashboard', () => {
  it('serves a hashed file with its type, for good', async () => {
    const { status, headers, bytes } = await get('/ui/assets/main-x1.js')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(bytes.toString()).toBe(script)
  })

  it('compresses a file as the browser accepts it', async () => {
    const br = await get('/ui/assets/main-x1.js', { 'accept-encoding': 'gzip, deflate, br' })
    expect(br.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(br.bytes).toString()).toBe(script)
    expect(br.headers['content-length']).toBe(String(br.bytes.length))
    const gzip = await get('/ui/assets/main-x1.js', { 'accept-encoding': 'gzip' })
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzip.bytes).toString()).toBe(script)
  })

  it('answers 304 to a browser that has the file', async () => {
    const { headers } = await get('/ui/icon.svg')
    const again = await get('/ui/icon.svg', { 'if-none-match': headers.etag ?? '' })
    expect(again.status).toBe(304)
    expect(again.bytes).toHaveLength(0)
  })

  it.each(['/ui', '/ui/', '/ui/keys', '/ui/logs/0a1b', '/ui/index.html'])('serves the page for %s', async (path) => {
    const { status, headers, bytes } = await get(path)
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-cache')
    expect(bytes.toString()).toContain('/ui/assets/main-x1.js')
  })

  it('gives each copy of the page a nonce of its own, which the policy names', async () => {
    const [one, other] = [await get('/ui/'), await get('/ui/')]
    const nonce = /nonce="([^"]+)"/.exec(one.bytes.toString())?.[1]
    expect(nonce).toMatch(/^[\w+/]{24}$/)
    expect(one.headers['content-security-policy']).toContain(`script-src 'self' 'nonce-${nonce}'`)
    expect(one.headers['content-security-policy']).toContain("connect-src 'self'")
    expect(other.bytes.toString()).not.toContain(nonce)
  })

  it.each(['/ui/assets/none.js', '/ui/assets/../../secret'])('has no file %s', async (path) => {
    await expect(get(path)).rejects.toMatchObject({ status: 404 })
  })

  it('names the remedy if the dashboard was not built', async () => {
    await expect(get('/ui/', {}, [join(folder, 'missing')])).rejects.toThrow(
      'The dashboard is not part of this build. Run npm run build.',
    )
  })
})

it('sends a browser from / to the dashboard, and answers others in JSON', async () => {
  const gateway = await startGateway({})
  const ask = caller(gateway)
  const browser = await ask('GET', '/', undefined, { key: '', headers: { accept: 'text/html,*/*' } })
  expect([browser.status, browser.headers.get('location')]).toEqual([303, '/ui/'])
  expect((await ask('GET', '/', undefined, { key: '' })).json.name).toBe('llmux-gateway')
  await gateway.stop()
})

it('serves the dashboard without a key', async () => {
  const gateway = await startGateway({})
  const { status, headers } = await caller(gateway)('GET', '/ui/', undefined, { key: '' })
  // the sources may run without a build of the dashboard
  expect([200, 404]).toContain(status)
  if (status === 200) expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  await gateway.stop()
})
