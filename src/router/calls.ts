import { refuseCache } from '../cache/policy.js'
import type { CacheState } from '../cache/state.js'
import type { OperationSpec } from '../call/operation.js'
import { joinRequest } from '../call/request.js'
import { BadRequestError } from '../errors.js'
import type { MiddlewareList } from '../middleware/list.js'
import type { EventRecorder } from '../observe/event-recorder.js'
import type { ObserverHub } from '../observe/hub.js'
import { observed } from '../observe/observed.js'
import { type CountTokensRequest, runCountTokens } from '../operations/count-tokens.js'
import { withSettlement } from '../operations/settlement.js'
import { operations } from '../operations/specs.js'
import type { TokenCount } from '../tokens/types.js'
import type { CallOperation } from '../types/operation.js'
import type { RouterContext } from './context.js'
import { modelFor } from './deployments/model-groups.js'
import { runCached } from './execution/cached.js'
import { isRouterCallOption } from './execution/call-options.js'
import { mirror } from './execution/mirror.js'
import { RoutedCall } from './execution/routed-call.js'
import { runCall } from './execution/run-call.js'

/** The calls of a Router, which load with the first of them. */

/** The parts of a Router that its calls need. */
export interface RouterParts {
  readonly context: RouterContext
  readonly hub: ObserverHub
  readonly cache: CacheState
  readonly middleware: MiddlewareList
}

/**
 * Runs an operation. Never throws.
 * @param accepted whether the call began before the Router was closed
 */
export function runOperation(
  parts: RouterParts,
  name: CallOperation,
  given: object,
  options: object | undefined,
  accepted = false,
): Promise<unknown> {
  const spec = operations[name]
  let request = given
  if (options !== undefined) {
    try {
      request = joinRequest(spec, given, options, isRouterCallOption)
    } catch (error) {
      return Promise.reject(error)
    }
  }
  const { middleware } = parts
  return middleware.list
    ? middleware.run(spec.name, request, (sent) => observedRun(parts, spec, sent, accepted))
    : observedRun(parts, spec, request, accepted)
}

function observedRun(parts: RouterParts, spec: OperationSpec, request: object, accepted: boolean): Promise<unknown> {
  const { clock, settings } = parts.context
  return withSettlement({ operation: spec.name, request, clock, onSettled: settings.onSettled }, () =>
    observed(parts.hub, spec.name, request, (recorder) => run(parts, spec, request, recorder, accepted), true),
  )
}

async function run(
  { context, cache }: RouterParts,
  spec: OperationSpec,
  request: object,
  recorder: EventRecorder | undefined,
  accepted: boolean,
): Promise<unknown> {
  if (!accepted) context.calls.checkOpen()
  const call = new RoutedCall(context, spec.name, request)
  call.recorder = recorder
  if (!spec.cached) refuseCache(call.cache, spec.method)
  const policy = spec.cached && cache.policyFor(call.cache)
  return policy ? runCached(call, cache, policy, send) : send(call)
}

function send(call: RoutedCall): Promise<unknown> {
  mirror(call)
  return runCall(call)
}

/** Counts the tokens of a chat request for the first deployment of its group. */
export async function countTokens(
  { context, middleware }: RouterParts,
  request: CountTokensRequest,
  options: object | undefined,
): Promise<TokenCount> {
  const joined = options === undefined ? request : joinRequest(operations.chat, request, options)
  const count = (sent: object) => countOf(context, sent as CountTokensRequest)
  return middleware.list ? middleware.run('countTokens', joined, count) : count(joined)
}

async function countOf({ groups }: RouterContext, { model, ...rest }: CountTokensRequest): Promise<TokenCount> {
  const group = groups.resolve(String(model))
  const [deployment] = group.deployments
  if (!deployment) throw new BadRequestError(`The model group '${model}' has no deployment.`, { param: 'model' })
  const { baseModel, context } = deployment
  return runCountTokens(context, { ...rest, model: modelFor(deployment, group.matched), baseModel })
}
