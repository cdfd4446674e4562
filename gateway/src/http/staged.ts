import type { HandlerResponse } from 'llmux/server'
import { BudgetStage } from '../hooks/budget-stage.js'
import { CallStream, type StreamEnd } from '../hooks/call-stream.js'
import type { CallHooks } from '../hooks/runner.js'
import type { LlmRequest } from './llm-request.js'
import type { ResponseOwners } from './responses-store.js'

/** An answer after the hooks, or a stream that they watch. */
export async function staged(
  request: LlmRequest,
  response: HandlerResponse,
  owners: ResponseOwners,
): Promise<HandlerResponse> {
  const { body } = response
  const hooks = request.hooks?.watches ? request.hooks : undefined
  if (body === undefined || response.bytes) return response
  if (typeof body === 'object') {
    return isCounted(request) ? response : { ...response, body: watched(request, body, hooks, owners) }
  }
  return hooks ? await hooked(request, hooks, response, body, owners) : response
}

/** Whether nothing but budgets watches a stream. The events of the Responses API have parts that follow from those before. */
export const isCounted = ({ hooks, route }: LlmRequest): boolean =>
  !hooks?.watches && route?.operation !== 'responses' && route?.stream !== 'array'

function watched(
  request: LlmRequest,
  body: AsyncIterable<string>,
  hooks: CallHooks | undefined,
  owners: ResponseOwners,
): AsyncIterable<string> {
  const { route, admitted } = request
  const counter = admitted?.streamed
  if (!route || !(hooks || counter)) return body
  const end: StreamEnd = {
    begun: (id) => owners.hold(id),
    over: (id, changed) => {
      request.storing = owners.settle(id, changed)
    },
    refused: (error) => {
      request.error = error
    },
  }
  const stages = [...(counter ? [new BudgetStage(route.operation, counter)] : []), ...(hooks?.stages() ?? [])]
  return new CallStream(route.operation, route.dialect, route.stream === 'array', stages, end).run(body)
}

async function hooked(
  request: LlmRequest,
  hooks: CallHooks,
  response: HandlerResponse,
  body: string,
  owners: ResponseOwners,
): Promise<HandlerResponse> {
  try {
    const after = await hooks.after(body)
    if (after.changed) await owners.replace(request, after.body)
    return { ...response, body: after.text }
  } catch (error) {
    request.error = error
    await owners.replace(request, null)
    return { ...response, status: 500 }
  }
}
