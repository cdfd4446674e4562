import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { expect, it } from 'vitest'
import { startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/client.js'
import { openTelemetry } from '../../src/integrations/otel.js'
import { Router } from '../../src/router/router.js'
import { startReceiver } from './receiver.js'

/** From a call to the wire, with OpenTelemetry's own exporters. */

interface Exported {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

// https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
it('sends a Router’s call, with retry and fallback, to an OTLP/HTTP receiver', async () => {
  await using receiver = await startReceiver()
  await using simulator = await startSimulator()
  const tracerProvider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` }))],
  })
  const apiBase = simulator.openaiBase
  await using router = new Router({
    callbacks: [openTelemetry({ tracerProvider, metrics: false })],
    modelList: [
      { modelName: 'g', params: { model: 'openai/fail-500', apiKey: 'sk-canary', apiBase } },
      { modelName: 'h', params: { model: 'openai/gpt-4o', apiKey: 'sk-canary', apiBase } },
    ],
    fallbacks: [{ g: ['h'] }],
    numRetries: 1,
  })
  await router.completion({ model: 'g', messages: [{ role: 'user', content: 'Hello' }] })
  await router.flush()
  await tracerProvider.shutdown()
  expect(receiver.received[0]).toMatchObject({ method: 'POST', path: '/v1/traces' })
  const spans: Exported[] = receiver.received.flatMap(({ body }) =>
    JSON.parse(body).resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: { spans: Exported[] }[] }) =>
      scopeSpans.flatMap((scope) => scope.spans),
    ),
  )
  const root = spans.find((span) => span.name === 'chat gpt-4o')
  expect(root?.attributes).toContainEqual({ key: 'gen_ai.provider.name', value: { stringValue: 'openai' } })
  const tries = spans.filter((span) => span.name.startsWith('attempt'))
  expect(tries).toHaveLength(3)
  expect(tries.every(({ parentSpanId }) => parentSpanId === root?.spanId)).toBe(true)
  expect(JSON.stringify(receiver.received)).not.toContain('canary')
})

it('sends events with structured content to an OTLP/HTTP receiver', async () => {
  await using receiver = await startReceiver()
  await using simulator = await startSimulator()
  const loggerProvider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${receiver.url}/v1/logs` }) })],
  })
  const client = createClient({
    callbacks: [openTelemetry({ loggerProvider, captureContent: 'events', metrics: false })],
    providers: { openai: { apiKey: 'sk-canary', apiBase: simulator.openaiBase } },
  })
  await client.completion({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })
  await client.completion({ model: 'openai/fail-401', messages: [{ role: 'user', content: 'Hello' }] }).catch(() => {})
  await client.close()
  await loggerProvider.shutdown()
  expect(receiver.received[0]).toMatchObject({ method: 'POST', path: '/v1/logs' })
  const records = receiver.received.flatMap(({ body }) =>
    JSON.parse(body).resourceLogs.flatMap(({ scopeLogs }: { scopeLogs: { logRecords: object[] }[] }) =>
      scopeLogs.flatMap((scope) => scope.logRecords),
    ),
  )
  const text = (value: string) => ({ stringValue: value })
  const map = (values: object) => ({
    kvlistValue: { values: Object.entries(values).map(([key, value]) => ({ key, value })) },
  })
  const list = (...values: object[]) => ({ arrayValue: { values } })
  expect(records).toMatchObject([
    { eventName: 'gen_ai.client.inference.operation.details', severityNumber: 5 },
    { eventName: 'gen_ai.client.inference.operation.details', severityNumber: 5 },
    { eventName: 'gen_ai.client.operation.exception', severityNumber: 13 },
  ])
  expect(records[0].attributes).toContainEqual({
    key: 'gen_ai.input.messages',
    value: list(map({ role: text('user'), parts: list(map({ type: text('text'), content: text('Hello') })) })),
  })
  expect(records[2].attributes).toContainEqual({ key: 'exception.type', value: text('AuthenticationError') })
  expect(JSON.stringify(receiver.received)).not.toContain('canary')
})
