import type { AnyLLMError } from '../errors.js'
import type { Attempt, CallCost, CallMeta, RouterMeta } from './meta.js'

/** How one call ended: the argument of `onSettled`. */
export interface SettledRecord {
  readonly operation: CallMeta['operation']
  /** `model` of the request: a model string, or a Router's model group. */
  readonly requestedModel: string
  /** Provider that answered or failed last; undefined if none was called. */
  readonly provider: string | undefined
  /** Model of that provider. */
  readonly model: string | undefined
  readonly stream: boolean
  /** `success`, or the `code` of the error. A stream that was left or aborted is `aborted`. */
  readonly outcome: string
  /** The error, unless the call succeeded. */
  readonly error: AnyLLMError | undefined
  /** Undefined if unknown, never 0 for that reason. For a stream that ended early, an estimate. */
  readonly usage: CallMeta['usage']
  /** In US dollars; its `total` is undefined if the price or the usage is unknown. Undefined if no answer had begun. */
  readonly cost: CallCost | undefined
  /** Whether usage and cost are estimates. */
  readonly estimated: boolean
  readonly attempts: readonly Attempt[]
  /** The cache's part in the answer. */
  readonly cache: CallMeta['cache'] | undefined
  /** The route through a Router. */
  readonly router: RouterMeta | undefined
  /** `requestId` of the provider. */
  readonly requestId: string | undefined
  /** `tags` of the call. */
  readonly tags: readonly string[]
  readonly traceId: string | undefined
  /** `user` of the request. */
  readonly user: string | undefined
  /** When the call began, in milliseconds since 1970. */
  readonly startTime: number
  /** From the call to its end, in milliseconds; of a stream, to the end of the stream. */
  readonly durationMs: number
  /** From the call to the first content of a stream, in milliseconds. Undefined without a stream or content. */
  readonly firstTokenMs?: number | undefined
}

/**
 * Called synchronously, exactly once for every call, when it has ended: with an answer, with an error, or because its stream was
 * left or aborted. Unlike callbacks, no record waits in a queue or is dropped, which accounting needs. Errors that it throws are
 * ignored.
 */
export type OnSettled = (record: SettledRecord) => void
