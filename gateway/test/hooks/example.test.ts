import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Simulator, startSimulator } from 'llmux/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { verifyWebhook } from '../../src/hooks/signature.js'
import { startGateway } from '../http/start.js'
import { apis, ask } from './apis.js'

let simulator: Simulator
let gateway: Awaited<ReturnType<typeof startGateway>>
let server: { readonly url: string }
const file = fileURLToPath(new URL('../../examples/hooks.mjs', import.meta.url))

beforeAll(async () => {
  simulator = await startSimulator()
  gateway = await startGateway({
    config: {
      hooks: file,
      model_list: [
        {
          model_name: 'fast',
          litellm_params: { model: 'openai/gpt-4o-mini', api_base: simulator.openaiBase, api_key: 'k' },
        },
      ],
    },
  })
  server = await gateway.listen({ port: 0 })
})
afterAll(async () => {
  await gateway.stop()
  await simulator.close()
})

it.each(apis)('masks card numbers in requests and in answers of %s', async (api) => {
  for (const stream of [false, true]) {
    // the provider makes up a number of its own
    simulator.reply('Try 4000-0566-5566-5556 or 4242 4242 4242 4242, and tell me whether they work.')
    const { text } = await ask(server, api, 'Is 5555 5555 5555 4444 valid?', { stream })
    expect(text).toBe('Try [card number] or [card number], and tell me whether they work.')
    const sent = JSON.stringify(simulator.requests.at(-1)?.body)
    expect(sent).toContain('Is [card number] valid?')
  }
})

it('answers a question by itself', async () => {
  const before = simulator.requests.length
  const { text } = await ask(server, 'messages', 'When are you open?', { stream: true })
  expect(text).toBe('We are open from 9 to 5, Monday to Friday.')
  expect(simulator.requests).toHaveLength(before)
})

it('refuses a project', async () => {
  const { status, error } = await ask(server, 'responses', 'Describe Project Falcon.')
  expect([status, error?.message]).toEqual([403, 'This project is not for your team.'])
})

it('runs the receiver of the documentation', async () => {
  const page = readFileSync(new URL('../../../docs/gateway-hooks.md', import.meta.url), 'utf8')
  const code =
    page
      .split('```js\n')
      .find((block) => block.includes('createServer'))
      ?.split('```')[0] ?? ''
  const body = code.replace(/^import .*$/gm, '').replace(/\.listen\(\d+\)/, '.listen(0)')
  const run = new Function('createServer', 'verifyWebhook', 'process', `${body}\nreturn server`)
  const receiver = run(createServer, verifyWebhook, { env: { GUARD_SECRET: 'whsec-1' } }) as ReturnType<
    typeof createServer
  >
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  const guarded = await startGateway({
    environment: { GUARD_SECRET: 'whsec-1' },
    config: {
      hooks: [{ url, secret_env: 'GUARD_SECRET', on_failure: 'closed' }],
      model_list: [{ model_name: 'fast', litellm_params: { model: 'openai/gpt-4o', mock_response: 'Fine.' } }],
    },
  })
  try {
    const target = await guarded.listen({ port: 0 })
    expect((await ask(target, 'chat', 'Hello')).text).toBe('Fine.')
    expect((await ask(target, 'chat', 'My password is x')).error?.message).toBe('Never send passwords.')
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401)
  } finally {
    await guarded.stop()
    receiver.close()
  }
})
