import type { MiddlewareList } from '../middleware/list.js'
import type { MiddlewareOperation } from '../types/middleware.js'
import type { HandlerTarget } from './types.js'

type Method = Exclude<keyof HandlerTarget, 'modelGroups' | 'storedResponses'>

/** Operations whose method has another name. */
const operationOf = (method: Method): MiddlewareOperation => (method === 'completion' ? 'chat' : method)

/** A target whose calls pass middleware. It sees parameters only: options of a call come from the server's own code. */
export function targetThrough(target: HandlerTarget, middleware: MiddlewareList): HandlerTarget {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const run = value.bind(target) as (params: object, options: unknown) => Promise<unknown>
      return (params: object, options: unknown) =>
        middleware.run(operationOf(name as Method), params, (sent) => run(sent, options))
    },
  })
}
