import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect, it, onTestFinished } from 'vitest'
import { jsonLog } from '../../src/log.js'
import { caller, hello, startGateway } from './start.js'

/** A provider that keeps the headers of its requests. */
async function provider() {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers)
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          ...{ id: 'c', object: 'chat.completion', created: 1, model: 'gpt-4o' },
          choices: [{ index: 0, message: { role: 'assistant', content: 'Secret answer' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 },
        }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}

const model = (base: string) => ({
  model_name: 'm',
  litellm_params: { model: 'openai/gpt-4o', api_key: 'provider-key-123', api_base: base },
})

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

it('carries the trace of a client through the spans of its call to the provider, with the tracers of the process', async () => {
  const exporter = new InMemorySpanExporter()
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  trace.setGlobalTracerProvider(tracers)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  onTestFinished(() => {
    trace.disable()
    context.disable()
    propagation.disable()
  })
  const { seen, base } = await provider()
  const gateway = await startGateway({
    config: {
      model_list: [model(base)],
      litellm_settings: { callbacks: ['otel'] },
    },
  })
  const { status } = await caller(gateway)('POST', '/v1/chat/completions', hello('m'), {
    headers: { traceparent: parent },
  })
  expect(status).toBe(200)
  await gateway.stop()
  // the tracer provider of the process is used, rather than one of the gateway
  const spans = exporter.getFinishedSpans()
  const [server, call, attempt] = ['POST ', 'chat ', 'attempt '].map((start) =>
    spans.find(({ name }) => name.startsWith(start)),
  )
  expect(server?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c')
  expect(server?.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
  expect(call?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId)
  expect(attempt?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId)
  expect(seen[0]?.traceparent).toBe(`00-0af7651916cd43dd8448eb211c80319c-${attempt?.spanContext().spanId}-01`)
})

it('keeps the headers of a trace to itself unless the configuration says otherwise', async () => {
  const { seen, base } = await provider()
  const gateway = await startGateway({ config: { model_list: [model(base)] } })
  onTestFinished(() => gateway.stop())
  await caller(gateway)('POST', '/v1/chat/completions', hello('m'), { headers: { traceparent: parent } })
  expect(seen[0]?.traceparent).toBeUndefined()
})

it('calls a module of the configuration after each success, without content if that is turned off', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmux-callback-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(
    join(folder, 'callback.mjs'),
    'export const seen = globalThis.llmuxSeen = []\nexport default { name: "mine", onSuccess: (event) => seen.push(event) }\n',
  )
  const { base } = await provider()
  const config = (more: object) => {
    const file = join(folder, 'config.yaml')
    writeFileSync(
      file,
      JSON.stringify({
        model_list: [model(base)],
        litellm_settings: { success_callback: ['./callback.mjs'], ...more },
      }),
    )
    return file
  }
  const seen = () => (globalThis as { llmuxSeen?: { cost?: { total?: number }; answer?: unknown }[] }).llmuxSeen ?? []
  for (const redact of [false, true]) {
    const before = seen().length
    const gateway = await startGateway({ config: config({ turn_off_message_logging: redact }) })
    await caller(gateway)('POST', '/v1/chat/completions', hello('m'))
    await gateway.stop()
    expect(seen()).toHaveLength(before + 1)
    expect(seen().at(-1)?.cost?.total).toBeGreaterThan(0)
    expect(JSON.stringify(seen().at(-1)).includes('Secret answer')).toBe(!redact)
  }
})

it('writes one line of JSON for each call, without content and credentials', async () => {
  const { base } = await provider()
  const lines: string[] = []
  const gateway = await startGateway({
    config: { model_list: [model(base)], litellm_settings: { json_logs: true } },
    log: jsonLog((line) => lines.push(line)),
  })
  onTestFinished(() => gateway.stop())
  const call = caller(gateway)
  const { json } = await call('POST', '/key/generate', { key_alias: 'first' })
  await call('POST', '/v1/chat/completions', hello('m'), { key: json.key, headers: { 'x-litellm-call-id': 'one' } })
  const found = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'call')
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({
    level: 'info',
    key_alias: 'first',
    model: 'openai/gpt-4o',
    outcome: 'success',
    input_tokens: 12,
    output_tokens: 8,
    cost_state: 'known',
  })
  const text = lines.join('')
  for (const secret of ['Secret answer', 'Hello', 'provider-key-123', json.key]) expect(text).not.toContain(secret)
})
