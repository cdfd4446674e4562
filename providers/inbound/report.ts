import { BadRequestError } from '../../src/errors.js'
import { describe } from '../report.js'
import type { InboundContext } from './contract.js'

/** Warnings and errors of one inbound request, in the names of the client's API. */
export class InboundReport {
  readonly #context: InboundContext
  readonly #told = new Set<string>()

  constructor(context: InboundContext) {
    this.#context = context
  }

  /** Reports a part that is left out. One warning covers all places of one reason. */
  dropped(param: string, message: string): void {
    if (this.#isNew(message)) this.#context.warn?.({ type: 'dropped', param, message: `Left out: ${message}` })
  }

  changed(param: string, message: string): void {
    if (this.#isNew(message)) this.#context.warn?.({ type: 'changed', param, message })
  }

  #isNew(message: string): boolean {
    if (this.#told.has(message)) return false
    this.#told.add(message)
    return true
  }

  /**
   * Makes the error for an invalid value. `problem` completes the sentence: `'messages[3].content' must be …; got ….`
   */
  invalid(param: string, problem: string, ...given: [value?: unknown]): BadRequestError {
    const got = given.length > 0 ? `; got ${describe(given[0])}.` : /[.…]$/.test(problem) ? '' : '.'
    return new BadRequestError(`'${param}' ${problem}${got}`, { model: this.#context.model, param })
  }
}
