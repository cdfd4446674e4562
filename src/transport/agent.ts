import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from 'undici'

export interface AgentOptions {
  /** Milliseconds. */
  connectTimeout: number
  /** A proxy's URL, or false for none. */
  proxy: string | false | undefined
  /** Whether the environment names a proxy. */
  proxyInEnvironment: boolean
}

/** Loaded with the first call: undici takes about 100 ms of CPU to import. */
export function createAgent({ connectTimeout, proxy, proxyInEnvironment }: AgentOptions): Dispatcher {
  // a connection is kept for half a minute: shorter than the idle time of the load balancers in front of the providers (60 s)
  const options = { connect: { timeout: connectTimeout }, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 }
  if (typeof proxy === 'string')
    return new ProxyAgent({ ...options, uri: proxy, requestTls: { timeout: connectTimeout } })
  if (proxy !== false && proxyInEnvironment) return new EnvHttpProxyAgent(options)
  return new Agent(options)
}
