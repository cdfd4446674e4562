import type { Dispatcher } from 'undici'
import type { AuxiliaryRequest, AuxiliaryResponse, PollRequest } from '../../providers/contract.js'
import { APIConnectionError, TimeoutError } from '../errors.js'
import { Exchange, type Reader, type ResponseHeaders } from '../transport/exchange.js'
import type { Call } from './call.js'
import { textOf } from './json-response.js'
import { PhaseTimer } from './lifetime.js'
import { sensitive } from './options.js'
import { nextRequest } from './poll.js'
import { redact } from './redact.js'
import { keepSecret } from './target.js'

/** Maximum time of an auxiliary request, in milliseconds: several calls may wait for it. */
const defaultTimeout = 60_000
const mostBytes = 1024 * 1024

/** Maximum time for the cancellation of a job, in milliseconds. */
const cancelTimeout = 5_000

/** Sends an auxiliary request for the provider, such as a token exchange, and reads its answer. */
export async function sendAuxiliary(
  call: Call,
  request: AuxiliaryRequest,
  timeout = defaultTimeout,
): Promise<AuxiliaryResponse> {
  const ready = call.connect()
  const dispatcher = ready instanceof Promise ? await ready : ready
  return new Promise((resolve, reject) => new AuxiliaryReader(call, dispatcher, request, timeout, resolve, reject))
}

/** Cancels the pending job at the provider. Best effort: failures are ignored. */
export async function cancelJob(call: Call, { cancel }: PollRequest): Promise<void> {
  if (cancel === undefined || !URL.canParse(cancel) || new URL(cancel).origin !== call.target.origin) return
  const { headers } = nextRequest(call, { url: cancel })
  await sendAuxiliary(call, { method: 'POST', url: cancel, headers }, cancelTimeout).catch(() => {})
}

class AuxiliaryReader implements Reader {
  readonly #call: Call
  readonly #url: URL
  readonly #resolve: (answer: AuxiliaryResponse) => void
  readonly #reject: (error: Error) => void
  readonly #timer = new PhaseTimer()
  readonly #chunks: Uint8Array[] = []
  #status = 0
  #bytes = 0

  constructor(
    call: Call,
    dispatcher: Dispatcher,
    request: AuxiliaryRequest,
    timeout: number,
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
    // set before the exchange, which may fail at once and stop the timer
    this.#timer.start(timeout, () => exchange?.cancel(this.#timedOut(timeout)))
    exchange = new Exchange(dispatcher, { origin, path: `${pathname}${search}`, method, headers, body }, this)
  }

  head(status: number, _: ResponseHeaders): void {
    this.#status = status
  }

  data(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes <= mostBytes) this.#chunks.push(chunk)
  }

  end(): void {
    this.#timer.stop()
    const { status, text } = { status: this.#status, text: textOf(this.#chunks) }
    // the text may contain or quote a secret
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

  #timedOut(timeout: number): TimeoutError {
    const { provider, model } = this.#call
    const message = `${this.#url.origin} sent no token for ${provider.name} within ${timeout} ms.`
    return new TimeoutError(message, { phase: 'headers', provider: provider.id, model })
  }
}
