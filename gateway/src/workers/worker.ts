import type { GatewayOptions, ListenOptions } from '../gateway.js'
import { openGateway } from '../gateway.js'
import type { MetricDump } from '../metrics/registry.js'
import { calls } from './owner.js'
import { Peer, type Socket } from './peer.js'
import { RemoteLimits } from './remote-limits.js'
import { RemoteSql, sqlCalls } from './remote-sql.js'
import type { Shared } from './shared.js'
import { workerVariable } from './variable.js'

/** Runs one worker until it has drained. */
export async function runWorker(options: GatewayOptions, socket: Socket): Promise<void> {
  const { port, host } = JSON.parse(process.env[workerVariable] ?? '{}') as ListenOptions
  // the terminal sends signals to all processes; the owner decides
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  const receivers = new Map<string, ((value: unknown) => void)[]>()
  let dump = (): readonly MetricDump[] => []
  let drain: () => void = () => {}
  const drained = new Promise<void>((resolve) => {
    drain = resolve
  })
  process.on('SIGTERM', () => drain())
  let reloads = 0
  const reload = () => {
    reloads++
    gateway?.reload().catch(() => {})
  }
  const peer = new Peer(socket, {
    [calls.ownMetrics]: () => dump(),
    [calls.news]: (topic: string, value: unknown) => {
      for (const receive of receivers.get(topic) ?? []) receive(value)
    },
    [calls.drain]: () => drain(),
    [calls.reload]: reload,
    [calls.link]: (url: string) => gateway?.dashboardLink(url),
    [sqlCalls.changed]: () => sql.changed(),
  })
  process.once('disconnect', () => peer.close(new Error('The owner of the workers has ended.')))
  const sql = new RemoteSql(peer)
  const shared: Shared = {
    sql,
    limits: new RemoteLimits(peer, 'admission'),
    state: new RemoteLimits(peer, 'router'),
    bus: {
      publish: (topic, value) => peer.tell(calls.publish, topic, value),
      subscribe: (topic, receive) => {
        receivers.set(topic, [...(receivers.get(topic) ?? []), receive as (value: unknown) => void])
      },
    },
    offerMetrics: (own) => {
      dump = own
    },
    metrics: () => peer.ask(calls.metrics),
    claim: (key, ms) => peer.ask(calls.claim, key, ms),
  }
  let gateway: Awaited<ReturnType<typeof openGateway>> | undefined
  try {
    gateway = await openGateway(options, shared)
    // the file may have changed after it was read
    if (reloads > 0) reload()
    const { url } = await gateway.listen({ port, host })
    await peer.ask(calls.ready, url)
  } catch (error) {
    await gateway?.close()
    const { message, code } = error as Error & { code?: string }
    await peer.ask(calls.failed, message, code)
    return
  }
  await drained
  await gateway.close()
  await peer.ask(calls.leave, dump())
}
