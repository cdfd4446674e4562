import type { CallOperation } from '../../providers/contract.js'
import { textOfAnswer } from '../call/raw-event.js'
import { BadRequestError } from '../errors.js'
import type { CallMeta } from '../types/meta.js'
import type {
  HandlerCall,
  HandlerCallOptions,
  HandlerOptions,
  HandlerResponse,
  HandlerTarget,
  ResponseStore,
} from './types.js'

/** Input of an action. */
export interface ActionInput {
  readonly target: HandlerTarget
  readonly call: HandlerCall
  readonly options: HandlerCallOptions | undefined
  readonly store: ResponseStore | undefined
  readonly models: HandlerOptions['models']
  /** Headers of the response. */
  headers(meta: CallMeta | undefined): Record<string, string>
  /** The model that a chat answer names; undefined if it stays as it is. */
  answerModel(meta: CallMeta): string | undefined
}

/** The code behind a route. */
export interface Action {
  /** The operation whose parameters the body has. Undefined for routes without a body. */
  readonly spec?: CallOperation
  run(input: ActionInput): Promise<HandlerResponse>
}

/** An answer of a call. */
export type WithMeta = object & { readonly meta: CallMeta }

/** A call of the target, by the name of its method. */
export const send = (
  { target, call, options }: Pick<ActionInput, 'target' | 'call' | 'options'>,
  method: Exclude<keyof HandlerTarget, 'modelGroups' | 'storedResponses'>,
  params: object = call.params,
): Promise<unknown> => {
  if (!target[method]) {
    throw new BadRequestError(`The target of createHandler() must have the method '${method}'; it has none.`)
  }
  return target[method](params as never, options as never)
}

export const json = (headers: Record<string, string>, body: object): HandlerResponse => ({
  status: 200,
  headers,
  body: textOfAnswer(body) ?? JSON.stringify(body),
})

export function events(headers: Record<string, string>, body: AsyncIterable<string>): HandlerResponse {
  headers['content-type'] = 'text/event-stream; charset=utf-8'
  headers['cache-control'] = 'no-cache'
  // proxies would collect the events
  headers['x-accel-buffering'] = 'no'
  return { status: 200, headers, body }
}
