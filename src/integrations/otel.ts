import {
  type Attributes,
  type Context,
  context,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { checkNames } from '../call/validate.js'
import { BadRequestError, got } from '../errors.js'
import type { Attempt } from '../types/meta.js'
import type { CallbackSet, FailureEvent, SuccessEvent } from '../types/observe.js'
import { type AttributeMap, attributesOf, contentOf, dimensionsOf, operationOf, tokensOf } from './gen-ai.js'
import { type EventLogger, type EventLoggerProvider, writeEvents } from './gen-ai-events.js'

export type { EventLogger, EventLoggerProvider, EventRecord } from './gen-ai-events.js'

/** Options of {@link openTelemetry}. */
export interface OpenTelemetryOptions {
  /** Records prompts and answers (`gen_ai.input.messages`, …) on `'spans'`, in `'events'`, or in both with true. @default false */
  captureContent?: boolean | 'spans' | 'events' | undefined
  /**
   * Child spans for attempts: only after a retry or fallback (`several`), `always`, or `never`.
   * @default 'several'
   */
  attemptSpans?: 'several' | 'always' | 'never' | undefined
  /** @default true */
  spans?: boolean | undefined
  /** @default true */
  metrics?: boolean | undefined
  /** Returns custom attributes for the span of a call. */
  attributes?: ((event: SuccessEvent | FailureEvent) => Attributes) | undefined
  /** @default the global one, when the first call ends */
  tracerProvider?: TracerProvider | undefined
  /** @default the global one, when the first call ends */
  meterProvider?: MeterProvider | undefined
  /**
   * Receives the events `gen_ai.client.inference.operation.details` and `gen_ai.client.operation.exception`.
   * Pass `logs` of `@opentelemetry/api-logs` for the global provider.
   * @default no events
   */
  loggerProvider?: EventLoggerProvider | undefined
}

const scope = 'llmux'

/**
 * Records spans, metrics and events of calls by the GenAI semantic conventions. The span of a call is a child of the caller's active
 * span. It is created when the call ends, with the actual timestamps.
 * https://github.com/open-telemetry/semantic-conventions-genai/tree/main/docs/gen-ai
 *
 * @example
 * const client = createClient({ callbacks: [openTelemetry()] })
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): CallbackSet {
  const { captureContent = false, tracerProvider, meterProvider, loggerProvider } = check(options)
  const contentOn = (signal: 'spans' | 'events') => captureContent === true || captureContent === signal
  let tracer: Tracer | undefined
  let instruments: Instruments | undefined
  let logger: EventLogger | undefined
  const end = (event: SuccessEvent | FailureEvent) => {
    let at = (event.captured ?? context.active()) as Context
    if (options.spans !== false) {
      tracer ??= (tracerProvider ?? trace).getTracer(scope)
      at = writeSpan(tracer, event, at, options, contentOn('spans'))
    }
    if (options.metrics !== false) {
      instruments ??= makeInstruments((meterProvider ?? metrics).getMeter(scope))
      measure(instruments, event, at)
    }
    if (loggerProvider) {
      logger ??= loggerProvider.getLogger(scope)
      writeEvents(logger, event, contentOn('events'), at)
    }
  }
  return {
    name: 'openTelemetry',
    // custom attributes may use it
    content: captureContent !== false || options.attributes !== undefined,
    capture: () => context.active(),
    onSuccess: end,
    onFailure: end,
  }
}

function check(options: OpenTelemetryOptions): OpenTelemetryOptions {
  checkNames('openTelemetry', options, known)
  const { captureContent, loggerProvider } = options
  const refuse = (param: keyof OpenTelemetryOptions, message: string) => {
    throw new BadRequestError(message, { param })
  }
  if (![undefined, true, false, 'spans', 'events'].includes(captureContent)) {
    refuse(
      'captureContent',
      `'captureContent' of openTelemetry() must be a boolean, 'spans' or 'events'; ${got(captureContent)}.`,
    )
  }
  if (loggerProvider ? typeof loggerProvider.getLogger !== 'function' : captureContent === 'events') {
    refuse(
      'loggerProvider',
      `'loggerProvider' of openTelemetry() must be 'logs' of '@opentelemetry/api-logs' or a LoggerProvider; ${got(loggerProvider)}.`,
    )
  }
  return options
}

const known = [
  ...['captureContent', 'attemptSpans', 'spans', 'metrics', 'attributes'],
  ...['tracerProvider', 'meterProvider', 'loggerProvider'],
]

/** @returns the context that contains the span */
function writeSpan(
  tracer: Tracer,
  event: SuccessEvent | FailureEvent,
  parent: Context,
  options: OpenTelemetryOptions,
  content: boolean,
): Context {
  const { startTime, timings, model, operation } = event
  const attributes: AttributeMap & Attributes = attributesOf(event)
  if (content) Object.assign(attributes, asJson(contentOf(event)))
  if (options.attributes) Object.assign(attributes, own(event, options))
  const span = tracer.startSpan(
    `${operationOf(operation)} ${model}`,
    {
      kind: SpanKind.CLIENT,
      startTime,
      // set at creation, so that samplers see them
      attributes,
    },
    parent,
  )
  const within = trace.setSpan(parent, span)
  if (event.type === 'failure') fail(span, event.error.code, event.error.message)
  if (span.isRecording()) writeAttempts(tracer, event, within, options.attemptSpans)
  span.end(startTime + timings.totalMs)
  return within
}

function asJson(content: Readonly<Record<string, readonly object[]>>): AttributeMap {
  return Object.fromEntries(Object.entries(content).map(([name, list]) => [name, JSON.stringify(list)]))
}

function own(event: SuccessEvent | FailureEvent, { attributes }: OpenTelemetryOptions): Attributes | undefined {
  try {
    return attributes?.(event)
  } catch {
    // a failing `attributes` callback doesn't cost the span
    return undefined
  }
}

/** An abort by the caller is not an error. */
function fail(span: Span, code: string, message: string): void {
  if (code !== 'aborted') span.setStatus({ code: SpanStatusCode.ERROR, message })
}

function writeAttempts(
  tracer: Tracer,
  { attempts, startTime }: SuccessEvent | FailureEvent,
  parent: Context,
  when: OpenTelemetryOptions['attemptSpans'] = 'several',
): void {
  if (when === 'never' || (when === 'several' && attempts.length < 2)) return
  let began = startTime
  for (const [index, attempt] of attempts.entries()) {
    if (attempt.startMs !== undefined) began = startTime + attempt.startMs
    const { provider, model, outcome, durationMs, delayMs = 0 } = attempt
    const span = tracer.startSpan(
      `attempt ${provider}/${model}`,
      { kind: SpanKind.INTERNAL, startTime: began, attributes: attemptAttributes(attempt, index + 1) },
      parent,
    )
    if (outcome !== 'success') fail(span, outcome, attempt.message ?? outcome)
    span.end(began + durationMs)
    began += durationMs + delayMs
  }
}

/** No `gen_ai.*` attributes: tools that sum usage would count the call twice. */
function attemptAttributes(attempt: Attempt, number: number): Attributes {
  const { provider, model, outcome, status, delayMs, deployment, modelGroup, reason } = attempt
  return {
    'llmux.attempt': number,
    'llmux.provider': provider,
    'llmux.model': model,
    ...(outcome !== 'success' && { 'error.type': outcome }),
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(delayMs !== undefined && { 'llmux.retry_delay_ms': delayMs }),
    ...(deployment !== undefined && { 'llmux.deployment': deployment }),
    ...(modelGroup !== undefined && { 'llmux.model_group': modelGroup }),
    ...(reason !== undefined && { 'llmux.reason': reason }),
  }
}

interface Instruments {
  readonly tokens: Histogram
  readonly duration: Histogram
  readonly firstChunk: Histogram
}

const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const tokenCounts = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]

/** https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md */
function makeInstruments(meter: Meter): Instruments {
  const histogram = (name: string, unit: string, description: string, boundaries: number[]) =>
    meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: boundaries } })
  return {
    tokens: histogram('gen_ai.client.token.usage', '{token}', 'Number of input and output tokens used.', tokenCounts),
    duration: histogram('gen_ai.client.operation.duration', 's', 'GenAI operation duration.', seconds),
    firstChunk: histogram(
      'gen_ai.client.operation.time_to_first_chunk',
      's',
      'Time to receive the first chunk of a streamed answer.',
      seconds,
    ),
  }
}

/** @param at context of the call's trace, for exemplars */
function measure({ tokens, duration, firstChunk }: Instruments, event: SuccessEvent | FailureEvent, at: Context): void {
  const { timings, stream, cache } = event
  const dimensions = dimensionsOf(event)
  duration.record(timings.totalMs / 1000, dimensions, at)
  if (stream && timings.firstTokenMs !== undefined) firstChunk.record(timings.firstTokenMs / 1000, dimensions, at)
  if (cache.hit) return
  const { input, output } = tokensOf(event)
  if (input !== undefined) tokens.record(input, { ...dimensions, 'gen_ai.token.type': 'input' }, at)
  if (output !== undefined) tokens.record(output, { ...dimensions, 'gen_ai.token.type': 'output' }, at)
}
