import { checkNames } from '../call/validate.js'
import { base64 } from '../platform/index.js'
import type { CallCost } from '../types/meta.js'
import type { CallbackSet, FailureEvent, SuccessEvent } from '../types/observe.js'
import { type AttributeMap, attributesOf, operationOf, tokensOf } from './gen-ai.js'
import { nanoseconds, type OtlpSpan, otlpAttributes, otlpRequest, otlpSpanId, otlpTraceId } from './otlp.js'
import { Sender, type SenderOptions, sendingOptions } from './sender.js'
import { reasonOf, required, textIn, urlOf, withoutContent } from './settings.js'

/** Trace attributes of a call. */
export interface LangfuseTrace {
  /** Name of the trace. */
  name?: string | undefined
  sessionId?: string | undefined
  userId?: string | undefined
  tags?: readonly string[] | undefined
  /** The Langfuse prompt used for the call. */
  prompt?: { readonly name: string; readonly version?: number | undefined } | undefined
  /** Metadata of the trace. Langfuse can filter by top-level keys. */
  metadata?: Readonly<Record<string, unknown>> | undefined
}

/** Options of {@link langfuse}. */
export interface LangfuseOptions extends SenderOptions {
  /** Public key of the project. @default LANGFUSE_PUBLIC_KEY */
  publicKey?: string | undefined
  /** Secret key of the project. @default LANGFUSE_SECRET_KEY */
  secretKey?: string | undefined
  /** Base URL of the Langfuse server. @default LANGFUSE_BASE_URL or LANGFUSE_HOST, else 'https://cloud.langfuse.com' */
  apiBase?: string | undefined
  /** Environment, such as `production` or `staging`. @default LANGFUSE_TRACING_ENVIRONMENT */
  environment?: string | undefined
  /** Release of your application. @default LANGFUSE_RELEASE */
  release?: string | undefined
  /** Sends prompts and answers. The client's `redact` option applies first. @default true */
  captureContent?: boolean | undefined
  /** Runs in the caller's context when the call starts. Its result is `event.captured` in `trace`. */
  capture?: (() => unknown) | undefined
  /**
   * Returns the trace attributes of a call.
   * @default `session_id`, `trace_name`, `prompt_name` and `prompt_version` of the call's metadata, its `user` and its `tags`
   */
  trace?: ((event: SuccessEvent | FailureEvent) => LangfuseTrace) | undefined
}

/**
 * Sends calls to Langfuse through its OpenTelemetry endpoint. Calls with the same `traceId` form one trace.
 * https://langfuse.com/integrations/native/opentelemetry
 *
 * @throws {BadRequestError} if a key is missing
 * @example
 * const client = createClient({ callbacks: [langfuse({ environment: 'production' })] })
 */
export function langfuse(options: LangfuseOptions = {}): CallbackSet {
  checkNames('langfuse', options, known)
  const service = 'langfuse()'
  const publicKey = required(service, 'publicKey', options.publicKey, ['LANGFUSE_PUBLIC_KEY'])
  const secretKey = required(service, 'secretKey', options.secretKey, ['LANGFUSE_SECRET_KEY'])
  const sender = new Sender(
    {
      url: urlOf(
        service,
        options.apiBase,
        ['LANGFUSE_BASE_URL', 'LANGFUSE_HOST'],
        'https://cloud.langfuse.com',
        '/api/public/otel/v1/traces',
      ),
      headers: {
        authorization: `Basic ${base64(`${publicKey}:${secretKey}`)}`,
        'x-langfuse-ingestion-version': '4',
        'x-langfuse-sdk-name': 'llmux',
      },
      wrap: (spans) => otlpRequest({ 'service.name': 'llmux' }, spans),
    },
    options,
  )
  const end = (event: SuccessEvent | FailureEvent) => {
    for (const span of spansOf(event, options)) sender.put(span)
  }
  return {
    name: 'langfuse',
    // `trace` may use it
    content: options.captureContent !== false || options.trace !== undefined,
    ...(options.capture && { capture: options.capture }),
    onSuccess: end,
    onFailure: end,
    flush: () => sender.flush(),
    close: () => sender.close(),
    stats: () => sender.stats,
  }
}

const known = [
  ...['publicKey', 'secretKey', 'apiBase', 'environment', 'release', 'captureContent', 'capture', 'trace'],
  ...sendingOptions,
]

function spansOf(event: SuccessEvent | FailureEvent, options: LangfuseOptions): OtlpSpan[] {
  const { callId, startTime, timings, attempts, operation, model } = event
  const captured = options.captureContent !== false
  const traceId = otlpTraceId(event.traceId)
  const spanId = otlpSpanId(callId)
  const shared = traceAttributes(event, options)
  const failed = event.type === 'failure' && event.error.code !== 'aborted' ? event.error : undefined
  const spans: OtlpSpan[] = [
    {
      traceId,
      spanId,
      name: `${operationOf(operation)} ${model}`,
      kind: 3,
      startTimeUnixNano: nanoseconds(startTime),
      endTimeUnixNano: nanoseconds(startTime + timings.totalMs),
      attributes: otlpAttributes({
        ...attributesOf(event),
        ...shared,
        ...observationAttributes(event, options),
      }),
      status: failed ? { code: 2, message: reasonOf(failed, captured) } : { code: 0 },
    },
  ]
  if (attempts.length < 2) return spans
  for (const [index, attempt] of attempts.entries()) {
    const { provider, outcome, message, durationMs, startMs = 0, status, deployment, modelGroup } = attempt
    const began = startTime + startMs
    spans.push({
      traceId,
      spanId: otlpSpanId(`${callId} ${index}`),
      parentSpanId: spanId,
      name: `attempt ${provider}/${attempt.model}`,
      kind: 1,
      startTimeUnixNano: nanoseconds(began),
      endTimeUnixNano: nanoseconds(began + durationMs),
      attributes: otlpAttributes({
        ...shared,
        'langfuse.observation.type': 'span',
        ...(outcome !== 'success' && { 'langfuse.observation.level': 'WARNING', 'error.type': outcome }),
        ...(message !== undefined && captured && { 'langfuse.observation.status_message': message }),
        ...(status !== undefined && { 'http.response.status_code': status }),
        ...(deployment !== undefined && { 'langfuse.observation.metadata.deployment': deployment }),
        ...(modelGroup !== undefined && { 'langfuse.observation.metadata.model_group': modelGroup }),
      }),
      status: { code: 0 },
    })
  }
  return spans
}

/** Set on every span, since Langfuse filters single observations. Same page, "Propagating Trace Attributes to All Spans". */
function traceAttributes(event: SuccessEvent | FailureEvent, options: LangfuseOptions): AttributeMap {
  const { name, sessionId, userId, tags, metadata } = described(event, options)
  const { environment, release } = options
  const attributes: AttributeMap = {}
  if (name) attributes['langfuse.trace.name'] = name
  if (userId) attributes['langfuse.user.id'] = userId
  if (sessionId) attributes['langfuse.session.id'] = sessionId
  if (tags && tags.length > 0) attributes['langfuse.trace.tags'] = [...tags]
  if (environment) attributes['langfuse.environment'] = environment
  if (release) attributes['langfuse.release'] = release
  for (const [key, value] of Object.entries(metadata ?? {})) {
    attributes[`langfuse.trace.metadata.${key}`] = typeof value === 'string' ? value : JSON.stringify(value ?? null)
  }
  return attributes
}

function described(event: SuccessEvent | FailureEvent, { trace }: LangfuseOptions): LangfuseTrace {
  const { metadata, tags, user } = event
  const { session_id: _, trace_name: __, prompt_name: ___, prompt_version: ____, ...rest } = metadata
  const name = textIn(metadata, 'prompt_name')
  const version = Number(metadata.prompt_version)
  const own: LangfuseTrace = {
    name: textIn(metadata, 'trace_name'),
    sessionId: textIn(metadata, 'session_id'),
    userId: user,
    tags,
    prompt: name === undefined ? undefined : { name, version: Number.isInteger(version) ? version : undefined },
    metadata: rest,
  }
  return trace ? { ...own, ...trace(event) } : own
}

function observationAttributes(event: SuccessEvent | FailureEvent, options: LangfuseOptions): AttributeMap {
  const { operation, startTime, timings, model, request, answer, cache } = event
  const { prompt } = described(event, options)
  const attributes: AttributeMap = {
    'langfuse.observation.type':
      operation === 'embedding' ? 'embedding' : operation === 'rerank' ? 'retriever' : 'generation',
    'langfuse.observation.model.name': model,
    'langfuse.observation.model.parameters': JSON.stringify(
      parametersOf(options.captureContent === false ? withoutContent(request) : request),
    ),
  }
  if (options.captureContent !== false) {
    const input = request.messages ?? request.input ?? request.query
    if (input !== undefined) attributes['langfuse.observation.input'] = textOf(input)
    const output = answer && (firstMessage(answer) ?? answer)
    if (output !== undefined) attributes['langfuse.observation.output'] = textOf(output)
  }
  if (!cache.hit) {
    const usage = usageDetails(event)
    if (usage) attributes['langfuse.observation.usage_details'] = JSON.stringify(usage)
    const cost = event.cost && costDetails(event.cost)
    if (cost) attributes['langfuse.observation.cost_details'] = JSON.stringify(cost)
  }
  if (timings.firstTokenMs !== undefined) {
    const at = new Date(startTime + timings.firstTokenMs).toISOString()
    attributes['langfuse.observation.completion_start_time'] = at
  }
  if (prompt) {
    attributes['langfuse.observation.prompt.name'] = prompt.name
    if (prompt.version !== undefined) attributes['langfuse.observation.prompt.version'] = prompt.version
  }
  if (event.type === 'failure') {
    const { code } = event.error
    attributes['langfuse.observation.level'] = code === 'aborted' ? 'WARNING' : 'ERROR'
    attributes['langfuse.observation.status_message'] = reasonOf(event.error, options.captureContent !== false)
  }
  return attributes
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function firstMessage({ choices }: Readonly<Record<string, unknown>>): unknown {
  return Array.isArray(choices) && choices.length === 1 ? choices[0]?.message : choices
}

/** Content, and fields that are not model parameters. */
const noParameters = new Set([
  ...['model', 'messages', 'input', 'query', 'documents', 'prompt', 'instructions', 'metadata', 'user', 'stream'],
  'extra_body',
])

const parametersOf = (request: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(request).filter(([name]) => !noParameters.has(name)))

/**
 * Disjoint counts, since Langfuse sums them. https://langfuse.com/docs/observability/features/token-and-cost-tracking
 */
function usageDetails(event: SuccessEvent | FailureEvent): Record<string, number> | undefined {
  const { usage } = event
  const { input, output } = tokensOf(event)
  if (!usage || (input === undefined && output === undefined)) return undefined
  const details: Record<string, number> = {}
  const { cached_tokens: read = 0, cache_creation_tokens: written = 0 } =
    ('prompt_tokens_details' in usage ? usage.prompt_tokens_details : undefined) ?? {}
  const { reasoning_tokens: reasoning = 0 } =
    ('completion_tokens_details' in usage ? usage.completion_tokens_details : undefined) ?? {}
  if (input !== undefined) details.input = input - read - written
  if (read > 0) details.input_cached_tokens = read
  if (written > 0) details.input_cache_creation = written
  if (output !== undefined) details.output = output - reasoning
  if (reasoning > 0) details.output_reasoning_tokens = reasoning
  details.total = (input ?? 0) + (output ?? 0)
  return details
}

function costDetails(cost: CallCost): Record<string, number> | undefined {
  const { total, input, cacheRead, cacheWrite, output, reasoning, audio, tools } = cost
  if (total === undefined) return undefined
  const details: Record<string, number> = {}
  const put = (name: string, value: number | undefined) => {
    if (value) details[name] = value
  }
  put('input', input)
  put('input_cached_tokens', cacheRead)
  put('input_cache_creation', cacheWrite)
  put('output', output)
  put('output_reasoning_tokens', reasoning)
  put('audio', audio)
  put('tools', tools)
  return { ...details, total }
}
