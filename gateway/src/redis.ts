import type { RedisClient } from 'llmux'

/** Address of Redis: one server, or nodes of a Cluster. */
export interface RedisAddress {
  readonly url: string
  /** Nodes that name the others. */
  readonly nodes?: readonly string[] | undefined
}

/** Commands of a stream, which clients of one server and of a Cluster have. */
export interface StreamCommands {
  readonly isReady?: boolean
  readonly isOpen?: boolean
  xAdd(key: string, id: string, message: Record<string, string>): Promise<unknown>
  xDel(key: string, ids: string[]): Promise<unknown>
  xRange(
    key: string,
    from: string,
    to: string,
    options: { COUNT: number },
  ): Promise<readonly { id: string; message: Record<string, string> }[]>
}

interface Connection {
  readonly client: RedisClient & StreamCommands
  close(): void
}

const longestDelayMs = 2_000

/** Connects in the background: a Redis that is away does not delay the start, and is tried again. */
export async function connectRedis({ url, nodes }: RedisAddress): Promise<Connection> {
  const { createClient, createCluster } = await import('redis')
  const socket = {
    connectTimeout: 1_000,
    reconnectStrategy: (retries: number) => Math.min(longestDelayMs, 100 * 2 ** Math.min(retries, 10)),
  }
  const client = nodes
    ? createCluster({
        rootNodes: nodes.map((node) => ({ url: node })),
        defaults: { disableOfflineQueue: true, socket },
      })
    : createClient({ url, disableOfflineQueue: true, socket })
  client.on('error', () => {})
  let closed = false
  const connect = () => {
    client.connect().catch(() => {
      if (!closed) setTimeout(connect, longestDelayMs).unref()
    })
  }
  connect()
  return {
    client: client as unknown as Connection['client'],
    close() {
      closed = true
      try {
        client.destroy()
      } catch {} // was never connected
    },
  }
}
