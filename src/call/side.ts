import type { Dispatcher } from 'undici'
import type { SideAnswer, SideRequest } from '../../providers/contract.js'
import { APIConnectionError, TimeoutError } from '../errors.js'
import { Exchange, type HeaderMap, type Reader } from '../transport/exchange.js'
import type { Call } from './call.js'
import { redact } from './failure.js'
import { PhaseTimer } from './lifetime.js'
import { textOf } from './whole.js'

/** The longest that a request beside a call may take, in milliseconds: several calls may be waiting for it. */
const mostTime = 60_000
const mostBytes = 1024 * 1024

/** Sends what a provider needs beside the call itself (a token), and reads the whole answer. */
export async function sendBeside(call: Call, request: SideRequest): Promise<SideAnswer> {
  const ready = call.connect()
  const dispatcher = ready instanceof Promise ? await ready : ready
  return new Promise((resolve, reject) => new SideReader(call, dispatcher, request, resolve, reject))
}

class SideReader implements Reader {
  readonly #call: Call
  readonly #url: URL
  readonly #resolve: (answer: SideAnswer) => void
  readonly #reject: (error: Error) => void
  readonly #timer = new PhaseTimer()
  readonly #chunks: Buffer[] = []
  #status = 0
  #bytes = 0

  constructor(
    call: Call,
    dispatcher: Dispatcher,
    request: SideRequest,
    resolve: (answer: SideAnswer) => void,
    reject: (error: Error) => void,
  ) {
    this.#call = call
    this.#url = new URL(request.url)
    this.#resolve = resolve
    this.#reject = reject
    const { origin, pathname, search } = this.#url
    const { method, headers, body } = request
    let exchange: Exchange | undefined
    // before the exchange, which may fail at once and stop it
    this.#timer.start(mostTime, () => exchange?.cancel(this.#tooSlow()))
    exchange = new Exchange(dispatcher, { origin, path: `${pathname}${search}`, method, headers, body }, this)
  }

  head(status: number, _: HeaderMap): void {
    this.#status = status
  }

  data(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes <= mostBytes) this.#chunks.push(chunk)
  }

  end(): void {
    this.#timer.stop()
    const { status, text } = { status: this.#status, text: textOf(this.#chunks) }
    // it may hold a secret, or quote one
    this.#resolve({ status, text: status < 300 ? text : redact(text, this.#call.target.secrets) })
  }

  fail(error: Error): void {
    this.#timer.stop()
    const { provider, model } = this.#call
    if (error instanceof TimeoutError) return this.#reject(error)
    const message = `Could not reach ${this.#url.origin} to sign in to ${provider.name}: ${error.message}`
    this.#reject(new APIConnectionError(message, { provider: provider.id, model, cause: error }))
  }

  #tooSlow(): TimeoutError {
    const { provider, model } = this.#call
    const message = `${this.#url.origin} gave no token for ${provider.name} within ${mostTime} ms.`
    return new TimeoutError(message, { phase: 'headers', provider: provider.id, model })
  }
}
