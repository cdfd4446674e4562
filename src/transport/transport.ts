import type { Dispatcher } from 'undici'

export interface AgentOptions {
  /** Connect timeout, in milliseconds. */
  connectTimeout: number
  /** Proxy URL, or false to disable proxies. */
  proxy: string | false | undefined
  /** True if the environment configures a proxy. */
  proxyInEnvironment: boolean
}

/** The network of a runtime: undici on Node.js, `fetch` elsewhere. */
export interface Transport {
  createAgent(options: AgentOptions): Dispatcher | Promise<Dispatcher>
  /**
   * Opens files of the internet, for providers that accept inline data only.
   * @param allowPrivate allows addresses outside of the public internet
   */
  createMediaSource(allowPrivate: boolean): MediaSource | Promise<MediaSource>
}

export interface MediaSource {
  /** Requests a file. Redirects are not followed. */
  open(url: string, signal: AbortSignal): Promise<MediaResponse>
  close(): void
}

export interface MediaResponse {
  readonly status: number
  readonly contentType: string | undefined
  readonly location: string | undefined
  readonly body: AsyncIterable<Uint8Array>
  /** Discards the body. */
  discard(): void
}
