import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from 'undici'

export interface AgentOptions {
  /** Connect timeout, in milliseconds. */
  connectTimeout: number
  /** Proxy URL, or false to disable proxies. */
  proxy: string | false | undefined
  /** True if the environment configures a proxy. */
  proxyInEnvironment: boolean
}

/** Loaded on the first call: importing undici takes about 100 ms of CPU time. */
export function createAgent({ connectTimeout, proxy, proxyInEnvironment }: AgentOptions): Dispatcher {
  // keep-alive of 30 s, below the usual idle timeout of load balancers (60 s)
  const options = { connect: { timeout: connectTimeout }, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 }
  if (typeof proxy === 'string')
    return new ProxyAgent({ ...options, uri: proxy, requestTls: { timeout: connectTimeout } })
  if (proxy !== false && proxyInEnvironment) return new EnvHttpProxyAgent(options)
  return new Agent(options)
}
