import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Agent, Dispatcher } from 'undici'

/** What the server is to answer on one base. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** One network write each. */
  readonly pieces: readonly Buffer[]
  /** Whether the connection is torn down where the answer would end. */
  readonly reset?: boolean
}

/** What llmux sent. */
export interface Sent {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

/** A recording that is being played. */
export interface Stage {
  /** Its base URL, to be given as `apiBase`. */
  readonly base: string
  /** Brings calls to whatever host here. */
  readonly dispatcher: Dispatcher
  /** What was sent so far. */
  readonly sent: readonly Sent[]
  /** The addresses that were called through the dispatcher. */
  readonly urls: readonly string[]
  remove(): void
}

/** A loopback server that plays recordings, each under a base of its own. */
export interface Player {
  /** Puts an answer up. */
  put(reply: Reply): Stage
  close(): Promise<void>
}

/** Headers about the recording's own connection would be lies on ours. */
const hopByHop = /^(connection|content-length|content-encoding|transfer-encoding|keep-alive)$/

export async function startPlayer(): Promise<Player> {
  const stages = new Map<string, { reply: Reply; sent: Sent[] }>()
  const server = createServer((request, response) => {
    const [, key = '', ...rest] = (request.url ?? '').split('/')
    const stage = stages.get(key)
    if (!stage) {
      response.writeHead(599).end(`nothing is played at /${key}`)
      return
    }
    readBody(request)
      .then((body) => {
        stage.sent.push({ path: `/${rest.join('/')}`, headers: request.headers, body })
        return play(stage.reply, response)
      })
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const agent = new Agent()
  let next = 0
  return {
    put(reply) {
      const key = `r${next++}`
      const sent: Sent[] = []
      stages.set(key, { reply, sent })
      const dispatcher = new Detour(agent, `http://127.0.0.1:${port}`, `/${key}`)
      const { urls } = dispatcher
      return { base: `http://127.0.0.1:${port}/${key}`, dispatcher, sent, urls, remove: () => stages.delete(key) }
    },
    async close() {
      await agent.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Sends every request to one place, whatever its host: so a provider can be called under its own address. */
class Detour extends Dispatcher {
  readonly urls: string[] = []
  readonly #agent: Agent
  readonly #origin: string
  readonly #prefix: string

  constructor(agent: Agent, origin: string, prefix: string) {
    super()
    this.#agent = agent
    this.#origin = origin
    this.#prefix = prefix
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { path, ...rest } = options
    this.urls.push(`${options.origin}${path}`)
    return this.#agent.dispatch({ ...rest, origin: this.#origin, path: `${this.#prefix}${path}` }, handler)
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const source = Buffer.concat(chunks).toString('utf8')
  try {
    return JSON.parse(source)
  } catch {
    return source
  }
}

async function play({ status, headers, pieces, reset }: Reply, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(headers)) if (!hopByHop.test(name)) response.setHeader(name, value)
  response.socket?.setNoDelay(true)
  response.writeHead(status)
  for (const piece of pieces) {
    if (response.destroyed) return
    response.write(piece)
    // a turn of the event loop between two writes keeps them apart on the socket
    await nextTurn()
  }
  if (reset) response.destroy()
  else response.end()
}
