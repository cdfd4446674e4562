import { systemClock } from '../call/clock.js'
import { Lifetime, pause } from '../call/lifetime.js'
import { AbortError, type AnyLLMError, BadRequestError, BudgetExceededError, got, LLMError } from '../errors.js'
import type { BatchChatRequest, BatchItem, BatchOperation } from '../types/batch.js'
import type { CallMeta } from '../types/meta.js'
import { highestCost } from './estimate.js'
import { identify } from './identity.js'
import type { Entry, Journal } from './journal.js'
import { Progress } from './progress.js'
import { restored, storedMeta } from './stored-meta.js'
import {
  connectionOf,
  findSubmission,
  type Item,
  newName,
  openSubmissions,
  type ProviderApi,
  paramsOf,
  prefixOf,
  type Submission,
} from './submissions.js'
import type { Batch, BatchMethod, BatchOptions, BatchProgress, BatchResult } from './types.js'

type Requests = Iterable<object> | AsyncIterable<object>
type Result = BatchResult<BatchMethod>

const over: ReadonlySet<string> = new Set(['completed', 'failed', 'expired', 'cancelled'])

/** Requests and bytes of one batch, below the limits of every provider that has others. */
const usualSize = 50_000
const usualBytes = 90 * 1024 * 1024

/** Failures of polls in a row after which the job ends; the batches go on. */
const mostFailures = 20

/** Runs requests through the batch API of their provider: one batch for each model, with the journal of single calls. */
export class ProviderJob implements Batch<BatchMethod> {
  readonly #api: ProviderApi
  readonly #requests: Requests
  readonly #options: BatchOptions<BatchMethod>
  readonly #method: BatchOperation
  readonly #progress: Progress
  readonly #submissions: Submission[] = []
  readonly #ready = new Map<number, () => Promise<Result>>()
  #journal: Journal | undefined
  /** The error of `onProgress`. */
  #broken: { readonly error: unknown } | undefined
  #spent = 0
  #read = { done: 0, failed: 0 }
  #count = 0
  #next = 0
  #iterated = false

  constructor(api: ProviderApi, requests: Requests, options: BatchOptions<BatchMethod>) {
    this.#api = api
    this.#requests = requests
    this.#options = options
    this.#method = options.method === 'embedding' ? 'embedding' : 'completion'
    const total = options.total ?? (Array.isArray(requests) ? requests.length : undefined)
    this.#progress = new Progress(
      total,
      () => this.#spent,
      options.onProgress,
      (error) => {
        this.#broken ??= { error }
      },
    )
  }

  get progress(): BatchProgress {
    return this.#progress.snapshot()
  }

  [Symbol.asyncIterator](): AsyncIterator<Result, undefined> {
    if (this.#iterated) throw new BadRequestError('This batch has been read already. Its results come once; keep them.')
    this.#iterated = true
    return this.#run()
  }

  async finish(): Promise<BatchProgress> {
    for await (const _ of this);
    return this.progress
  }

  async *#run(): AsyncGenerator<Result, undefined> {
    const { journal, sync = 'second', signal, pollInterval = 30_000 } = this.#options
    const lifetime = new Lifetime(signal, 0, systemClock.now(), { provider: '', model: '' })
    let ended = false
    try {
      if (journal !== undefined) {
        const { Journal } = await import('./journal.js')
        this.#journal = await Journal.open(journal, sync)
        this.#spent = this.#journal.spent
      }
      const waiting = await this.#gather()
      this.#checkCost(waiting)
      for (const submission of waiting) {
        this.#checkAbort()
        await this.#submit(submission)
        this.#sync()
      }
      yield* this.#deliver()
      let failures = 0
      while (this.#submissions.length > 0) {
        this.#checkAbort()
        try {
          for (const submission of [...this.#submissions]) {
            await this.#poll(submission)
            failures = 0
            yield* this.#deliver()
          }
        } catch (error) {
          // a provider that is not reached has the batch all the same
          if (!LLMError.is(error) || !error.retryable || ++failures > mostFailures) throw error
        }
        this.#sync()
        if (this.#submissions.length > 0) await pause(lifetime, pollInterval)
      }
      yield* this.#deliver()
      ended = true
    } finally {
      lifetime.close()
      if (!ended) await this.#leave()
      this.#progress.report(true)
      await this.#journal?.close()
    }
    if (this.#broken) throw this.#broken.error
  }

  #checkAbort(): void {
    const { signal } = this.#options
    if (this.#broken) throw this.#broken.error
    if (signal?.aborted) throw new AbortError('The batch was aborted.', { cause: signal.reason })
  }

  /** Takes all requests: answers of the journal, requests in a batch of an earlier run, and new ones by model. */
  async #gather(): Promise<Submission[]> {
    const { batchSize = usualSize } = this.#options
    const places = this.#restore()
    const made: Submission[] = []
    const filling = new Map<string, { submission: Submission; bytes: number }>()
    for await (const request of this.#requests) {
      if (typeof request !== 'object' || request === null) {
        throw new BadRequestError(`'requests' must have objects such as { model, messages }; got ${typeof request}.`)
      }
      const key = this.#journal
        ? await identify(this.#method === 'embedding' ? 'embedding' : 'completion', request)
        : ''
      const item: Item = { index: this.#count++, request, key }
      const stored = this.#journal?.claim(key)
      if (stored) {
        this.#addStored(item, stored)
        continue
      }
      const place = places.get(key)?.shift()
      if (place) {
        const [submission, position] = place
        submission.items.set(position, item)
        Object.assign(submission.options, connectionOf(request))
        continue
      }
      const { model } = request as { model?: unknown }
      if (typeof model !== 'string' || prefixOf(model) === '') {
        throw new BadRequestError(
          `'model' must be 'provider/model' in each request with via: 'provider'; ${got(model)} in request ${item.index}.`,
          { param: 'model' },
        )
      }
      const options = connectionOf(request)
      const size = JSON.stringify(request).length
      const group = JSON.stringify([model, options])
      let open = filling.get(group)
      if (!open || open.submission.size >= batchSize || open.bytes + size > usualBytes) {
        const submission = { name: newName(), model, options, items: new Map(), size: 0, at: systemClock.wall() }
        open = { submission: { ...submission, id: undefined, batch: undefined }, bytes: 0 }
        filling.set(group, open)
        made.push(open.submission)
      }
      open.submission.items.set(open.submission.size++, item)
      open.bytes += size
    }
    const resumed = this.#submissions.splice(0).filter(({ items }) => items.size > 0)
    return [...resumed, ...made]
  }

  /** Batches of an earlier run, with the places of their requests by identity. */
  #restore(): Map<string, [Submission, number][]> {
    const places = new Map<string, [Submission, number][]>()
    for (const { name, model = '', keys = [], at = 0, id } of openSubmissions(this.#journal?.notes ?? []).values()) {
      const submission: Submission = {
        name,
        model,
        options: {},
        items: new Map(),
        size: keys.length,
        at,
        id,
        batch: undefined,
      }
      this.#submissions.push(submission)
      for (const [position, key] of keys.entries()) {
        const known = places.get(key)
        if (known) known.push([submission, position])
        else places.set(key, [[submission, position]])
      }
    }
    return places
  }

  #addStored({ index, request }: Item, read: () => Promise<Entry>): void {
    this.#read.done++
    this.#progress.fromJournal++
    this.#ready.set(index, async () => {
      const answer = await restored(await read(), request)
      return { index, request, status: 'done', answer, fromJournal: true } as Result
    })
  }

  /** @throws {BudgetExceededError} before anything is uploaded */
  #checkCost(submissions: readonly Submission[]): void {
    const { maxCost, estimate } = this.#options
    if (maxCost === undefined) return
    let highest = 0
    for (const { items } of submissions) {
      for (const { request } of items.values())
        highest += estimate ? estimate(request as never) : highestCost(request, true)
    }
    if (this.#spent + highest <= maxCost) return
    throw new BudgetExceededError(
      `The batch must cost at most maxCost ($${maxCost}); it has cost $${this.#spent.toFixed(6)}, and the requests may cost $${highest.toFixed(6)}. Nothing was sent. Raise 'maxCost', or set 'max_tokens'.`,
      { param: 'maxCost' },
    )
  }

  /** Makes the batch, unless an earlier run has. */
  async #submit(submission: Submission): Promise<void> {
    const { name, model, options, items, at } = submission
    if (submission.id === undefined && this.#isKnown(name)) {
      const found = await findSubmission(this.#api, submission)
      if (found) submission.id = found.id
    }
    if (submission.id !== undefined) {
      await this.#journal?.note({ name, id: submission.id })
      this.#submissions.push(submission)
      return
    }
    const list = [...items.values()]
    // an earlier run may have had other requests beside them
    items.clear()
    for (const [position, item] of list.entries()) items.set(position, item)
    submission.size = list.length
    if (this.#journal) await this.#journal.note({ name, model, keys: list.map(({ key }) => key), at })
    const requests = list.map(({ request }) => paramsOf(request)) as BatchChatRequest[]
    const onInvalid = (position: number, error: AnyLLMError): void => {
      const item = items.get(position)
      items.delete(position)
      if (item) this.#addFailure(item, error)
    }
    try {
      const given = { ...this.#options.create, ...options }
      submission.batch = await this.#api.batches.create({
        ...given,
        model,
        method: this.#method,
        requests,
        name,
        onInvalid,
      })
    } catch (error) {
      if (items.size > 0) {
        submission.batch = await this.#afterFailure(submission, error)
      } else {
        // no request was left
        await this.#journal?.note({ name, over: true })
        return
      }
    }
    submission.id = submission.batch.id
    await this.#journal?.note({ name, id: submission.id })
    this.#submissions.push(submission)
  }

  #isKnown(name: string): boolean {
    return this.#journal?.notes.some((note) => note.name === name) === true
  }

  /** A batch may have been made although its answer got lost. */
  async #afterFailure(submission: Submission, error: unknown) {
    const reached = LLMError.is(error) && error.code !== 'api_connection' && error.code !== 'timeout'
    const refused = reached && (error.status ?? 400) < 500
    const found = refused ? undefined : await findSubmission(this.#api, submission).catch(() => undefined)
    if (found) return found
    // nothing was made: the next run does not look for it
    if (refused) await this.#journal?.note({ name: submission.name, over: true })
    throw error
  }

  async #poll(submission: Submission): Promise<void> {
    const { id = '', model, options, name } = submission
    const reference = { provider: prefixOf(model), id }
    const batch = await this.#api.batches.retrieve(reference, options)
    submission.batch = batch
    if (!over.has(batch.status)) return
    try {
      await this.#readAll(submission)
    } catch (error) {
      // the provider rejected the batch: that is the result of each request
      if (!(error instanceof BadRequestError)) throw error
      for (const item of submission.items.values()) this.#addFailure(item, error as AnyLLMError)
      submission.items.clear()
    }
    await this.#journal?.note({ name, over: true })
    this.#submissions.splice(this.#submissions.indexOf(submission), 1)
  }

  async #readAll({ items, model, options, id = '', size, batch }: Submission): Promise<void> {
    const { storageBase } = this.#options.create ?? {}
    const requests = Array.from({ length: size }, (_, at) => paramsOf(items.get(at)?.request ?? {}))
    const reference = { provider: prefixOf(model), id, model: batch?.model ?? model.slice(prefixOf(model).length + 1) }
    const results = this.#api.batches.results<BatchOperation>(reference, {
      ...options,
      ...(storageBase !== undefined && { storageBase }),
      requests,
      order: 'completion',
    })
    for await (const result of results) {
      const item = items.get(result.index)
      if (!item) continue
      items.delete(result.index)
      await this.#add(item, result)
    }
    for (const item of items.values()) {
      this.#addFailure(
        item,
        new BadRequestError('The batch has no result for this request. Send it again.') as AnyLLMError,
      )
    }
    items.clear()
  }

  async #add(item: Item, result: BatchItem<BatchOperation>): Promise<void> {
    if (result.status === 'failed') return this.#addFailure(item, result.error)
    const { index, request, key } = item
    const { answer } = result as { answer: object & { readonly meta: CallMeta } }
    const cost = answer.meta.cost.total
    await this.#journal?.append({ key, cost, answer, meta: storedMeta(answer.meta) })
    this.#spent += cost ?? 0
    this.#read.done++
    this.#ready.set(index, async () => ({ index, request, status: 'done', answer, fromJournal: false }) as Result)
  }

  #addFailure({ index, request }: Item, error: AnyLLMError): void {
    this.#read.failed++
    this.#ready.set(index, async () => ({ index, request, status: 'failed', error }) as Result)
  }

  async *#deliver(): AsyncGenerator<Result> {
    this.#sync()
    const ordered = this.#options.order !== 'completion'
    for (;;) {
      const index = ordered ? this.#next : this.#ready.keys().next().value
      const result = index === undefined ? undefined : this.#ready.get(index)
      if (index === undefined || !result) return
      this.#ready.delete(index)
      this.#next++
      yield await result()
    }
  }

  /** Results that were read, and what the provider reports of the others. */
  #sync(): void {
    let { done, failed } = this.#read
    let open = 0
    for (const { batch, items } of this.#submissions) {
      const { completed = 0, failed: broken = 0 } = batch?.request_counts ?? {}
      done += Math.min(completed, items.size)
      failed += Math.min(broken, items.size)
      open += Math.max(0, items.size - completed - broken)
    }
    this.#progress.set(done, failed, open)
  }

  /** The job ends early. */
  async #leave(): Promise<void> {
    if (this.#options.onAbort === 'detach') return
    for (const { model, id, options } of this.#submissions) {
      if (id === undefined) continue
      await this.#api.batches.cancel({ provider: prefixOf(model), id }, options).catch(() => {})
    }
  }
}
