/** A function like the platform's `fetch`: `globalThis.fetch` of every runtime is one. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>

/** Options with which llmux calls a `fetch` function. */
export interface FetchInit {
  method: string
  headers: Record<string, string>
  /** A stream is a file that is not in memory. */
  body?: string | Uint8Array | ReadableStream<Uint8Array>
  /** Set with a stream. */
  duplex?: 'half'
  /** llmux follows no redirects, so that keys stay with their host. */
  redirect: 'manual'
  signal: AbortSignal
}

/** The part of a `Response` that llmux reads. */
export interface FetchResponse {
  readonly status: number
  readonly headers: { forEach(callback: (value: string, name: string) => void): void }
  readonly body: {
    getReader(): {
      read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>
      cancel(reason?: unknown): Promise<void>
    }
  } | null
}
