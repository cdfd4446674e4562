import type { WireName } from './reply.js'

/** Failures that share a status with others and differ in the body. */
export type FaultReason = 'quota' | 'context-window' | 'content-policy' | 'image'

/** An error response. */
export interface StatusFault {
  kind: 'status'
  /** @default the provider's status for the `reason`, else 500 */
  status?: number
  /** Seconds, or a string sent unchanged (an HTTP date). @default no header */
  retryAfter?: number | string
  /** Sent as `retry-after-ms`. */
  retryAfterMs?: number
  /** Selects the wire's error body. @default the usual one of the status */
  reason?: FaultReason
  /** Sent instead of the wire's own body. Objects are sent as JSON. */
  body?: string | Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
}

/** Delayed headers. */
export interface SlowHeadersFault {
  kind: 'slow-headers'
  /** Milliseconds. */
  ms: number
}

/** Headers and opening events arrive immediately, the first content is delayed. */
export interface SlowFirstTokenFault {
  kind: 'slow-first-token'
  /** Milliseconds. */
  ms: number
  /** Interval of keep-alive comments (OpenAI) or `ping` events (Anthropic), in milliseconds; other APIs have none. @default none */
  keepAliveMs?: number
}

/** Sends nothing but keep-alive after some content, until the client disconnects. */
export interface SilenceFault {
  kind: 'silence'
  /** Content chunks before it. @default 1 */
  afterChunks?: number
  /** Interval of keep-alive comments (OpenAI) or `ping` events (Anthropic), in milliseconds; other APIs have none. @default none */
  keepAliveMs?: number
}

/** The socket is destroyed in the middle of the body. */
export interface CutFault {
  kind: 'cut'
  /** Content chunks before it. @default 1 */
  afterChunks?: number
}

/** The body ends cleanly, but without finish reason and end mark. */
export interface EndFault {
  kind: 'end'
  /** Content chunks before it. @default 1 */
  afterChunks?: number
}

/** An error inside a 200 stream, in the wire's own form. */
export interface ErrorEventFault {
  kind: 'error-event'
  /** Content chunks before it; 0 makes it the first event. @default 1 */
  afterChunks?: number
  /** The status of the error. @default the API's usual one: 529 for Anthropic, 503 for Gemini, 500 for most */
  status?: number
}

/** An invalid body. */
export interface GarbageFault {
  kind: 'garbage'
  what: 'html' | 'truncated-json' | 'empty' | 'not-json' | 'binary'
  /** @default 200 */
  status?: number
}

/** The socket is reset before any header. */
export interface ResetFault {
  kind: 'reset'
}

export interface RedirectFault {
  kind: 'redirect'
  location: string
  /** @default 307 */
  status?: 301 | 302 | 303 | 307 | 308
}

/** A very long answer. */
export interface HugeFault {
  kind: 'huge'
  bytes: number
  /** From 400 it is an error body with a long message. @default 200 */
  status?: number
}

/**
 * A failure to simulate. `afterChunks` counts content events (text, reasoning, tool calls): with 0 only the opening
 * events are sent (`message_start`, the role). On a non-streamed answer, `silence`, `cut` and `end` apply after
 * half of the body, and `error-event` is a 200 whose body is only the error.
 *
 * A model name requests faults too: for every request, or with the suffix `-x2` for the first two.
 *
 * | model | effect |
 * |---|---|
 * | `fail-429`, `fail-500`, `fail-529`, … | that status, with the provider's own error body |
 * | `fail-429-retry-after-2` | the same with `retry-after: 2` |
 * | `fail-quota`, `fail-context-window`, `fail-content-policy`, `fail-image` | the provider's error for that |
 * | `slow-headers-500`, `slow-first-token-500` | half a second late |
 * | `slow-chunks-20` | 20 ms between the chunks |
 * | `silence-after-3`, `cut-after-3`, `end-after-3` | after three content chunks nothing more, a broken socket, an early end |
 * | `error-after-3`, `error-after-0-503` | an error event after three content chunks; of that status |
 * | `garbage-html`, `garbage-truncated-json`, `garbage-empty`, `garbage-not-json`, `garbage-binary` | an invalid body with status 200 |
 * | `reset` | the socket is reset before any header |
 * | `huge-1000000` | an answer of a million bytes |
 */
export type Fault =
  | StatusFault
  | SlowHeadersFault
  | SlowFirstTokenFault
  | SilenceFault
  | CutFault
  | EndFault
  | ErrorEventFault
  | GarbageFault
  | ResetFault
  | RedirectFault
  | HugeFault

/** Filter of a queued reply or fault, and the number of requests it applies to. */
export interface ScriptOptions {
  /** `Infinity` for all further requests. @default 1 */
  times?: number
  /** Only requests for this model, in the provider's form (without llmux's prefix). */
  model?: string
  wire?: WireName
}
