import type { Dispatcher } from 'undici'
import type { AuxiliaryRequest, AuxiliaryResponse, PollRequest } from '../../providers/contract.js'
import { APIConnectionError, TimeoutError } from '../errors.js'
import { Exchange, type HeaderMap, type Reader } from '../transport/exchange.js'
import type { Call } from './call.js'
import { textOf } from './json-response.js'
import { PhaseTimer } from './lifetime.js'
import { nextRequest } from './poll.js'
import { redact } from './redact.js'
import { keepSecret, sensitive } from './target.js'

/** The longest that a request beside a call may take, in milliseconds: several calls may be waiting for it. */
const mostTime = 60_000
const mostBytes = 1024 * 1024

/** The longest that a provider is told that nobody waits any more, in milliseconds. */
const mostFarewell = 5_000

/** Sends what a provider needs beside the call itself (a token), and reads the whole answer. */
export async function sendAuxiliary(
  call: Call,
  request: AuxiliaryRequest,
  most = mostTime,
): Promise<AuxiliaryResponse> {
  const ready = call.connect()
  const dispatcher = ready instanceof Promise ? await ready : ready
  return new Promise((resolve, reject) => new AuxiliaryReader(call, dispatcher, request, most, resolve, reject))
}

/** Tells the provider that nobody waits for an answer any more. Nobody hears whether that worked, either. */
export async function cancelJob(call: Call, { cancel }: PollRequest): Promise<void> {
  if (cancel === undefined || !URL.canParse(cancel) || new URL(cancel).origin !== call.target.origin) return
  const { headers } = nextRequest(call, { url: cancel })
  await sendAuxiliary(call, { method: 'POST', url: cancel, headers }, mostFarewell).catch(() => {})
}

class AuxiliaryReader implements Reader {
  readonly #call: Call
  readonly #url: URL
  readonly #resolve: (answer: AuxiliaryResponse) => void
  readonly #reject: (error: Error) => void
  readonly #timer = new PhaseTimer()
  readonly #chunks: Buffer[] = []
  #status = 0
  #bytes = 0

  constructor(
    call: Call,
    dispatcher: Dispatcher,
    request: AuxiliaryRequest,
    most: number,
    resolve: (answer: AuxiliaryResponse) => void,
    reject: (error: Error) => void,
  ) {
    this.#call = call
    this.#url = new URL(request.url)
    this.#resolve = resolve
    this.#reject = reject
    const { origin, pathname, search } = this.#url
    const { method, headers, body } = request
    for (const [name, value] of Object.entries(headers)) if (sensitive.test(name)) keepSecret(call.target, value)
    let exchange: Exchange | undefined
    // before the exchange, which may fail at once and stop it
    this.#timer.start(most, () => exchange?.cancel(this.#tooSlow(most)))
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
    const why = redact(error.message, this.#call.target.secrets)
    const message = `Could not reach ${this.#url.origin} to sign in to ${provider.name}: ${why}`
    this.#reject(new APIConnectionError(message, { provider: provider.id, model, cause: error }))
  }

  #tooSlow(most: number): TimeoutError {
    const { provider, model } = this.#call
    const message = `${this.#url.origin} gave no token for ${provider.name} within ${most} ms.`
    return new TimeoutError(message, { phase: 'headers', provider: provider.id, model })
  }
}
