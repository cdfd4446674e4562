// OpenTelemetry: a call as a span below your own, and each try of it below that.
// Run: node examples/opentelemetry.mjs   (needs npm install @opentelemetry/api @opentelemetry/sdk-trace-node)

import { trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { createClient } from 'llmux'
import { openTelemetry } from 'llmux/otel'
import { startSimulator } from 'llmux/testing'

// in earnest: new BatchSpanProcessor(new OTLPTraceExporter()), of @opentelemetry/exporter-trace-otlp-http
const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
provider.register()

const simulator = await startSimulator()
const client = createClient({
  // the global tracer is used. captureContent: true would put messages and answers on the spans
  callbacks: [openTelemetry({ attributes: ({ tags }) => ({ 'app.feature': tags[0] ?? 'none' }) })],
  providers: { openai: { apiBase: simulator.openaiBase, apiKey: 'any' } },
})

simulator.fail({ kind: 'status', status: 429, retryAfterMs: 20 })
await trace.getTracer('app').startActiveSpan('POST /chat', async (span) => {
  await client.completion({
    model: 'openai/gpt-4o-mini',
    messages: [{ role: 'user', content: 'Say hello.' }],
    tags: ['support'],
  })
  span.end()
})
await client.flush()

/** Prints the child spans of a span, with the most useful attributes. */
function print(parent, indent) {
  const shown = /^(app\.feature|error\.type|gen_ai\.(provider|usage)\..*|http\..*|llmux\.attempts)$/
  for (const span of exporter.getFinishedSpans()) {
    if (span.parentSpanContext?.spanId !== parent) continue
    console.log(indent + span.name)
    for (const [key, value] of Object.entries(span.attributes)) {
      if (shown.test(key)) console.log(`${indent}    ${key}: ${value}`)
    }
    print(span.spanContext().spanId, `${indent}  `)
  }
}
print(undefined, '')

await client.close()
await provider.shutdown()
await simulator.close()
