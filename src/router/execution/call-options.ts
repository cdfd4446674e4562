import { type CacheInput, checkCache } from '../../cache/policy.js'
import { routerCallOptions, sensitive, toSnake } from '../../call/options.js'
import { BadRequestError, got, shortened } from '../../errors.js'
import { deploymentOnly, targetProblem } from '../option-names.js'
import type { RouterCallOptions } from '../types.js'

/** A request to a Router, split by recipient. */
export interface SplitCall {
  /** Parameters and options for the deployment, without `model`. */
  readonly request: Readonly<Record<string, unknown>>
  /** Options for the Router. */
  readonly options: RouterCallOptions
  readonly model: string
  readonly timeout: number | undefined
  readonly cache: CacheInput
  readonly signal: AbortSignal | undefined
}

const names: readonly (keyof RouterCallOptions)[] = routerCallOptions
export const isRouterCallOption: ReadonlySet<string> = new Set(names)

/** Router options by their names in snake_case, which would be sent to the model and have no effect. */
const misspelled: ReadonlyMap<string, string> = new Map(
  names.map((name) => [toSnake(name), name] as const).filter(([snake, name]) => snake !== name),
)

/** All names that are no part of the request: most names need this lookup only. */
const special: ReadonlySet<string> = new Set([...names, 'maxRetries', ...misspelled.keys(), ...deploymentOnly])

/** @throws {BadRequestError} if an option is wrong, or is one of a deployment */
export function splitCall(given: object): SplitCall {
  const request: Record<string, unknown> = {}
  const options: Record<string, unknown> = {}
  let model: unknown
  let timeout: unknown
  let cache: unknown
  for (const name in given) {
    const value = (given as Readonly<Record<string, unknown>>)[name]
    if (value === undefined) continue
    if (name === 'model') model = value
    else if (name === 'cache') {
      checkCache(value)
      cache = value
    } else if (name === 'timeout') timeout = value
    else if (!special.has(name)) request[name] = value
    else if (isRouterCallOption.has(name)) options[name] = value
    else if (name === 'maxRetries') options.numRetries ??= value
    else if (misspelled.has(name)) {
      throw new BadRequestError(`Unknown option '${shortened(name)}'. Did you mean '${misspelled.get(name)}'?`, {
        param: name,
      })
    } else {
      throw new BadRequestError(
        `'${shortened(name)}' must be set on a deployment of the Router, not on a call: it would be sent to every provider of the group.`,
        { param: name },
      )
    }
  }
  checkCallOptions(options)
  checkHeaders(request.headers)
  if (typeof model !== 'string' || model === '') {
    throw new BadRequestError(`'model' must be the name of a model group or the id of a deployment; ${got(model)}.`, {
      param: 'model',
    })
  }
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) {
    throw new BadRequestError(`'timeout' must be a number of milliseconds, 0 or more; ${got(timeout)}.`, {
      param: 'timeout',
    })
  }
  return {
    request,
    options: options as RouterCallOptions,
    model,
    timeout: timeout as number | undefined,
    cache: cache as CacheInput,
    signal: (given as { signal?: AbortSignal | null }).signal ?? undefined,
  }
}

/** A header with a credential would be sent to every provider. */
function checkHeaders(headers: unknown): void {
  if (typeof headers !== 'object' || headers === null) return
  const name = Object.keys(headers).find((one) => sensitive.test(one.toLowerCase()))
  if (name === undefined) return
  throw new BadRequestError(
    `The header '${shortened(name)}' must be set on a deployment of the Router, not on a call: it would be sent to every provider of the group.`,
    { param: 'headers' },
  )
}

function checkCallOptions(options: Readonly<Record<string, unknown>>): void {
  for (const name in options) {
    const value = options[name]
    const check = (right: boolean, what: string) => {
      if (!right) throw new BadRequestError(`'${shortened(name)}' must be ${what}; ${got(value)}.`, { param: name })
    }
    switch (name) {
      case 'tags':
      case 'allowedRegions':
        check(Array.isArray(value) && value.every((item) => typeof item === 'string'), 'an array of strings')
        break
      case 'session':
        check(typeof value === 'string' && value !== '', 'a text that is not empty')
        break
      case 'priority':
        check(typeof value === 'number' && !Number.isNaN(value), 'a number; lower numbers go first')
        break
      case 'numRetries':
        check(typeof value === 'number' && Number.isInteger(value) && value >= 0, 'an integer, 0 or more')
        break
      case 'fallbacks':
        if (value !== false) checkTargets(name, value)
        break
      case 'contextWindowFallbacks':
      case 'contentPolicyFallbacks':
        checkTargets(name, value)
        break
      case 'resume':
        check(value === 'continue', "'continue' or absent")
        break
      default:
        check(typeof value === 'boolean', 'a boolean')
    }
  }
}

function checkTargets(name: string, value: unknown): void {
  const isTarget = (target: unknown) =>
    typeof target === 'string' ||
    (typeof target === 'object' && target !== null && 'model' in target && typeof target.model === 'string')
  if (!Array.isArray(value) || !value.every(isTarget)) {
    throw new BadRequestError(
      `'${shortened(name)}' must be an array of model groups, such as ['claude'] or [{ model: 'claude', temperature: 0 }]; ${got(value)}.`,
      { param: name },
    )
  }
  for (const [index, target] of value.entries()) {
    const problem = targetProblem(target)
    if (problem) throw new BadRequestError(`'${name}[${index}]' ${problem}.`, { param: name })
  }
}
