/** Cause of a {@link StreamError}. */
export type StreamErrorCode = 'http' | 'failed' | 'interrupted' | 'network' | 'aborted' | 'invalid_response'

/** Details of a {@link StreamError}. */
export interface StreamErrorDetails {
  /** HTTP status of the server's answer. */
  status?: number | undefined
  /** The server's type of the error, such as `rate_limit_error`. */
  type?: string | undefined
  /** The server's code of the error, such as `rate_limit_exceeded`. */
  serverCode?: string | undefined
  /** Delay that the server requests before another try, in milliseconds. */
  retryAfterMs?: number | undefined
  /** Underlying error. */
  cause?: unknown
}

/**
 * A failed stream. `code` is the cause: `http` (the server answered with an error status), `failed` (an error event in the stream),
 * `interrupted` (the connection closed before the end), `network` (the server was not reached), `aborted`, or `invalid_response`.
 */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  /** Cause of the failure. */
  readonly code: StreamErrorCode
  /** HTTP status, if the server answered. */
  readonly status: number | undefined
  /** The server's type of the error. */
  readonly type: string | undefined
  /** The server's code of the error. */
  readonly serverCode: string | undefined
  /** Delay requested by the server before another try, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, code: StreamErrorCode, details: StreamErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.status = details.status
    this.type = details.type
    this.serverCode = details.serverCode
    this.retryAfterMs = details.retryAfterMs
  }

  /** True if the same request may succeed later. */
  get retryable(): boolean {
    if (this.code === 'http') return this.status === 429 || (this.status ?? 0) >= 500
    return this.code === 'network' || this.code === 'interrupted'
  }
}

/** Reads the body of `toHttpError()`; other bodies give no details. */
export function errorOf(body: unknown, code: 'http' | 'failed', response: Response): StreamError {
  const error = isObject(body) && isObject(body.error) ? body.error : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const message = text(error.message) ?? `The server answered with status ${response.status}.`
  return new StreamError(message, code, {
    status: response.status,
    type: text(error.type),
    serverCode: text(error.code),
    retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined,
  })
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
