import { digest } from '../platform/index.js'
import type { AttributeMap, AttributeValue } from './gen-ai.js'

/**
 * A span in OTLP/HTTP JSON: hexadecimal ids, 64-bit numbers as strings.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  /** 1 internal, 3 client. */
  kind: 1 | 3
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: OtlpAttribute[]
  /** 0 unset, 2 error. */
  status: { code: 0 | 2; message?: string }
}

export interface OtlpAttribute {
  key: string
  value: OtlpValue
}

type OtlpValue =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: string }
  | { doubleValue: number }
  | { arrayValue: { values: OtlpValue[] } }

export const otlpAttributes = (attributes: AttributeMap): OtlpAttribute[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: otlpValue(value) }))

function otlpValue(value: AttributeValue): OtlpValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { arrayValue: { values: value.map((item) => ({ stringValue: item })) } }
}

/** @param ms milliseconds since 1970; in nanoseconds they exceed the precision of a double */
export const nanoseconds = (ms: number): string => {
  const whole = Math.floor(ms)
  return `${whole}${String(Math.floor((ms - whole) * 1e6)).padStart(6, '0')}`
}

/** Trace id: the given id if it is a valid one or a UUID, otherwise a stable hash of the text. */
export function otlpTraceId(text: string): string {
  const hex = text.replaceAll('-', '').toLowerCase()
  return /^(?!0{32})[0-9a-f]{32}$/.test(hex) ? hex : digest('sha256', text, 'hex').slice(0, 32)
}

/** Span id of a call or an attempt, a stable hash of the text. */
export const otlpSpanId = (text: string): string => digest('sha256', text, 'hex').slice(0, 16)

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/collector/trace/v1/trace_service.proto */
export const otlpRequest = (resource: AttributeMap, spans: readonly string[]): string =>
  `{"resourceSpans":[{"resource":{"attributes":${JSON.stringify(otlpAttributes(resource))}},` +
  `"scopeSpans":[{"scope":{"name":"llmux"},"spans":[${spans.join(',')}]}]}]}`
