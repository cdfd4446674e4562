import pRetry from 'p-retry'
import { LLMError } from '../errors.js'
import type { Call } from './call.js'

const firstDelay = 500
const largestDelay = 8_000

/**
 * Retries a call after its first attempt failed, up to `maxRetries` times. Loaded with the first failure.
 * @throws {LLMError} the last error
 */
export async function retry<Answer>(call: Call, first: LLMError, attempt: () => Promise<Answer>): Promise<Answer> {
  let failed: LLMError | undefined = first
  return pRetry(
    () => {
      if (!failed) return attempt()
      const error = failed
      failed = undefined
      throw error
    },
    {
      retries: call.limits.maxRetries,
      minTimeout: 0,
      async onFailedAttempt({ error, retriesLeft, retriesConsumed }) {
        if (!LLMError.is(error) || !error.retryable || retriesLeft <= 0 || call.lifetime.ended) throw error
        const delay = delayBefore(call, error, retriesConsumed)
        if (delay === undefined) throw error
        const last = call.attempts.at(-1)
        if (last) last.delayMs = delay
        call.recorder?.retry(error, call.attempts.length, delay)
        await sleep(call, delay, error)
      },
    },
  )
}

/**
 * Delay before a retry: the provider's, else exponential back-off with full jitter. Undefined if it exceeds `maxRetryDelay` or the
 * remaining time of the call.
 */
function delayBefore(call: Call, error: LLMError, retriesConsumed: number): number | undefined {
  const { clock, limits, lifetime } = call
  const asked = error.retryAfterMs
  if (asked !== undefined && asked > limits.maxRetryDelay) return undefined
  const backOff = Math.min(largestDelay, firstDelay * 2 ** retriesConsumed, limits.maxRetryDelay) * clock.random()
  const delay = asked ?? backOff
  return delay < lifetime.left(clock.now()) ? delay : undefined
}

/** Waits; rejects if the call ends first. */
function sleep({ lifetime }: Call, ms: number, cause: LLMError): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      lifetime.listen(undefined)
      resolve()
    }, ms)
    lifetime.listen((error) => {
      clearTimeout(timer)
      error.cause ??= cause
      reject(error)
    })
  })
}
