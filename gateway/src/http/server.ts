import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type LimitStore, OverloadedError } from 'llmux'
import type { Settings } from '../config/settings.js'
import { refuse } from '../refusal.js'
import { AdminAnswer, type AdminRoute, type Control } from '../types.js'
import { type BodyReader, parseJson } from './body.js'
import { compressed } from './compressed.js'
import { dialectOf, errorResponse, refuseConnection } from './errors.js'
import { keyOf } from './keys.js'
import type { LlmRoutes } from './llm.js'
import { LlmRequest } from './llm-request.js'
import { allMethods, checkAddress, checkHost, preflight } from './origins.js'
import type { GatewayResponse, OpenRequest, OpenRoute } from './response.js'
import type { SlowReaders } from './slow-readers.js'
import { unserved } from './unserved.js'
import { write } from './write.js'

/** Paths that are sent on to other servers. Undefined if it is none of them. */
export type PassThrough = (request: OpenRequest, signal: () => AbortSignal) => Promise<GatewayResponse> | undefined

export interface ServerParts {
  readonly control: Control
  readonly llm: LlmRoutes
  readonly settings: () => Settings
  readonly routes: readonly AdminRoute[]
  readonly open: readonly OpenRoute[]
  readonly passThrough: PassThrough
  readonly bodies: BodyReader
  readonly readers: SlowReaders
  /** Counts the calls of all workers together. @default those of this process */
  readonly counter: LimitStore | undefined
  /** Whether new calls are refused, because the gateway is about to end. */
  readonly draining: () => boolean
  /** Receives errors that no client has caused. */
  readonly trouble: (error: unknown, route: string) => void
}

export interface GatewayServer {
  readonly server: FastifyInstance
  /** Calls whose answers are not complete. */
  openCalls(): number
  /** Ends the open calls: their streams get an error event. */
  abort(): void
  /** Stops listening. Idle connections are closed at once. */
  close(): Promise<void>
}

/** Load balancers and monitors ask with HEAD. */
const withHead = <Method extends string>(method: Method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])

/** A base URL with a slash at its end makes two of them. An address in a path stays as it is. */
function withoutDoubleSlashes(url: string): string {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  return `${path.replace(/(?<!:)\/{2,}/g, '/')}${url.slice(path.length)}`
}

const unservedMethod = (method: string) =>
  refuse(`The method must be one of ${allMethods.join(', ')}; got ${method}.`, {
    status: 405,
    type: 'invalid_request_error',
  })

/** Milliseconds for answers that are not calls of models. */
const closeMs = 500

/** The HTTP server. Fastify finds the route and reads the request line; bodies are read here. */
export function createServer(parts: ServerParts): GatewayServer {
  const calls = new Set<AbortController>()
  const app = fastify({
    bodyLimit: Number.MAX_SAFE_INTEGER,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
    rewriteUrl: ({ url = '/' }) => (url.includes('//') ? withoutDoubleSlashes(url) : url),
    frameworkErrors: (error, request, reply) =>
      void fail(parts, request.raw, taken(reply), error, 'of an unknown route'),
    // requests without end hold a connection
    requestTimeout: 300_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    clientErrorHandler: refuseConnection,
    // no route has a schema, and the default compilers take several megabytes
    schemaController: {
      compilersFactory: {
        buildValidator: (() => () => () => true) as never,
        buildSerializer: () => () => JSON.stringify,
      },
    },
  })
  const { bodies } = parts
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.setErrorHandler((error, request, reply) => fail(parts, request.raw, taken(reply), error, routeOf(reply)))
  app.setNotFoundHandler((request, reply) =>
    fail(parts, request.raw, taken(reply), unservedMethod(request.method), routeOf(reply)),
  )

  const methods = new Map<string, string[]>()
  const note = (path: string, method: string) => methods.set(path, [...(methods.get(path) ?? []), method])
  for (const route of parts.open) {
    note(route.path, route.method)
    app.route({
      method: withHead(route.method),
      url: route.path,
      exposeHeadRoute: false,
      handler: (request, reply) =>
        guarded(parts, request.raw, taken(reply), routeOf(reply), async () =>
          route.handler(openRequest(request.raw, parts)),
        ),
    })
  }
  for (const route of parts.routes) {
    note(route.path, route.method)
    app.route({
      method: withHead(route.method),
      url: route.path,
      exposeHeadRoute: false,
      handler: (request, reply) =>
        guarded(parts, request.raw, taken(reply), routeOf(reply), async () =>
          compressed(await administer(parts, bodies, route, request, reply.raw), request.headers),
        ),
    })
  }
  app.route({
    method: [...allMethods],
    url: '/*',
    exposeHeadRoute: false,
    handler: (request, reply) =>
      guarded(parts, request.raw, taken(reply), routeOf(reply), () =>
        anyOther(parts, calls, methods, request.raw, reply.raw),
      ),
  })
  // Fastify's objects and hooks are a twentieth of a call, and none of them is used here
  const [rest] = app.server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[]
  app.server.removeAllListeners('request')
  app.server.on('request', (request, response) => {
    if (request.method !== 'POST' || !frequent.has(request.url ?? '')) return rest?.(request, response)
    void guarded(parts, request, response, request.url ?? '', () => anyOther(parts, calls, methods, request, response))
  })
  return {
    server: app,
    openCalls: () => calls.size,
    abort: () => {
      for (const call of calls) call.abort(new OverloadedError('The gateway is about to end.'))
    },
    close: async () => {
      // a connection without a request yet does not count as idle, and would keep the server open
      const timer = setTimeout(() => app.server.closeAllConnections(), closeMs)
      await app.close()
      clearTimeout(timer)
    },
  }
}

/** Paths whose requests skip Fastify. None of them is a management route. */
const frequent: ReadonlySet<string> = new Set([
  ...['/v1/chat/completions', '/chat/completions', '/v1/messages', '/v1/responses', '/v1/embeddings'],
])

/** The response of a route, which Fastify leaves alone from now on. */
function taken(reply: FastifyReply): ServerResponse {
  reply.hijack()
  return reply.raw
}

const routeOf = (reply: FastifyReply) => reply.request.routeOptions.url ?? 'of an unknown route'

const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): GatewayResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** A management route: key, role, JSON in, JSON out. */
async function administer(
  parts: ServerParts,
  bodies: BodyReader,
  route: AdminRoute,
  request: FastifyRequest,
  raw: ServerResponse,
): Promise<GatewayResponse> {
  const { control, settings } = parts
  const { path, headers, ip } = openRequest(request.raw, parts)
  const key = keyOf(headers, settings().keyHeader)
  await control.prepare(key)
  const principal = control.authenticate(key, ip)
  control.authorizeRoute(principal, route.method, path)
  const { bytes, release } = await bodies.read(request.raw)
  try {
    const body = route.method === 'GET' ? undefined : parseJson(bytes)
    const answer = await route.handler({
      method: route.method,
      path,
      params: request.params as Record<string, string>,
      query: request.query as Record<string, string | string[] | undefined>,
      body,
      headers,
      principal,
      ip,
    })
    if (answer instanceof AdminAnswer) {
      const { status, body: given, headers: own } = answer
      const isText = typeof given === 'string' && own['content-type'] !== undefined
      if (isParts(given)) return { status, headers: { ...own }, body: whileOpen(given, raw) }
      return isText ? { status, headers: { ...own }, body: given } : json(status, given, own)
    }
    return json(200, answer ?? {})
  } finally {
    release()
  }
}

const isParts = (value: unknown): value is AsyncIterable<string> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

/** Parts of an answer, until the client leaves. A failure breaks the connection, so that the answer does not look complete. */
async function* whileOpen(body: AsyncIterable<string>, raw: ServerResponse): AsyncGenerator<string> {
  try {
    for await (const part of body) {
      if (raw.destroyed) return
      yield part
    }
  } catch (error) {
    raw.destroy()
    throw error
  }
}

/** Reads the key of a request. The check of keys refuses one of another scheme. */
function readKey({ control, settings }: ServerParts, { headers }: OpenRequest): Promise<void> | undefined {
  let key: string | undefined
  try {
    key = keyOf(headers, settings().keyHeader)
  } catch {
    return undefined
  }
  return control.prepare(key)
}

/** Requests without a route of their own: models, pass-through, preflight, and unknown paths. */
async function anyOther(
  parts: ServerParts,
  calls: Set<AbortController>,
  methods: ReadonlyMap<string, readonly string[]>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<GatewayResponse> {
  const open = openRequest(request, parts)
  const { method } = open
  if (method === 'OPTIONS') return preflight(parts.settings(), open)
  const plain = open.path.length > 1 ? open.path.replace(/\/+$/, '') : open.path
  const known = methods.get(plain)
  if (known) {
    const allow = known.join(', ')
    throw refuse(`The method of ${plain} must be ${allow}; got ${method}.`, {
      status: 405,
      type: 'invalid_request_error',
      headers: { allow },
    })
  }
  const reading = readKey(parts, open)
  if (reading) await reading
  const passed = parts.draining()
    ? undefined
    : parts.passThrough(open, () => leaving(parts.settings(), response, calls))
  if (passed) return passed
  const replacement = unserved(plain)
  if (replacement) {
    parts.control.authenticate(keyOf(open.headers, parts.settings().keyHeader), open.ip)
    throw refuse(replacement, { status: 501, type: 'not_implemented_error' })
  }
  if (parts.draining()) throw draining()
  const { maxParallelRequests } = parts.settings()
  if (maxParallelRequests !== undefined && !(await hasPlace(parts, calls, response, maxParallelRequests))) {
    throw refuse(`The gateway takes at most ${maxParallelRequests} calls at the same time.`, {
      status: 429,
      type: 'rate_limit_error',
      retryAfterMs: 1000,
      headers: { rate_limit_type: 'max_parallel_requests' },
    })
  }
  let release: (() => void) | undefined
  const read = async () => {
    const body = await parts.bodies.read(request)
    release = body.release
    return body.bytes
  }
  const signal = leaving(parts.settings(), response, calls)
  const call = new LlmRequest(
    method,
    open.url,
    open.headers,
    method === 'GET' || method === 'HEAD' ? undefined : read,
    signal,
    open.ip,
  )
  let answer: GatewayResponse | undefined
  try {
    answer = (await parts.llm.handle(call)) as GatewayResponse
    answer.more = call.head
    return answer
  } finally {
    // a stream keeps its request until its end, for the estimate of a call that is cut
    if (release && typeof answer?.body === 'object' && !response.destroyed) response.once('close', release)
    else release?.()
  }
}

/** `global_max_parallel_requests`, until the end of the response. */
async function hasPlace(
  { counter }: ServerParts,
  calls: ReadonlySet<AbortController>,
  response: ServerResponse,
  parallel: number,
): Promise<boolean> {
  if (!counter) return calls.size < parallel
  const accounts = [{ key: 'gateway', parallel }]
  const found = await counter.reserve({ candidates: [{ id: 'gateway', accounts }], timeout: 3_600_000 })
  if ('reasons' in found) return false
  if (response.destroyed) counter.release(found)
  else response.once('close', () => counter.release(found))
  return true
}

const draining = () =>
  refuse('The gateway is about to end. Send the request again.', {
    status: 503,
    type: 'service_unavailable_error',
    headers: { 'retry-after': '1', connection: 'close' },
  })

/** Ends a call when its client has left. With `drain` the answer is still read, so that its usage is known. */
function leaving({ onDisconnect }: Settings, response: ServerResponse, calls: Set<AbortController>): AbortSignal {
  const controller = controllerOf(response.socket, calls)
  calls.add(controller)
  response.once('close', () => {
    calls.delete(controller)
    if (!response.writableFinished && onDisconnect === 'abort') controller.abort(new Error('The client has left.'))
  })
  return controller.signal
}

/** A connection has one call at a time, and ends with the first call that is aborted: its calls share a signal, which costs more than it does. */
const controllers = new WeakMap<object, AbortController>()

function controllerOf(socket: Socket | null, calls: ReadonlySet<AbortController>): AbortController {
  const known = socket ? controllers.get(socket) : undefined
  // a pipelined request may come while the one before is being answered
  if (known && !known.signal.aborted && !calls.has(known)) return known
  const made = new AbortController()
  if (socket) controllers.set(socket, made)
  return made
}

function openRequest(request: IncomingMessage, { settings }: ServerParts): OpenRequest {
  const { url = '', method = '', socket } = request
  const mark = url.indexOf('?')
  const headers = request.headers as Record<string, string | undefined>
  const forwarded = settings().trustForwardedFor ? headers['x-forwarded-for']?.split(',')[0]?.trim() : undefined
  return {
    method,
    url,
    path: mark < 0 ? url : url.slice(0, mark),
    headers,
    raw: request,
    ip: forwarded || (socket.remoteAddress ?? ''),
  }
}

async function guarded(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  route: string,
  run: () => Promise<GatewayResponse>,
): Promise<void> {
  try {
    checkAddress(parts.settings(), request)
    checkHost(parts.settings(), request)
    await write(parts, request, response, await run())
  } catch (error) {
    await fail(parts, request, response, error, route)
  }
}

async function fail(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  route: string,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  const wrongRequest =
    error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
      ? error.statusCode
      : undefined
  const known =
    wrongRequest !== undefined && wrongRequest < 500 && error instanceof Error
      ? refuse(`${error.message.replace(/\.?$/, '.')}`, { status: wrongRequest, type: 'invalid_request_error' })
      : error
  const { status, headers, body } = errorResponse(known, dialectOf(path, request.headers))
  // the route and not the path, which may name a key
  if (status === 500) parts.trouble(error, `${request.method} ${route}`)
  await write(parts, request, response, { status, headers, body })
}
