import { AnswerStream } from '../call/answer-stream.js'
import { LLMError } from '../errors.js'
import type { FailedCall, Middleware, MiddlewareCall, MiddlewareOperation } from '../types/middleware.js'
import { changedStream } from './changed-stream.js'
import { ownAnswer } from './own-answer.js'
import { answered, PassingCall } from './passing-call.js'

/** A call on its way through a list of middleware. */
interface Passage {
  readonly operation: MiddlewareOperation
  readonly list: readonly Middleware[]
  /** Sends a request after the last middleware. */
  readonly send: (request: object) => Promise<unknown>
  readonly state: Map<unknown, unknown>
}

/** Sends a call through middleware. */
export function runMiddleware(
  list: readonly Middleware[],
  operation: MiddlewareOperation,
  request: object,
  send: Passage['send'],
): Promise<unknown> {
  return pass({ operation, list, send, state: new Map() }, 0, request)
}

async function pass(passage: Passage, at: number, request: object): Promise<unknown> {
  const middleware = passage.list[at]
  if (!middleware) return passage.send(request)
  const rest = (other: object) => pass(passage, at + 1, other)
  const call = new PassingCall(passage.operation, request, passage.state, rest)
  const given = await middleware.onRequest?.(call as unknown as MiddlewareCall)
  // an answer of its own takes the place of everything further in
  if (given !== undefined) return ownAnswer(call, given)
  let answer: unknown
  try {
    answer = await rest(call.request)
  } catch (error) {
    if (!middleware.onError || !LLMError.is(error)) throw error
    call.error = error
    answer = await middleware.onError(call as unknown as FailedCall)
    if (answer === undefined) throw error
  }
  if (answer instanceof AnswerStream) {
    return middleware.onChunk || middleware.onResponse ? changedStream(answer, middleware, call) : answer
  }
  return middleware.onResponse ? answered(middleware, call, answer as object) : answer
}
