/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /** Folder of the database and the spool. Created if it doesn't exist. @default './llmux-data' */
  readonly data?: string
}

/** A running gateway. */
export interface Gateway {
  /** Answers one request, without a socket. */
  fetch(request: Request): Promise<Response>
  /** Starts an HTTP server. */
  listen(address?: { readonly port?: number; readonly host?: string }): Promise<{ readonly url: string }>
  /** Stops accepting calls, lets open ones finish up to a limit, and releases all resources. */
  close(): Promise<void>
}
