import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { BatchPlan } from './batches/index.js'
import type { ScriptOptions } from './fault.js'
import type { SimulatedRequest } from './request-log.js'
import type { FaultSource, ReplySource } from './script.js'
import { type SimulationOptions, Stage } from './stage.js'
import { Presence, play, type Sink } from './steps.js'

export interface SimulatorOptions extends SimulationOptions {
  /** @default 0: a free port */
  port?: number
  /** @default '127.0.0.1' */
  host?: string
}

/** A running simulator. Close it, or declare it with `await using`. */
export interface Simulator extends AsyncDisposable {
  /** `http://127.0.0.1:{port}` */
  readonly url: string
  readonly port: number
  /** The `apiBase` of the OpenAI wire: `{url}/v1`. */
  readonly openaiBase: string
  /** The `apiBase` of the Anthropic wire: `{url}`. */
  readonly anthropicBase: string
  /**
   * The `apiBase` of a provider prefix: `{url}` for paths that include a version, `{url}/v1` for
   * OpenAI-compatible hosts.
   * @example
   * ```ts
   * createClient({ providers: { gemini: { apiBase: simulator.base('gemini'), apiKey: 'any' } } })
   * ```
   */
  base(provider: string): string
  /** Received requests, in order. */
  readonly requests: readonly SimulatedRequest[]
  /** Sockets: currently open, and accepted since the start or the last `reset()`. */
  readonly connections: { readonly open: number; readonly total: number }
  /**
   * Queues a reply for the next matching request.
   * @example
   * ```ts
   * simulator.reply('Hello')
   * simulator.reply({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] }, { wire: 'anthropic' })
   * simulator.reply((request) => (request.model === 'gpt-4o' ? 'big' : undefined), { times: Infinity })
   * ```
   */
  reply(reply: ReplySource, options?: ScriptOptions): void
  /**
   * Queues a fault for the next matching request. Faults that only disturb a response (slow, silent,
   * cut, ended, error event) consume a queued reply; the others leave it for the next request.
   * @example
   * ```ts
   * simulator.fail({ kind: 'status', status: 429, retryAfter: 1 }, { times: 2 })
   * simulator.fail({ kind: 'cut', afterChunks: 3 })
   * simulator.fail(() => (Math.random() < 0.3 ? { kind: 'reset' } : undefined), { times: Infinity })
   * ```
   */
  fail(fault: FaultSource, options?: ScriptOptions): void
  /**
   * Plans the next batch that is made: when and how it ends. Its requests are answered like single ones.
   * @example
   * ```ts
   * simulator.batch({ polls: 3, outcome: 'expired', runs: 10 })
   * ```
   */
  batch(plan: BatchPlan): void
  /** Clears requests, queued replies and faults. Exchanges in flight continue. */
  reset(): void
  /** Ends all exchanges, closes all sockets and settles when that is done. */
  close(): Promise<void>
}

/**
 * Starts a loopback server that speaks the APIs of OpenAI (and compatible hosts), Anthropic, Gemini, Cohere, Bedrock,
 * SageMaker, Ollama and Replicate, streamed or not. The path selects the API. The same request gets the same bytes.
 * Without a script it echoes the last message, calls tools that the message mentions, fills in JSON schemas, reasons if requested, and rejects requests that the real API rejects. Model names such as `fail-429` or
 * `cut-after-3` make it fail.
 *
 * @example
 * ```ts
 * const simulator = await startSimulator()
 * const client = createClient({ providers: { openai: { apiBase: simulator.openaiBase, apiKey: 'any' } } })
 * simulator.fail({ kind: 'status', status: 500 })
 * await client.completion({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] })
 * simulator.requests.length // 2
 * await simulator.close()
 * ```
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const stage = new Stage(options)
  const sockets = new Set<Socket>()
  let total = 0

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (message, response) => {
    serve(stage, message, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    )
  })
  server.on('connection', (socket) => {
    total++
    sockets.add(socket)
    // without it, small writes wait for the client's acknowledgement
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  const url = `http://${options.host ?? '127.0.0.1'}:${port}`

  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
    return closing
  }

  return {
    url,
    port,
    openaiBase: `${url}/v1`,
    anthropicBase: url,
    base: (provider) => (rooted.has(provider) ? url : `${url}/v1`),
    requests: stage.requests,
    get connections() {
      return { open: sockets.size, total }
    },
    reply: (reply, script) => stage.script.addReply(reply, script),
    fail: (fault, script) => stage.script.addFault(fault, script),
    batch: (plan) => stage.planBatch(plan),
    reset() {
      stage.reset()
      total = sockets.size
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Providers with paths relative to the host. */
const rooted: ReadonlySet<string> = new Set([
  'anthropic',
  'azure',
  'azure_ai',
  'bedrock',
  'cohere',
  'gemini',
  'huggingface',
  'ollama',
  'ollama_chat',
  'replicate',
  'sagemaker',
  'sagemaker_chat',
  'vertex_ai',
])

const maxRequestBytes = 256 * 1024 * 1024

async function serve(stage: Stage, message: IncomingMessage, response: ServerResponse): Promise<void> {
  // the server's date would differ between runs
  response.sendDate = false
  const text = await readBody(message)
  if (text === undefined) return
  const { method = 'GET', url: path = '/' } = message
  const { request, steps } = stage.take({ method, path, headers: flatten(message.headers), text })
  const presence = new Presence()
  let broken = false
  response.on('close', () => {
    presence.leave()
    request.close(response.writableFinished ? 'completed' : broken ? 'broken' : 'left')
  })
  const sink: Sink = {
    head(status, headers) {
      request.status = status
      response.writeHead(status, headers)
    },
    write(bytes) {
      if (response.write(bytes)) return undefined
      return presence.wait((done) => {
        response.once('drain', done)
        return () => response.removeListener('drain', done)
      })
    },
    end: () => response.end(),
    break(reset) {
      broken = true
      // flushes pending writes before a cut
      if (reset) message.socket.resetAndDestroy()
      else message.socket.destroySoon()
    },
  }
  await play(steps, sink, presence)
}

/** Undefined if the client disconnected early or sent too much. */
function readBody(message: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    message.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > maxRequestBytes) message.destroy()
    })
    message.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    message.on('error', () => resolve(undefined))
    message.on('close', () => resolve(undefined))
  })
}

function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) out[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return out
}
