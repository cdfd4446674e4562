import type { InboundWire } from '../../providers/inbound/contract.js'
import type { AnswerStream, StreamParts } from '../call/answer-stream.js'
import { chunksOf } from '../call/assemble.js'
import { systemClock } from '../call/clock.js'
import { CompletionStream } from '../call/completion-stream.js'
import { GenerateContentStream } from '../call/generate-content-stream.js'
import { MessagesStream } from '../call/messages-stream.js'
import { withMeta } from '../call/meta.js'
import { noSource, Pipe } from '../call/pipe.js'
import { ResponsesStream } from '../call/responses-stream.js'
import { type AbortError, BadRequestError, got } from '../errors.js'
import type { ChatCompletion } from '../types/chat.js'
import type { CallMeta } from '../types/meta.js'
import type { PassingCall } from './passing-call.js'

/** Operations that write text, with the translator of those that are not chat. */
const wires: Readonly<Record<string, () => Promise<InboundWire>>> = {
  messages: async () => (await import('../../providers/inbound/anthropic/index.js')).anthropicWire as InboundWire,
  generateContent: async () => (await import('../../providers/inbound/gemini/index.js')).geminiWire as InboundWire,
  responses: async () => (await import('../../providers/inbound/responses/index.js')).responsesWire as InboundWire,
}

const streams: Readonly<Record<string, new (parts: never) => object>> = {
  chat: CompletionStream,
  messages: MessagesStream,
  generateContent: GenerateContentStream,
  responses: ResponsesStream,
}

let counter = 0

/** The answer that a middleware gave in place of the model, in the form of the call. */
export async function ownAnswer(call: PassingCall, given: object | string): Promise<object> {
  const { operation, stream } = call
  const isText = operation === 'chat' || Object.hasOwn(wires, operation)
  if (typeof given !== 'string' && typeof given !== 'object') {
    throw new BadRequestError(`onRequest() must return an answer, a string or nothing; ${got(given)}.`)
  }
  if (typeof given === 'string' && !isText) {
    throw new BadRequestError(`onRequest() must return an answer of ${operation}, an object; ${got(given)}.`)
  }
  const { model } = call.request as { model?: unknown }
  const meta = metaOf(operation, typeof model === 'string' ? model : '')
  if (isAnswerStream(given)) return given
  const answer = typeof given === 'string' ? textAnswer(given, meta.model) : given
  if (operation === 'chat') {
    const whole = withOwnMeta(answer, meta) as ChatCompletion
    return stream ? streamOf('chat', chunksOf(whole).filter(hasChoices), whole, meta) : whole
  }
  if (!isText || (typeof given !== 'string' && !stream)) return withOwnMeta(answer, meta)
  if (typeof given !== 'string') {
    throw new BadRequestError(`onRequest() must return a string for a stream of ${operation}; ${got(given)}.`)
  }
  const wire = await wires[operation]?.()
  if (!wire) throw new BadRequestError(`onRequest() can't answer a call of ${operation} with a string.`)
  const context = { model: meta.model, created: now(), id: `middleware${counter++}` }
  const encoded = withMeta(wire.encodeAnswer(answer as ChatCompletion, call.request, context), meta)
  if (!stream) return encoded
  const events: object[] = []
  const encoder = wire.streamEncoder(call.request, context)
  for (const chunk of chunksOf(answer as ChatCompletion)) encoder.push(chunk, events)
  encoder.end(events)
  return streamOf(operation, events, encoded, meta)
}

const hasChoices = ({ choices }: { choices: readonly unknown[] }): boolean => choices.length > 0

const isAnswerStream = (value: unknown): value is AnswerStream<object, object> =>
  typeof value === 'object' && value !== null && 'whenOver' in value

const now = (): number => Math.floor(systemClock.wall() / 1000)

function textAnswer(text: string, model: string): Omit<ChatCompletion, 'meta'> {
  return {
    id: `chatcmpl-middleware${counter++}`,
    object: 'chat.completion',
    created: now(),
    model,
    choices: [
      { index: 0, message: { role: 'assistant', content: text, refusal: null }, finish_reason: 'stop', logprobs: null },
    ],
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  }
}

const withOwnMeta = (answer: object, meta: CallMeta): object => ('meta' in answer ? answer : withMeta(answer, meta))

/** A stream whose items are known. */
function streamOf(operation: string, items: readonly object[], answer: object, meta: CallMeta): object {
  const pipe = new Pipe<object>(noSource)
  for (const item of items) pipe.put(item)
  pipe.finish()
  const parts: StreamParts<object, object> = {
    pipe,
    meta,
    soFar: () => answer as never,
    partial: () => (operation === 'chat' ? (answer as ChatCompletion) : undefined),
    complete: async () => answer,
    cancel: (error: AbortError) => pipe.finish(error),
  }
  const Made = streams[operation] as new (given: StreamParts<object, object>) => object
  return new Made(parts)
}

/** `meta` of an answer that cost nothing and was sent nowhere. */
function metaOf(operation: string, model: string): CallMeta {
  return {
    operation: (operation === 'countTokens' ? 'chat' : operation) as CallMeta['operation'],
    provider: '',
    model,
    cost: { total: 0 },
    usage: undefined,
    requestId: undefined,
    status: 0,
    headers: {},
    rateLimits: {},
    latencyMs: 0,
    timeToHeadersMs: undefined,
    timeToFirstTokenMs: undefined,
    retries: 0,
    attempts: [],
    cache: { hit: false },
    router: undefined,
    warnings: [],
    nativeFinishReason: undefined,
  }
}
