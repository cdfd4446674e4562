import type { IncomingMessage, ServerResponse } from 'node:http'
import { BadRequestError, got } from '../errors.js'
import type { Middleware } from '../types/middleware.js'
import { fetchForm, localFetch } from './fetch.js'
import { RequestHandler } from './handler.js'
import { nodeForm } from './node.js'
import type { HandlerOptions, HandlerRequest, HandlerResponse, HandlerTarget } from './types.js'

export { type MemoryResponseStoreOptions, memoryResponseStore } from './response-store.js'
export type * from './types.js'

/** A handler of HTTP requests, in three forms. */
export interface Handler {
  /** The fetch form, for Hono, Next.js, Bun, Deno and workers. */
  (request: Request): Promise<Response>
  /** The form without objects of a platform. It never rejects. */
  handle(request: HandlerRequest): Promise<HandlerResponse>
  /**
   * Adds middleware to the calls that requests lead to, after `beforeCall()`. It sees the API that the client speaks. See
   * {@link Client.use}.
   * @returns this handler
   * @throws {BadRequestError} if a middleware has an unknown hook
   */
  use(...middleware: Middleware[]): Handler
  /** The form of Node's `http` and of Express. With `next`, requests to unknown paths are passed on. */
  node(request: IncomingMessage, response: ServerResponse, next?: () => void): void
}

/**
 * Makes a handler that answers requests of OpenAI's, Anthropic's and Google's API with any model of a client or a Router.
 * @throws {BadRequestError} if an option is unknown or invalid
 * @example
 * const handler = createHandler(createClient(), { authorize: ({ headers }) => checkKey(headers.authorization) })
 * http.createServer(handler.node).listen(4000)
 */
export function createHandler(target: HandlerTarget, options: HandlerOptions = {}): Handler {
  if (typeof target?.completion !== 'function') {
    throw new BadRequestError(`The first argument of createHandler() must be a client or a Router; ${got(target)}.`)
  }
  checkOptions(options)
  const handler = new RequestHandler(target, options)
  const made: Handler = Object.assign(fetchForm(handler), {
    handle: (request: HandlerRequest) => handler.handle(request),
    use(...middleware: Middleware[]) {
      handler.use(middleware)
      return made
    },
    node: nodeForm(handler),
  })
  return made
}

/** `fetch` of a client or a Router. */
export const fetchOf = (target: HandlerTarget): typeof fetch => localFetch(new RequestHandler(target, {}))

const kinds: Readonly<Record<keyof HandlerOptions, readonly string[]>> = {
  authorize: ['function'],
  beforeCall: ['function'],
  responseHeaders: ['function'],
  answerModel: ['function'],
  onSettled: ['function'],
  models: ['function'],
  store: ['object', 'boolean'],
  keepAlive: ['number'],
  maxBodyBytes: ['number'],
  basePath: ['string'],
}

function checkOptions(options: HandlerOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new BadRequestError(`The options of createHandler() must be an object; ${got(options)}.`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(kinds, name)) {
      throw new BadRequestError(
        `Unknown option '${name}' of createHandler(). Known options: ${Object.keys(kinds).join(', ')}.`,
        { param: name },
      )
    }
    const allowed = kinds[name as keyof HandlerOptions]
    if (value === undefined || allowed.includes(typeof value)) continue
    throw new BadRequestError(`'${name}' must be a ${allowed[0]}; ${got(value)}.`, { param: name })
  }
}
