import type { IncomingMessage } from 'node:http'

/** A response of any route. */
export interface GatewayResponse {
  status: number
  headers: Record<string, string>
  /** Further headers: names and values, in turn. */
  more?: readonly string[] | undefined
  /** Values of `set-cookie`. */
  cookies?: readonly string[]
  body: string | AsyncIterable<string | Uint8Array> | undefined
}

/** A request of any route, with the address that counts as the client's. */
export interface OpenRequest {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly raw: IncomingMessage
  readonly ip: string
}

/** A route that needs no key, or checks it by itself. */
export interface OpenRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  handler(request: OpenRequest): Promise<GatewayResponse> | GatewayResponse
}
