import { setTimeout as wait } from 'node:timers/promises'
import type { Settings } from '../config/settings.js'
import { keyOf } from '../http/keys.js'
import type { OpenRequest, OpenRoute } from '../http/response.js'
import { badRequest } from '../refusal.js'
import type { AdminRequest, Control, Principal } from '../types.js'

interface TailParts {
  readonly control: Control
  readonly settings: () => Settings
  /** Whether the gateway is about to end. */
  readonly draining: () => boolean
  /** Milliseconds between two looks. @default 1000 */
  readonly pollMs?: number
  /** Milliseconds after which the browser connects again. @default 10 minutes */
  readonly lifeMs?: number
}

const path = '/spend/logs'
/** Rows of one look: a burst beyond it is only in the list. */
const most = 100

/**
 * New calls as server-sent events, with the filters and the rights of `GET /spend/logs`. The rows come from the database, so calls of
 * other processes are among them.
 */
export function tailRoutes({ control, settings, draining, pollMs = 1_000, lifeMs = 600_000 }: TailParts): OpenRoute[] {
  const route = control.routes.find((one) => one.method === 'GET' && one.path === path)
  if (!route) throw new Error(`There is no route ${path}.`)

  const principalOf = async ({ headers, ip }: OpenRequest): Promise<Principal> => {
    const key = keyOf(headers, settings().keyHeader)
    await control.prepare(key)
    const principal = control.authenticate(key, ip)
    control.authorizeRoute(principal, 'GET', path)
    return principal
  }

  const rowsOf = async (request: OpenRequest, principal: Principal, limit: number) => {
    const query = queryOf(request)
    const asked: AdminRequest = {
      method: 'GET',
      path,
      params: {},
      query: { ...query, summarize: 'false', limit: String(limit) },
      body: undefined,
      headers: request.headers,
      principal,
      ip: request.ip,
    }
    return (await route.handler(asked)) as readonly { readonly request_id: string }[]
  }

  async function* tail(request: OpenRequest, first: readonly string[]) {
    const { socket } = request.raw
    const until = Date.now() + lifeMs
    let known = new Set(first)
    yield ': connected\n\n'
    while (!socket.destroyed && !draining() && Date.now() < until) {
      await wait(pollMs, undefined, { ref: false })
      try {
        // the session may have ended since
        const rows = await rowsOf(request, await principalOf(request), most)
        const fresh = rows.filter(({ request_id }) => !known.has(request_id)).reverse()
        // rows of long calls arrive below newer ones, so all of the last look count
        known = new Set(rows.map(({ request_id }) => request_id))
        yield fresh.length === 0 ? ': \n\n' : fresh.map((row) => `data: ${JSON.stringify(row)}\n\n`).join('')
      } catch {
        return
      }
    }
  }

  return [
    {
      method: 'GET',
      path: '/dashboard/tail',
      handler: async (request) => {
        if (queryOf(request).after !== undefined) throw badRequest("The tail has no 'after'.", 'after')
        const rows = await rowsOf(request, await principalOf(request), most)
        return {
          status: 200,
          headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
          body: tail(
            request,
            rows.map(({ request_id }) => request_id),
          ),
        }
      },
    },
  ]
}

const queryOf = ({ url, path: own }: OpenRequest): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(url.slice(own.length + 1)))
