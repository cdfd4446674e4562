import { BadRequestError, got, shortened } from '../errors.js'
import { closestName } from '../suggest.js'
import { Job } from './job.js'
import { ProviderJob } from './provider-job.js'
import type { Batch, BatchMethod, BatchOptions, BatchRequest, BatchTarget } from './types.js'

/**
 * Runs many calls as one job: a number of them at a time, with progress, a cost cap, and a journal from which a job that was killed
 * continues. A request that fails after its retries is a result of its own, and does not stop the others.
 * @param requests an array, or any iterable: requests are made as they are needed
 * @throws {BadRequestError} if an option is unknown or invalid
 * @throws {BudgetExceededError} from the loop, after the results so far, if the next call may exceed `maxCost`
 * @throws {AbortError} from the loop, if `signal` is aborted
 * @example
 * for await (const result of batch(client, requests, { concurrency: 50, journal: 'job.jsonl', maxCost: 20 })) {
 *   if (result.status === 'done') save(result.index, result.answer.choices[0].message.content)
 *   else report(result.index, result.error)
 * }
 */
export function batch<Method extends BatchMethod = 'completion'>(
  target: BatchTarget,
  requests: Iterable<BatchRequest<Method>> | AsyncIterable<BatchRequest<Method>>,
  options: BatchOptions<Method> = {},
): Batch<Method> {
  checkOptions(options)
  const { method = 'completion' } = options
  if (options.via === 'provider') {
    checkRequests(requests)
    const { batches, files } = target ?? {}
    if (!batches) {
      throw new BadRequestError(
        `The first argument of batch() must be a client with via: 'provider'; ${got(target)}. A Router has none: a batch belongs to the account of one deployment. Pass a client with its credentials.`,
      )
    }
    const job = new ProviderJob({ batches, files }, requests, options as unknown as BatchOptions<BatchMethod>)
    return job as unknown as Batch<Method>
  }
  const send = (target as Readonly<Record<string, unknown>>)?.[method]
  if (typeof send !== 'function') {
    throw new BadRequestError(
      `The first argument of batch() must be a client or a Router with ${method}(); ${got(target)}.`,
    )
  }
  checkRequests(requests)
  const call = (request: object): Promise<unknown> => {
    const { stream, vectorType } = request as { stream?: unknown; vectorType?: unknown }
    if (stream === true)
      return Promise.reject(new BadRequestError("'stream' must be false in a batch; got true.", { param: 'stream' }))
    if (vectorType === 'float32' && options.journal !== undefined) {
      return Promise.reject(
        new BadRequestError("'vectorType' must be 'array' in a batch with a journal; got 'float32'.", {
          param: 'vectorType',
        }),
      )
    }
    return (send as (request: object) => Promise<unknown>).call(target, request)
  }
  return new Job(call, requests, options as unknown as BatchOptions<BatchMethod>) as unknown as Batch<Method>
}

function checkRequests(requests: unknown): void {
  if (
    typeof requests === 'object' &&
    requests !== null &&
    (Symbol.iterator in requests || Symbol.asyncIterator in requests)
  )
    return
  throw new BadRequestError(`'requests' must be an array or another iterable; ${got(requests)}.`, {
    param: 'requests',
  })
}

const positive = (value: unknown): boolean => typeof value === 'number' && value > 0
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0
const isFunction = (value: unknown): boolean => typeof value === 'function'
const oneOf =
  (...values: readonly string[]) =>
  (value: unknown): boolean =>
    values.includes(value as string)

const rules: Readonly<Record<keyof BatchOptions, readonly [check: (value: unknown) => boolean, form: string]>> = {
  method: [
    oneOf(
      'completion',
      'embedding',
      'rerank',
      'responses',
      'messages',
      'generateContent',
      'textCompletion',
      'decide',
      'moderation',
    ),
    'a method of a client, such as completion',
  ],
  concurrency: [isCount, 'an integer of 1 or more'],
  order: [oneOf('request', 'completion'), "'request' or 'completion'"],
  onProgress: [isFunction, 'a function'],
  total: [(value) => Number.isSafeInteger(value) && (value as number) >= 0, 'an integer of 0 or more'],
  maxCost: [positive, 'US dollars, a number above 0'],
  estimate: [isFunction, 'a function'],
  journal: [(value) => typeof value === 'string' && value !== '', 'the path of a file'],
  sync: [oneOf('answer', 'second', 'never'), "'answer', 'second' or 'never'"],
  signal: [(value) => value instanceof AbortSignal, 'an AbortSignal'],
  via: [oneOf('calls', 'provider'), "'calls' or 'provider'"],
  pollInterval: [(value) => typeof value === 'number' && value >= 0, 'milliseconds, a number of 0 or more'],
  onAbort: [oneOf('cancel', 'detach'), "'cancel' or 'detach'"],
  batchSize: [isCount, 'an integer of 1 or more'],
  create: [(value) => typeof value === 'object' && value !== null, 'an object such as { storage, role }'],
}

/** Options that only one of the ways has. */
const ofCalls = ['concurrency'] as const
const ofProvider = ['pollInterval', 'onAbort', 'batchSize', 'create'] as const

function checkOptions(options: object): void {
  if (typeof options !== 'object' || options === null) {
    throw new BadRequestError(`The options of batch() must be an object; ${got(options)}.`)
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof BatchOptions] : undefined
    if (!rule) {
      const near = closestName(name, Object.keys(rules))
      throw new BadRequestError(
        `Unknown option '${shortened(name)}' of batch(). ${near ? `Did you mean '${near}'?` : `Known options: ${Object.keys(rules).join(', ')}.`}`,
        { param: name },
      )
    }
    const [check, form] = rule
    if (value !== undefined && !check(value)) {
      throw new BadRequestError(`'${name}' must be ${form}; ${got(value)}.`, { param: name })
    }
  }
  const given = options as BatchOptions
  const byProvider = given.via === 'provider'
  for (const name of byProvider ? ofCalls : ofProvider) {
    if (given[name] === undefined) continue
    const needed = byProvider ? "without via: 'provider'" : "with via: 'provider'"
    throw new BadRequestError(`'${name}' must be used ${needed}; ${got(given.via)}.`, { param: name })
  }
  if (byProvider && given.method !== undefined && given.method !== 'completion' && given.method !== 'embedding') {
    throw new BadRequestError(
      `'method' must be 'completion' or 'embedding' with via: 'provider'; ${got(given.method)}.`,
      { param: 'method' },
    )
  }
}
