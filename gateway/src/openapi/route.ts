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
      const described = all.filter(isPublic).map((route) => ({ ...route, open: true }))
      text ??= JSON.stringify(openApiDocument([...routes.filter(isPublic), ...described], version))
      return { status: 200, headers: { 'content-type': 'application/json' }, body: text }
    },
  }
  const all = [...open, own]
  return all
}

/** The dashboard, and what only it uses, are no part of the API. */
const isPublic = ({ path }: { readonly path: string }) => !/^\/(ui|dashboard)(\/|$)/.test(path)
