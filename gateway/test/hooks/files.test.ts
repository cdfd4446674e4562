import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/config.js'
import type { Hook } from '../../src/hooks/types.js'
import { startGateway } from '../http/start.js'
import { ask } from './apis.js'

const folder = mkdtempSync(join(tmpdir(), 'llmux-hooks-'))
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
afterAll(() => rmSync(folder, { recursive: true }))

const models = `
model_list:
  - model_name: fast
    litellm_params: { model: openai/gpt-4o, mock_response: A fixed answer }
`
let count = 0
function write(hooks: string, files: Readonly<Record<string, string>>, place = 'hooks: ./hooks.mjs'): string {
  const here = join(folder, String(count++))
  mkdirSync(here)
  for (const [name, text] of Object.entries({ ...files, 'hooks.mjs': hooks })) writeFileSync(join(here, name), text)
  writeFileSync(join(here, 'config.yaml'), `${place}\n${models}`)
  return join(here, 'config.yaml')
}

async function start(config: string) {
  const gateway = await startGateway({ config })
  const { url } = await gateway.listen({ port: 0 })
  stops.push(() => gateway.stop())
  return { gateway, url }
}

const refusal = (message: string) =>
  `export default { name: 'no', onFailure: 'closed', before: () => ({ action: 'refuse', message: '${message}' }) }`

describe('a file of hooks', () => {
  it.each(['hooks: ./hooks.mjs', 'hooks: [./hooks.mjs]', 'general_settings:\n  hooks: ./hooks.mjs'])(
    'is found next to the configuration: %j',
    async (place) => {
      const server = await start(write(refusal('Not today.'), {}, place))
      const { status, error } = await ask(server, 'chat', 'Hello')
      expect([status, error?.message]).toEqual([400, 'Not today.'])
    },
  )

  it('is read again by a reload, and a broken one changes nothing', async () => {
    const config = write(refusal('One.'), {})
    const server = await start(config)
    const file = config.replace('config.yaml', 'hooks.mjs')
    writeFileSync(file, 'export default {')
    await expect(server.gateway.reload()).rejects.toThrow("The hooks can't be loaded")
    expect((await ask(server, 'chat', 'Hello')).error?.message).toBe('One.')
    writeFileSync(file, `${refusal('Two.')}\n`)
    await server.gateway.reload()
    expect((await ask(server, 'chat', 'Hello')).error?.message).toBe('Two.')
  })

  it.each([
    ['export default 5', 'must export a hook'],
    ['export default { name: "a" }', "'onFailure' must be 'open' or 'closed'"],
    ['export default { name: "a", onFailure: "open" }', "it must have 'before', 'onStream' or 'after'"],
    ['export default { name: "a", onFailure: "open", befor() {}, after() {} }', "'befor' is no field of a hook"],
    ['export default { name: "a b", onFailure: "open", after() {} }', "'name' of a hook must have"],
    ['export default { name: "a", onFailure: "open", timeout: 0, after() {} }', "'timeout' must be"],
    ['export default { name: "a", onFailure: "open", for: { team: [] }, after() {} }', "'for.team' must be one of"],
    [
      'export default { name: "a", onFailure: "open", window: { size: 10, stride: 10 }, onStream() {} }',
      "'window' must have",
    ],
    ['const a = { name: "a", onFailure: "open", after() {} }; export default [a, a]', "'a' of a hook is used twice"],
  ])('must be valid: %s', async (text, message) => {
    const config = write(text, {})
    await expect(startGateway({ config })).rejects.toThrow(message)
    await expect(startGateway({ config })).rejects.toThrow(/config\.yaml:1: /)
  })

  it('must exist', () => {
    const config = write(refusal('x'), {}, 'hooks: [./missing.mjs]')
    expect(() => loadConfig(config, {})).toThrow("config.yaml:1: The file of hooks does not exist: './missing.mjs'.")
  })

  it('must be JavaScript or TypeScript', () => {
    const config = write(refusal('x'), {}, 'hooks: ./guard.py')
    expect(() => loadConfig(config, {})).toThrow('must end in .mjs, .js, .mts or .ts')
  })
})

describe("a guardrail in LiteLLM's form", () => {
  const guardrail = (mode: string, more = '') =>
    `guardrails:\n  - guardrail_name: pii\n    litellm_params: { guardrail: ./hooks.mjs, mode: ${mode}${more} }`
  const both = `export default {
    name: 'any', onFailure: 'closed',
    before: () => ({ action: 'refuse', message: 'Before.' }),
    after: () => ({ action: 'refuse', message: 'After.' }),
  }`

  it('is a file of hooks that a request names', async () => {
    const server = await start(write(both, {}, guardrail('pre_call')))
    expect((await ask(server, 'chat', 'Hello')).status).toBe(200)
    const { error } = await ask(server, 'chat', 'Hello', { more: { guardrails: ['pii'] } })
    expect(error?.message).toBe('Before.')
  })

  it.each([
    ['post_call', 'After.'],
    ['[post_call, pre_call]', 'Before.'],
    ['during_call', 'Before.'],
  ])('runs in mode %s for all calls if it is on by default', async (mode, message) => {
    const server = await start(write(both, {}, guardrail(mode, ', default_on: true')))
    expect((await ask(server, 'chat', 'Hello')).error?.message).toBe(message)
  })

  it.each([
    ['logging_only', /config\.yaml:2: .*'mode' must be pre_call, during_call or post_call; got 'logging_only'/],
    ['pre_call', /The hook of the guardrail 'pii' has nothing for its mode: before\./],
  ])('does not start in mode %s without an effect', async (mode, message) => {
    const after = `export default { name: 'any', onFailure: 'closed', after() {} }`
    await expect(startGateway({ config: write(after, {}, guardrail(mode)) })).rejects.toThrow(message)
  })
})

it('takes hooks of the process too', async () => {
  const hook: Hook = { name: 'own', onFailure: 'open', before: () => ({ action: 'answer', text: 'Own.' }) }
  const gateway = await startGateway({
    hooks: hook,
    config: { model_list: [{ model_name: 'fast', litellm_params: { model: 'openai/gpt-4o', mock_response: 'x' } }] },
  })
  stops.push(() => gateway.stop())
  const { url } = await gateway.listen({ port: 0 })
  expect((await ask({ url }, 'chat', 'Hello')).text).toBe('Own.')
  expect((await ask({ url }, 'chat', 'Hello', { key: 'sk-wrong' })).status).toBe(401)
})
