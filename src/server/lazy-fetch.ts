import type { HandlerTarget } from './types.js'

/** `fetch` of a client or a Router. The code of the server loads with its first call. */
export function lazyFetch(target: () => HandlerTarget): typeof fetch {
  let made: Promise<typeof fetch> | undefined
  return async (input, init) => {
    made ??= import('./index.js').then(({ fetchOf }) => fetchOf(target()))
    return (await made)(input, init)
  }
}
