import { context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { afterAll, afterEach, expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { openTelemetry } from '../../src/integrations/otel.js'
import { Router } from '../../src/router/router.js'

/**
 * Names as in https://github.com/open-telemetry/semantic-conventions-genai/tree/main/docs/gen-ai (gen-ai-spans.md, gen-ai-metrics.md,
 * gen-ai-events.md, gen-ai-exceptions.md).
 */

const messages = [
  { role: 'system' as const, content: 'Be brief.' },
  { role: 'user' as const, content: 'Hello' },
]
const exporter = new InMemorySpanExporter()
const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
// the active context is kept by the provider's context manager
tracerProvider.register()
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)

afterEach(() => {
  exporter.reset()
  metricExporter.reset()
})
afterAll(async () => {
  await tracerProvider.shutdown()
})

async function scene(options: Parameters<typeof openTelemetry>[0] = {}) {
  const simulator = await startSimulator()
  const callbacks = [openTelemetry({ tracerProvider, ...options })]
  const client = createClient({
    callbacks,
    providers: { openai: { apiKey: 'sk-canary', apiBase: simulator.openaiBase } },
  })
  return {
    simulator,
    client,
    callbacks,
    async [Symbol.asyncDispose]() {
      await client.close()
      await simulator.close()
    },
  }
}

const spans = () => exporter.getFinishedSpans()

it('creates a span for a call as a child of the active one', async () => {
  await using here = await scene()
  const parent = trace.getTracer('test').startSpan('request')
  const answer = await context.with(trace.setSpan(context.active(), parent), () =>
    here.client.completion({
      model: 'openai/gpt-4o',
      messages,
      temperature: 0.2,
      max_tokens: 50,
      stop: 'END',
      user: 'u1',
      tags: ['a'],
    }),
  )
  parent.end()
  await here.client.flush()
  const [span] = spans().filter(({ name }) => name === 'chat gpt-4o')
  expect(span?.parentSpanContext?.spanId).toBe(parent.spanContext().spanId)
  expect(span?.spanContext().traceId).toBe(parent.spanContext().traceId)
  expect(span?.kind).toBe(2)
  expect(span?.status.code).toBe(SpanStatusCode.UNSET)
  expect(span?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.request.temperature': 0.2,
    'gen_ai.request.max_tokens': 50,
    'gen_ai.request.stop_sequences': ['END'],
    'gen_ai.response.id': answer.id,
    'gen_ai.response.model': answer.model,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': answer.usage?.prompt_tokens,
    'gen_ai.usage.output_tokens': answer.usage?.completion_tokens,
    'gen_ai.usage.cost': answer.meta.cost.total,
    'user.id': 'u1',
    'llmux.tags': ['a'],
  })
  const [seconds = 0, nanos = 0] = span?.duration ?? []
  expect(Math.abs(seconds * 1000 + nanos / 1e6 - answer.meta.latencyMs)).toBeLessThan(100)
  const text = JSON.stringify(span?.attributes)
  expect(text).not.toContain('Hello')
  expect(text).not.toContain('canary')
})

it('sends the context of each attempt to the provider', async () => {
  await using here = await scene({ propagate: true })
  here.simulator.fail({ kind: 'status', status: 500 })
  const parent = trace.getTracer('test').startSpan('request')
  await context.with(trace.setSpan(context.active(), parent), () =>
    here.client.completion({ model: 'openai/gpt-4o', messages, maxRetries: 1 }),
  )
  parent.end()
  await here.client.flush()
  const [call] = spans().filter(({ name }) => name === 'chat gpt-4o')
  const attempts = spans().filter(({ name }) => name === 'attempt openai/gpt-4o')
  expect(call?.parentSpanContext?.spanId).toBe(parent.spanContext().spanId)
  expect(attempts.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
    Array.from({ length: 2 }, () => call?.spanContext().spanId),
  )
  expect(here.simulator.requests.map(({ headers }) => headers.traceparent)).toEqual(
    attempts.map((span) => `00-${parent.spanContext().traceId}-${span.spanContext().spanId}-01`),
  )
  expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual(['internal_server', undefined])
  expect(call?.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0)
  for (const span of [call, ...attempts]) expect(span?.ended).toBe(true)
})

it('sends the decision not to sample to the provider as well', async () => {
  const never = new NodeTracerProvider({
    sampler: new AlwaysOffSampler(),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  })
  await using here = await scene({ propagate: true, tracerProvider: never })
  await here.client.completion({ model: 'openai/gpt-4o', messages })
  expect(here.simulator.requests[0]?.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  await here.client.flush()
  expect(spans()).toHaveLength(0)
})

it('leaves messages of errors out on request', async () => {
  await using here = await scene({ errorMessages: false, attemptSpans: 'always' })
  here.simulator.fail({ kind: 'status', status: 400, body: { error: { message: 'Bad prompt: Hello' } } })
  await expect(here.client.completion({ model: 'openai/gpt-4o', messages })).rejects.toThrow('Hello')
  await here.client.flush()
  expect(spans()).toHaveLength(2)
  expect(JSON.stringify(spans().map(({ status, attributes, events }) => [status, attributes, events]))).not.toContain(
    'Hello',
  )
})

it('captures content on request', async () => {
  await using here = await scene({ captureContent: true })
  const tools = [{ type: 'function' as const, function: { name: 'look', parameters: { type: 'object' } } }]
  const history = [
    ...messages,
    {
      role: 'assistant' as const,
      content: null,
      tool_calls: [{ id: 'c1', type: 'function' as const, function: { name: 'look', arguments: '{"a":1}' } }],
    },
    { role: 'tool' as const, tool_call_id: 'c1', content: 'found' },
    {
      role: 'user' as const,
      content: [
        { type: 'text' as const, text: 'And this?' },
        { type: 'image_url' as const, image_url: { url: `data:image/png;base64,${'A'.repeat(400)}` } },
      ],
    },
  ]
  const answer = await here.client.completion({ model: 'openai/gpt-4o', messages: history, tools })
  await here.client.flush()
  const attributes = spans()[0]?.attributes ?? {}
  const read = (name: string) => JSON.parse(String(attributes[name]))
  expect(read('gen_ai.input.messages')).toEqual([
    { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
    { role: 'user', parts: [{ type: 'text', content: 'Hello' }] },
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'look', arguments: { a: 1 } }] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'found' }] },
    {
      role: 'user',
      parts: [
        { type: 'text', content: 'And this?' },
        { type: 'blob', modality: 'image', mime_type: 'image/png', content: '[400 characters]' },
      ],
    },
  ])
  expect(read('gen_ai.tool.definitions')).toEqual([{ type: 'function', name: 'look', parameters: { type: 'object' } }])
  const [output] = read('gen_ai.output.messages')
  expect(output).toMatchObject({ role: 'assistant', finish_reason: answer.choices[0]?.finish_reason })
  expect(output.parts.length).toBeGreaterThan(0)
})

it('writes the Responses API as chat', async () => {
  await using here = await scene({ captureContent: true })
  await here.client.responses({ model: 'openai/gpt-5', input: 'Hello', instructions: 'Be brief.' })
  await here.client.flush()
  expect(spans()[0]?.name).toBe('chat gpt-5')
  const { attributes } = spans()[0] as { attributes: Record<string, string> }
  expect(JSON.parse(attributes['gen_ai.system_instructions'] ?? '')).toEqual([{ type: 'text', content: 'Be brief.' }])
  expect(JSON.parse(attributes['gen_ai.output.messages'] ?? '')).toMatchObject([
    { role: 'assistant', parts: [{ type: 'text' }], finish_reason: 'completed' },
  ])
})

it('creates spans for attempts, retries and fallbacks', async () => {
  await using here = await scene()
  const apiBase = here.simulator.openaiBase
  await using router = new Router({
    callbacks: here.callbacks,
    modelList: [
      { modelName: 'g', id: 'bad', params: { model: 'openai/fail-500', apiKey: 'k', apiBase } },
      { modelName: 'h', id: 'good', params: { model: 'openai/gpt-4o', apiKey: 'k', apiBase } },
    ],
    fallbacks: [{ g: ['h'] }],
    numRetries: 1,
  })
  await router.completion({ model: 'g', messages })
  await router.flush()
  const root = spans().find(({ name }) => name === 'chat gpt-4o')
  const tries = spans().filter(({ name }) => name.startsWith('attempt'))
  expect(root?.attributes).toMatchObject({
    ...{ 'llmux.model_group': 'h', 'llmux.deployment': 'good', 'llmux.attempts': 3 },
  })
  expect(tries.map(({ name, attributes, status }) => [name, attributes['llmux.deployment'], status.code])).toEqual([
    ['attempt openai/fail-500', 'bad', SpanStatusCode.ERROR],
    ['attempt openai/fail-500', 'bad', SpanStatusCode.ERROR],
    ['attempt openai/gpt-4o', 'good', SpanStatusCode.UNSET],
  ])
  expect(new Set(tries.map((one) => one.parentSpanContext?.spanId))).toEqual(new Set([root?.spanContext().spanId]))
  const at = ([seconds, nanos]: [number, number]) => seconds * 1e3 + nanos / 1e6
  for (const [index, one] of tries.entries()) {
    const before = tries[index - 1]
    expect(at(one.startTime)).toBeGreaterThanOrEqual(before ? at(before.endTime) - 0.01 : at(root?.startTime ?? [0, 0]))
    expect(at(one.endTime)).toBeLessThanOrEqual(at(root?.endTime ?? [0, 0]) + 0.01)
    expect(Object.keys(one.attributes).filter((name) => name.startsWith('gen_ai'))).toEqual([])
  }
})

it('records failures', async () => {
  await using here = await scene({
    attributes: () => {
      throw new Error('mine')
    },
  })
  await here.client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
  const stream = await here.client.completion({ model: 'openai/gpt-4o', messages, stream: true })
  stream.abort()
  await here.client.flush()
  expect(spans()[0]?.attributes['error.type']).toBe('authentication')
  expect(spans()[0]?.status).toMatchObject({ code: SpanStatusCode.ERROR, message: expect.stringContaining('401') })
})

it('records metrics', async () => {
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  await using here = await scene({ spans: false, meterProvider })
  const answer = await here.client.completion({ model: 'openai/gpt-4o', messages })
  await (await here.client.completion({ model: 'openai/gpt-4o', messages, stream: true })).final()
  await here.client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
  await here.client.embedding({ model: 'openai/text-embedding-3-small', input: 'a' })
  await here.client.flush()
  await reader.forceFlush()
  expect(spans()).toEqual([])
  const metrics = metricExporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics))
  const named = (name: string) => metrics.find(({ descriptor }) => descriptor.name === name)
  const usage = named('gen_ai.client.token.usage')
  expect(usage?.descriptor.unit).toBe('{token}')
  const first = usage?.dataPoints.find(
    ({ attributes }) => attributes['gen_ai.token.type'] === 'input' && attributes['gen_ai.operation.name'] === 'chat',
  )
  expect(first?.attributes).toMatchObject({ 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o' })
  expect(first?.value).toMatchObject({ sum: (answer.usage?.prompt_tokens ?? 0) * 2, count: 2 })
  const duration = named('gen_ai.client.operation.duration')
  expect(duration?.descriptor.unit).toBe('s')
  expect(duration?.dataPoints.map(({ attributes }) => attributes['error.type']).filter(Boolean)).toEqual([
    'authentication',
  ])
  expect(duration?.dataPoints.map(({ attributes }) => attributes['gen_ai.operation.name'])).toContain('embeddings')
  await meterProvider.shutdown()
  expect(named('gen_ai.client.operation.time_to_first_chunk')?.dataPoints[0]?.value).toMatchObject({ count: 1 })
})

/** Events are log records of the real SDK, which the global `logs` find. */
function events(minimumSeverity?: number) {
  const kept = new InMemoryLogRecordExporter()
  const provider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor({ exporter: kept })],
    ...(minimumSeverity !== undefined && {
      loggerConfigurator: () => ({ disabled: false, minimumSeverity, traceBased: false }),
    }),
  })
  logs.setGlobalLoggerProvider(provider)
  onTestFinished(async () => {
    logs.disable()
    await provider.shutdown()
  })
  return () => kept.getFinishedLogRecords()
}

it('emits events for content and failures with a logger provider', async () => {
  const seen = events()
  await using here = await scene({ loggerProvider: logs })
  const answer = await here.client.completion({ model: 'openai/gpt-4o', messages, temperature: 0.2 })
  await here.client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
  await here.client.embedding({ model: 'openai/text-embedding-3-small', input: 'a' })
  const stream = await here.client.completion({ model: 'openai/gpt-4o', messages, stream: true })
  stream.abort()
  await here.client.flush()
  const details = 'gen_ai.client.inference.operation.details'
  expect(seen().map(({ eventName, severityNumber }) => [eventName, severityNumber])).toEqual([
    [details, 5],
    [details, 5],
    ['gen_ai.client.operation.exception', 13],
    // the caller left: nothing is wrong
    [details, 5],
  ])
  const [first, refused, exception] = seen()
  expect(first?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.request.temperature': 0.2,
    'gen_ai.response.id': answer.id,
    'gen_ai.usage.input_tokens': answer.usage?.prompt_tokens,
  })
  expect(first?.instrumentationScope.name).toBe('llmux')
  expect(refused?.attributes['error.type']).toBe('authentication')
  expect(exception?.attributes).toMatchObject({
    'exception.type': 'AuthenticationError',
    'exception.message': expect.stringContaining('401'),
    'exception.stacktrace': expect.stringContaining('AuthenticationError'),
  })
  const [ok, failed] = spans()
  expect(first?.spanContext).toEqual(ok?.spanContext())
  expect(exception?.spanContext).toEqual(failed?.spanContext())
  expect(first?.hrTime).toEqual(ok?.endTime)
  expect(JSON.stringify(seen().map(({ attributes }) => attributes))).not.toMatch(/Hello|canary/)
})

it.each([
  [true, true, true],
  ['spans', true, false],
  ['events', false, true],
  [false, false, false],
] as const)('puts content where it is asked to: %s', async (captureContent, onSpan, onEvent) => {
  const seen = events()
  await using here = await scene({ loggerProvider: logs, captureContent })
  await here.client.completion({ model: 'openai/gpt-4o', messages })
  await here.client.flush()
  const input = 'gen_ai.input.messages'
  const [event] = seen()
  expect(input in (spans()[0]?.attributes ?? {})).toBe(onSpan)
  expect(event?.attributes[input]).toEqual(
    onEvent
      ? [
          { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
          { role: 'user', parts: [{ type: 'text', content: 'Hello' }] },
        ]
      : undefined,
  )
  expect(Array.isArray(event?.attributes['gen_ai.output.messages'])).toBe(onEvent)
})

it('emits no event for a disabled logger', async () => {
  const seen = events(13)
  await using here = await scene({ loggerProvider: logs, spans: false, metrics: false })
  await here.client.completion({ model: 'openai/fail-401', messages }).catch(() => {})
  await here.client.flush()
  expect(seen().map(({ eventName }) => eventName)).toEqual(['gen_ai.client.operation.exception'])
})

it('rejects invalid options', () => {
  // @ts-expect-error no word of these
  expect(() => openTelemetry({ captureContent: 'all' })).toThrow(/'captureContent'.*'spans' or 'events'/)
  expect(() => openTelemetry({ captureContent: 'events' })).toThrow(/'loggerProvider'.*api-logs/)
  // @ts-expect-error a logger is no provider
  expect(() => openTelemetry({ loggerProvider: { emit() {} } })).toThrow(/'loggerProvider'.*api-logs/)
})

it('follows the sampler and defaults to the global provider', async () => {
  await using here = await scene({ tracerProvider: undefined })
  let active: Span | undefined
  await trace.getTracer('test').startActiveSpan('outer', async (span) => {
    active = span
    await here.client.completion({ model: 'openai/gpt-4o', messages })
    span.end()
  })
  await here.client.flush()
  expect(spans().map(({ name }) => name)).toEqual(['outer', 'chat gpt-4o'])
  expect(spans()[1]?.parentSpanContext?.spanId).toBe(active?.spanContext().spanId)
})
