import { expect, it } from 'vitest'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { Router } from '../../src/router/router.js'
import type { CallEvent, FailureEvent, SuccessEvent } from '../../src/types/observe.js'

const messages = [{ role: 'user' as const, content: 'Tell me a story about a lighthouse.' }]
const model = 'openai/gpt-4o'

async function scene() {
  const simulator = await startSimulator()
  const events: CallEvent[] = []
  const keep = (event: CallEvent) => {
    events.push(event)
  }
  const callbacks = [
    {
      onStart: keep,
      onRetry: keep,
      onFallback: keep,
      onFirstToken: keep,
      onChunk: keep,
      onSuccess: keep,
      onFailure: keep,
    },
  ]
  const client = createClient({
    providers: { openai: { apiKey: 'k', apiBase: simulator.openaiBase } },
    callbacks,
  })
  return {
    simulator,
    client,
    callbacks,
    events,
    ends: () => events.filter((event) => event.type === 'success' || event.type === 'failure'),
    async [Symbol.asyncDispose]() {
      await client.close()
      await simulator.close()
    },
  }
}

const textOf = (answer: SuccessEvent['answer']) =>
  (answer?.choices as { message: { content: string } }[] | undefined)?.[0]?.message.content

it('reports one success with the complete answer, and every chunk', async () => {
  await using here = await scene()
  const { client, events, ends } = here
  const stream = await client.completion({ model, messages, stream: true })
  const chunks: unknown[] = []
  for await (const chunk of stream) chunks.push(chunk)
  await stream.final()
  await client.flush()
  expect(events.map(({ type }) => type).filter((type) => type !== 'chunk')).toEqual(['start', 'firstToken', 'success'])
  expect(events.flatMap((event) => (event.type === 'chunk' ? [event.chunk] : []))).toEqual(chunks)
  const [end] = ends() as SuccessEvent[]
  expect(end?.answer).toEqual(JSON.parse(JSON.stringify(await stream.final())))
  expect(end?.usage).toEqual(stream.meta.usage)
  expect(end?.timings.firstTokenMs).toBeLessThanOrEqual(end?.timings.totalMs ?? 0)
})

it('reports a stream that is not read', async () => {
  await using here = await scene()
  const { client, ends } = here
  await client.completion({ model, messages, stream: true })
  await expect.poll(() => ends().length).toBe(1)
  expect(ends()).toMatchObject([{ type: 'success', finishReasons: ['stop'] }])
})

it.each(['left', 'aborted', 'cut'] as const)(
  'reports a stream that was %s once, with the partial answer',
  async (how) => {
    await using here = await scene()
    const { client, simulator, ends } = here
    simulator.fail({ kind: how === 'cut' ? 'cut' : 'silence', afterChunks: 3 })
    const stream = await client.completion({ model, messages, stream: true })
    try {
      for await (const chunk of stream) {
        if (!chunk.choices[0]?.delta.content) continue
        if (how === 'left') break
        if (how === 'aborted') stream.abort()
      }
    } catch {
      // what it throws is told elsewhere
    }
    await client.flush()
    const [end, ...more] = ends() as FailureEvent[]
    expect(more).toEqual([])
    expect(end?.type).toBe('failure')
    expect(end?.error.code).toBe(how === 'cut' ? 'stream_interrupted' : 'aborted')
    expect(textOf(end?.answer)).toBeTruthy()
    expect(end?.usage).toBeDefined()
    expect(end?.cost).toMatchObject({ estimated: true })
    expect(end?.attempts).toMatchObject([{ outcome: how === 'cut' ? 'stream_interrupted' : 'aborted' }])
    expect(end?.error.partial).toBeUndefined()
  },
)

it('reports a resumed stream of a Router once', async () => {
  await using here = await scene()
  const { simulator, events, ends, callbacks } = here
  const params = { model: 'anthropic/claude-haiku-4-5', apiBase: simulator.anthropicBase }
  await using router = new Router({
    modelList: [
      { modelName: 'g', id: 'one', params: { ...params, apiKey: 'k1', order: 0 } },
      { modelName: 'g', id: 'two', params: { ...params, apiKey: 'k2', order: 1 } },
    ],
    callbacks,
  })
  simulator.fail({ kind: 'cut', afterChunks: 3 })
  const stream = await router.completion({ model: 'g', messages, stream: true, resume: 'continue' })
  let text = ''
  let shown = 0
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    shown++
  }
  await router.flush()
  expect(ends()).toMatchObject([{ type: 'success', deployment: 'two', modelGroup: 'g' }])
  expect(textOf((ends()[0] as SuccessEvent).answer)).toBe(text)
  expect(events.filter(({ type }) => type === 'firstToken')).toHaveLength(1)
  expect(events.filter(({ type }) => type === 'chunk').length).toBeGreaterThanOrEqual(shown)
  // and when it is left
  events.length = 0
  simulator.fail({ kind: 'silence', afterChunks: 3 })
  const other = await router.completion({ model: 'g', messages, stream: true, resume: 'continue' })
  for await (const _ of other) break
  await router.flush()
  expect(ends()).toMatchObject([{ type: 'failure', error: { code: 'aborted' } }])
})

it('reports a Router call once, with attempts, group and queue time', async () => {
  await using here = await scene()
  const { simulator, events, ends, callbacks } = here
  const apiBase = simulator.openaiBase
  await using router = new Router({
    modelList: [
      { modelName: 'g', id: 'bad', params: { model: 'openai/fail-500', apiKey: 'k1', apiBase } },
      { modelName: 'h', id: 'good', params: { model, apiKey: 'k2', apiBase, maxParallelRequests: 1 } },
    ],
    fallbacks: [{ g: ['h'] }],
    numRetries: 1,
    client: { callbacks },
  })
  await Promise.all([router.completion({ model: 'g', messages }), router.completion({ model: 'h', messages })])
  await router.flush()
  const of = (group: string) => events.filter((event) => (event.request as { model: string }).model === group)
  expect(of('g').map(({ type }) => type)).toEqual(['start', 'retry', 'fallback', 'success'])
  expect(of('g')[0]).toMatchObject({ modelGroup: 'g', model: 'g', provider: '' })
  expect(of('g')[1]).toMatchObject({ modelGroup: 'g', deployment: 'bad', provider: 'openai', attempt: 1 })
  expect(of('g')[2]).toMatchObject({ from: 'g', to: 'h' })
  expect(of('g')[3]).toMatchObject({
    ...{ modelGroup: 'h', deployment: 'good', provider: 'openai', model: 'gpt-4o' },
    attempts: [
      { outcome: 'internal_server', deployment: 'bad', modelGroup: 'g' },
      { outcome: 'internal_server', deployment: 'bad', modelGroup: 'g' },
      { outcome: 'success', deployment: 'good', modelGroup: 'h' },
    ],
  })
  const starts = (of('g')[3] as SuccessEvent).attempts.map(({ startMs }) => startMs ?? -1)
  expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  events.length = 0
  await Promise.all([1, 2, 3].map(() => router.completion({ model: 'h', messages })))
  await router.flush()
  const waits = ends().map(({ timings }) => (timings as SuccessEvent['timings']).queueMs)
  expect(waits.filter((ms) => ms !== undefined && ms > 0)).toHaveLength(2)
})
