import type { HostBatch } from '../../providers/batches/contract.js'
import type { Provider } from '../../providers/contract.js'
import type { ClientContext } from '../call/context.js'
import { Lifetime, pause } from '../call/lifetime.js'
import { BadRequestError, got, LLMError } from '../errors.js'
import type {
  BatchCreateRequest,
  Batches,
  BatchItem,
  BatchListRequest,
  BatchObject,
  BatchOperation,
  BatchReference,
  BatchResultsOptions,
  BatchWaitOptions,
} from '../types/batch.js'
import type { CallOptions } from '../types/options.js'
import { BatchFacts, encodeRequest, isLimit } from './encode.js'
import { over, placeOf, placeOfProvider, type Report } from './place.js'
import { readResults } from './results.js'
import { Spool } from './spool.js'

const createNames: ReadonlySet<string> = new Set([
  ...['model', 'requests', 'method', 'name', 'metadata', 'completion_window', 'storage', 'storageBase', 'role'],
  'onInvalid',
])
const referenceNames: ReadonlySet<string> = new Set(['storageBase'])
const listNames: ReadonlySet<string> = new Set(['provider', 'limit'])
const waitNames: ReadonlySet<string> = new Set(['pollInterval', 'onProgress', 'storageBase'])
const resultNames: ReadonlySet<string> = new Set(['requests', 'order', 'report', 'storageBase'])

function idIn(reference: unknown): BatchReference {
  const { provider, id } = (reference ?? {}) as { provider?: unknown; id?: unknown }
  if (typeof id !== 'string' || id === '' || typeof provider !== 'string') {
    throw new BadRequestError(`A batch must be { provider, id }, such as the result of create(); ${got(reference)}.`)
  }
  return { provider, id }
}

export const complete = (batch: HostBatch, { id }: Provider): BatchObject => ({
  ...withoutUndefined(batch),
  object: 'batch',
  provider: id,
})

const withoutUndefined = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Value

/** Batches of a client. */
export class BatchResource implements Batches {
  readonly #context: ClientContext
  readonly #report: Report

  constructor(context: ClientContext, report: Report) {
    this.#context = context
    this.#report = report
  }

  async create<Method extends BatchOperation = 'completion'>(
    request: BatchCreateRequest<Method>,
  ): Promise<BatchObject> {
    const { model: asked, requests, storage, role, metadata, onInvalid } = request
    const method: BatchOperation = request.method ?? 'completion'
    if (method !== 'completion' && method !== 'embedding') {
      throw new BadRequestError(`'method' must be 'completion' or 'embedding'; ${got(method)}.`, { param: 'method' })
    }
    if (!isIterable(requests)) {
      throw new BadRequestError(`'requests' must be an array or another iterable; ${got(requests)}.`, {
        param: 'requests',
      })
    }
    const name = nameOf(request.name, this.#context.clock.random)
    const { provider, host, http, options } = await placeOf(this.#context, asked, request, createNames)
    if (!host.operations.includes(method)) {
      throw new BadRequestError(
        `Batches of ${provider.name} must be of ${host.operations.join(' or ')}; ${got(method)}.`,
        {
          provider: provider.id,
          param: 'method',
        },
      )
    }
    const window = request.completion_window
    host.check?.({ storage, role, window })
    const lines = await Spool.open()
    try {
      const facts = new BatchFacts()
      let index = -1
      for await (const one of requests) {
        index++
        try {
          const item = await encodeRequest(this.#context, method, one, index, asked, options)
          const line = host.line(item)
          facts.add(item, host, lines.size + line.length)
          await lines.append(line)
        } catch (error) {
          if (!onInvalid || !LLMError.is(error) || isLimit(error)) throw error
          onInvalid(index, error)
        }
      }
      await lines.flush()
      const { count, endpoint, model, headers } = facts
      const { fewest = 1 } = host.limits
      if (count < fewest) {
        const message = `'requests' must have at least ${fewest} ${fewest === 1 ? 'request' : 'requests'} at ${provider.name}; got ${count}.`
        throw new BadRequestError(message, { provider: provider.id, param: 'requests' })
      }
      const job = { name, model, endpoint, operation: method, count, lines, headers, metadata, window, storage, role }
      const made = complete(await host.create(job, http), provider)
      return { ...made, model: made.model ?? model, name: made.name ?? name }
    } finally {
      await lines.close()
    }
  }

  async retrieve(batch: BatchReference, options: CallOptions = {}): Promise<BatchObject> {
    const { provider: prefix, id } = idIn(batch)
    const { host, http, provider } = await placeOfProvider(this.#context, prefix, options, referenceNames)
    return complete(await host.retrieve(id, http), provider)
  }

  async cancel(batch: BatchReference, options: CallOptions = {}): Promise<BatchObject> {
    const { provider: prefix, id } = idIn(batch)
    const { host, http, provider } = await placeOfProvider(this.#context, prefix, options, referenceNames)
    return complete(await host.cancel(id, http), provider)
  }

  async *list(request: BatchListRequest): AsyncGenerator<BatchObject, undefined> {
    const { provider: prefix, limit = Number.POSITIVE_INFINITY } = request
    const { host, http, provider } = await placeOfProvider(this.#context, prefix, request, listNames)
    let after: string | undefined
    let listed = 0
    do {
      const page = await host.list(after, http)
      for (const batch of page.items) {
        if (listed++ >= limit) return undefined
        yield complete(batch, provider)
      }
      after = page.next
    } while (after !== undefined && listed < limit)
    return undefined
  }

  async wait(reference: BatchReference, options: BatchWaitOptions = {}): Promise<BatchObject> {
    const { provider: prefix, id } = idIn(reference)
    const { pollInterval = 30_000, onProgress, signal } = options
    if (typeof pollInterval !== 'number' || !(pollInterval >= 0)) {
      throw new BadRequestError(`'pollInterval' must be milliseconds, a number of 0 or more; ${got(pollInterval)}.`, {
        param: 'pollInterval',
      })
    }
    const { host, http, provider } = await placeOfProvider(this.#context, prefix, options, waitNames)
    const lifetime = new Lifetime(signal, 0, this.#context.clock.now(), { provider: provider.id, model: '' })
    try {
      for (;;) {
        const batch = complete(await host.retrieve(id, http), provider)
        onProgress?.(batch)
        if (over.has(batch.status)) return batch
        await pause(lifetime, pollInterval)
      }
    } finally {
      lifetime.close()
    }
  }

  results<Method extends BatchOperation = 'completion'>(
    reference: BatchReference,
    options: BatchResultsOptions = {},
  ): AsyncIterable<BatchItem<Method>> {
    return this.#results(reference, options) as AsyncIterable<BatchItem<Method>>
  }

  async *#results(reference: BatchReference, options: BatchResultsOptions): AsyncGenerator<BatchItem<BatchOperation>> {
    const { provider: prefix, id } = idIn(reference)
    const { requests, order = 'request', report = true } = options
    if (order !== 'request' && order !== 'completion') {
      throw new BadRequestError(`'order' must be 'request' or 'completion'; ${got(order)}.`, { param: 'order' })
    }
    if (requests !== undefined && !isIterable(requests)) {
      throw new BadRequestError(`'requests' must be an array or another iterable; ${got(requests)}.`, {
        param: 'requests',
      })
    }
    const place = await placeOfProvider(this.#context, prefix, options, resultNames)
    const batch = await place.host.retrieve(id, place.http)
    // providers that keep no model have it in what create() returned
    const known = (reference as Partial<BatchObject>).model
    yield* readResults({
      context: this.#context,
      place,
      batch: { ...batch, model: batch.model ?? known },
      requests,
      order,
      report: report ? this.#report : undefined,
    })
  }
}

export const isIterable = (value: unknown): value is Iterable<object> | AsyncIterable<object> =>
  typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)

function nameOf(given: unknown, random: () => number): string {
  if (given === undefined) return `llmux-${Math.floor(random() * 2 ** 52).toString(36)}`
  if (typeof given === 'string' && /^[a-zA-Z0-9](?:[a-zA-Z0-9]|-(?=[a-zA-Z0-9])){0,62}$/.test(given)) return given
  throw new BadRequestError(`'name' must be letters, digits and single '-', 63 at most; ${got(given)}.`, {
    param: 'name',
  })
}
