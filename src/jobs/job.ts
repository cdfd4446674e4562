import {
  AbortError,
  type AnyLLMError,
  BadRequestError,
  BudgetExceededError,
  got,
  JSONSchemaValidationError,
  LLMError,
} from '../errors.js'
import { builtinModule } from '../platform/index.js'
import type { CallMeta } from '../types/meta.js'
import { Budget } from './budget.js'
import { highestCost } from './estimate.js'
import { identify } from './identity.js'
import type { Journal } from './journal.js'
import { Progress } from './progress.js'
import { restored, storedMeta } from './stored-meta.js'
import type { Batch, BatchMethod, BatchOptions, BatchProgress, BatchResult } from './types.js'

type Requests = Iterable<object> | AsyncIterable<object>
type Result = BatchResult<BatchMethod>

/** A request on its way. */
interface Item {
  readonly index: number
  readonly request: object
  readonly key: string
}

/** Results that wait for the reader, or for an earlier one, per call at the same time. */
const readAhead = 4

/** Runs requests, a number of them at a time, and hands their results out. */
export class Job implements Batch<BatchMethod>, AsyncIterator<Result, undefined> {
  readonly #send: (request: object) => Promise<unknown>
  readonly #source: Iterator<object> | AsyncIterator<object>
  readonly #options: BatchOptions<BatchMethod>
  readonly #method: BatchMethod
  readonly #concurrency: number
  readonly #budget: Budget
  readonly #progress: Progress
  readonly #stop = new AbortController()
  readonly #onAbort = () => this.#halt(this.#abortError())
  /** Results that were not read yet, by index. */
  readonly #ready = new Map<number, Result>()
  #journal: Journal | undefined
  #opening: Promise<void> | undefined
  #started = 0
  #nextIndex = 0
  #active = 0
  #sourceEnded = false
  #pumping = false
  /** A request that the budget has no room for until a call in flight has ended. */
  #parked: Item | undefined
  #failure: Error | undefined
  #over = false
  #iterated = false
  #wake: (() => void) | undefined

  constructor(send: (request: object) => Promise<unknown>, requests: Requests, options: BatchOptions<BatchMethod>) {
    this.#send = send
    this.#source = iteratorOf(requests)
    this.#options = options
    this.#method = options.method ?? 'completion'
    this.#concurrency = options.concurrency ?? 16
    this.#budget = new Budget(options.maxCost)
    const total = options.total ?? (Array.isArray(requests) ? requests.length : undefined)
    // each call listens to the same signal
    const events = builtinModule('node:events') as typeof import('node:events') | undefined
    events?.setMaxListeners?.(0, this.#stop.signal)
    this.#progress = new Progress(
      total,
      () => this.#budget.spent,
      options.onProgress,
      (error) => this.#halt(asError(error)),
    )
  }

  get progress(): BatchProgress {
    return this.#progress.snapshot()
  }

  [Symbol.asyncIterator](): AsyncIterator<Result, undefined> {
    if (this.#iterated) throw new BadRequestError('This batch has been read already. Its results come once; keep them.')
    this.#iterated = true
    return this
  }

  async finish(): Promise<BatchProgress> {
    for await (const _ of this);
    return this.progress
  }

  async next(): Promise<IteratorResult<Result, undefined>> {
    this.#opening ??= this.#open()
    await this.#opening
    for (;;) {
      const result = this.#take()
      if (result) {
        void this.#pump()
        return { value: result, done: false }
      }
      if (this.#over) return { value: undefined, done: true }
      if (this.#active === 0 && (this.#failure || (this.#sourceEnded && !this.#pumping && !this.#parked))) {
        await this.#close()
        if (this.#failure) throw this.#failure
        return { value: undefined, done: true }
      }
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      void this.#pump()
      await woken
    }
  }

  /** The reader left the loop. */
  async return(): Promise<IteratorResult<Result, undefined>> {
    this.#halt(this.#abortError())
    await this.#close()
    return { value: undefined, done: true }
  }

  async #open(): Promise<void> {
    const { journal, sync = 'second', signal } = this.#options
    if (signal?.aborted) return this.#halt(this.#abortError())
    signal?.addEventListener('abort', this.#onAbort)
    if (journal === undefined) return
    const { Journal } = await import('./journal.js')
    this.#journal = await Journal.open(journal, sync)
    this.#budget.spent = this.#journal.spent
  }

  async #close(): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#progress.report(true)
    try {
      if (!this.#sourceEnded) await this.#source.return?.()
    } finally {
      await this.#journal?.close()
    }
  }

  /** Stops: calls in flight are aborted, and no other starts. */
  #halt(failure: Error): void {
    this.#failure ??= failure
    this.#stop.abort(failure)
    this.#notify()
  }

  #abortError(): AbortError {
    return new AbortError('The batch was aborted.', { cause: this.#options.signal?.reason })
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  #take(): Result | undefined {
    const ordered = this.#options.order !== 'completion'
    const index = ordered ? this.#nextIndex : this.#ready.keys().next().value
    const result = index === undefined ? undefined : this.#ready.get(index)
    if (!result || index === undefined) return undefined
    this.#ready.delete(index)
    this.#nextIndex++
    return result
  }

  /** Starts calls while there is room for them. */
  async #pump(): Promise<void> {
    if (this.#pumping || !this.#hasRoom) return
    this.#pumping = true
    const ended = this.#sourceEnded
    try {
      while (this.#hasRoom) {
        const item = this.#parked ?? (await this.#pull())
        this.#parked = undefined
        if (!item) break
        const entry = await this.#journal?.take(item.key)
        if (this.#failure) break
        if (entry) {
          const { index, request } = item
          const answer = await restored(entry, request)
          this.#deliver({ index, request, status: 'done', answer, fromJournal: true } as Result, 'journal')
          continue
        }
        if (!this.#start(item)) break
      }
    } catch (error) {
      this.#halt(asError(error))
    } finally {
      this.#pumping = false
      if (this.#failure || this.#sourceEnded !== ended) this.#notify()
    }
  }

  get #hasRoom(): boolean {
    if (this.#failure || (this.#sourceEnded && !this.#parked)) return false
    return this.#active < this.#concurrency && this.#active + this.#ready.size < this.#concurrency * readAhead
  }

  async #pull(): Promise<Item | undefined> {
    const { value, done } = await this.#source.next()
    if (done) {
      this.#sourceEnded = true
      return undefined
    }
    const request: unknown = value
    if (typeof request !== 'object' || request === null) {
      throw new BadRequestError(`'requests' must have objects such as { model, messages }; got ${typeof request}.`)
    }
    return {
      index: this.#started++,
      request,
      key: this.#options.journal === undefined ? '' : await identify(this.#method, request),
    }
  }

  /** Starts a call if the budget has room for it. */
  #start(item: Item): boolean {
    const { maxCost, estimate = highestCost } = this.#options
    const reserved = maxCost === undefined ? 0 : estimate(item.request as never)
    if (maxCost !== undefined && (typeof reserved !== 'number' || !(reserved >= 0))) {
      throw new BadRequestError(`'estimate' must return US dollars, a number of 0 or more; ${got(reserved)}.`, {
        param: 'estimate',
      })
    }
    if (this.#budget.reserve(reserved)) {
      void this.#run(item, reserved)
      return true
    }
    this.#parked = item
    // each call that ends returns what it did not need
    if (this.#active === 0) this.#halt(this.#budgetError(reserved))
    return false
  }

  #budgetError(next: number): BudgetExceededError {
    const { done, failed, spent, total } = this.#progress
    return new BudgetExceededError(
      `The batch must cost at most maxCost ($${this.#options.maxCost}); it has cost $${spent.toFixed(6)} after ${done + failed}${total === undefined ? '' : ` of ${total}`} requests, and the next may cost $${next.toFixed(6)}. Raise 'maxCost', or set 'max_tokens'.`,
      { param: 'maxCost' },
    )
  }

  async #run({ index, request, key }: Item, reserved: number): Promise<void> {
    this.#active++
    this.#progress.inFlight++
    let result: Result | undefined
    try {
      const answer = (await this.#send(this.#withSignal(request))) as object & { readonly meta?: CallMeta }
      const cost = answer.meta?.cost.total
      this.#budget.settle(reserved, cost)
      result = { index, request, status: 'done', answer, fromJournal: false } as Result
      // an answer that was paid is handed out, even if the journal can't keep it
      const meta = storedMeta(answer.meta)
      await this.#journal?.append({ key, cost, answer, meta }).catch((error) => this.#halt(journalError(error)))
    } catch (error) {
      const failure = asLLMError(error)
      this.#budget.settle(reserved, costOfError(failure))
      // calls that the job itself aborted have no result
      if (LLMError.is(error) || !this.#failure) result = { index, request, status: 'failed', error: failure } as Result
      if (this.#stop.signal.aborted && failure.code === 'aborted') result = undefined
      if (!LLMError.is(error)) this.#halt(failure)
    } finally {
      this.#active--
      this.#progress.inFlight--
    }
    if (result) this.#deliver(result, result.status)
    this.#notify()
    void this.#pump()
  }

  #deliver(result: Result, kind: 'done' | 'failed' | 'journal'): void {
    this.#ready.set(result.index, result)
    this.#progress.add(kind)
    this.#notify()
  }

  #withSignal(request: object): object {
    const { signal } = request as { signal?: AbortSignal }
    return { ...request, signal: signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal }
  }
}

const iteratorOf = (requests: Requests): Iterator<object> | AsyncIterator<object> =>
  Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]()

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/** A full disk, say. */
const journalError = (error: unknown): BadRequestError =>
  new BadRequestError(
    `'journal' must be a file that can be written; got '${asError(error).message}'. The answers so far are in it: start the job again with the same journal.`,
    { param: 'journal', cause: error },
  )

const asLLMError = (error: unknown): AnyLLMError =>
  LLMError.is(error)
    ? error
    : (new BadRequestError('Unexpected error in a batch; see its cause.', { cause: error }) as AnyLLMError)

/** The cost of a call that failed after the model had answered. */
function costOfError(error: AnyLLMError): number {
  const answer = error instanceof JSONSchemaValidationError ? error.completion : error.partial
  return answer?.meta.cost.total ?? 0
}
