import { BudgetTexts } from '../hooks/budget-texts.js'
import { endsOf, isLast, restampAll } from './body-fields.js'
import type { LlmRequest } from './llm-request.js'

type Result = IteratorResult<string, undefined>

const over: Result = Object.freeze({ value: undefined, done: true })
/** Characters of `data: [DONE]`, and some more. */
const longestMark = 20

/**
 * A stream on its way to the client: it names the model that was asked for, is counted on budgets, and ends once its call is kept. An
 * iterator by hand, because each generator around a stream takes 2 µs a packet.
 */
export class WatchedStream implements AsyncIterable<string>, AsyncIterator<string, undefined> {
  readonly #request: LlmRequest
  readonly #source: AsyncIterator<string>
  readonly #ends: readonly string[]
  /** Whether the event that ends the answer is a text of its own, so that long texts need no look. */
  readonly #hasMark: boolean
  readonly #budget: BudgetTexts | undefined
  readonly #release: () => void
  /** The event that says that the answer is complete: by then the call is kept. */
  #last = ''
  /** A text that is due at once. */
  #due = ''
  #over = false

  /**
   * @param counted whether the stream is counted here: nothing else watches it
   * @param release ends the admission of a call that never reached the Router
   */
  constructor(request: LlmRequest, body: AsyncIterable<string>, counted: boolean, release: () => void) {
    const operation = request.route?.operation ?? ''
    const counter = counted ? request.admitted?.streamed : undefined
    this.#request = request
    this.#source = body[Symbol.asyncIterator]()
    this.#ends = endsOf(operation)
    this.#hasMark = counted && (operation === 'chat' || operation === 'completion')
    this.#budget = counter && new BudgetTexts(operation, request.route?.dialect ?? 'openai', counter)
    this.#release = release
  }

  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return this
  }

  next(): Promise<Result> {
    if (this.#due !== '') {
      const value = this.#due
      this.#due = ''
      return Promise.resolve({ value, done: false })
    }
    if (!this.#over) return this.#source.next().then(this.#passed, this.#failed)
    this.#release()
    return Promise.resolve(over)
  }

  async return(): Promise<Result> {
    this.#over = true
    this.#due = ''
    try {
      await this.#source.return?.()
    } finally {
      this.#release()
    }
    return over
  }

  readonly #passed = ({ done, value }: IteratorResult<string, unknown>): Result | Promise<Result> => {
    if (done) return this.#end()
    const text = this.#pass(value)
    return text === '' ? this.next() : { value: text, done: false }
  }

  readonly #failed = (error: unknown): never => {
    this.#over = true
    this.#release()
    throw error
  }

  /** The part of a text that may be sent now. */
  #pass(given: string): string {
    const request = this.#request
    let text = this.#budget ? this.#budget.pass(given) : given
    if (request.restamp) text = restampAll(text, request.model)
    const last = this.#last
    if (this.#budget?.error) return last + this.#refused(this.#budget.error, text)
    if (!(this.#hasMark && text.length > longestMark) && isLast(text, this.#ends)) {
      this.#last = text
      return last
    }
    if (last === '' || text === '') return text
    this.#last = ''
    this.#due = text
    return last
  }

  /** Ends a stream that has used up a budget: the call behind it is still open. */
  #refused(error: Error, text: string): string {
    this.#request.error = error
    this.#over = true
    // the client has the refusal; a failure to end the call must not become an unhandled rejection
    this.#source.return?.().catch(() => {})
    return text
  }

  async #end(): Promise<Result> {
    this.#over = true
    if (this.#last === '') {
      this.#release()
      return over
    }
    await this.#request.admitted?.kept()
    if (this.#request.storing) await this.#request.storing
    return { value: this.#last, done: false }
  }
}
