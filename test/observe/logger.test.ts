import { afterEach, expect, it, vi } from 'vitest'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { linesFor } from '../../src/observe/lines.js'
import { Router } from '../../src/router/router.js'

const messages = [{ role: 'user' as const, content: 'A private word' }]

function recorder() {
  const records: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = []
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    records.push({ level, message, fields })
  }
  return { records, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

it('logs calls at levels, without content', async () => {
  await using simulator = await startSimulator()
  const { records, logger } = recorder()
  const apiBase = simulator.openaiBase
  await using router = new Router({
    modelList: [
      { modelName: 'g', params: { model: 'openai/fail-500', apiKey: 'k', apiBase } },
      { modelName: 'h', params: { model: 'openai/gpt-4o', apiKey: 'k', apiBase } },
    ],
    fallbacks: [{ g: ['h'] }],
    numRetries: 1,
    logger,
  })
  await router.completion({ model: 'g', messages, tags: ['t'] })
  await router.completion({ model: 'nothing', messages }).catch(() => {})
  await router.flush()
  expect(records.map(({ level, message }) => `${level} ${message}`)).toEqual([
    ...['debug llmux call started', 'warn llmux retries', 'warn llmux falls back', 'info llmux call succeeded'],
    ...['debug llmux call started', 'error llmux call failed'],
  ])
  expect(records[3]?.fields).toMatchObject({
    ...{ operation: 'chat', provider: 'openai', model: 'gpt-4o', modelGroup: 'h', attempts: 3, tags: ['t'] },
    durationMs: expect.any(Number),
    cost: expect.any(Number),
  })
  expect(JSON.stringify(records)).not.toContain('private')
})

it('writes a line per attempt with LLMUX_LOG=debug and nothing without', async () => {
  await using simulator = await startSimulator()
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const scene = () => createClient({ providers: { openai: { apiKey: 'k', apiBase: simulator.openaiBase } } })
  vi.stubEnv('LLMUX_LOG', '')
  await using silent = scene()
  await silent.completion({ model: 'openai/gpt-4o', messages })
  await silent.flush()
  expect(write).not.toHaveBeenCalled()
  vi.stubEnv('LLMUX_LOG', 'debug')
  await using client = scene()
  simulator.fail({ kind: 'status', status: 503 })
  await client.completion({ model: 'openai/gpt-4o', messages })
  await client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
  const broken = () => Promise.reject(new Error('Redis is\ngone.'))
  await client.completion({ model: 'openai/gpt-4o', messages, cache: { store: { get: broken, set: broken } } })
  await client.flush()
  const lines = write.mock.calls.map(([line]) => String(line))
  expect(lines).toHaveLength(4)
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} llmux chat openai\/gpt-4o try 1 overloaded 503: .*; again in \d+ ms \[\w{8}\]\n$/,
  )
  expect(lines[1]).toMatch(/llmux chat openai\/gpt-4o try 2 ok 200, \d+ ms, \d+\+\d+ tokens, \$\d\.\d{6} \[\w{8}\]\n$/)
  expect(lines[2]).toMatch(/llmux chat openai\/fail-401 try 1 authentication 401: .* after \d+ ms \[\w{8}\]\n$/)
  expect(lines[3]).toMatch(/ok 200, .*, without cache: Redis is gone\. \[\w{8}\]\n$/)
  expect(lines.join('')).not.toContain('private')
})

it.each([
  ['off', []],
  ['error', ['onFailure']],
  ['warn', ['onFailure', 'onFallback', 'onRetry']],
  ['info', ['onFailure', 'onFallback', 'onRetry', 'onSuccess']],
  ['1', ['onFailure', 'onFallback', 'onRetry', 'onSuccess']],
])('LLMUX_LOG=%s', (level, wanted) => {
  const handlers = Object.keys(linesFor(level) ?? {}).filter((name) => name.startsWith('on'))
  expect(handlers.sort()).toEqual(wanted)
})
