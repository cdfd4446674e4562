import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, it, vi } from 'vitest'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { LLMError } from '../../src/errors.js'
import { Router } from '../../src/router/router.js'
import type { CallbackSet, CallEvent, SuccessEvent } from '../../src/types/observe.js'
import type { ClientOptions } from '../../src/types/options.js'

const messages = [{ role: 'user' as const, content: 'Hello' }]
const model = 'openai/gpt-4o'

/** A set that keeps every event, of the kinds that are asked for. */
function keeping(events: CallEvent[], more: Partial<CallbackSet> = {}): CallbackSet {
  const keep = (event: CallEvent) => {
    events.push(event)
  }
  return {
    ...{ onStart: keep, onRetry: keep, onFallback: keep, onFirstToken: keep, onCacheHit: keep },
    ...{ onSuccess: keep, onFailure: keep },
    ...more,
  }
}

async function scene(options: ClientOptions = {}) {
  const simulator = await startSimulator()
  const events: CallEvent[] = []
  const client = createClient({
    providers: { openai: { apiKey: 'sk-key', apiBase: simulator.openaiBase } },
    callbacks: [keeping(events)],
    ...options,
  })
  return {
    simulator,
    client,
    events,
    types: () => events.map(({ type }) => type),
    async [Symbol.asyncDispose]() {
      await client.close()
      await simulator.close()
    },
  }
}

const last = (events: readonly CallEvent[]) => events.at(-1) as SuccessEvent

it('notifies callbacks of the client, of the call, and functions', async () => {
  await using here = await scene()
  const { client, events } = here
  const own: CallEvent[] = []
  const plain: SuccessEvent[] = []
  await client.completion({
    model,
    messages,
    callbacks: [keeping(own), (event) => plain.push(event), { onSuccess: async () => {} }],
  })
  await client.flush()
  expect(events.map(({ type }) => type)).toEqual(['start', 'success'])
  expect(own.map(({ type }) => type)).toEqual(['start', 'success'])
  expect(plain).toHaveLength(1)
  expect(new Set([...events, ...own, ...plain].map(({ callId }) => callId)).size).toBe(1)
  expect(client.callbackStats()).toMatchObject({ delivered: 6, failed: 0, dropped: 0, late: 0, waiting: 0 })
})

it('reports all facts about an answer', async () => {
  await using here = await scene()
  const { client, events } = here
  const answer = await client.completion({
    model,
    messages,
    user: 'u1',
    tags: ['a', 'b'],
    traceId: 'trace-1',
    max_tokens: 20,
  })
  await client.flush()
  const event = last(events)
  expect(event).toMatchObject({
    type: 'success',
    traceId: 'trace-1',
    operation: 'chat',
    provider: 'openai',
    model: 'gpt-4o',
    stream: false,
    request: { model, messages, max_tokens: 20, user: 'u1' },
    tags: ['a', 'b'],
    user: 'u1',
    usage: answer.usage,
    cost: answer.meta.cost,
    cache: { hit: false },
    status: 200,
    requestId: answer.meta.requestId,
    responseId: answer.id,
    finishReasons: ['stop'],
    attempts: [{ provider: 'openai', model: 'gpt-4o', outcome: 'success', status: 200 }],
  })
  expect(event.answer).toEqual(JSON.parse(JSON.stringify(answer)))
  expect(event.timings.totalMs).toBeGreaterThanOrEqual(event.timings.headersMs ?? Number.NaN)
  expect(Object.keys(event.request)).not.toContain('traceId')
})

it('reports every operation, and failures before sending', async () => {
  await using here = await scene()
  const { client, events } = here
  await client.embedding({ model: 'openai/text-embedding-3-small', input: ['a', 'b'] })
  await client.responses({ model: 'openai/gpt-5', input: 'Hello' })
  await client.moderation({ input: 'Hello' })
  await expect(client.completion({ model: 'nobody/nothing', messages })).rejects.toThrow()
  await expect(client.completion({ model, messages, max_token: 3 } as never)).rejects.toThrow('max_tokens')
  await expect(client.completion({ model, messages, max_tokens: 3 })).resolves.toBeTruthy()
  await client.flush()
  const ends = events.filter(({ type }) => type === 'success' || type === 'failure')
  expect(ends.map(({ operation, type }) => `${operation} ${type}`)).toEqual([
    'embedding success',
    'responses success',
    'moderation success',
    'chat failure',
    'chat failure',
    'chat success',
  ])
  expect(JSON.stringify(ends[0])).toContain('more]')
})

it('rejects invalid callbacks through the promise', async () => {
  await using here = await scene()
  const { client } = here
  for (const callbacks of [5, 'x', {}, [5]]) {
    await expect(client.completion({ model, messages, callbacks } as never)).rejects.toThrow(/'callbacks'/)
  }
  await expect(client.completion(undefined as never)).rejects.toThrow(LLMError)
  for (const callbacks of [5, {}, [5], [{ onSucess() {} }]]) {
    const list = [{ modelName: 'g', params: { model } }]
    expect(() => new Router({ modelList: list, callbacks } as never)).toThrow(/'callbacks'/)
    expect(() => createClient({ callbacks } as never)).toThrow(/'callbacks'/)
  }
  for (const wrong of [
    { redact: 5 },
    { beforeSend: 'x' },
    { callbackQueue: 0 },
    { callbackTimeout: -1 },
    { logger: {} },
  ]) {
    expect(() => createClient(wrong as never), JSON.stringify(wrong)).toThrow(`'${Object.keys(wrong)[0]}' must be`)
    expect(
      () => new Router({ modelList: [{ modelName: 'g', params: { model } }], ...(wrong as object) }),
      JSON.stringify(wrong),
    ).toThrow(`'${Object.keys(wrong)[0]}' must be`)
  }
})

it.each([
  ['mesages', 'messages'],
  ['Answer', 'answer'],
  ['errors', 'error'],
  ['response', 'answer'],
  ['responseFormat', 'response_format'],
])('rejects the misspelled redact field %s and suggests %s', (written, right) => {
  const wrong = `'redact' contains an unknown field '${written}'. Did you mean '${right}'?`
  expect(() => createClient({ redact: [written] })).toThrow(wrong)
  expect(() => new Router({ modelList: [{ modelName: 'g', params: { model } }], redact: [written] })).toThrow(wrong)
})

it("redacts unknown snake_case fields, which may be the provider's", () => {
  expect(() => createClient({ redact: ['messages', 'answer', 'system_fingerprint', 'guardrail_config'] })).not.toThrow()
  expect(() => createClient({ redact: ['allContent'] })).toThrow(
    "'redact' contains an unknown field 'allContent'. Use a snake_case field of the request, or one of " +
      'answer, chunk, metadata, user, error.',
  )
})

it('survives failing and mutating handlers', async () => {
  const spoil = (event: CallEvent) => {
    for (const part of Object.values(event)) {
      if (typeof part !== 'object' || part === null) continue
      // the length of a list can't be set to that
      for (const key of Reflect.ownKeys(part)) if (key !== 'length') Reflect.set(part, key, 'spoilt')
    }
    if (event.type !== 'chunk') return
    for (const choice of event.chunk.choices as { delta: object }[]) Reflect.set(choice.delta, 'content', 'spoilt')
  }
  const bad: CallbackSet = {
    ...{ onStart: spoil, onRetry: spoil, onFirstToken: spoil, onChunk: spoil, onSuccess: spoil, onFailure: spoil },
    capture() {
      throw new Error('no context')
    },
  }
  const throwing: CallbackSet = {
    onStart: () => {
      throw new Error('sync')
    },
    onSuccess: () => Promise.reject(new Error('async')),
    onFailure: async () => {
      throw new Error('async')
    },
  }
  await using here = await scene({ callbacks: [bad, throwing] })
  const { client, simulator } = here
  const metadata = { a: 'b' }
  const given = [{ role: 'user' as const, content: 'Say something long, please' }]
  const answer = await client.completion({ model, messages: given, metadata, store: true })
  simulator.fail({ kind: 'status', status: 500 })
  const stream = await client.completion({ model, messages: given, stream: true })
  await new Promise((resolve) => setImmediate(resolve))
  let text = ''
  for await (const chunk of stream) {
    await new Promise((resolve) => setImmediate(resolve))
    text += chunk.choices[0]?.delta.content ?? ''
  }
  const failure = await client.completion({ model: 'openai/fail-401', messages }).catch((error: LLMError) => error)
  await client.flush()
  expect(metadata).toEqual({ a: 'b' })
  expect(given).toEqual([{ role: 'user', content: 'Say something long, please' }])
  expect(text).toBe((await stream.final()).choices[0]?.message.content)
  expect(text).not.toContain('spoilt')
  expect(answer.usage?.total_tokens).toBeGreaterThan(0)
  expect(answer.meta.attempts).toMatchObject([{ outcome: 'success' }])
  expect(stream.meta.attempts).toHaveLength(2)
  expect(failure).toMatchObject({ code: 'authentication', attempts: [{ outcome: 'authentication' }] })
  expect((failure as LLMError).message).toContain('401')
  expect(client.callbackStats().failed).toBeGreaterThanOrEqual(6)
})

it('does not wait for handlers', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await using here = await scene({ callbacks: [{ onStart: () => held, onSuccess: () => held }] })
  const { client } = here
  await client.completion({ model, messages })
  await client.completion({ model, messages })
  release()
  await client.flush()
  expect(client.callbackStats().delivered).toBe(4)
})

it('gives up on pending handlers and flushes', { timeout: 5_000 }, async () => {
  const never = () => new Promise<void>(() => {})
  await using here = await scene({ callbacks: [{ onSuccess: never, flush: never, close: never }], callbackTimeout: 50 })
  const { client } = here
  for (let count = 0; count < 20; count++) await client.completion({ model, messages })
  await client.flush()
  await client.flush()
  expect(client.callbackStats()).toMatchObject({ late: 20, delivered: 0, waiting: 0 })
  await client.close()
})

it('lets calls continue between blocking handlers', async () => {
  const block = () => {
    const end = performance.now() + 20
    while (performance.now() < end);
  }
  await using here = await scene({ callbacks: Array.from({ length: 20 }, () => ({ onSuccess: block })) })
  const { client } = here
  await client.completion({ model, messages })
  let turns = 0
  const ticks = setInterval(() => turns++, 1)
  await client.flush()
  clearInterval(ticks)
  expect(client.callbackStats().delivered).toBe(20)
  // each handler blocks for 20 ms: without turns for others between them there is none
  expect(turns).toBeGreaterThan(5)
})

it('drops and counts events of a full queue, chunks first', async () => {
  const ends: CallEvent[] = []
  await using here = await scene({
    callbacks: [{ onStart: () => {}, onChunk: () => {}, onSuccess: (event) => ends.push(event) }],
    callbackQueue: 4,
  })
  const { client } = here
  const streams = await Promise.all([1, 2].map(() => client.completion({ model, messages, stream: true })))
  await Promise.all(streams.map((stream) => stream.final()))
  await client.flush()
  expect(ends).toHaveLength(2)
  const { dropped, waiting } = client.callbackStats()
  expect(dropped).toBeGreaterThanOrEqual(0)
  expect(waiting).toBe(0)
  // a burst in one turn
  const burst = createClient({ callbacks: [{ onFailure: () => {} }], callbackQueue: 4 })
  await Promise.allSettled(Array.from({ length: 10 }, () => burst.completion({ model: 'nobody/x', messages })))
  await burst.flush()
  const stats = burst.callbackStats()
  expect(stats.delivered + stats.dropped).toBe(10)
  expect(stats.dropped).toBeGreaterThan(0)
  await burst.close()
})

it('lets beforeSend change and drop events', async () => {
  const seen: CallEvent[] = []
  const channel: unknown[] = []
  const listen = (message: unknown) => channel.push(message)
  subscribe('llmux:call:success', listen)
  await using here = await scene({
    callbacks: [keeping(seen)],
    beforeSend(event) {
      if (event.type === 'start') return undefined
      return { ...event, request: { masked: true } }
    },
  })
  await here.client.completion({ model, messages })
  await here.client.flush()
  expect(seen).toMatchObject([{ type: 'success', request: { masked: true } }])
  expect(channel).toMatchObject([{ type: 'success', request: { masked: true } }])
  for (const beforeSend of [
    () => {
      throw new Error('no')
    },
    async (event: CallEvent) => event,
  ]) {
    const none: CallEvent[] = []
    await using other = await scene({ callbacks: [keeping(none)], beforeSend: beforeSend as never })
    await other.client.completion({ model, messages })
    await other.client.flush()
    expect(none).toEqual([])
    expect(other.client.callbackStats().failed).toBe(2)
  }
  expect(channel).toHaveLength(1)
  unsubscribe('llmux:call:success', listen)
})

it('publishes on diagnostics channels in the caller’s context', async () => {
  const names = ['start', 'retry', 'first-token', 'success', 'failure']
  const context = new AsyncLocalStorage<string>()
  for (const name of names) {
    await using here = await scene({ callbacks: [] })
    const { client, simulator } = here
    const told: unknown[] = []
    const listen = (message: unknown) => told.push({ context: context.getStore(), ...(message as object) })
    subscribe(`llmux:call:${name}`, listen)
    await context.run('mine', async () => {
      simulator.fail({ kind: 'status', status: 500 })
      const stream = await client.completion({ model, messages, stream: true })
      await stream.final()
      await client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
    })
    unsubscribe(`llmux:call:${name}`, listen)
    expect(told.length, name).toBeGreaterThan(0)
    if (name === 'start') expect(told[0]).toMatchObject({ context: 'mine', type: 'start' })
  }
})

it('creates no events without observers', async () => {
  const { EventRecorder } = await import('../../src/observe/event-recorder.js')
  const base = vi.spyOn(EventRecorder.prototype, 'start')
  await using here = await scene({ callbacks: [] })
  await here.client.completion({ model, messages })
  expect(base).not.toHaveBeenCalled()
  base.mockRestore()
})

it('drains, then closes once', async () => {
  const calls: string[] = []
  await using here = await scene({
    callbacks: [
      {
        onSuccess: async () => {
          await new Promise((resolve) => setTimeout(resolve, 20))
          calls.push('success')
        },
        flush: async () => void calls.push('flush'),
        close: async () => void calls.push('close'),
      },
    ],
  })
  await here.client.completion({ model, messages })
  await Promise.all([here.client.close(), here.client.close()])
  expect(calls).toEqual(['success', 'flush', 'close'])
})

it('flushes callback sets of single calls', async () => {
  await using here = await scene()
  const flush = vi.fn(async () => {})
  await here.client.completion({ model, messages, callbacks: [{ flush }] })
  await here.client.flush()
  expect(flush).toHaveBeenCalledTimes(1)
})

it.each(['client', 'Router'])('reports in-flight calls when a %s closes', async (kind) => {
  await using here = await scene()
  const told: string[] = []
  const set: CallbackSet = { onSuccess: () => void told.push('success'), close: async () => void told.push('close') }
  const params = { model, apiKey: 'sk-key', apiBase: here.simulator.openaiBase }
  const one =
    kind === 'Router'
      ? new Router({ modelList: [{ modelName: model, params }], callbacks: [set] })
      : createClient({ providers: { openai: { apiKey: params.apiKey, apiBase: params.apiBase } }, callbacks: [set] })
  here.simulator.fail({ kind: 'slow-headers', ms: 80 })
  const answer = one.completion({ model, messages })
  await new Promise((resolve) => setTimeout(resolve, 30))
  await one.close()
  await answer
  expect(told).toEqual(['success', 'close'])
})
