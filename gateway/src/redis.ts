import { randomUUID } from 'node:crypto'
import type { RedisClient } from 'llmux'
import type { Bus } from './workers/shared.js'

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
  /** News between all processes of the gateway. They may be lost. */
  readonly bus: Bus
  close(): void
}

const channel = 'llmux:{gateway}:news'
const longestDelayMs = 2_000

/** Connects in the background: a Redis that cannot be reached does not delay the start, and is tried again. */
export async function connectRedis({ url, nodes }: RedisAddress): Promise<Connection> {
  const { createClient, createCluster } = await import('redis')
  const socket = {
    connectTimeout: 1_000,
    reconnectStrategy: (retries: number) => Math.min(longestDelayMs, 100 * 2 ** Math.min(retries, 10)),
  }
  const create = () =>
    nodes
      ? createCluster({
          rootNodes: nodes.map((node) => ({ url: node })),
          defaults: { disableOfflineQueue: true, socket },
        })
      : createClient({ url, disableOfflineQueue: true, socket })
  const client = create()
  const listener = create()
  const receivers = new Map<string, ((value: never) => void)[]>()
  const self = randomUUID()
  const receive = (text: string) => {
    const { from, topic, value } = JSON.parse(text) as { from: string; topic: string; value: never }
    if (from !== self) for (const receiver of receivers.get(topic) ?? []) receiver(value)
  }
  let closed = false
  const connect = (one: typeof client, then?: () => Promise<unknown>) => {
    one.on('error', () => {})
    const attempt = () => {
      one
        .connect()
        .then(then)
        .catch(() => {
          if (!closed) setTimeout(attempt, longestDelayMs).unref()
        })
    }
    attempt()
  }
  connect(client)
  // the client renews its subscriptions after a loss
  connect(listener, () => (listener as ReturnType<typeof createClient>).subscribe(channel, receive))
  return {
    client: client as unknown as Connection['client'],
    bus: {
      publish(topic, value) {
        const text = JSON.stringify({ from: self, topic, value })
        ;(client as ReturnType<typeof createClient>).publish(channel, text).catch(() => {})
      },
      subscribe(topic, receiver) {
        receivers.set(topic, [...(receivers.get(topic) ?? []), receiver])
      },
    },
    close() {
      closed = true
      for (const one of [client, listener]) {
        try {
          one.destroy()
        } catch {} // was never connected
      }
    },
  }
}
