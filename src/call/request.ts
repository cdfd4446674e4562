import { BadRequestError, got, shortened } from '../errors.js'
import { closestName } from '../suggest.js'
import type { Options, Params, RequestSpec } from './operation.js'
import { accountOptions, callOptions, clientOptions, lookAlikes, synonyms, toCamel, toSnake } from './options.js'
import { checkOption } from './validate.js'

/** A request, split into the provider's parameters and llmux's options. */
export interface SplitRequest {
  readonly params: Params
  readonly options: Options
}

const hasCapital = /[A-Z]/

/**
 * Splits a request by casing, into two new objects.
 * @param open whether unknown names are parameters, whatever their casing
 * @throws {BadRequestError} if an option is unknown or invalid, or a name is misspelled
 */
export function splitRequest(request: object, known: ReadonlySet<string>, open = false): SplitRequest {
  if (request === null || typeof request !== 'object' || Array.isArray(request)) {
    throw new BadRequestError(`A request must be an object such as { model, messages }; ${got(request)}.`)
  }
  const params: Record<string, unknown> = {}
  const options: Record<string, unknown> = {}
  const source = request as Record<string, unknown>
  for (const name in source) {
    const value = source[name]
    if (value === undefined) continue
    if (known.has(name)) params[name] = value
    else if (callOptions.has(name)) {
      options[name] = checkOption(name, value)
      continue
    } else {
      if (!open) rejectMisspelled(name, known)
      // `__proto__` of a parsed JSON body would replace the prototype
      if (name === '__proto__') continue
      params[name] = value
    }
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new BadRequestError(`'${shortened(name)}' must be a finite number; got ${value}.`, { param: name })
    }
  }
  return { params, options: options as Options }
}

/** Unknown names in snake_case are parameters of the provider; every other unknown name is a mistake. */
function rejectMisspelled(name: string, known: ReadonlySet<string>): void {
  const intended = intendedName(name, known)
  if (intended)
    throw new BadRequestError(`Unknown option '${shortened(name)}'. Did you mean '${intended}'?`, { param: name })
  if (clientOptions.has(name) || clientOptions.has(toCamel(name))) {
    throw new BadRequestError(`'${shortened(name)}' is an option of createClient(), not of a call.`, { param: name })
  }
  if (!hasCapital.test(name)) {
    const parameter = closestParameter(name, known)
    if (!parameter) return
    throw new BadRequestError(
      `Unknown parameter '${shortened(name)}'. Did you mean '${parameter}'? Put a field of the provider into 'extra_body'.`,
      { param: name },
    )
  }
  if (accountOptions.has(name)) {
    throw new BadRequestError(
      `'${shortened(name)}' is an option of a provider account: createClient({ providers: { <provider>: { ${shortened(name)} } } }).`,
      { param: name },
    )
  }
  const closest = closestName(name, [...callOptions, ...known])
  const advice = closest
    ? `Did you mean '${closest}'?`
    : "Options are camelCase, fields of the provider are snake_case. Put other fields into 'extra_body'."
  throw new BadRequestError(`Unknown option '${shortened(name)}'. ${advice}`, { param: name })
}

function intendedName(name: string, known: ReadonlySet<string>): string | undefined {
  // a synonym such as `stop_sequences` may be a parameter of a provider: known names come first
  const synonym = Object.hasOwn(synonyms, name) ? synonyms[name] : undefined
  if (synonym && (known.has(synonym) || callOptions.has(synonym))) return synonym
  const camel = toCamel(name)
  if (camel !== name && callOptions.has(camel)) return camel
  const snake = toSnake(name)
  if (snake !== name && known.has(snake)) return snake
  const lower = name.toLowerCase().replaceAll('_', '')
  for (const option of callOptions) if (option !== name && option.toLowerCase() === lower) return option
  return undefined
}

/** Calls with a provider's own parameter repeat it: the comparison is made once. */
const compared = new WeakMap<ReadonlySet<string>, Map<string, string | undefined>>()
const comparedLimit = 500
/**
 * Shorter names resemble too many others. Chat has many fields of providers, such as `top_n`; elsewhere a letter in the place of another, or
 * two swapped ones, are a mistake from four letters on.
 */
const longEnough = 6
const shortestCompared = 4

export function closestParameter(name: string, known: ReadonlySet<string>): string | undefined {
  const shortest = known.has('messages') ? longEnough : shortestCompared
  if (name.length < shortest || lookAlikes.has(name)) return undefined
  const names = compared.get(known) ?? new Map<string, string | undefined>()
  compared.set(known, names)
  if (names.has(name)) return names.get(name)
  const closest = name.length < longEnough ? closestShort(name, known) : closestName(name, known)
  if (names.size >= comparedLimit) names.clear()
  if (name.length < 100) names.set(name, closest)
  return closest
}

const closestShort = (name: string, known: ReadonlySet<string>): string | undefined =>
  closestName(
    name,
    [...known].filter((one) => one.length === name.length && one[0] === name[0]),
  )

/**
 * Joins `(params, options)` to one request. Options among the parameters are refused, so that parameters from an untrusted source
 * can't set any.
 * @param moreOptions options beside those of a call, such as a Router's
 * @throws {BadRequestError} if a name is in the wrong argument
 */
export function joinRequest(
  spec: RequestSpec,
  params: object,
  options: object,
  moreOptions: ReadonlySet<string> = none,
): Record<string, unknown> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new BadRequestError(`The options of ${spec.method}() must be an object; ${got(options)}.`)
  }
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw new BadRequestError(`The parameters of ${spec.method}() must be an object; ${got(params)}.`)
  }
  // one object in one pass: two spreads cost more than the call's own reading of it
  const joined: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(params)) {
    if (isOption(name, spec, moreOptions)) {
      throw new BadRequestError(
        `'${shortened(name)}' is an option: pass it in the second argument of ${spec.method}().`,
        {
          param: name,
        },
      )
    }
    // it would replace the prototype, whose fields count as own ones below
    if (name !== '__proto__') joined[name] = value
  }
  for (const [name, value] of Object.entries(options)) {
    if (!callOptions.has(name) && !moreOptions.has(name)) refuseOption(name, spec)
    joined[name] = value
  }
  return joined
}

function refuseOption(name: string, spec: RequestSpec): never {
  if (spec.params.has(name)) {
    throw new BadRequestError(
      `'${shortened(name)}' is a parameter: pass it in the first argument of ${spec.method}().`,
      {
        param: name,
      },
    )
  }
  rejectMisspelled(name, callOptions)
  throw new BadRequestError(`Unknown option '${shortened(name)}' of ${spec.method}().`, { param: name })
}

const none: ReadonlySet<string> = new Set()

/** Whether a name in a request is one of llmux's options, in either casing. */
export function isOption(name: string, spec: RequestSpec, moreOptions: ReadonlySet<string> = none): boolean {
  if (spec.params.has(name)) return false
  if (callOptions.has(name) || moreOptions.has(name)) return true
  if (hasCapital.test(name) && !spec.open) return true
  if (Object.hasOwn(synonyms, name)) return callOptions.has(synonyms[name] ?? '')
  const camel = toCamel(name)
  return camel !== name && (callOptions.has(camel) || moreOptions.has(camel))
}
