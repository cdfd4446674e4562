import type { ClientContext } from './call/context.js'
import { execute } from './call/execute.js'
import type { OperationSpec } from './call/operation.js'
import { joinRequest } from './call/request.js'
import type { MiddlewareList } from './middleware/list.js'
import type { ObserverHub } from './observe/hub.js'
import { observed } from './observe/observed.js'
import { type CountTokensRequest, runCountTokens } from './operations/count-tokens.js'
import { withSettlement } from './operations/settlement.js'
import { operations } from './operations/specs.js'
import type { TokenCount } from './tokens/types.js'
import type { CallOperation } from './types/operation.js'
import type { OnSettled } from './types/settled.js'

/** The calls of a client, which load with the first of them. */

/** The parts of a client that its calls need. */
export interface ClientParts {
  readonly context: ClientContext
  readonly hub: ObserverHub
  readonly middleware: MiddlewareList
  readonly onSettled: OnSettled | undefined
}

/** Runs an operation. Never throws. */
export function runOperation(
  parts: ClientParts,
  name: CallOperation,
  request: object,
  options: object | undefined,
): Promise<unknown> {
  const spec = operations[name]
  if (options === undefined) return send(parts, spec, request)
  try {
    return send(parts, spec, joinRequest(spec, request, options))
  } catch (error) {
    return Promise.reject(error)
  }
}

const send = (parts: ClientParts, spec: OperationSpec, request: object): Promise<unknown> =>
  parts.middleware.list
    ? parts.middleware.run(spec.name, request, (sent) => sendOn(parts, spec, sent))
    : sendOn(parts, spec, request)

function sendOn({ context, hub, onSettled }: ClientParts, spec: OperationSpec, request: object): Promise<unknown> {
  const { clock } = context
  return withSettlement({ operation: spec.name, request, clock, onSettled }, () =>
    observed(hub, spec.name, request, (recorder) =>
      hasFallbacks(request)
        ? import('./call/fallbacks.js').then((late) => late.executeWithFallbacks(context, spec, request, recorder))
        : execute(context, spec, request, undefined, recorder),
    ),
  )
}

const hasFallbacks = (request: object | null): request is Readonly<Record<string, unknown>> =>
  (request as { readonly fallbacks?: unknown } | null)?.fallbacks !== undefined

/** Counts the tokens of a chat request. */
export async function countTokens(
  { context, middleware }: ClientParts,
  request: CountTokensRequest,
  options: object | undefined,
): Promise<TokenCount> {
  const joined = options === undefined ? request : joinRequest(operations.chat, request, options)
  const count = (sent: object) => runCountTokens(context, sent as CountTokensRequest)
  return middleware.list ? middleware.run('countTokens', joined, count) : count(joined)
}

/** Runs a result that no call has, such as one of a batch, as a call: with its callbacks and its record for accounting. */
export function report(
  { context: { clock }, hub, onSettled }: ClientParts,
  operation: 'chat' | 'embedding',
  model: string,
  read: () => Promise<object>,
): Promise<object> {
  const request = { model }
  return withSettlement({ operation, request, clock, onSettled }, () => observed(hub, operation, request, read))
}
