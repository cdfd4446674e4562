import type { CallbackSet, CallEvent, FailureEvent, Logger, SuccessEvent } from '../types/observe.js'

/** Logs the course of calls: numbers and names, never content. */
export function logTo(logger: Logger): CallbackSet {
  return {
    name: 'logger',
    content: false,
    onStart: (event) => logger.debug(fieldsOf(event), 'llmux call started'),
    onFirstToken: (event) =>
      logger.debug({ ...fieldsOf(event), firstTokenMs: round(event.firstTokenMs) }, 'llmux first token'),
    onCacheHit: (event) => logger.debug({ ...fieldsOf(event), ageMs: round(event.ageMs) }, 'llmux cache hit'),
    onRetry: (event) => {
      const { attempt, delayMs } = event
      logger.warn({ ...fieldsOf(event), ...whyOf(event), attempt, delayMs: round(delayMs) }, 'llmux retries')
    },
    onFallback: (event) => {
      const { from, to } = event
      logger.warn({ ...fieldsOf(event), ...whyOf(event), from, to }, 'llmux falls back')
    },
    onSuccess: (event) =>
      logger.info({ ...fieldsOf(event), ...endOf(event), finishReasons: event.finishReasons }, 'llmux call succeeded'),
    onFailure: (event) => {
      const fields = { ...fieldsOf(event), ...endOf(event), ...whyOf(event) }
      // an abort by the caller is not an error
      if (event.error.code === 'aborted') logger.info(fields, 'llmux call aborted')
      else logger.error(fields, 'llmux call failed')
    },
  }
}

function fieldsOf({ callId, traceId, operation, provider, model, modelGroup, deployment, tags }: CallEvent) {
  return {
    callId,
    ...(traceId !== callId && { traceId }),
    operation,
    provider,
    model,
    ...(modelGroup !== undefined && { modelGroup }),
    ...(deployment !== undefined && { deployment }),
    ...(tags.length > 0 && { tags }),
  }
}

function whyOf({ error }: { readonly error: FailureEvent['error'] }) {
  const { code, status, message, providerCode } = error
  return { code, ...(status !== undefined && { status }), error: message, ...(providerCode && { providerCode }) }
}

function endOf({ timings, attempts, usage, cost, cache, requestId }: SuccessEvent | FailureEvent) {
  const { totalMs, firstTokenMs, queueMs } = timings
  return {
    durationMs: round(totalMs),
    ...(firstTokenMs !== undefined && { firstTokenMs: round(firstTokenMs) }),
    ...(queueMs !== undefined && { queueMs: round(queueMs) }),
    attempts: attempts.length,
    ...(usage && { usage }),
    ...(cost?.total !== undefined && { cost: cost.total }),
    ...(cache.hit && { cacheHit: true }),
    ...(cache.error !== undefined && { cacheError: cache.error }),
    ...(requestId !== undefined && { requestId }),
  }
}

const round = (ms: number) => Math.round(ms * 10) / 10
