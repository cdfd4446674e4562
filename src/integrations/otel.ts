import {
  type Attributes,
  type Context,
  context,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { checkNames } from '../call/validate.js'
import { BadRequestError, got } from '../errors.js'
import type { Attempt } from '../types/meta.js'
import type { AttemptStart, CallbackSet, FailureEvent, SuccessEvent } from '../types/observe.js'
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
  /**
   * Sends the context of each attempt's span to the provider (`traceparent`), by the global propagator or the given one. The spans
   * then begin with the call and its attempts, and each attempt has one.
   * @default false
   */
  propagate?: boolean | TextMapPropagator | undefined
  /** Records messages of errors, which may quote a prompt; otherwise their codes. @default true */
  errorMessages?: boolean | undefined
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
  const { captureContent = false, propagate = false, tracerProvider, meterProvider, loggerProvider } = check(options)
  const contentOn = (signal: 'spans' | 'events') => captureContent === true || captureContent === signal
  let tracer: Tracer | undefined
  let instruments: Instruments | undefined
  let logger: EventLogger | undefined
  const tracerOf = () => {
    tracer ??= (tracerProvider ?? trace).getTracer(scope)
    return tracer
  }
  const end = (event: SuccessEvent | FailureEvent) => {
    const captured = (event.captured ?? context.active()) as Context | LiveTrace
    const live = captured instanceof LiveTrace ? captured : undefined
    let at = live ? live.parent : (captured as Context)
    if (options.spans !== false) at = writeSpan(tracerOf(), event, at, options, contentOn('spans'), live)
    if (options.metrics !== false) {
      instruments ??= makeInstruments((meterProvider ?? metrics).getMeter(scope))
      measure(instruments, event, at)
    }
    if (loggerProvider) {
      logger ??= loggerProvider.getLogger(scope)
      writeEvents(logger, event, contentOn('events'), at)
    }
  }
  const live = propagate !== false && options.spans !== false
  return {
    name: 'openTelemetry',
    // custom attributes may use it
    content: captureContent !== false || options.attributes !== undefined,
    capture: () => (live ? new LiveTrace(context.active()) : context.active()),
    ...(live && {
      attemptHeaders: (attempt: AttemptStart) =>
        (attempt.captured as LiveTrace).attempt(tracerOf(), attempt, propagate === true ? propagation : propagate),
    }),
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
  ...['captureContent', 'attemptSpans', 'propagate', 'errorMessages', 'spans', 'metrics', 'attributes'],
  ...['tracerProvider', 'meterProvider', 'loggerProvider'],
]

/** The spans of one call that begin with it and its attempts, so that providers get the ids of their attempts. */
class LiveTrace {
  readonly parent: Context
  /** Span of the call, from its first attempt on. */
  span: Span | undefined
  /** Spans of attempts that have not ended, by their number, with the time of their start. */
  readonly attempts = new Map<number, { readonly span: Span; readonly time: number }>()

  constructor(parent: Context) {
    this.parent = parent
  }

  /** Begins the span of an attempt. @returns headers for the provider */
  attempt(
    tracer: Tracer,
    { operation, provider, model, number, startTime, time }: AttemptStart,
    propagator: Pick<TextMapPropagator<Record<string, string>>, 'inject'>,
  ): Record<string, string> {
    this.span ??= tracer.startSpan(
      `${operationOf(operation)} ${model}`,
      {
        kind: SpanKind.CLIENT,
        startTime,
        attributes: { 'gen_ai.operation.name': operationOf(operation), 'gen_ai.request.model': model },
      },
      this.parent,
    )
    const within = trace.setSpan(this.parent, this.span)
    const span = tracer.startSpan(
      `attempt ${provider}/${model}`,
      {
        kind: SpanKind.CLIENT,
        startTime: time,
        attributes: { 'llmux.attempt': number, 'llmux.provider': provider, 'llmux.model': model },
      },
      within,
    )
    // batches of one call are attempts with the same number
    this.attempts.get(number)?.span.end(time)
    this.attempts.set(number, { span, time })
    const headers: Record<string, string> = {}
    propagator.inject(trace.setSpan(within, span), headers, {
      set: (carrier, name, value) => {
        carrier[name] = value
      },
    })
    return headers
  }

  /** Ends attempts that the call has no record of. */
  endAttempts(time: number): void {
    for (const { span, time: began } of this.attempts.values()) span.end(Math.max(time, began))
    this.attempts.clear()
  }
}

/** @returns the context that contains the span */
function writeSpan(
  tracer: Tracer,
  event: SuccessEvent | FailureEvent,
  parent: Context,
  options: OpenTelemetryOptions,
  content: boolean,
  live: LiveTrace | undefined,
): Context {
  const { startTime, timings, model, operation } = event
  const attributes: AttributeMap & Attributes = attributesOf(event)
  if (content) Object.assign(attributes, asJson(contentOf(event)))
  if (options.attributes) Object.assign(attributes, own(event, options))
  const name = `${operationOf(operation)} ${model}`
  const begun = live?.span
  // attributes are set at creation where that is possible, so that samplers see them
  const span = begun ?? tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime, attributes }, parent)
  begun?.updateName(name).setAttributes(attributes)
  const within = trace.setSpan(parent, span)
  const shown = (code: string, message: string) => (options.errorMessages === false ? code : message)
  if (event.type === 'failure') fail(span, event.error.code, shown(event.error.code, event.error.message))
  if (begun || span.isRecording()) writeAttempts(tracer, event, within, options, live, shown)
  const endTime = startTime + timings.totalMs
  live?.endAttempts(endTime)
  span.end(endTime)
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
  { attemptSpans: when = 'several' }: OpenTelemetryOptions,
  live: LiveTrace | undefined,
  shown: (code: string, message: string) => string,
): void {
  if (!live?.span && (when === 'never' || (when === 'several' && attempts.length < 2))) return
  let began = startTime
  for (const [index, attempt] of attempts.entries()) {
    if (attempt.startMs !== undefined) began = startTime + attempt.startMs
    const { provider, model, outcome, durationMs, delayMs = 0 } = attempt
    const attributes = attemptAttributes(attempt, index + 1)
    const begun = live?.attempts.get(index + 1)
    const name = `attempt ${provider}/${model}`
    const span =
      begun?.span ?? tracer.startSpan(name, { kind: SpanKind.INTERNAL, startTime: began, attributes }, parent)
    begun?.span.setAttributes(attributes)
    if (outcome !== 'success') fail(span, outcome, shown(outcome, attempt.message ?? outcome))
    span.end(Math.max(began + durationMs, begun?.time ?? 0))
    live?.attempts.delete(index + 1)
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
