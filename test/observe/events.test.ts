import { expect, it } from 'vitest'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { Router } from '../../src/router/router.js'
import type { CallbackSet, CallEvent, SuccessEvent } from '../../src/types/observe.js'

const messages = [{ role: 'user' as const, content: 'Hello' }]

it('reports a retried stream', async () => {
  await using simulator = await startSimulator()
  const events: CallEvent[] = []
  const all = (event: CallEvent) => {
    events.push(event)
  }
  const client = createClient({
    providers: { openai: { apiKey: 'sk-secret-canary', apiBase: simulator.openaiBase } },
    callbacks: [
      { onStart: all, onRetry: all, onFirstToken: all, onSuccess: all, onFailure: all, capture: () => 'mine' },
    ],
  })
  simulator.fail({ kind: 'status', status: 500 })
  const stream = await client.completion({ model: 'openai/gpt-4o', messages, stream: true, tags: ['a'] })
  await stream.text()
  await client.flush()
  expect(events.map(({ type }) => type)).toEqual(['start', 'retry', 'firstToken', 'success'])
  const last = events.at(-1)
  expect(last).toMatchObject({ provider: 'openai', model: 'gpt-4o', tags: ['a'], captured: 'mine' })
  expect(last?.type === 'success' && last.answer?.choices).toBeTruthy()
  expect(JSON.stringify(events)).not.toContain('canary')
  await client.close()
})

it('reports a Router call once', async () => {
  await using simulator = await startSimulator()
  const events: CallEvent[] = []
  const all = (event: CallEvent) => {
    events.push(event)
  }
  const apiBase = simulator.openaiBase
  const router = new Router({
    modelList: [
      { modelName: 'g', params: { model: 'openai/fail-500', apiKey: 'k', apiBase } },
      { modelName: 'h', params: { model: 'openai/gpt-4o', apiKey: 'k', apiBase } },
    ],
    fallbacks: [{ g: ['h'] }],
    numRetries: 0,
    client: { callbacks: [{ onStart: all, onRetry: all, onFallback: all, onSuccess: all, onFailure: all }] },
  })
  await router.completion({ model: 'g', messages })
  await router.flush()
  expect(events.map(({ type }) => type)).toEqual(['start', 'fallback', 'success'])
  expect(events.at(-1)).toMatchObject({ modelGroup: 'h', provider: 'openai', model: 'gpt-4o' })
  await router.close()
})

it.each([
  ['nobody reads', false, {}],
  ['one of them reads', true, { callbacks: [() => {}] }],
  ['beforeSend may read', true, { beforeSend: (event: CallEvent) => event }],
])('copies content only if an observer reads it: %s', async (_, there, options) => {
  await using simulator = await startSimulator()
  const events: SuccessEvent[] = []
  const quiet: CallbackSet = { content: false, onSuccess: (event) => events.push(event) }
  const client = createClient({
    providers: { openai: { apiKey: 'k', apiBase: simulator.openaiBase } },
    ...options,
    callbacks: [quiet, ...('callbacks' in options ? options.callbacks : [])],
  })
  const tools = [{ type: 'function' as const, function: { name: 'look' } }]
  await client.completion({ model: 'openai/gpt-4o', messages, tools, temperature: 0.5, metadata: { session_id: 's' } })
  await client.flush()
  const [event] = events
  expect(events).toHaveLength(1)
  expect(event?.request).toMatchObject({ model: 'openai/gpt-4o', temperature: 0.5 })
  expect(event).toMatchObject({ metadata: { session_id: 's' }, usage: { total_tokens: expect.any(Number) } })
  expect('messages' in (event?.request ?? {})).toBe(there)
  expect('tools' in (event?.request ?? {})).toBe(there)
  expect(event?.answer !== undefined).toBe(there)
  await client.close()
})
