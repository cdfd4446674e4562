import type { Dispatcher } from 'undici'
import type { PollRequest } from '../../providers/contract.js'
import { InvalidResponseError } from '../errors.js'
import type { HttpRequest } from '../transport/exchange.js'
import type { Call } from './call.js'
import { pause } from './lifetime.js'

/** The request that a call begins with. */
export const firstRequest = ({ target, body }: Call): HttpRequest => ({ ...target, body })

/**
 * The request that goes on from a receipt. The call's headers, with its credential, go to the call's own host only.
 * @throws {InvalidResponseError} where the provider named no address
 */
export function nextRequest({ provider, model, status, target }: Call, next: PollRequest): HttpRequest {
  const { url, trusted = false } = next
  const found = URL.canParse(url) ? new URL(url) : undefined
  const own = found?.origin === target.origin || (trusted && target.ownHost && found?.protocol === 'https:')
  if (!found || (!own && found.protocol !== 'https:')) {
    throw new InvalidResponseError(`${target.who} named no address to go on from: '${url.slice(0, 200)}'.`, {
      provider: provider.id,
      model,
      status,
    })
  }
  const { 'content-type': _, prefer: __, ...headers } = target.headers
  const { accept, 'user-agent': agent } = headers
  const plain = { ...(accept !== undefined && { accept }), ...(agent !== undefined && { 'user-agent': agent }) }
  return {
    origin: found.origin,
    path: `${found.pathname}${found.search}`,
    method: 'GET',
    headers: own ? headers : plain,
  }
}

/** Between two looks at the same place, in milliseconds, where the provider names no time. */
const again = 500

/** A place that had nothing but another receipt is not asked again at once. */
export const withPollDelay = ({ pollRequest: following }: Call, next: PollRequest): PollRequest =>
  next.url === following?.url && !next.afterMs ? { ...next, afterMs: again } : next

/** Sends a request, and whatever follows from it, until there is an answer. A try after a failure goes on where the last one was. */
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
