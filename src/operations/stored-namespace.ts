import type { StoredAction } from '../../providers/contract.js'
import type { ClientContext } from '../call/context.js'
import type { StoredResponses } from '../types/stored-response.js'

/** Sends a request about a stored response. */
type Send = (action: StoredAction, request: object) => Promise<unknown>

/** The methods of a client or a Router for stored responses. Their code loads with the first request. */
export const storedResponses = <Target>(send: Send): StoredResponses<Target> =>
  Object.freeze({
    retrieve: (request: object) => send('retrieve', request),
    cancel: (request: object) => send('cancel', request),
    delete: (request: object) => send('delete', request),
    inputItems: (request: object) => send('inputItems', request),
  }) as unknown as StoredResponses<Target>

export async function runStoredIn(context: ClientContext, action: StoredAction, request: object): Promise<unknown> {
  const { runStored } = await import('./stored-responses.js')
  return runStored(context, action, request)
}
