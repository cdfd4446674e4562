import type { SpanExporter } from '@opentelemetry/sdk-trace-node'
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { expect, it } from 'vitest'
import { openTelemetry } from '../../src/integrations/otel.js'
import { Router } from '../../src/router/router.js'
import { startSimulator } from '../../src/testing/index.js'
import { startReceiver } from './receiver.js'

/** From a call to the wire, with OpenTelemetry's own exporter where it is installed. */

const name = '@opentelemetry/exporter-trace-otlp-http'
type Exporters = { OTLPTraceExporter: new (options: { url: string }) => SpanExporter }
const exporters: Exporters | undefined = await import(/* @vite-ignore */ name).catch(() => undefined)

interface Exported {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

// https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
it.skipIf(!exporters)('sends a Router’s call, with retry and fallback, to an OTLP/HTTP receiver', async () => {
  if (!exporters) return
  await using receiver = await startReceiver()
  await using simulator = await startSimulator()
  const tracerProvider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(new exporters.OTLPTraceExporter({ url: `${receiver.url}/v1/traces` }))],
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
