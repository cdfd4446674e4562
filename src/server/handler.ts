import { systemClock } from '../call/clock.js'
import { BadRequestError, LLMError } from '../errors.js'
import { MiddlewareList } from '../middleware/list.js'
import { operations } from '../operations/specs.js'
import type { CallMeta } from '../types/meta.js'
import type { Middleware } from '../types/middleware.js'
import type { SettledRecord } from '../types/settled.js'
import type { Action } from './action.js'
import { actions } from './actions.js'
import { decompressed } from './body.js'
import { errorResponse, tooLarge, withModelStatus } from './errors.js'
import { parseForm } from './form.js'
import { isStreamed, withKeepAlive } from './keep-alive.js'
import { parseBody, readParams } from './params.js'
import { memoryResponseStore } from './response-store.js'
import { findRoute } from './routes.js'
import { targetThrough } from './target-through.js'
import type {
  HandlerCall,
  HandlerCallOptions,
  HandlerOptions,
  HandlerRequest,
  HandlerResponse,
  HandlerTarget,
  ResponseStore,
  RouteInfo,
} from './types.js'

const defaultMaxBodyBytes = 32 * 1024 * 1024

/** Answers requests of every supported API with a client or a Router. */
export class RequestHandler {
  readonly #middleware = new MiddlewareList()
  #target: HandlerTarget
  readonly #options: HandlerOptions
  readonly #basePath: string
  readonly #store: ResponseStore | undefined
  readonly maxBodyBytes: number

  constructor(target: HandlerTarget, options: HandlerOptions) {
    this.#target = target
    this.#options = options
    this.#basePath = basePathOf(options.basePath)
    this.#store = options.store === false ? undefined : (options.store ?? memoryResponseStore())
    this.maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
  }

  /** @throws {BadRequestError} if a middleware has an unknown hook */
  use(given: readonly Middleware[]): void {
    // calls pay for middleware from the first one on
    if (!this.#middleware.list && given.length > 0) this.#target = targetThrough(this.#target, this.#middleware)
    this.#middleware.add(given)
  }

  /** True if a path is none of the handler's. */
  isUnknown(request: HandlerRequest): boolean {
    const route = findRoute(request, this.#basePath)
    return 'refusal' in route && route.refusal.status === 404
  }

  /** Answers a request. Never rejects: errors become responses. */
  async handle(request: HandlerRequest): Promise<HandlerResponse> {
    const route = findRoute(request, this.#basePath)
    const id = newId()
    if ('refusal' in route) return errorResponse(route.refusal, route.dialect, id)
    let call: HandlerCall = { route, request, params: {}, ignored: nothing, context: undefined, id }
    try {
      const authorized = this.#options.authorize?.(request, route)
      const context = authorized instanceof Promise ? await authorized : authorized
      const action = actions[route.operation]
      const body = action.spec === undefined ? undefined : await this.#read(request, route, action.spec)
      call = { route, request, params: body?.params ?? {}, ignored: body?.ignored ?? nothing, context, id }
      const given = this.#options.beforeCall?.(call)
      const before = given instanceof Promise ? await given : given
      const { keepAlive = 0 } = this.#options
      if (keepAlive > 0 && isStreamed(call)) return await this.#keepAlive(action, call, before ?? undefined, keepAlive)
      return await this.#run(action, call, this.#callOptions(call, call.request.signal, before ?? undefined))
    } catch (error) {
      return this.#failure(call, error)
    }
  }

  #run(action: Action, call: HandlerCall, options: HandlerCallOptions | undefined): Promise<HandlerResponse> {
    return action.run({
      target: this.#target,
      call,
      options,
      store: this.#store,
      models: this.#options.models,
      headers: (meta) => this.#headers(call, meta, undefined),
      answerModel: (meta) => this.#options.answerModel?.(call, meta),
    })
  }

  #keepAlive(
    action: Action,
    call: HandlerCall,
    before: HandlerCallOptions | undefined,
    ms: number,
  ): Promise<HandlerResponse> {
    const left = new AbortController()
    const { signal } = call.request
    const either = signal ? AbortSignal.any([signal, left.signal]) : left.signal
    const running = this.#run(action, call, this.#callOptions(call, either, before)).catch((error: unknown) =>
      this.#failure(call, error),
    )
    const headers = () => this.#headers(call, undefined, undefined)
    return withKeepAlive(running, call, ms, headers, () => left.abort(new Error('The client left.')))
  }

  async #read({ body, headers }: HandlerRequest, route: RouteInfo, spec: NonNullable<Action['spec']>) {
    const limit = this.maxBodyBytes
    if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
    let given = typeof body === 'function' ? await body() : (body ?? '')
    let parsed: unknown = given
    if (typeof given === 'string' || given instanceof Uint8Array) {
      if (given.length > limit) throw tooLarge(limit)
      const encoding = headers['content-encoding']
      if (encoding && encoding !== 'identity' && typeof given !== 'string') {
        given = await decompressed(given, encoding, limit)
      }
      const type = headers['content-type'] ?? ''
      const isForm = typeof given !== 'string' && /^multipart\/form-data\b/i.test(type)
      parsed = isForm ? await parseForm(given as Uint8Array, type, operations[spec].formTypes) : parseBody(given)
    }
    const read = readParams(operations[spec], parsed)
    if (route.model !== undefined) read.params.model = route.model
    return read
  }

  #callOptions(
    call: HandlerCall,
    signal: AbortSignal | undefined,
    before: HandlerCallOptions | undefined,
  ): HandlerCallOptions | undefined {
    const { onSettled } = this.#options
    if (signal === undefined && onSettled === undefined) return before
    const options: Record<string, unknown> = { ...before }
    if (signal) options.signal = before?.signal ? AbortSignal.any([before.signal, signal]) : signal
    if (onSettled) {
      // let go of at the end: an old object that still refers to these options would carry the whole request into the old generation
      let open: HandlerCall | undefined = call
      options.onSettled = (record: SettledRecord) => {
        const ended = open
        open = undefined
        try {
          before?.onSettled?.(record)
        } finally {
          if (ended) onSettled(record, ended)
        }
      }
    }
    return options
  }

  #headers(call: HandlerCall, meta: CallMeta | undefined, error: LLMError | undefined): Record<string, string> {
    const headers: Record<string, string> = { 'content-type': 'application/json', 'x-request-id': call.id }
    if (call.route.dialect === 'anthropic') headers['request-id'] = call.id
    const warnings = warningsOf(call, meta)
    if (warnings !== undefined) headers['x-llmux-warnings'] = warnings
    this.#addHeaders(headers, call, meta, error)
    return headers
  }

  #addHeaders(
    headers: Record<string, string>,
    call: HandlerCall,
    meta: CallMeta | undefined,
    error: LLMError | undefined,
  ): void {
    const more = this.#options.responseHeaders?.(call, meta, error)
    for (const name in more) {
      const value: unknown = more[name]
      if (value !== undefined && value !== null) headers[name.toLowerCase()] = headerText(String(value))
    }
  }

  #failure(call: HandlerCall, thrown: unknown): HandlerResponse {
    const error = withModelStatus(thrown, call.params.model)
    const response = errorResponse(error, call.route.dialect, call.id)
    const warnings = warningsOf(call, metaOf(error))
    if (warnings !== undefined) response.headers['x-llmux-warnings'] = warnings
    try {
      this.#addHeaders(response.headers, call, metaOf(error), LLMError.is(error) ? error : undefined)
    } catch {
      // an error of the hook must not hide the error of the call
    }
    return response
  }
}

const metaOf = (error: unknown): CallMeta | undefined => (LLMError.is(error) ? error.partial?.meta : undefined)

const nothing = Object.freeze({})

let counter = 0
let stem: string | undefined

/** Unique in this process, and unlikely to repeat in others. */
function newId(): string {
  stem ??= Math.floor(systemClock.random() * 2 ** 40).toString(36)
  return `req_${stem}${systemClock.wall().toString(36)}${(counter++).toString(36)}`
}

function basePathOf(given: string | undefined): string {
  if (given === undefined || given === '' || given === '/') return ''
  if (typeof given !== 'string' || !given.startsWith('/')) {
    throw new BadRequestError(`'basePath' must begin with '/', such as '/api/llm'; got '${given}'.`, {
      param: 'basePath',
    })
  }
  return given.replace(/\/+$/, '')
}

const longestHeader = 1000

/** The changes to a request as a header. */
function warningsOf({ ignored }: HandlerCall, meta: CallMeta | undefined): string | undefined {
  const texts = new Set<string>()
  for (const name in ignored) texts.add(`ignored: ${name}`)
  for (const warning of meta?.warnings ?? []) {
    const name = 'param' in warning ? warning.param : 'feature' in warning ? warning.feature : undefined
    texts.add(name === undefined ? warning.type : `${warning.type}: ${name}`)
  }
  if (texts.size === 0) return undefined
  return headerText([...texts].join('; ')).slice(0, longestHeader)
}

/** Visible ASCII: parts of headers may come from clients. */
const headerText = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ')
