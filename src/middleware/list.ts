import { BadRequestError, got, shortened } from '../errors.js'
import type { Middleware, MiddlewareOperation } from '../types/middleware.js'

/** Middleware of a client, a Router or a handler. The code that runs it loads with the first call that needs it. */
export class MiddlewareList {
  /** Undefined without middleware, so that calls pay nothing. */
  list: readonly Middleware[] | undefined

  /** @throws {BadRequestError} if one has no hooks */
  add(given: readonly Middleware[]): void {
    checkMiddleware(given)
    this.list = [...(this.list ?? []), ...given]
  }

  /** Sends a call through the middleware. */
  async run(
    operation: MiddlewareOperation,
    request: object,
    send: (request: object) => Promise<unknown>,
  ): Promise<never> {
    const { list = [] } = this
    // the call itself rejects what is no request
    if (typeof request !== 'object' || request === null) return send(request) as Promise<never>
    const { runMiddleware } = await import('./chain.js')
    return runMiddleware(list, operation, request, send) as Promise<never>
  }
}

const hooks = ['onRequest', 'onResponse', 'onChunk', 'onError'] as const

function checkMiddleware(list: readonly unknown[]): void {
  for (const one of list) {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) {
      throw new BadRequestError(
        `The arguments of use() must be middleware such as { onRequest, onResponse, onChunk }; ${got(one)}.`,
      )
    }
    for (const [name, value] of Object.entries(one)) {
      if (!(hooks as readonly string[]).includes(name)) {
        throw new BadRequestError(`Unknown hook '${shortened(name)}'. Known hooks: ${hooks.join(', ')}.`, {
          param: name,
        })
      }
      if (value !== undefined && typeof value !== 'function') {
        throw new BadRequestError(`'${name}' must be a function; ${got(value)}.`, { param: name })
      }
    }
  }
}
