import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly server: Server
  /** Sockets that are open now. */
  readonly sockets: ReadonlySet<Socket>
}

/** A real HTTP server on a free loopback port; closed, with its connections, at the end of an `await using` block. */
export async function startServer(listener: RequestListener): Promise<TestServer> {
  const server = createServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An HTTP proxy that tunnels with CONNECT, and notes what it was asked for. */
export async function startProxy(): Promise<
  TestServer & { seen: { target: string; authorization: string | undefined }[] }
> {
  const seen: { target: string; authorization: string | undefined }[] = []
  const proxy = await startServer((_, response) => response.writeHead(501).end())
  proxy.server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const target = request.url ?? ''
    seen.push({ target, authorization: request.headers['proxy-authorization'] })
    const [host, port] = target.split(':')
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(client)
      client.pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
    client.on('close', () => upstream.destroy())
  })
  return Object.assign(proxy, { seen })
}
