import { startServer, type TestServer } from '../helpers/server.js'

export interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** A service of observation: keeps what it is sent, and answers as it is told to. */
export interface Receiver extends TestServer {
  readonly received: Received[]
  /** The statuses of the next answers; 200 after that. `hang` never answers. */
  readonly answers: (number | 'hang')[]
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const answers: (number | 'hang')[] = []
  const server = await startServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url: path, headers } = request
    received.push({ method, path, headers, body })
    const status = answers.shift() ?? 200
    if (status === 'hang') return
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  return Object.assign(server, { received, answers })
}
