import type { OpenRoute } from '../http/response.js'
import type { AdminRoute } from '../types.js'
import { openApiDocument } from './document.js'

/** Adds the route of the OpenAPI document to those that need no key. The document is made at the first request. */
export function withDocument(
  routes: readonly AdminRoute[],
  open: readonly OpenRoute[],
  version: string,
): readonly OpenRoute[] {
  let text: string | undefined
  const own: OpenRoute = {
    method: 'GET',
    path: '/openapi.json',
    handler: () => {
      text ??= JSON.stringify(openApiDocument([...routes, ...all.map((route) => ({ ...route, open: true }))], version))
      return { status: 200, headers: { 'content-type': 'application/json' }, body: text }
    },
  }
  const all = [...open, own]
  return all
}
