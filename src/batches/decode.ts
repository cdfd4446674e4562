import type { HostResult } from '../../providers/batches/contract.js'
import type { Provider } from '../../providers/contract.js'
import { Call } from '../call/call.js'
import type { ClientContext } from '../call/context.js'
import { errorFromBody } from '../call/failure.js'
import { decodeBody } from '../call/json-response.js'
import { Lifetime } from '../call/lifetime.js'
import { metaOf, withMeta } from '../call/meta.js'
import type { Job } from '../call/operation.js'
import { prepare } from '../call/prepare.js'
import { AbortError, TimeoutError } from '../errors.js'
import { emptyJob } from '../operations/authorize-request.js'
import type { BatchOperation } from '../types/batch.js'
import type { CallOptions } from '../types/options.js'
import type { EncodedRequest } from './encode.js'
import { specs } from './encode.js'

/** Decodes results of a batch as answers of single calls. */
export class ResultDecoder {
  readonly #context: ClientContext
  readonly #provider: Provider
  readonly #method: BatchOperation
  readonly #options: CallOptions
  readonly #part: unknown
  readonly #target: Call['target']
  readonly #limits: Call['limits']

  private constructor(
    context: ClientContext,
    provider: Provider,
    method: BatchOperation,
    options: CallOptions,
    part: unknown,
    call: Call,
  ) {
    this.#context = context
    this.#provider = provider
    this.#method = method
    this.#options = options
    this.#part = part
    this.#target = call.target
    this.#limits = call.limits
  }

  static async open(
    context: ClientContext,
    provider: Provider,
    method: BatchOperation,
    model: string,
    options: CallOptions,
  ): Promise<ResultDecoder> {
    const part = await specs[method].part(provider.dialect)
    const call = await prepare(emptyJob(context, provider, model, options), {})
    call.lifetime.close()
    return new ResultDecoder(context, provider, method, options, part, call)
  }

  /**
   * The answer in a result, with `meta` at the price of the batch API.
   * @throws {LLMError} the failure in it
   */
  decode(result: HostResult, model: string, request: EncodedRequest | undefined): object {
    const call = this.#callFor(model, request)
    const { notRun, failure } = result
    if (notRun) throw notRunError(notRun, this.#provider, model)
    const spec = specs[this.#method]
    if (failure) {
      call.status = failure.status
      throw errorFromBody(call.errorContext(), failure.status, {}, failure.body)
    }
    call.status = 200
    const decoded = decodeBody(call, result.body, (body) => spec.decode(this.#part, body, call.decodeContext()))
    spec.settle(call, decoded, this.#part)
    call.billing = { ...call.billing, batch: true }
    const answer = withMeta(decoded, metaOf(call))
    const job = {
      ...emptyJob(this.#context, this.#provider, model, this.#options),
      spec,
      part: this.#part,
      schema: request?.schema,
    }
    return (spec.finish ? spec.finish(job as Job, answer) : answer) as object
  }

  #callFor(model: string, request: EncodedRequest | undefined): Call {
    const { clock, registry } = this.#context
    const startedAt = clock.now()
    return new Call({
      operation: specs[this.#method].name,
      keepsText: false,
      answer: 'json',
      provider: this.#provider,
      model,
      target: this.#target,
      limits: this.#limits,
      clock,
      warnings: [],
      encodeState: request?.state,
      registry,
      baseModel: this.#options.baseModel ?? undefined,
      startedAt,
      observer: undefined,
      recorder: undefined,
      connect: () => this.#context.dispatcher(this.#options),
      cancelJob: () => {},
      body: '',
      lifetime: new Lifetime(undefined, 0, startedAt, { provider: this.#provider.id, model }),
    })
  }
}

export function notRunError(why: 'expired' | 'cancelled', { id, name }: Provider, model: string) {
  const details = { provider: id, model, providerCode: `batch_${why}` }
  return why === 'expired'
    ? new TimeoutError(
        `${name} did not run this request before the batch expired; it was not billed. Send it again in a new batch, or as a single call.`,
        { ...details, phase: 'upstream' },
      )
    : new AbortError(`The batch was cancelled before ${name} ran this request; it was not billed.`, details)
}
