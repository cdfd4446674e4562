import type { HttpErrorDialect } from '../http-error.js'
import { operationList } from '../operations/specs.js'
import { openaiPaths } from '../types/operation.js'
import { Refusal } from './errors.js'
import type { HandlerRequest, RouteInfo, RouteOperation } from './types.js'

/** A request that leads to no call. */
export interface NoRoute {
  readonly dialect: HttpErrorDialect
  readonly refusal: Refusal
}

const routeOf = (operation: RouteOperation, dialect: HttpErrorDialect): Readonly<Record<string, RouteInfo>> =>
  Object.freeze({ POST: Object.freeze({ operation, dialect }) })

/** Routes by their path without version, and method. */
const plain: ReadonlyMap<string, Readonly<Record<string, RouteInfo>>> = new Map([
  ...operationList.map(
    ({ name, path }) =>
      [path.slice('/v1/'.length), routeOf(name, name === 'messages' ? 'anthropic' : 'openai')] as const,
  ),
  ['completions', routeOf('completion', 'openai')],
  ['messages/count_tokens', routeOf('countTokens', 'anthropic')],
])

/** Calls of Gemini, after the colon at the end of the path. */
const methods: Readonly<Record<string, Omit<RouteInfo, 'model'>>> = {
  generateContent: { operation: 'generateContent', dialect: 'gemini' },
  streamGenerateContent: { operation: 'generateContent', dialect: 'gemini', stream: 'array' },
  countTokens: { operation: 'countTokens', dialect: 'gemini' },
}

const onModel = /(?:^|\/)models\/(.+):(\w+)$/
/** Azure's deployments, and the engines of OpenAI's early API. */
const withModel = new RegExp(
  `^(?:deployments|engines)/(.+?)/(${['completions', ...Object.values(openaiPaths).map((path) => path.slice(1))].join('|')})$`,
)
const version = /^(?:openai\/)?v\d\w*\//

/** Finds the destination of a request. */
export function findRoute({ method, url, headers }: HandlerRequest, basePath: string): RouteInfo | NoRoute {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  // most requests need no more than this
  const direct = path.startsWith('/v1/') && basePath === '' ? plain.get(path.slice(4)) : undefined
  if (direct) return choose(direct, method, headers)
  const dialect = dialectOf(path, headers)
  if (basePath !== '' && !path.startsWith(`${basePath}/`)) return unknownPath(method, path, dialect)
  const inside = path.slice(basePath.length + 1).replace(/\/+$/, '')
  const name = inside.replace(version, '').replace(/^openai\//, '')
  const found =
    plain.get(name) ??
    pathWithModel(name, url.slice(mark < 0 ? url.length : mark)) ??
    // names of models may have a colon: llama3.2:1b
    listing(name, dialect === 'gemini' && !isGoogle(path, headers) ? 'openai' : dialect)
  return found ? choose(found, method, headers) : unknownPath(method, path, dialect)
}

function choose(
  routes: Readonly<Record<string, RouteInfo>>,
  method: string,
  headers: HandlerRequest['headers'],
): RouteInfo | NoRoute {
  const route = routes[method]
  const { dialect } = route ?? (Object.values(routes)[0] as RouteInfo)
  // a client that tries a WebSocket first posts at once after this status
  if (headers.upgrade !== undefined && /^websocket$/i.test(headers.upgrade)) {
    return { dialect, refusal: new Refusal(426, 'This server does not support WebSocket. Send the request with POST.') }
  }
  if (route && Object.hasOwn(routes, method)) return route
  // the body of the response is left out
  if (method === 'HEAD' && routes.GET) return routes.GET
  const allow = Object.keys(routes).join(', ')
  return { dialect, refusal: new Refusal(405, `The method must be ${allow}; got ${method.slice(0, 20)}.`, allow) }
}

/** Longer paths name no model: the patterns are not tried on them. */
const longestPath = 2000

function pathWithModel(name: string, query: string): Readonly<Record<string, RouteInfo>> | undefined {
  if (name.length > longestPath) return undefined
  const call = onModel.exec(name)
  if (call) {
    const [, model = '', method = ''] = call
    const found = Object.hasOwn(methods, method) ? methods[method] : undefined
    const decoded = found && decode(model)
    if (!found || decoded === undefined) return undefined
    const sse = found.stream && /[?&]alt=sse(?:&|$)/.test(query)
    return { POST: { ...found, model: decoded, ...(sse && { stream: 'sse' as const }) } }
  }
  const deployment = withModel.exec(name)
  if (!deployment) return undefined
  const [, model = '', rest = ''] = deployment
  const decoded = decode(model)
  const route = plain.get(rest)?.POST
  return route && decoded !== undefined ? { POST: { ...route, model: decoded } } : undefined
}

/** Models and stored responses. */
function listing(name: string, dialect: HttpErrorDialect): Readonly<Record<string, RouteInfo>> | undefined {
  if (name === 'models') return { GET: { operation: 'models', dialect } }
  if (name.startsWith('models/')) {
    const model = decode(name.slice(7))
    return model ? { GET: { operation: 'model', dialect, model } } : undefined
  }
  const [, given, rest] = /^responses\/([^/]+)(\/input_items|\/cancel)?$/.exec(name) ?? []
  const id = given && decode(given)
  if (!id) return undefined
  if (rest === '/input_items') return { GET: { operation: 'inputItems', dialect: 'openai', id } }
  if (rest) return { POST: { operation: 'cancelResponse', dialect: 'openai', id } }
  return {
    GET: { operation: 'storedResponse', dialect: 'openai', id },
    DELETE: { operation: 'deleteResponse', dialect: 'openai', id },
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The API whose errors the client of an unknown path most likely reads. */
function dialectOf(path: string, headers: HandlerRequest['headers']): HttpErrorDialect {
  if (headers['anthropic-version'] !== undefined || /\/messages(?:\/|$)/.test(path)) return 'anthropic'
  return isGoogle(path, headers) || /:\w+$/.test(path.slice(-40)) ? 'gemini' : 'openai'
}

const isGoogle = (path: string, headers: HandlerRequest['headers']): boolean =>
  headers['x-goog-api-key'] !== undefined || /\/v1(?:beta|alpha)\d*\//.test(path)

function unknownPath(method: string, path: string, dialect: HttpErrorDialect): NoRoute {
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path
  return { dialect, refusal: new Refusal(404, `Unknown path: ${method.slice(0, 20)} ${shown}. Check the base URL.`) }
}
