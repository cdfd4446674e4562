import type { WireName } from './reply.js'

/** Failures that share a status with others, and differ in the body. */
export type FaultReason = 'quota' | 'context-window' | 'content-policy' | 'image'

/** An error answer. */
export interface StatusFault {
  kind: 'status'
  /** @default the provider's status for the `reason`, else 500 */
  status?: number
  /** Seconds, or text that is sent as it is (an HTTP date). @default no header */
  retryAfter?: number | string
  /** Sent as `retry-after-ms`. */
  retryAfterMs?: number
  /** Which body the wire gives. @default the usual one of the status */
  reason?: FaultReason
  /** Sent instead of the wire's own body. Objects are sent as JSON. */
  body?: string | Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
}

/** The headers come late. */
export interface SlowHeadersFault {
  kind: 'slow-headers'
  /** Milliseconds. */
  ms: number
}

/** Headers and opening events come at once, the first content comes late. */
export interface SlowFirstTokenFault {
  kind: 'slow-first-token'
  /** Milliseconds. */
  ms: number
  /** Sends keep-alive comments (OpenAI) or `ping` events (Anthropic) meanwhile, in milliseconds; other APIs have none. @default none */
  keepAliveMs?: number
}

/** After some content nothing more comes, except keep-alive, until the client goes away. */
export interface SilenceFault {
  kind: 'silence'
  /** Content chunks before it. @default 1 */
  afterChunks?: number
  /** Between keep-alive comments (OpenAI) or `ping` events (Anthropic), in milliseconds; other APIs have none. @default none are sent */
  keepAliveMs?: number
}

/** The socket is destroyed in the middle of the body. */
export interface CutFault {
  kind: 'cut'
  /** Content chunks before it. @default 1 */
  afterChunks?: number
}

/** The body ends properly, but without finish reason and end mark. */
export interface EndFault {
  kind: 'end'
  /** Content chunks before it. @default 1 */
  afterChunks?: number
}

/** An error inside a 200 stream, in the wire's own form. */
export interface ErrorEventFault {
  kind: 'error-event'
  /** Content chunks before it; 0 makes it the very first event. @default 1 */
  afterChunks?: number
  /** The status whose error it is. @default the one that the API is known for there: 529 for Anthropic, 503 for Gemini, 500 for most */
  status?: number
}

/** A body that is no answer. */
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

/** An answer whose text is this long. */
export interface HugeFault {
  kind: 'huge'
  bytes: number
  /** From 400 it is an error body whose message is this long. @default 200 */
  status?: number
}

/**
 * Something that goes wrong. `afterChunks` counts content events (text, reasoning, tool calls): with 0 only the events come
 * that open an answer (`message_start`, the role). On an answer that is not streamed `silence`, `cut` and `end` come after
 * half of the body, and `error-event` is a 200 whose body is only the error.
 *
 * A model's name asks for faults too, without a script: each time, or with `-x2` at its end the first two times.
 *
 * | model | what happens |
 * |---|---|
 * | `fail-429`, `fail-500`, `fail-529`, … | that status, with the provider's own error body |
 * | `fail-429-retry-after-2` | the same with `retry-after: 2` |
 * | `fail-quota`, `fail-context-window`, `fail-content-policy`, `fail-image` | the provider's error for that |
 * | `slow-headers-500`, `slow-first-token-500` | half a second late |
 * | `slow-chunks-20` | 20 ms between the chunks |
 * | `silence-after-3`, `cut-after-3`, `end-after-3` | after three content chunks nothing more, a broken socket, an early end |
 * | `error-after-3`, `error-after-0-503` | an error event after three content chunks; of that status |
 * | `garbage-html`, `garbage-truncated-json`, `garbage-empty`, `garbage-not-json`, `garbage-binary` | a 200 that is no answer |
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

/** Which requests a queued reply or fault is for, and how many of them. */
export interface ScriptOptions {
  /** `Infinity` for all that follow. @default 1 */
  times?: number
  /** Only requests for this model, as the provider is told it (without llmux's prefix). */
  model?: string
  wire?: WireName
}
