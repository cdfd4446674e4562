import type { HostBatch, HostResult } from '../../providers/batches/contract.js'
import type { Provider } from '../../providers/contract.js'
import type { ClientContext } from '../call/context.js'
import { resolveModel } from '../call/resolve.js'
import { type AnyLLMError, BadRequestError, LLMError } from '../errors.js'
import type { BatchItem, BatchOperation } from '../types/batch.js'
import { notRunError, ResultDecoder } from './decode.js'
import { type EncodedRequest, encodeRequest, indexOf } from './encode.js'
import { over, type Place, type Report } from './place.js'

type Item = BatchItem<BatchOperation>
type Requests = Iterable<object> | AsyncIterable<object>

export interface ResultsInput {
  readonly context: ClientContext
  readonly place: Place
  readonly batch: HostBatch
  readonly requests: Requests | undefined
  readonly order: 'request' | 'completion'
  readonly report: Report | undefined
}

/**
 * Results of a batch, decoded one by one. In the order of the requests, results that come early are held; their number is the disorder of
 * the provider's file.
 * @throws {BadRequestError} if the batch has not ended, or was rejected
 */
export async function* readResults(input: ResultsInput): AsyncGenerator<Item> {
  const { place, batch, order } = input
  checkEnd(batch, place.provider)
  const reader = new ItemReader(input)
  const seen = new Set<number>()
  let position = 0
  let next = 0
  const held = new Map<number, HostResult>()
  for await (const result of place.host.results(batch, place.http)) {
    // batches of other makers have ids of their own: the position in the file is the index
    const index = indexOf(result.id) ?? position
    position++
    if (index < next || seen.has(index) || held.has(index)) continue
    if (order === 'completion') {
      seen.add(index)
      yield await reader.read(index, result)
      continue
    }
    held.set(index, result)
    for (let one = held.get(next); one; one = held.get(next)) {
      held.delete(next)
      yield await reader.read(next++, one)
    }
  }
  yield* remaining(input, reader, order === 'completion' ? (index) => seen.has(index) : () => false, held, next)
}

/** Requests without a line did not run. */
async function* remaining(
  { batch, place }: ResultsInput,
  reader: ItemReader,
  isDone: (index: number) => boolean,
  held: ReadonlyMap<number, HostResult>,
  from: number,
): AsyncGenerator<Item> {
  const last = Math.max(batch.request_counts.total - 1, ...held.keys())
  for (let index = from; index <= last; index++) {
    if (isDone(index)) continue
    const result = held.get(index)
    if (result) {
      yield await reader.read(index, result)
      continue
    }
    const why = batch.status === 'cancelled' ? 'cancelled' : batch.status === 'expired' ? 'expired' : undefined
    if (why) yield await reader.read(index, { id: undefined, notRun: why })
    else yield { index, status: 'failed', error: missing(place.provider, index, batch) }
  }
}

const missing = ({ id, name }: Provider, index: number, { model }: HostBatch): AnyLLMError =>
  new BadRequestError(`${name} has no result for request ${index} of the batch. Send it again.`, {
    provider: id,
    model,
  }) as AnyLLMError

/** @throws {BadRequestError} unless there are results to read */
function checkEnd(batch: HostBatch, { id, name }: Provider): void {
  const details = { provider: id, model: batch.model }
  if (!over.has(batch.status)) {
    throw new BadRequestError(
      `The batch must have ended; its status is '${batch.status}'. Wait for its end with batches.wait().`,
      details,
    )
  }
  if (batch.status !== 'failed' || batch.output_file_id !== undefined || batch.error_file_id !== undefined) return
  throw rejection(batch, name, details)
}

/** The error for a batch that the provider rejected as a whole. */
export function rejection(
  { errors = [] }: HostBatch,
  name: string,
  details: { provider: string; model: string | undefined },
): BadRequestError {
  const shown = errors
    .slice(0, 3)
    .map(({ message, line }) => (line === undefined ? message : `line ${line} (request ${line - 1}): ${message}`))
  const more = errors.length > 3 ? `; and ${errors.length - 3} more` : ''
  const reason = shown.length > 0 ? shown.join('; ') + more : 'it gave no reason'
  return new BadRequestError(
    `${name} rejected the whole batch: ${reason.replace(/\.$/, '')}. Correct the request and make the batch again; nothing has run.`,
    { ...details, providerCode: errors[0]?.code, param: 'requests', body: errors },
  )
}

/** Reads items: decodes them, with the state of their request if the caller has it. */
class ItemReader {
  readonly #input: ResultsInput
  readonly #method: BatchOperation
  readonly #requests: Iterator<object> | AsyncIterator<object> | undefined
  /** Requests that were passed over, for results in another order. */
  readonly #passed = new Map<number, object>()
  readonly #decoders = new Map<Provider, Promise<ResultDecoder>>()
  #at = 0

  constructor(input: ResultsInput) {
    this.#input = input
    this.#method = /embed/i.test(input.batch.endpoint) ? 'embedding' : 'completion'
    const { requests } = input
    this.#requests =
      requests && (Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]())
  }

  async read(index: number, result: HostResult): Promise<Item> {
    const { report, place, batch } = this.#input
    const model = batch.model ?? modelIn(result.body) ?? ''
    const run = async () => {
      // an answer is worth more than what its request adds to it, such as a picture that is gone
      const request = await this.#requestOf(index, model).catch(() => undefined)
      if (result.notRun) throw notRunError(result.notRun, place.provider, model)
      const decoder = await this.#decoderFor(model, request)
      return decoder.decode(result, model, request)
    }
    const operation = this.#method === 'embedding' ? 'embedding' : 'chat'
    try {
      const answer = await (report ? report(operation, `${place.provider.id}/${model}`, run) : run())
      return { index, status: 'done', answer } as Item
    } catch (error) {
      if (!LLMError.is(error)) throw error
      return { index, status: 'failed', error }
    }
  }

  /** The provider as it is for this model: one host may have several dialects. */
  async #decoderFor(model: string, request: EncodedRequest | undefined): Promise<ResultDecoder> {
    const { context, place, batch } = this.#input
    const provider = request?.provider ?? (await this.#providerOf(model))
    let decoder = this.#decoders.get(provider)
    if (!decoder) {
      decoder = ResultDecoder.open(context, provider, this.#method, batch.model ?? model, place.options)
      this.#decoders.set(provider, decoder)
    }
    return decoder
  }

  async #providerOf(model: string): Promise<Provider> {
    const { context, place, batch } = this.#input
    const { id } = place.provider
    const route = place.host.route?.(batch) ?? ''
    const { options } = place
    const call = { operation: this.#method === 'embedding' ? 'embedding' : 'chat', params: {}, options } as const
    return (await resolveModel(`${id}/${route}${model || 'any'}`, context, call)).provider
  }

  /** A request of the caller by its index: the iterable is read as far as needed. */
  async #requestOf(index: number, model: string): Promise<EncodedRequest | undefined> {
    if (!this.#requests) return undefined
    while (this.#at <= index) {
      const step = await this.#requests.next()
      if (step.done) break
      this.#passed.set(this.#at++, step.value)
    }
    const given = this.#passed.get(index)
    if (!given) return undefined
    this.#passed.delete(index)
    const { context, place } = this.#input
    const asked = (given as { readonly model?: unknown }).model
    const name = typeof asked === 'string' ? asked : `${place.provider.id}/${model}`
    return encodeRequest(context, this.#method, given, index, name, place.options)
  }
}

function modelIn(body: unknown): string | undefined {
  const { model } = (body ?? {}) as { readonly model?: unknown }
  return typeof model === 'string' ? model : undefined
}
