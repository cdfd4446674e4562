import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { cookieOf, sessionCookie } from './cookies.js'
import type { GatewayResponse } from './response.js'

/** Shorter answers fit into a few packets as they are. */
const least = 8 * 1024

/** Compresses a long answer for the dashboard. Programs that call the API get theirs as it is. */
export async function compressed(response: GatewayResponse, headers: IncomingHttpHeaders): Promise<GatewayResponse> {
  const { body } = response
  const isPage = cookieOf({ cookie: headers.cookie }, sessionCookie) !== undefined
  const accepted = headers['accept-encoding']
  if (!isPage || typeof body !== 'string' || body.length < least || !/\bgzip\b/.test(String(accepted))) return response
  const bytes = await promisify(gzip)(body, { level: 5 })
  return {
    ...response,
    headers: {
      ...response.headers,
      'content-encoding': 'gzip',
      'content-length': String(bytes.length),
      vary: 'accept-encoding',
    },
    body: once(bytes),
  }
}

async function* once(bytes: Uint8Array) {
  yield bytes
}
