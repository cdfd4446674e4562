import type { Dispatcher } from 'undici'
import type { PollRequest } from '../../providers/contract.js'
import { InvalidResponseError } from '../errors.js'
import type { HttpRequest } from '../transport/exchange.js'
import type { Call } from './call.js'
import { pause } from './lifetime.js'

/** The first request of a call. */
export function firstRequest({ target: { origin, path, headers }, body, method }: Call): HttpRequest {
  if (method === 'GET' || method === 'DELETE') {
    const { 'content-type': _, ...withoutBody } = headers
    return { method, origin, path, headers: withoutBody }
  }
  const content = typeof body === 'string' || body instanceof Uint8Array ? body : body.open()
  return { origin, path, headers, body: content }
}

/**
 * The request that polls for the answer after a receipt. The call's headers and credential are sent to the call's own host only.
 * @throws {InvalidResponseError} if the provider named no address
 */
export function nextRequest({ provider, model, status, target }: Call, next: PollRequest): HttpRequest {
  const { url, trusted = false } = next
  const [path = ''] = target.path.split('?', 1)
  const absolute = url.startsWith('/') ? `${target.origin}${path}${url}` : url
  const found = URL.canParse(absolute) ? new URL(absolute) : undefined
  const own = found?.origin === target.origin || (trusted && target.ownHost && found?.protocol === 'https:')
  if (!found || (!own && found.protocol !== 'https:')) {
    throw new InvalidResponseError(`${target.who} named no valid address to poll: '${url.slice(0, 200)}'.`, {
      provider: provider.id,
      model,
      status,
    })
  }
  const { 'content-type': type, prefer: _, ...headers } = target.headers
  if (own && next.body !== undefined) {
    const typed = { ...headers, ...(type !== undefined && { 'content-type': type }) }
    return { origin: found.origin, path: found.pathname, headers: typed, body: next.body }
  }
  const { accept, 'user-agent': agent } = headers
  const plain = { ...(accept !== undefined && { accept }), ...(agent !== undefined && { 'user-agent': agent }) }
  return {
    origin: found.origin,
    path: `${found.pathname}${found.search}`,
    method: 'GET',
    headers: own ? headers : plain,
  }
}

/** Delay between two polls of one address, in milliseconds, unless the provider names one. */
const pollDelay = 500

/** Adds a delay before an address that answered with another receipt is polled again. */
export const withPollDelay = ({ pollRequest: following }: Call, next: PollRequest): PollRequest =>
  next.url === following?.url && !next.afterMs ? { ...next, afterMs: pollDelay } : next

/** Sends a request and polls until there is an answer. An attempt after a failure continues with the last poll. */
export async function pollUntilDone(
  call: Call,
  dispatcher: Dispatcher,
  read: (call: Call, dispatcher: Dispatcher, request: HttpRequest) => Promise<unknown>,
): Promise<unknown> {
  for (;;) {
    const next = call.pollRequest
    if (next?.afterMs) await pause(call.lifetime, next.afterMs)
    const body = await read(call, dispatcher, next ? nextRequest(call, next) : firstRequest(call))
    const after = call.provider.poll?.(body, false)
    call.pollRequest = after && withPollDelay(call, after)
    if (!after) return body
  }
}
