import { gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { compressed } from '../../src/http/compressed.js'
import type { GatewayResponse } from '../../src/http/response.js'

const answer = (length: number): GatewayResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ text: 'x'.repeat(length) }),
})
const browser = { cookie: 'llmux_session=abc', 'accept-encoding': 'gzip, deflate, br' }

it('compresses long answers for pages of the dashboard', async () => {
  const { headers, body } = await compressed(answer(20_000), browser)
  const parts: Uint8Array[] = []
  for await (const part of body as AsyncIterable<Uint8Array>) parts.push(part)
  const bytes = Buffer.concat(parts)
  expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(bytes.length) })
  expect(gunzipSync(bytes).toString()).toBe(answer(20_000).body)
})

it('leaves short answers, and those for programs, as they are', async () => {
  expect(await compressed(answer(100), browser)).toEqual(answer(100))
  expect(await compressed(answer(20_000), { 'accept-encoding': 'gzip' })).toEqual(answer(20_000))
  expect(await compressed(answer(20_000), { cookie: browser.cookie })).toEqual(answer(20_000))
})
