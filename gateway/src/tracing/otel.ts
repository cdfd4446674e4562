import {
  context,
  ProxyTracerProvider,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  NodeTracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node'
import { openTelemetry } from 'llmux/otel'
import type { OtelSettings } from '../config/otel.js'
import type { LlmRequest } from '../http/llm-request.js'
import type { Principal } from '../types.js'
import type { Tracing, TracingOptions } from './tracing.js'

/** Longest wait for a collector at the end of the gateway. */
const flushMs = 3_000

/** Starts traces. A process that has a tracer provider of its own, such as an application with a gateway in it, keeps it. */
export function startTracing({ settings, propagate, version }: TracingOptions): Tracing {
  const provider = hasProvider() ? undefined : ownProvider(settings, version)
  const tracer = (provider ?? trace).getTracer('llmux-gateway', version)
  return {
    callback: openTelemetry({
      ...{ propagate, captureContent: settings.content, errorMessages: settings.content, attemptSpans: 'always' },
      // calls have metrics of their own, for Prometheus
      ...{ metrics: provider === undefined, tracerProvider: provider },
    }),
    async run(request, answer) {
      const { method, path, headers } = request
      const parent = propagation.extract(context.active(), headers)
      const attributes = { 'http.request.method': method, 'url.path': path }
      const span = tracer.startSpan(`${method} ${path}`, { kind: SpanKind.SERVER, attributes }, parent)
      const response = await context.with(trace.setSpan(parent, span), answer)
      const end = () => endSpan(span, request, response.status)
      if (typeof response.body === 'object') return { ...response, body: ending(response.body, end) }
      end()
      return response
    },
    begin({ method, path, headers }) {
      const parent = propagation.extract(context.active(), headers)
      const attributes = { 'http.request.method': method, 'url.path': path }
      const span = tracer.startSpan(`${method} ${path}`, { kind: SpanKind.SERVER, attributes }, parent)
      const within = trace.setSpan(parent, span)
      return {
        call(provider, model) {
          const facts = { 'gen_ai.provider.name': provider, 'gen_ai.request.model': model }
          const own = tracer.startSpan(`pass_through ${model}`, { kind: SpanKind.CLIENT, attributes: facts }, within)
          const sent: Record<string, string> = {}
          if (propagate) propagation.inject(trace.setSpan(within, own), sent)
          return {
            headers: sent,
            end(status, failed) {
              if (status !== undefined) own.setAttribute('http.response.status_code', status)
              if (failed || status === undefined || status >= 400) own.setStatus({ code: SpanStatusCode.ERROR })
              own.end()
            },
          }
        },
        end(status, callId, caller) {
          span.setAttributes({
            'http.response.status_code': status,
            'llmux.call_id': callId,
            ...callerFacts(caller),
          })
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
    // an own provider stays registered: another gateway of the process may use it
    async close() {
      if (!provider) return
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, flushMs)
      })
      await Promise.race([provider.forceFlush().catch(() => {}), late])
      clearTimeout(timer)
    },
  }
}

/** Whether the process has a tracer provider. */
function hasProvider(): boolean {
  const known = trace.getTracerProvider()
  return !(known instanceof ProxyTracerProvider) || known.getDelegate() !== new ProxyTracerProvider().getDelegate()
}

function ownProvider(settings: OtelSettings, version: string): NodeTracerProvider {
  const exporter = exporterOf(settings)
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': settings.serviceName ?? 'llmux-gateway',
      'service.version': version,
    }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: exporter ? [new BatchSpanProcessor(exporter)] : [],
  })
  provider.register()
  return provider
}

function exporterOf({ exporter, url, headers }: OtelSettings): SpanExporter | undefined {
  const options = { headers: { ...headers }, ...(url !== undefined && { url }) }
  switch (exporter) {
    case 'none':
      return undefined
    case 'console':
      return new ConsoleSpanExporter()
    case 'json':
      return new JsonExporter(options)
    default:
      return new ProtobufExporter(options)
  }
}

const callerFacts = (caller: Principal | undefined) => ({
  ...(caller && !caller.master && { 'llmux.key_hash': caller.keyHash }),
  ...(caller?.keyAlias && { 'llmux.key_alias': caller.keyAlias }),
  ...(caller?.teamId && { 'llmux.team_id': caller.teamId }),
  ...(caller?.userId && { 'llmux.user_id': caller.userId }),
})

function endSpan(span: Span, request: LlmRequest, status: number): void {
  const { method, path, route, principal, admitted, model, error, id } = request
  const template = route?.model
    ? path.replace(encodeURIComponent(route.model), '{model}').replace(route.model, '{model}')
    : path
  span.updateName(`${method} ${template}`)
  span.setAttributes({
    'http.route': template,
    'http.response.status_code': status,
    'llmux.call_id': id,
    ...(model && { 'llmux.model_group': model }),
    ...callerFacts(principal),
    ...(admitted?.customerId && { 'llmux.customer_id': admitted.customerId }),
  })
  // the client's own errors are none of the server
  if (status >= 500 || (status < 400 && error !== undefined)) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

async function* ending(body: AsyncIterable<string>, end: () => void): AsyncIterable<string> {
  try {
    yield* body
  } finally {
    end()
  }
}
