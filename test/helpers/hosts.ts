import { setImmediate as nextTurn } from 'node:timers/promises'
import { Agent, Dispatcher } from 'undici'
import { startServer } from './server.js'

/** A request, with the host that it was meant for. */
export interface Seen {
  readonly origin: string
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Parsed, where it was JSON. */
  readonly body: unknown
}

export interface Said {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, unless it is a text or bytes. */
  readonly body?: unknown
  /** Network writes, instead of a body. */
  readonly pieces?: readonly (string | Buffer)[]
  /** The answer stays open after its pieces. */
  readonly open?: boolean
  /** Nothing is answered. */
  readonly silent?: boolean
}

export interface Hosts extends AsyncDisposable {
  /** Brings requests to whatever host to one real server on the loopback. */
  readonly dispatcher: Dispatcher
  readonly seen: readonly Seen[]
}

/** Several hosts in one: what each answers is up to the test. */
export async function startHosts(answer: (request: Seen) => Said | Promise<Said>): Promise<Hosts> {
  const seen: Seen[] = []
  const server = await startServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const { 'x-meant-for': origin, ...headers } = request.headers
    const one: Seen = {
      origin: String(origin),
      path: request.url ?? '',
      method: request.method ?? '',
      headers,
      text,
      body: parse(text),
    }
    seen.push(one)
    const said = await answer(one)
    if (said.silent) return
    response.writeHead(said.status ?? 200, { 'content-type': 'application/json', ...said.headers })
    for (const piece of said.pieces ?? []) {
      response.write(piece)
      // a turn of the event loop between two writes keeps them apart on the socket
      await nextTurn()
    }
    if (said.open) return
    if (said.pieces) response.end()
    else
      response.end(typeof said.body === 'string' || Buffer.isBuffer(said.body) ? said.body : JSON.stringify(said.body))
  })
  const agent = new Agent()
  return {
    dispatcher: new Detour(agent, server.url),
    seen,
    async [Symbol.asyncDispose]() {
      await agent.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}

class Detour extends Dispatcher {
  readonly #agent: Agent
  readonly #origin: string

  constructor(agent: Agent, origin: string) {
    super()
    this.#agent = agent
    this.#origin = origin
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const headers = { ...(options.headers as Record<string, string>), 'x-meant-for': String(options.origin) }
    return this.#agent.dispatch({ ...options, headers, origin: this.#origin }, handler)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Server-sent events of these data. */
export const events = (...data: readonly unknown[]): string =>
  data.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('')
