import type { Json } from '../json.js'
import type { Headers } from '../wire/wire.js'

/** How the next batch goes. */
export interface BatchPlan {
  /** Requests for its state before the end. @default 1 */
  polls?: number
  /** @default 'completed' */
  outcome?: 'completed' | 'failed' | 'expired' | 'cancelled'
  /** Requests that run before it expires. @default all */
  runs?: number
  /** Why it is rejected, for the outcome `failed`. */
  errors?: readonly { message: string; code?: string; line?: number }[]
  /** False writes results in the order of the requests. @default true: reversed, as no provider promises an order */
  reverse?: boolean
}

/** A request of a batch. */
export interface BatchedRequest {
  readonly id: string
  readonly path: string
  readonly body: Json
}

/** How it ended: with an answer or an error body, or without having run. */
export interface BatchedResult {
  readonly id: string
  readonly status: number
  readonly body: unknown
  readonly notRun?: 'expired' | 'cancelled'
  /** Its line in the file, for providers that repeat it. */
  readonly request: BatchedRequest
}

export type Runner = (request: BatchedRequest, headers: Headers) => { status: number; body: unknown }

export interface StoredFile {
  readonly id: string
  readonly name: string
  readonly purpose: string
  readonly text: string
  readonly createdAt: number
}

/** A batch. */
export class StoredBatch {
  readonly id: string
  readonly requests: readonly BatchedRequest[]
  readonly plan: BatchPlan
  /** What the request that made it had. */
  readonly given: Json
  readonly #run: (request: BatchedRequest) => { status: number; body: unknown }
  #polls: number
  state: 'running' | 'cancelling' | 'completed' | 'failed' | 'expired' | 'cancelled' = 'running'
  results: readonly BatchedResult[] = []
  readonly files: Record<string, string> = {}
  readonly createdAt = now()

  constructor(
    id: string,
    requests: readonly BatchedRequest[],
    given: Json,
    plan: BatchPlan,
    run: (request: BatchedRequest) => { status: number; body: unknown },
  ) {
    this.id = id
    this.requests = requests
    this.given = given
    this.plan = plan
    this.#run = run
    this.#polls = plan.polls ?? 1
  }

  get isOver(): boolean {
    return this.state !== 'running' && this.state !== 'cancelling'
  }

  cancel(): void {
    if (!this.isOver) this.state = 'cancelling'
  }

  /** A request for the state. The last of the plan ends the batch. */
  poll(): void {
    if (this.isOver) return
    if (this.state === 'running' && --this.#polls > 0) return
    const { outcome = 'completed', runs = Number.POSITIVE_INFINITY, reverse = true } = this.plan
    const cancelled = this.state === 'cancelling'
    this.state = cancelled ? 'cancelled' : outcome
    if (this.state === 'failed') return
    const why = this.state === 'expired' ? 'expired' : 'cancelled'
    const done = cancelled && runs === Number.POSITIVE_INFINITY ? 0 : runs
    const results = this.requests.map((request, at): BatchedResult => {
      if (at >= done) return { id: request.id, status: 0, body: undefined, notRun: why, request }
      return { id: request.id, request, ...this.#run(request) }
    })
    this.results = reverse ? results.reverse() : results
  }

  count(which: (result: BatchedResult) => boolean): number {
    return this.results.filter(which).length
  }
}

export const isDone = ({ status, notRun }: BatchedResult): boolean => notRun === undefined && status < 300
export const isFailed = (result: BatchedResult): boolean => result.notRun === undefined && !isDone(result)

/** Files and batches of a simulator. */
export class BatchStore {
  readonly files = new Map<string, StoredFile>()
  readonly batches = new Map<string, StoredBatch>()
  readonly plans: BatchPlan[] = []
  /** Names of files whose upload has begun. */
  readonly uploads = new Map<string, string>()
  #made = 0

  clear(): void {
    this.files.clear()
    this.batches.clear()
    this.plans.length = 0
  }

  nextId(prefix: string): string {
    return `${prefix}${String(++this.#made).padStart(6, '0')}`
  }

  addFile(id: string, name: string, purpose: string, text: string): StoredFile {
    const file = { id, name, purpose, text, createdAt: now() }
    this.files.set(id, file)
    return file
  }

  addBatch(id: string, requests: readonly BatchedRequest[], given: Json, run: StoredBatchRun): StoredBatch {
    const batch = new StoredBatch(id, requests, given, this.plans.shift() ?? {}, run)
    this.batches.set(id, batch)
    return batch
  }
}

export type StoredBatchRun = (request: BatchedRequest) => { status: number; body: unknown }

export const jsonLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('')

/** Real times: clients look for batches by them. */
const now = (): number => Math.floor(Date.now() / 1000)
