import type { Answer, Speech } from '../answer.js'
import { hash, sign } from '../digest.js'
import type { Frame } from '../frames.js'
import { isRecord, type Json, parseJson, record, string } from '../json.js'
import { converseEmbeddings, embeddingTokens, findEmbeddingFault, isEmbedder } from './converse-embeddings.js'
import {
  converseError,
  converseRequestId,
  exception,
  exceptionInside,
  invalid,
  refuseConverseKey,
} from './converse-errors.js'
import { findConverseFault } from './converse-refusals.js'
import { modelFields, readConverse } from './converse-request.js'
import { endsWith, type Route, type Wire, type WireRequest } from './wire.js'

const region = 'us-east-1'

/** Amazon Bedrock. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export const converse: Wire = {
  name: 'converse',
  framing: 'aws-event-stream',
  route(method, path) {
    if (method === 'GET' && endsWith(path, '/foundation-models')) return { operation: 'models' }
    const [, id, action] = /\/model\/([^/?]+)\/([a-z-]+)(?:\?|$)/.exec(path) ?? []
    if (method !== 'POST' || id === undefined || action === undefined) return undefined
    return routeOf(action, decodeURIComponent(id))
  },
  // a bearer token, or the access key of the signature
  key: ({ authorization = '' }) =>
    (/^Bearer (.+)$/i.exec(authorization) ?? /^AWS4-HMAC-SHA256 Credential=([^/,]+)\//.exec(authorization))?.[1],
  headers: (request) => ({
    'x-amzn-requestid': converseRequestId(request),
    ...(request.operation === 'embedding' && {
      'x-amzn-bedrock-invocation-latency': '100',
      'x-amzn-bedrock-input-token-count': String(embeddingTokens(request.body)),
    }),
  }),
  refuseKey: refuseConverseKey,
  refuse(request) {
    switch (request.operation) {
      case 'unknown':
        return exception(404, 'UnknownOperationException', 'The operation is not simulated.')
      case 'models':
        return undefined
      case 'embedding':
        return findEmbeddingFault(request)
      default: {
        const input = counted(request)
        return input
          ? findConverseFault({ ...request, body: input })
          : invalid('The input must set the key converse: others are not simulated.')
      }
    }
  },
  error: converseError,
  errorInside: (_request, status) => exceptionInside(status),
  read: (request) => readConverse(counted(request) ?? {}),
  whole,
  frames,
  embeddings: converseEmbeddings,
  models: (_request, models) => ({
    modelSummaries: models.map((modelId) => ({
      modelArn: `arn:aws:bedrock:${region}::foundation-model/${modelId}`,
      modelId,
      modelName: modelId,
      providerName: 'Simulator',
      inputModalities: ['TEXT', 'IMAGE'],
      outputModalities: ['TEXT'],
      responseStreamingSupported: true,
      modelLifecycle: { status: 'ACTIVE' },
    })),
  }),
  countTokens: ({ prompt }) => ({
    inputTokens: prompt.fresh + prompt.cacheRead + prompt.cacheWrite5m + prompt.cacheWrite1h,
  }),
}

function routeOf(action: string, model: string): Route {
  switch (action) {
    case 'converse':
    case 'converse-stream':
      return { operation: 'chat', model, stream: action === 'converse-stream' }
    case 'count-tokens':
      return { operation: 'count-tokens', model }
    case 'invoke':
      return { operation: isEmbedder(model) ? 'embedding' : 'unknown', model }
    default:
      return { operation: 'unknown', model }
  }
}

/** A count request wraps the counted request. */
function counted({ operation, body }: WireRequest): Json | undefined {
  if (operation !== 'count-tokens') return body
  const { converse: input } = record(body.input)
  return isRecord(input) ? input : undefined
}

interface Block {
  readonly whole: Json
  /** Only tool calls have a start event. */
  readonly start: Json | undefined
  readonly deltas: readonly { readonly delta: Json; readonly content: boolean }[]
}

function whole(answer: Answer, request: WireRequest): Json {
  const speech = answer.choices[0]
  const content = speech ? blocks(speech, request).map((block) => block.whole) : []
  return {
    output: { message: { role: 'assistant', content } },
    stopReason: stopReason(speech, request),
    ...end(answer, request),
  }
}

function frames(answer: Answer, request: WireRequest): Frame[] {
  const speech = answer.choices[0]
  const out: Frame[] = []
  const add = (part: Frame['part'], event: string, data: Json): void => {
    out.push({ event, data: JSON.stringify({ ...data, p: padding(request, out.length) }), part })
  }
  add('open', 'messageStart', { role: 'assistant' })
  for (const [contentBlockIndex, { start, deltas }] of (speech ? blocks(speech, request) : []).entries()) {
    if (start) add('open', 'contentBlockStart', { contentBlockIndex, start })
    for (const { delta, content } of deltas) {
      add(content ? 'content' : 'open', 'contentBlockDelta', { contentBlockIndex, delta })
    }
    add('open', 'contentBlockStop', { contentBlockIndex })
  }
  add('close', 'messageStop', { stopReason: stopReason(speech, request) })
  add('mark', 'metadata', end(answer, request))
  return out
}

/** Padding hides the length of the content. */
export const padding = ({ seed }: WireRequest, at: number): string =>
  paddingAlphabet.slice(0, 1 + ((hash(seed, String(at))[0] ?? 0) % paddingAlphabet.length))

const paddingAlphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

function blocks(speech: Speech, request: WireRequest): Block[] {
  const out: Block[] = []
  if (speech.reasoning !== '') out.push(reasoningBlock(speech, request))
  if (speech.text !== '') {
    out.push({
      whole: { text: speech.text },
      start: undefined,
      deltas: speech.textPieces.map((text) => ({ delta: { text }, content: true })),
    })
  }
  for (const call of speech.toolCalls) {
    const head = { toolUseId: call.givenId ?? `tooluse_${call.id}`, name: call.name }
    const input = parseJson(call.arguments)
    out.push({
      whole: { toolUse: { ...head, input: isRecord(input) ? input : {} } },
      start: { toolUse: head },
      // the first piece is always empty, and with `{}` it is the only one
      deltas: ['', ...(call.arguments === '{}' ? [] : call.argumentPieces)].map((piece) => ({
        delta: { toolUse: { input: piece } },
        content: true,
      })),
    })
  }
  return out
}

/** Only Claude signs its reasoning. */
function reasoningBlock({ reasoning, reasoningPieces }: Speech, request: WireRequest): Block {
  const thoughts = reasoningPieces.map((text) => ({ delta: { reasoningContent: { text } }, content: true }))
  if (!signs(request)) {
    return { whole: { reasoningContent: { reasoningText: { text: reasoning } } }, start: undefined, deltas: thoughts }
  }
  const signature = sign(reasoning)
  return {
    whole: { reasoningContent: { reasoningText: { text: reasoning, signature } } },
    start: undefined,
    deltas: [...thoughts, { delta: { reasoningContent: { signature } }, content: false }],
  }
}

function signs({ model, body }: WireRequest): boolean {
  return /anthropic|claude/.test(model) || modelFields(body).thinking !== undefined
}

function stopReason(speech: Speech | undefined, { body }: WireRequest): string {
  const reason = speech?.finishReason ?? (speech && speech.toolCalls.length > 0 ? 'tool_calls' : 'stop')
  switch (reason) {
    case 'stop':
      return 'end_turn'
    case 'length':
      return 'max_tokens'
    case 'tool_calls':
      return 'tool_use'
    case 'content_filter':
      return body.guardrailConfig === undefined ? 'content_filtered' : 'guardrail_intervened'
    default:
      return reason
  }
}

/** Metadata after the message, or in the last event of a stream. */
function end(answer: Answer, request: WireRequest): Json {
  const { guardrailConfig, performanceConfig, serviceTier } = request.body
  const trace = guardrailTrace(record(guardrailConfig))
  return {
    metrics: { latencyMs: 100 },
    ...(answer.tally && { usage: usage(answer.tally, request) }),
    ...(trace && { trace: { guardrail: trace } }),
    ...(performanceConfig !== undefined && { performanceConfig }),
    ...(serviceTier !== undefined && { serviceTier }),
  }
}

function usage({ prompt, spoken, reasoning }: NonNullable<Answer['tally']>, { model }: WireRequest): Json {
  const { fresh, cacheRead, cacheWrite5m, cacheWrite1h } = prompt
  const written = cacheWrite5m + cacheWrite1h
  const outputTokens = spoken + reasoning
  const details = [
    { inputTokens: cacheWrite5m, ttl: '5m' },
    { inputTokens: cacheWrite1h, ttl: '1h' },
  ].filter(({ inputTokens }) => inputTokens > 0)
  const cache = {
    cacheReadInputTokenCount: cacheRead,
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokenCount: written,
    cacheWriteInputTokens: written,
  }
  return {
    inputTokens: fresh,
    outputTokens,
    totalTokens: fresh + cacheRead + written + outputTokens,
    ...((cacheRead + written > 0 || /claude/.test(model)) && cache),
    ...(details.length > 0 && { cacheDetails: details }),
    serverToolUsage: {},
  }
}

/** With tracing enabled, a guardrail reports its assessment even if it passes everything. */
function guardrailTrace({ guardrailIdentifier, trace }: Json): Json | undefined {
  const id = string(guardrailIdentifier)
  if (id === undefined || (trace !== 'enabled' && trace !== 'enabled_full')) return undefined
  const usage = { contentPolicyUnits: 1, topicPolicyUnits: 1, wordPolicyUnits: 1 }
  return { inputAssessment: { [id]: { invocationMetrics: { guardrailProcessingLatency: 100, usage } } } }
}
