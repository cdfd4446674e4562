import { BadRequestError, got, LLMError } from '../errors.js'
import type { CompletionResult } from '../operations/chat.js'
import type { CompletionRequest } from '../types/options.js'

/** A client or a Router, as far as {@link race} uses it. */
export interface RaceTarget {
  /** Calls a chat model. */
  completion(request: never): Promise<unknown>
}

/** A request that several models answer at the same time. */
export type RaceRequest<Stream extends boolean = boolean> = Omit<CompletionRequest<Stream>, 'model'> & {
  /** Two or more models, or model groups of a Router. The first that answers wins. */
  models: readonly string[]
}

/** Options of {@link race}. */
export interface RaceOptions {
  /**
   * Head start of each model before the next one is asked, in milliseconds. A failure ends it early. 0 asks all at once. @default 0
   */
  stagger?: number | undefined
}

/**
 * Sends a request to several models and returns the answer that comes first: for a stream, the stream with the first content. The others
 * are aborted. Providers bill what an aborted call has generated.
 * @throws {LLMError} the last error, if all models fail; `attempts` has those of all models
 * @example
 * const answer = await race(client, { models: ['openai/gpt-4o-mini', 'groq/llama-3.3-70b-versatile'], messages })
 */
export async function race<const Stream extends boolean = false>(
  target: RaceTarget,
  { models, signal, ...request }: RaceRequest<Stream>,
  { stagger = 0 }: RaceOptions = {},
): Promise<CompletionResult<Stream>> {
  if (!Array.isArray(models) || models.length < 2 || !models.every((model) => typeof model === 'string')) {
    throw new BadRequestError(`'models' must have two or more model names; ${got(models)}.`, { param: 'models' })
  }
  if (typeof stagger !== 'number' || !(stagger >= 0)) {
    throw new BadRequestError(`'stagger' must be milliseconds, a number of 0 or more; ${got(stagger)}.`, {
      param: 'stagger',
    })
  }
  const stops = models.map(() => new AbortController())
  const attempts: LLMError['attempts'][number][] = []
  let next = 0
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    return await new Promise<CompletionResult<Stream>>((resolve, reject) => {
      let won = false
      const start = (): void => {
        clearTimeout(timer)
        const at = next++
        const model = models[at]
        const stop = stops[at]
        if (model === undefined || !stop || won) return
        const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
        target.completion({ ...request, model, signal: either } as never).then(
          (answer) => {
            if (won) return
            won = true
            // the winner's own stream is still running
            for (const [other, one] of stops.entries())
              if (other !== at) one.abort(new Error('Another model was faster.'))
            resolve(answer as CompletionResult<Stream>)
          },
          (error: unknown) => {
            if (won) return
            if (LLMError.is(error)) attempts.push(...error.attempts)
            failures++
            if (failures === models.length || signal?.aborted) {
              won = true
              if (LLMError.is(error)) error.attempts = attempts
              for (const one of stops) one.abort()
              return reject(error)
            }
            start()
          },
        )
        if (next >= models.length) return
        if (stagger === 0) start()
        else timer = setTimeout(start, stagger)
      }
      start()
    })
  } finally {
    clearTimeout(timer)
  }
}
