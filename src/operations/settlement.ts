import type { CallOperation } from '../../providers/contract.js'
import { AnswerStream } from '../call/answer-stream.js'
import type { Clock } from '../call/clock.js'
import { type AnyLLMError, BadRequestError, JSONSchemaValidationError, LLMError } from '../errors.js'
import type { CallMeta } from '../types/meta.js'
import type { OnSettled, SettledRecord } from '../types/settled.js'

/** A call whose end is recorded. */
export interface SettledCall {
  readonly operation: CallOperation
  readonly request: object
  readonly clock: Clock
  /** The hook of the client or the Router. A call's own is in its request. */
  readonly onSettled: OnSettled | undefined
}

/** Runs a call and reports its end to the `onSettled` hooks. Without hooks it only calls `run`. */
export function withSettlement<Answer>(call: SettledCall, run: () => Promise<Answer>): Promise<Answer> {
  const own = (call.request as { readonly onSettled?: unknown } | null)?.onSettled
  if (call.onSettled === undefined && typeof own !== 'function') return run()
  const hooks = [call.onSettled, typeof own === 'function' ? (own as OnSettled) : undefined]
  return settle(
    call,
    hooks.filter((hook) => hook !== undefined),
    run,
  )
}

async function settle<Answer>(
  { operation, request, clock }: SettledCall,
  hooks: readonly OnSettled[],
  run: () => Promise<Answer>,
): Promise<Answer> {
  const startTime = clock.wall()
  const startedAt = clock.now()
  const given = request as Readonly<Record<string, unknown>>
  let settled = false
  const report = (meta: CallMeta | undefined, failure?: unknown) => {
    if (settled) return
    settled = true
    const error = failure === undefined ? undefined : asLLMError(failure)
    const cost = meta?.cost
    const record: SettledRecord = Object.freeze({
      operation,
      requestedModel: typeof given.model === 'string' ? given.model : '',
      provider: meta?.provider ?? error?.provider,
      model: meta?.model ?? error?.model,
      stream: given.stream === true,
      outcome: error?.code ?? 'success',
      error,
      usage: meta?.usage,
      cost,
      estimated: cost?.estimated === true,
      attempts: [...(error?.attempts ?? meta?.attempts ?? [])],
      cache: meta?.cache,
      router: meta?.router,
      requestId: meta?.requestId ?? error?.requestId,
      tags: Array.isArray(given.tags) ? given.tags : [],
      traceId: typeof given.traceId === 'string' ? given.traceId : undefined,
      user: typeof given.user === 'string' ? given.user : undefined,
      startTime,
      durationMs: clock.now() - startedAt,
      firstTokenMs: meta?.timeToFirstTokenMs,
    })
    for (const hook of hooks) {
      try {
        hook(record)
      } catch {
        // an error of the hook must not end the call
      }
    }
  }
  let answer: Answer
  try {
    answer = await run()
  } catch (error) {
    report(metaOfError(error), error)
    throw error
  }
  if (answer instanceof AnswerStream) {
    const { meta } = answer
    answer.whenOver((failure) => report(meta, failure))
  } else report((answer as { readonly meta?: CallMeta }).meta)
  return answer
}

/** `meta` of the part of an answer that an error carries. */
function metaOfError(error: unknown): CallMeta | undefined {
  if (!LLMError.is(error)) return undefined
  if (error instanceof JSONSchemaValidationError && error.completion) return error.completion.meta
  return (error.partial ?? error.partialEmbedding)?.meta
}

const asLLMError = (error: unknown): AnyLLMError =>
  LLMError.is(error)
    ? (error as AnyLLMError)
    : (new BadRequestError('Unexpected error while running the call; see its cause.', { cause: error }) as AnyLLMError)
