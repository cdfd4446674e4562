import { AnswerStream } from '../../call/answer-stream.js'
import { CompletionStream } from '../../call/completion-stream.js'
import { execute } from '../../call/execute.js'
import { ResponsesStream } from '../../call/responses-stream.js'
import { BadRequestError, ContentPolicyViolationError, LLMError } from '../../errors.js'
import { operations } from '../../operations/specs.js'
import type { ChatCompletion } from '../../types/chat.js'
import type { ResponsesResponse } from '../../types/responses.js'
import type { Selection } from '../selection/selection.js'
import { AttemptRecorder } from './attempt-recorder.js'
import type { FallbackStep } from './fallback-step.js'
import { hasContentPolicyFallback } from './policy.js'
import type { RoutedCall } from './routed-call.js'

/** Sends a step to the selected deployment, once. */
export async function runAttempt(step: FallbackStep, selection: Selection): Promise<unknown> {
  const { call, context } = step
  const { deployment, model } = selection
  const recorder = new AttemptRecorder(call, selection)
  const name = model.slice(model.indexOf('/') + 1)
  call.recorder?.attempt({ ...recorder.mark, provider: deployment.provider, model: name })
  const attemptsBefore = call.attempts.length
  const startedAt = context.clock.now()
  const { timeLeft } = call
  const limit = deployment.timeout ?? context.options.attemptTimeout ?? 0
  const timeout = limit > 0 ? Math.min(limit, timeLeft) : timeLeft
  try {
    if (timeLeft <= 0) throw call.timeoutError(undefined)
    const request = createRequest(step, selection, timeout)
    const answer = await execute(deployment.context, operations[call.operation], request, recorder, call.recorder)
    if (call.operation === 'chat') checkContentFilter(step, answer as ChatCompletion | CompletionStream)
    if (answer instanceof AnswerStream) recorder.confirmRecovery()
    call.answeredBy = deployment
    keepSession(step, selection, answer)
    return answer
  } catch (error) {
    const known = LLMError.is(error) ? error : undefined
    recorder.finish(known ?? new BadRequestError('Unexpected error while calling the provider.', { cause: error }))
    if (known && call.attempts.length === attemptsBefore) {
      // it failed before anything was sent, and is an attempt all the same
      call.attempts.push({
        provider: deployment.provider,
        model: name,
        outcome: known.code,
        durationMs: context.clock.now() - startedAt,
        message: known.message,
        ...recorder.mark,
      })
    }
    // the time of the call ran out, not that of the attempt
    if (known?.code === 'timeout' && known.phase === 'total' && timeout === timeLeft) throw call.timeoutError(known)
    throw error
  }
}

/** The next call of the session goes to the same deployment. */
function keepSession({ call, context }: FallbackStep, { deployment, group }: Selection, answer: unknown): void {
  const { affinity } = context
  if (group.deployments.length === 1) return
  if (call.affinity) affinity.keep(call.affinity, group, deployment)
  if (call.operation !== 'responses') return
  if (answer instanceof ResponsesStream)
    answer.whenOver(() => affinity.keepResponse(answer.soFar.id, group, deployment))
  else affinity.keepResponse((answer as ResponsesResponse).id, group, deployment)
}

function createRequest(
  { call, context, overrides }: FallbackStep,
  { deployment, model }: Selection,
  timeout: number,
): Record<string, unknown> {
  return {
    ...context.settings.callDefaults,
    ...deployment.defaults,
    ...call.request,
    ...overrides,
    model,
    baseModel: deployment.baseModel,
    maxRetries: 0,
    // needed to add up the usage of resumed streams
    ...(call.options.resume && call.stream && call.operation === 'chat' && { stream_options: { include_usage: true } }),
    timeout: timeout === Number.POSITIVE_INFINITY ? 0 : Math.max(1, timeout),
  }
}

/** An answer that the provider's content filter stopped is a failure if another group is configured for it. */
function checkContentFilter(step: FallbackStep, answer: ChatCompletion | CompletionStream): void {
  const { call, context, model, group } = step
  if (!context.options.contentPolicyFallbacks && !call.options.contentPolicyFallbacks) return
  if (answer instanceof CompletionStream) {
    const { choices } = answer.soFar
    // only a stream that starts with its end can still be replaced
    if (choices[0]?.finish_reason !== 'content_filter' || choices[0].message.content) return
  } else if (answer.choices[0]?.finish_reason !== 'content_filter') return
  if (!hasContentPolicyFallback(context.options, call.options, [model, group.name])) return
  const partial = answer instanceof CompletionStream ? answer.soFar : answer
  const { provider, model: name, status, requestId } = partial.meta
  const error = new ContentPolicyViolationError("The provider's content filter stopped the answer.", {
    ...{ provider, model: name, status, requestId, partial },
  })
  recordOutcome(call, error)
  if (answer instanceof CompletionStream) {
    answer.abort(error)
    // nothing reads the aborted stream
    answer.final().catch(() => {})
  }
  throw error
}

function recordOutcome({ attempts }: RoutedCall, { code, message }: LLMError): void {
  const last = attempts.at(-1)
  if (last) Object.assign(last, { outcome: code, message })
}
