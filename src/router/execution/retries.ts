import { type AnyLLMError, BadRequestError, LLMError } from '../../errors.js'
import type { Deployment } from '../deployments/deployment.js'
import { hasUntried, nextCooldownEnd, select } from '../selection/select.js'
import { isNoCapacity, type NoCapacity, type Selection } from '../selection/selection.js'
import { runAttempt } from './attempt.js'
import { AttemptRecorder } from './attempt-recorder.js'
import { closedError } from './call-tracker.js'
import type { FallbackStep } from './fallback-step.js'
import { mockFailure } from './mock-failure.js'
import { allowedRetries, isWorthRetrying } from './policy.js'

const firstDelay = 500
const maxBackoff = 8_000
const defaultMaxWait = 60_000
const defaultQueueSize = 1_000

/** Attempts a step until one succeeds. Each attempt selects its deployment again. */
export async function runWithRetries(step: FallbackStep): Promise<unknown> {
  const { call, context } = step
  let failures = 0
  let ready: Selection | undefined
  mockFailure(call)
  for (;;) {
    let found = ready ?? select(step)
    ready = undefined
    if (found instanceof Promise) found = await found
    if (context.calls.closed) {
      if (!isNoCapacity(found)) release(step, found)
      throw closedError(step.lastError)
    }
    const selection = isNoCapacity(found) ? await waitForCapacity(step, found) : found
    if (context.events.observed) {
      context.events.emit({
        type: 'pick',
        modelGroup: step.group.name,
        deployment: selection.deployment.id,
        reason: selection.reason,
        attempt: call.attempts.length + 1,
      })
    }
    try {
      return await runAttempt(step, selection)
    } catch (error) {
      if (!LLMError.is(error)) throw error
      ready = await prepareRetry(step, selection.deployment, error, ++failures)
    }
  }
}

/**
 * Waits before the next attempt if necessary.
 * @returns a selection that was made during the wait
 * @throws the error, if no retry is worth while
 */
async function prepareRetry(
  step: FallbackStep,
  deployment: Deployment,
  error: AnyLLMError,
  failures: number,
): Promise<Selection | undefined> {
  const { call, context } = step
  call.lastError = error
  step.lastError = error
  step.addTried(deployment)
  step.refreshGroup()
  const others = hasUntried(step)
  const isLast = failures > allowedRetries(context.options, call.options, step.group.name, error)
  if (isLast || context.calls.closed || !isWorthRetrying(error, others) || call.isLate) throw error
  // a fallback answers sooner than a provider that asks for time
  if (!others && (error.retryAfterMs ?? 0) > 0 && step.hasFallback(error)) throw error
  const tried = step.triedAndAvailable(deployment)
  const otherIn = nextCooldownEnd({ ...step, tried })
  const delayMs = others ? 0 : retryDelay(step, error, failures, otherIn)
  if (delayMs === undefined) throw error
  call.recordDelay(delayMs)
  call.recorder?.retry(error, call.attempts.length, delayMs)
  context.events.emit({
    type: 'retry',
    modelGroup: step.group.name,
    deployment: deployment.id,
    error,
    delayMs,
    attempt: call.attempts.length,
  })
  const ready = delayMs > 0 ? await waitForRetry(step, tried, delayMs, otherIn) : undefined
  step.refreshGroup()
  return ready
}

/**
 * The delay that the provider asks for, else exponential backoff with full jitter, but no longer than until another deployment
 * is back. `undefined` if waiting is pointless.
 */
function retryDelay(
  { call, context }: FallbackStep,
  { retryAfterMs }: LLMError,
  failures: number,
  otherIn: number | undefined,
): number | undefined {
  const { maxRetryDelay } = context.settings
  const asked = retryAfterMs !== undefined && otherIn !== undefined ? Math.min(retryAfterMs, otherIn) : retryAfterMs
  if (asked !== undefined && asked > maxRetryDelay) return undefined
  const backoff = Math.min(maxBackoff, firstDelay * 2 ** (failures - 1), maxRetryDelay) * context.clock.random()
  const delay = Math.max(1, asked ?? backoff)
  return delay < call.timeLeft ? delay : undefined
}

/** Waits before a retry, but no longer than until another deployment can take the call. */
function waitForRetry(
  step: FallbackStep,
  tried: ReadonlySet<Deployment>,
  maxWaitMs: number,
  otherIn: number | undefined,
): Promise<Selection | undefined> {
  const { context } = step
  if (otherIn !== undefined && otherIn < maxWaitMs) context.queue.wakeIn(otherIn)
  const attempt = () => {
    step.refreshGroup()
    const request = { ...step, tried }
    if (!hasUntried(request)) return undefined
    const found = select(request)
    if (found instanceof Promise) return found.then((one) => (isNoCapacity(one) ? undefined : one))
    return isNoCapacity(found) ? undefined : found
  }
  // the failed deployments of a call may be available to another
  const key = JSON.stringify([step.queueKey, [...tried].map(({ id }) => id).sort()])
  return enqueue(step, key, maxWaitMs, attempt)
}

/**
 * Waits for capacity if the queue allows it and no fallback can answer sooner.
 * @throws the reason why no deployment can take the call
 */
async function waitForCapacity(step: FallbackStep, noCapacity: NoCapacity): Promise<Selection> {
  const { call, context } = step
  const { queue } = context.options
  const { maxSize = defaultQueueSize, maxWait = defaultMaxWait } = queue || {}
  const cause = step.lastError
  const error = noCapacity.error(cause)
  if (queue === false || !noCapacity.temporary || step.hasFallback(error)) throw error
  const { timeLeft } = call
  const maxWaitMs = Math.min(maxWait, timeLeft)
  const { retryAfterMs } = noCapacity
  if (retryAfterMs !== undefined && retryAfterMs > maxWaitMs) throw error
  if (context.queue.size >= maxSize) {
    const hint = `The queue is full: ${context.queue.size} calls wait ('queue.maxSize' is ${maxSize}). Raise it, or add deployments.`
    throw noCapacity.error(cause, hint)
  }
  if (retryAfterMs !== undefined) context.queue.wakeIn(retryAfterMs)
  context.events.emit({ type: 'wait', modelGroup: step.group.name, waiting: context.queue.size + 1 })
  let latest = noCapacity
  const accept = (found: Selection | NoCapacity): Selection | undefined => {
    if (!isNoCapacity(found)) return found
    // the capacity is gone for good
    if (!found.temporary) throw found.error(cause)
    latest = found
    if (found.retryAfterMs !== undefined) context.queue.wakeIn(found.retryAfterMs)
    return undefined
  }
  const attempt = (waitedMs: number) => {
    step.refreshGroup()
    const found = select({ ...step, waitedMs })
    return found instanceof Promise ? found.then(accept) : accept(found)
  }
  const since = context.clock.now()
  const selection = await enqueue(step, step.queueKey, maxWaitMs, attempt)
  call.recorder?.queued(context.clock.now() - since)
  if (selection) return selection
  if (timeLeft <= maxWaitMs) throw call.timeoutError(latest.error(cause))
  throw latest.error(cause, `The call waited ${maxWait} ms in the queue ('queue.maxWait').`)
}

type Attempt = (waitedMs: number) => Selection | undefined | Promise<Selection | undefined>

function enqueue(
  step: FallbackStep,
  kind: string,
  maxWaitMs: number,
  attempt: Attempt,
): Promise<Selection | undefined> {
  const { call, context } = step
  return context.queue.wait({
    kind,
    priority: call.options.priority,
    maxWaitMs,
    signal: call.signal,
    attempt,
    giveBack: (late) => release(step, late),
    failure: (reason) => (reason === 'closed' ? closedError(call.lastError) : call.abortError()),
  })
}

/** Returns the capacity of an attempt that is not made. */
function release({ call }: FallbackStep, selection: Selection): void {
  new AttemptRecorder(call, selection).finish(new BadRequestError('The call ended before it was sent.'))
}
