import type { Checker, Section } from './checker.js'
import { each, type KeyTable, no, yes } from './key-table.js'

export const callbackKeys: KeyTable = {
  otel: yes('map', 'See below.'),
  ...each(
    'datadog prometheus langfuse arize langtrace presidio s3 gcs_bucket braintrust generic_api_callback',
    no('Settings of this callback. Use its environment variables.', 'map'),
  ),
}

export const otelKeys: KeyTable = {
  message_logging: yes('flag', 'Records prompts and answers on spans. The default is false, other than in LiteLLM.'),
  exporter: yes('text', '`otlp_http` (default), `http/protobuf`, `http/json`, `console` or `none`.'),
  endpoint: yes('text', 'Address of the collector, such as `http://localhost:4318`.'),
  headers: yes('text', 'Headers for the collector: `name=value,name=value`.'),
}

/** Settings of the callback `otel`. */
export interface OtelSettings {
  readonly content: boolean
  readonly exporter: 'protobuf' | 'json' | 'console' | 'none'
  /** URL of the traces; undefined for the default of the exporter. */
  readonly url: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly serviceName: string | undefined
}

const exporters: Readonly<Record<string, OtelSettings['exporter']>> = {
  ...{ otlp: 'protobuf', otlp_http: 'protobuf', 'http/protobuf': 'protobuf' },
  ...{ 'http/json': 'json', otlp_http_json: 'json', console: 'console', none: 'none' },
}

/** Reads `callback_settings.otel`, LiteLLM's variables and those of OpenTelemetry. */
export function readOtel(checker: Checker, top: Section, redact: boolean): OtelSettings {
  const { environment } = checker
  const path = ['callback_settings']
  const callbacks = checker.section(path, top.map('callback_settings') ?? {}, callbackKeys)
  const own = checker.section([...path, 'otel'], callbacks.map('otel') ?? {}, otelKeys)
  const asked =
    own.flag('message_logging') ??
    /^(true|span_only|span_and_event)$/i.test(environment.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT ?? '')
  const headers =
    own.text('headers') ??
    environment.OTEL_EXPORTER_OTLP_TRACES_HEADERS ??
    environment.OTEL_EXPORTER_OTLP_HEADERS ??
    environment.OTEL_HEADERS
  return {
    content: asked && !redact,
    exporter: exporterOf(checker, [...path, 'otel', 'exporter'], own.text('exporter')),
    url: addressOf(own.text('endpoint'), environment),
    headers: headersOf(headers ?? ''),
    serviceName: environment.OTEL_SERVICE_NAME || undefined,
  }
}

function exporterOf(checker: Checker, path: string[], given: string | undefined): OtelSettings['exporter'] {
  const { environment } = checker
  if (given === undefined && /^(none|console)$/.test(environment.OTEL_TRACES_EXPORTER ?? ''))
    return environment.OTEL_TRACES_EXPORTER as 'none' | 'console'
  const name =
    given ??
    environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ??
    environment.OTEL_EXPORTER_OTLP_PROTOCOL ??
    environment.OTEL_EXPORTER ??
    'otlp_http'
  const known = exporters[name]
  if (known) return known
  checker.line(
    path,
    'ignored',
    `'${name}': traces are sent as http/protobuf, to port 4318 of most collectors. Known: ${Object.keys(exporters).join(', ')}.`,
  )
  return 'protobuf'
}

function addressOf(
  given: string | undefined,
  { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces, ...variables }: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (!given && traces) return traces
  const base = given ?? variables.OTEL_EXPORTER_OTLP_ENDPOINT ?? variables.OTEL_ENDPOINT
  if (!base) return undefined
  const url = base.replace(/\/+$/, '')
  return url.endsWith('/v1/traces') ? url : `${url}/v1/traces`
}

/** `name=value,name=value`, with values in percent-encoding. */
function headersOf(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    const name = part.slice(0, at).trim().toLowerCase()
    if (at < 1 || name === '') continue
    const value = part.slice(at + 1).trim()
    try {
      found[name] = decodeURIComponent(value)
    } catch {
      found[name] = value
    }
  }
  return found
}
