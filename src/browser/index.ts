/**
 * `llmux/browser`: reads the streams of `toReadableStream()` and of `llmux/server` in a browser. It uses no Node.js modules and no
 * keys: the page calls your server, and the server calls the model.
 */
import { createParser } from 'eventsource-parser'
import { Assembler } from '../call/assemble.js'
import type { ChatCompletion, ChatCompletionChunk } from '../types/chat.js'
import { errorOf, isObject, StreamError } from './stream-error.js'

export type { ChatCompletion, ChatCompletionChunk } from '../types/chat.js'
export { StreamError, type StreamErrorCode, type StreamErrorDetails } from './stream-error.js'

/** A request of {@link fetchStream}: the options of `fetch()`, and a body that is sent as JSON. */
export interface FetchStreamInit extends Omit<RequestInit, 'body'> {
  /** Sent as JSON. Text and binary bodies are sent unchanged. */
  body?: unknown
  /** Function in place of the global `fetch`. */
  fetch?: typeof fetch | undefined
}

/**
 * Calls your server and reads the streamed chat completion in its answer. The method is POST by default.
 * @throws {StreamError} with code `http`, `network` or `aborted`
 * @example
 * const stream = await fetchStream('/api/chat', { body: { messages }, signal })
 * for await (const chunk of stream) output.textContent += chunk.choices[0]?.delta.content ?? ''
 */
export async function fetchStream(url: string | URL, init: FetchStreamInit = {}): Promise<BrowserStream> {
  const { body, fetch: send = fetch, ...rest } = init
  const stop = new AbortController()
  const { signal } = rest
  const request: RequestInit = {
    method: 'POST',
    ...rest,
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
  }
  if (isObject(body) && (Object.getPrototypeOf(body) === Object.prototype || Array.isArray(body))) {
    const headers = new Headers(rest.headers)
    if (!headers.has('content-type')) headers.set('content-type', 'application/json')
    Object.assign(request, { body: JSON.stringify(body), headers })
  } else if (body !== undefined) Object.assign(request, { body })
  let response: Response
  try {
    response = await send(url, request)
  } catch (cause) {
    throw signal?.aborted
      ? aborted(cause)
      : new StreamError(
          `The server at '${url}' was not reached. Check its address and the connection, then try again.`,
          'network',
          { cause },
        )
  }
  return readStream(response, (reason) => stop.abort(reason))
}

const aborted = (cause: unknown) => new StreamError('The stream was aborted.', 'aborted', { cause })

/**
 * Reads the streamed chat completion of a response: server-sent events, or one JSON document per line
 * (`application/x-ndjson`).
 * @param abort closes the connection; by default the body is cancelled
 * @throws {StreamError} with code `http` for an error status, `invalid_response` without a body
 */
export async function readStream(response: Response, abort?: (reason?: unknown) => void): Promise<BrowserStream> {
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => undefined)
    throw errorOf(body, 'http', response)
  }
  if (!response.body) throw new StreamError('The answer has no body.', 'invalid_response', { status: response.status })
  return new BrowserStream(response, response.body, abort)
}

/** A streamed answer: iterate it for the chunks, or await `final()`. Leaving a loop closes the connection. */
export class BrowserStream implements AsyncIterable<ChatCompletionChunk> {
  readonly #response: Response
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #abort: ((reason?: unknown) => void) | undefined
  readonly #assembler = new Assembler()
  #iterated = false
  #finished = false
  #aborted: StreamError | undefined

  /** Use {@link readStream}. */
  constructor(response: Response, body: ReadableStream<Uint8Array>, abort: ((reason?: unknown) => void) | undefined) {
    this.#response = response
    this.#reader = body.getReader()
    this.#abort = abort
  }

  /** The answer so far. */
  get soFar(): Omit<ChatCompletion, 'meta'> {
    return this.#assembler.answer()
  }

  /** The text of the first choice so far. */
  get text(): string {
    return this.soFar.choices[0]?.message.content ?? ''
  }

  /** Closes the connection. A loop over the stream throws a `StreamError` with code `aborted`. */
  abort(reason?: unknown): void {
    this.#aborted ??= aborted(reason)
    void this.#close()
  }

  async #close(): Promise<void> {
    this.#abort?.(this.#aborted)
    await this.#reader.cancel().catch(() => {})
  }

  /**
   * The chunks, once.
   * @throws {StreamError} from the loop; its `code` is the cause
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<ChatCompletionChunk, undefined> {
    if (this.#iterated) throw new TypeError('This stream has been read already. Its answer is in final().')
    this.#iterated = true
    const items: unknown[] = []
    const decoder = this.#isNdjson() ? ndjson(items) : events(items)
    let ended = false
    try {
      while (!ended) {
        const { done, value } = await this.#read()
        if (value) decoder.push(value)
        if (done) decoder.end()
        for (const item of items.splice(0)) {
          if (item === end) {
            ended = true
            break
          }
          yield this.#take(item)
        }
        if (done && !ended) {
          // lines of JSON have no end mark: a finish reason is the end
          if (this.#finished) return undefined
          throw new StreamError('The connection closed before the end of the answer.', 'interrupted', {
            status: this.#response.status,
          })
        }
      }
    } finally {
      await this.#close()
    }
    return undefined
  }

  #isNdjson(): boolean {
    return /ndjson|jsonl/.test(this.#response.headers.get('content-type') ?? '')
  }

  async #read(): Promise<{ done: boolean; value: Uint8Array | undefined }> {
    try {
      const { done, value } = await this.#reader.read()
      if (this.#aborted) throw this.#aborted
      return { done, value }
    } catch (cause) {
      if (this.#aborted) throw this.#aborted
      if (cause instanceof DOMException && cause.name === 'AbortError') throw aborted(cause)
      throw new StreamError('The connection closed before the end of the answer.', 'interrupted', {
        status: this.#response.status,
        cause,
      })
    }
  }

  #take(item: unknown): ChatCompletionChunk {
    if (isObject(item) && isObject(item.error)) throw errorOf(item, 'failed', this.#response)
    if (!isObject(item) || !Array.isArray(item.choices)) {
      throw new StreamError(
        `The stream must consist of chat completion chunks; got ${JSON.stringify(item).slice(0, 60)}.`,
        'invalid_response',
        {
          status: this.#response.status,
        },
      )
    }
    const chunk = item as unknown as ChatCompletionChunk
    this.#assembler.add(chunk)
    if (chunk.choices.some(({ finish_reason: reason }) => reason)) this.#finished = true
    return chunk
  }

  /**
   * The complete answer. Reads the stream itself unless a loop did.
   * @throws {StreamError} the error that ended the stream
   */
  async final(): Promise<Omit<ChatCompletion, 'meta'>> {
    if (!this.#iterated) for await (const _ of this);
    if (this.#aborted) throw this.#aborted
    return this.soFar
  }
}

/** OpenAI's end mark. */
const end = Symbol('[DONE]')

interface Decoder {
  push(bytes: Uint8Array): void
  end(): void
}

const parse = (data: string): unknown => {
  try {
    return JSON.parse(data)
  } catch (cause) {
    throw new StreamError(`The stream must consist of JSON; got '${data.slice(0, 60)}'.`, 'invalid_response', { cause })
  }
}

function events(items: unknown[]): Decoder {
  const text = new TextDecoder()
  const parser = createParser({ onEvent: ({ data }) => items.push(data === '[DONE]' ? end : parse(data)) })
  return {
    push: (bytes) => parser.feed(text.decode(bytes, { stream: true })),
    end: () => parser.feed(`${text.decode()}\n\n`),
  }
}

function ndjson(items: unknown[]): Decoder {
  const text = new TextDecoder()
  let rest = ''
  const take = (piece: string) => {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) items.push(parse(line))
  }
  return { push: (bytes) => take(text.decode(bytes, { stream: true })), end: () => take(`${text.decode()}\n`) }
}
