import type { Dispatcher } from 'undici'
import { ProviderFault } from '../../providers/contract.js'
import type { LLMError } from '../errors.js'
import {
  APIConnectionError,
  InvalidResponseError,
  LLMError as LLMErrorClass,
  StreamInterruptedError,
  TimeoutError,
} from '../errors.js'
import { concat, utf8 } from '../platform/index.js'
import { ContentEncodingError } from '../transport/content-coding.js'
import { Exchange, type HttpRequest, type Reader, type ResponseHeaders } from '../transport/exchange.js'
import type { ChatCompletion } from '../types/chat.js'
import { isJSON } from './byte-stream.js'
import type { Call } from './call.js'
import {
  connectionError,
  errorBodyLimit,
  errorBodyTimeout,
  errorFromBody,
  errorFromResponse,
  invalidResponse,
} from './failure.js'
import { PhaseTimer } from './lifetime.js'
import { firstRequest, pollUntilDone } from './poll.js'
import { keepText } from './raw-event.js'

/** Sends a call once, reads the answer as JSON and decodes it. */
export function sendForJson<Answer>(
  call: Call,
  dispatcher: Dispatcher,
  decode: (body: unknown) => Answer,
): Promise<Answer> {
  return call.provider.poll
    ? pollUntilDone(call, dispatcher, readBody).then((body) => decodeBody(call, body, decode))
    : read(call, dispatcher, firstRequest(call), decode)
}

/** @param decode runs at once when the last byte is there: another promise for the body cost 1 % of a call. @default the body as it is */
const read = <Answer>(
  call: Call,
  dispatcher: Dispatcher,
  request: HttpRequest,
  decode?: (body: unknown) => Answer,
): Promise<Answer> =>
  new Promise((resolve, reject) => new JsonReader<Answer>(call, dispatcher, request, decode, resolve, reject))

const readBody = (call: Call, dispatcher: Dispatcher, request: HttpRequest): Promise<unknown> =>
  read<unknown>(call, dispatcher, request)

class JsonReader<Answer> implements Reader {
  readonly #call: Call
  readonly #decode: ((body: unknown) => Answer) | undefined
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: LLMError) => void
  readonly #chunks: Uint8Array[] = []
  readonly #headersTimer: PhaseTimer | undefined
  #bodyTimer: PhaseTimer | undefined
  #exchange: Exchange | undefined
  #bytes = 0

  constructor(
    call: Call,
    dispatcher: Dispatcher,
    request: HttpRequest,
    decode: ((body: unknown) => Answer) | undefined,
    resolve: (answer: Answer) => void,
    reject: (error: LLMError) => void,
  ) {
    this.#call = call
    this.#decode = decode
    this.#resolve = resolve
    this.#reject = reject
    const { limits } = call
    call.beginAttempt()
    this.#exchange = new Exchange(dispatcher, request, this)
    call.lifetime.listen((error) => this.#exchange?.cancel(error))
    if (limits.headersTimeout > 0) {
      this.#headersTimer = new PhaseTimer()
      this.#headersTimer.start(limits.headersTimeout, () => this.#exchange?.cancel(headersTimeout(call)))
    }
  }

  head(status: number, headers: ResponseHeaders): void {
    this.#headersTimer?.stop()
    if (status >= 300) {
      this.#bodyTimer = new PhaseTimer()
      this.#bodyTimer.start(errorBodyTimeout, () => this.#cutErrorBody())
    }
    this.#call.status = status
    this.#call.received = headers
    this.#call.headersAt = this.#call.clock.now()
  }

  data(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#call.status < 300 && this.#bytes > this.#call.limits.maxResponseBytes) throw tooLarge(this.#call)
    this.#chunks.push(chunk)
    if (this.#call.status >= 300 && this.#bytes >= errorBodyLimit) this.#cutErrorBody()
  }

  /** Ends an error body that is endless or stalls: its status is known. */
  #cutErrorBody(): void {
    this.#exchange?.cancel()
    this.end()
  }

  end(): void {
    try {
      this.#ended()
    } catch (error) {
      this.#reject(toLLMError(this.#call, error, () => ''))
    }
  }

  #ended(): void {
    this.#bodyTimer?.stop()
    const { status } = this.#call
    if (status < 300 && this.#call.answer === 'bytes' && !isJSON(this.#call.headers))
      return this.#answer(concat(this.#chunks))
    const text = textOf(this.#chunks)
    if (status >= 300)
      return this.#reject(errorFromResponse(this.#call.errorContext(), status, this.#call.headers, text))
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch {
      return this.#reject(
        invalidResponse(this.#call.errorContext(), status, this.#call.headers, 'with something that is not JSON', text),
      )
    }
    if (this.#call.keepsText && typeof body === 'object' && body !== null) keepText(body, text)
    this.#answer(body)
  }

  #answer(body: unknown): void {
    this.#resolve(this.#decode ? decodeBody(this.#call, body, this.#decode) : (body as Answer))
  }

  fail(error: Error): void {
    this.#headersTimer?.stop()
    this.#bodyTimer?.stop()
    // the connection broke inside an error body; its status is known
    if (this.#call.status >= 300 && !LLMErrorClass.is(error)) return this.end()
    if (this.#bytes > 0 && this.#call.answer === 'bytes' && !LLMErrorClass.is(error))
      return this.#reject(cutAnswer(this.#call, error, this.#bytes))
    this.#reject(LLMErrorClass.is(error) ? error : exchangeError(this.#call, error))
  }
}

/** The error for bytes that end too early. A part of them is of no use to most callers, so none is kept. */
const cutAnswer = ({ provider, model, status, target }: Call, cause: Error, bytes: number) =>
  new APIConnectionError(
    `${target.who} closed the connection within its answer, after ${bytes} bytes (${cause.message}). Call again, or with stream: true to get the bytes as they arrive.`,
    { provider: provider.id, model, status, cause },
  )

/** The error for an exchange that failed: no connection, or a body that can't be decoded. */
export function exchangeError(call: Call, error: Error): LLMError {
  if (!ContentEncodingError.is(error)) return connectionError(call.errorContext(), error)
  return invalidResponse(call.errorContext(), call.status, call.headers, error.message, '')
}

/** Runs a dialect's decoder and converts its exceptions to an LLMError. */
export function decodeBody<Answer>(call: Call, body: unknown, decode: (body: unknown) => Answer): Answer {
  try {
    return decode(body)
  } catch (error) {
    throw toLLMError(call, error, () => textOfBody(body))
  }
}

function textOfBody(body: unknown): string {
  try {
    return JSON.stringify(body) ?? ''
  } catch {
    // nested too deep
    return ''
  }
}

export function toLLMError(call: Call, error: unknown, text: () => string): LLMError {
  if (LLMErrorClass.is(error)) return error
  const scene = call.errorContext()
  if (error instanceof ProviderFault && error.body !== undefined) {
    return errorFromBody(scene, call.status, call.headers, error.body)
  }
  const what =
    error instanceof ProviderFault
      ? error.message
      : `its answer could not be read (${error instanceof Error ? error.message : String(error)})`
  return invalidResponse(scene, call.status, call.headers, what, text())
}

export function textOf(chunks: readonly Uint8Array[]): string {
  const [first] = chunks
  const bytes = chunks.length === 1 && first ? first : concat(chunks)
  const text = utf8(bytes)
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

export const headersTimeout = ({ limits, provider, model, target }: Call) =>
  new TimeoutError(`${target.who} sent no response headers within headersTimeout (${limits.headersTimeout} ms).`, {
    phase: 'headers',
    provider: provider.id,
    model,
  })

export const tooLarge = ({ limits, provider, model, status, target }: Call) =>
  new InvalidResponseError(
    `${target.who} answered with more than maxResponseBytes (${limits.maxResponseBytes}). Raise it if that is right.`,
    { provider: provider.id, model, status, retryable: false },
  )

export const streamTimeout = ({ provider, model, status, target }: Call, phase: 'first_token' | 'idle', what: string) =>
  new TimeoutError(`${target.who} sent ${what}.`, {
    phase,
    provider: provider.id,
    model,
    status: status || undefined,
  })

export const streamInterrupted = (call: Call, cause?: Error, partial?: ChatCompletion) => {
  const { provider, model, status, target } = call
  return new StreamInterruptedError(
    `${target.who} closed the stream before the answer's end${cause ? ` (${cause.message})` : ''}. ${adviceFor(call)}`,
    { provider: provider.id, model, status, cause, partial },
  )
}

function adviceFor({ operation }: Call): string {
  switch (operation) {
    case 'speech':
      return 'The bytes so far have been delivered, and no host continues them: call again for the whole.'
    case 'transcription':
    case 'imageGeneration':
    case 'imageEdit':
      return 'The events so far have been delivered, and no host continues them: call again.'
    default:
      return "The answer so far is on 'partial'. To have it continued, call a Router with resume: 'continue'; otherwise call again."
  }
}
