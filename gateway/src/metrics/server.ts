import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type MetricDump, writeMetrics } from './registry.js'

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

/** A server of `GET /metrics` alone, without a key: the port is for the network of the operator. */
export async function serveMetrics(
  { port, host }: { readonly port: number; readonly host: string },
  metrics: () => Promise<readonly MetricDump[]> | readonly MetricDump[],
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer({ requestTimeout: 10_000 }, async (request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('This port serves GET /metrics.\n')
      return
    }
    try {
      response.writeHead(200, { 'content-type': metricsType }).end(writeMetrics(await metrics()))
    } catch {
      response.writeHead(503).end()
    }
  })
  await listening(server, port, host)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const listening = (server: Server, port: number, host: string) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
