import type { AnyLLMError } from '../errors.js'
import type { AnsweredCall, Middleware, MiddlewareCallBase, MiddlewareOperation } from '../types/middleware.js'

/** The call as one middleware sees it. */
export class PassingCall implements MiddlewareCallBase {
  readonly operation: MiddlewareOperation
  request: object
  readonly stream: boolean
  readonly state: Map<unknown, unknown>
  answer: object | undefined
  chunk: object | undefined
  error: AnyLLMError | undefined
  readonly send: MiddlewareCallBase['send']

  constructor(
    operation: MiddlewareOperation,
    request: object,
    state: Map<unknown, unknown>,
    send: MiddlewareCallBase['send'],
  ) {
    this.operation = operation
    this.request = { ...request }
    this.stream = (request as { stream?: unknown }).stream === true
    this.state = state
    this.send = send
  }
}

/** The answer after `onResponse`. */
export async function answered(middleware: Middleware, call: PassingCall, answer: object): Promise<object> {
  call.answer = answer
  const given = await middleware.onResponse?.(call as unknown as AnsweredCall)
  const result = given ?? call.answer
  const { meta } = answer as { meta?: unknown }
  // a copy of the answer has lost what is not enumerable
  if (result !== answer && meta !== undefined && !('meta' in result)) {
    Object.defineProperty(result, 'meta', { value: meta, enumerable: false })
  }
  return result
}
