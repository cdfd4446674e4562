import type { Dispatcher } from 'undici'
import { BadRequestError } from '../errors.js'
import type { FetchFunction, FetchInit } from '../types/fetch.js'
import { FetchDispatcher } from './fetch-dispatcher.js'
import type { AgentOptions } from './transport.js'

export { createMediaSource } from './fetch-media.js'

/** The parts of Bun and Deno that send through a proxy. */
interface Runtime {
  readonly Bun?: object
  readonly Deno?: { createHttpClient?(options: { proxy: { url: string } }): { close(): void } }
  readonly fetch: (url: string, init: FetchInit & { proxy?: string; client?: object }) => ReturnType<FetchFunction>
}

const runtime = globalThis as unknown as Runtime

/** The global function is read at each call, so that a replaced one takes effect. */
export function createAgent({ proxy }: AgentOptions): Dispatcher {
  const fetch =
    typeof proxy === 'string' ? throughProxy(proxy) : (url: string, init: FetchInit) => runtime.fetch(url, init)
  return new FetchDispatcher(fetch) as unknown as Dispatcher
}

function throughProxy(proxy: string): FetchFunction {
  if (runtime.Bun) return (url, init) => runtime.fetch(url, { ...init, proxy })
  if (runtime.Deno?.createHttpClient) {
    const client = runtime.Deno.createHttpClient({ proxy: { url: proxy } })
    return (url, init) => runtime.fetch(url, { ...init, client })
  }
  throw new BadRequestError(
    "'proxy' needs Node.js, Bun or Deno: fetch takes no proxy here. Pass a fetch function of your own, or set apiBase to a proxy.",
    { param: 'proxy' },
  )
}
