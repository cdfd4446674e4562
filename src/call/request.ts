import { checkCache } from '../cache/policy.js'
import { BadRequestError } from '../errors.js'
import type { CallOptions } from '../types/options.js'
import { accountOptions, callOptions, clientOptions, otherWords, toCamel, toSnake } from './options.js'
import { closestName } from './suggest.js'

/** A request, split into what travels to the model and what stays here. */
export interface Split {
  params: Record<string, unknown>
  options: CallOptions & { vectorType?: unknown }
}

const hasCapital = /[A-Z]/

/**
 * Splits a request by casing, into two new objects: the caller's is only read.
 * @throws {BadRequestError} where a known name is spelled in the other casing, or an option is unknown
 */
export function splitRequest(request: object, known: ReadonlySet<string>): Split {
  if (request === null || typeof request !== 'object') {
    throw new BadRequestError(
      `A request is an object such as { model, messages }, not ${request === null ? 'null' : typeof request}.`,
    )
  }
  const params: Record<string, unknown> = {}
  const options: Record<string, unknown> = {}
  const source = request as Record<string, unknown>
  for (const name in source) {
    const value = source[name]
    if (value === undefined) continue
    if (known.has(name)) params[name] = value
    else if (callOptions.has(name)) options[name] = checkOption(name, value)
    else {
      refuseMisspelt(name, known)
      params[name] = value
    }
  }
  return { params, options: options as Split['options'] }
}

/** Unknown names in snake_case are the provider's own and pass; everything else is a mistake. */
function refuseMisspelt(name: string, known: ReadonlySet<string>): void {
  const right = rightSpelling(name, known)
  if (right) throw new BadRequestError(`Unknown option '${name}'. Did you mean '${right}'?`, { param: name })
  if (clientOptions.has(name) || clientOptions.has(toCamel(name))) {
    throw new BadRequestError(`'${name}' is an option of createClient(), not of a call.`, { param: name })
  }
  if (accountOptions.has(name) && hasCapital.test(name)) {
    throw new BadRequestError(
      `'${name}' belongs to an account, not to a call: createClient({ providers: { <provider>: { ${name} } } }).`,
      { param: name },
    )
  }
  if (hasCapital.test(name)) {
    const near = closestName(name, [...callOptions, ...known])
    const advice = near
      ? `Did you mean '${near}'?`
      : `Options of llmux are camelCase and this is none of them; fields for the provider are snake_case, and others can be put ` +
        `into 'extra_body'.`
    throw new BadRequestError(`Unknown option '${name}'. ${advice}`, { param: name })
  }
}

function rightSpelling(name: string, known: ReadonlySet<string>): string | undefined {
  // `stop_sequences` and the like are other words only where no provider takes them under that name at the top level
  const other = Object.hasOwn(otherWords, name) ? otherWords[name] : undefined
  if (other && (known.has(other) || callOptions.has(other))) return other
  const camel = toCamel(name)
  if (camel !== name && callOptions.has(camel)) return camel
  const snake = toSnake(name)
  if (snake !== name && known.has(snake)) return snake
  const lower = name.toLowerCase().replaceAll('_', '')
  for (const option of callOptions) if (option !== name && option.toLowerCase() === lower) return option
  return undefined
}

const times = new Set([
  'timeout',
  'headersTimeout',
  'firstTokenTimeout',
  'idleTimeout',
  'maxRetryDelay',
  'maxResponseBytes',
  'maxMediaBytes',
])
const texts = new Set([
  'traceId',
  'apiKey',
  'apiBase',
  'organization',
  'project',
  'apiVersion',
  'baseModel',
  'region',
  'location',
])

/** @throws {BadRequestError} where the value is not of the option's kind */
export function checkOption(name: string, value: unknown): unknown {
  if (value === null) return undefined
  if (times.has(name)) {
    if (typeof value !== 'number' || Number.isNaN(value) || value < 0) {
      const unit = name.endsWith('Bytes') ? 'bytes' : 'milliseconds'
      throw new BadRequestError(`'${name}' is a number of ${unit}, 0 or more; got ${show(value)}.`, { param: name })
    }
  } else if (name === 'maxRetries') {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
      throw new BadRequestError(`'maxRetries' is a whole number, 0 or more; got ${show(value)}.`, { param: name })
    }
  } else if (texts.has(name)) {
    if (typeof value !== 'string') {
      throw new BadRequestError(`'${name}' is a string; got ${typeof value}.`, { param: name })
    }
  } else if (name === 'signal') {
    if (typeof value !== 'object' || !('aborted' in value) || !('addEventListener' in value)) {
      throw new BadRequestError(`'signal' is an AbortSignal; got ${show(value)}.`, { param: name })
    }
  } else if (name === 'callbacks') {
    checkCallbacks(value)
  } else if (name === 'cache') {
    checkCache(value)
  } else if (name === 'tags') {
    if (!Array.isArray(value) || value.some((tag) => typeof tag !== 'string')) {
      throw new BadRequestError("'tags' is a list of strings.", { param: name })
    }
  } else if (name === 'headers') {
    checkHeaders(value)
  } else if (name === 'dispatcher') {
    if (typeof value !== 'object' || !('dispatch' in value)) {
      throw new BadRequestError(`'dispatcher' is an undici Dispatcher (Agent, ProxyAgent, …); got ${show(value)}.`)
    }
  } else if ((name === 'dropParams' || name === 'allowPrivateMedia') && typeof value !== 'boolean') {
    throw new BadRequestError(`'${name}' is true or false; got ${show(value)}.`, { param: name })
  }
  return value
}

const moments: ReadonlySet<string> = new Set([
  ...['onStart', 'onRetry', 'onFallback', 'onFirstToken', 'onChunk', 'onCacheHit', 'onSuccess', 'onFailure'],
])

/** @throws {BadRequestError} where it is no list of callbacks, or one is for a moment that there is not */
export function checkCallbacks(value: unknown): void {
  const right = (one: unknown) => typeof one === 'function' || (typeof one === 'object' && one !== null)
  if (!Array.isArray(value) || !value.every(right)) {
    throw new BadRequestError(
      "'callbacks' is a list of functions, or of objects such as { onSuccess(event) { … }, onFailure(event) { … } }.",
      { param: 'callbacks' },
    )
  }
  for (const one of value as readonly object[]) {
    const unknown = Object.keys(one).find((name) => /^on[A-Z]/.test(name) && !moments.has(name))
    if (unknown === undefined) continue
    throw new BadRequestError(`'callbacks' has no '${unknown}'. There are ${[...moments].join(', ')}.`, {
      param: 'callbacks',
    })
  }
}

function checkHeaders(value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadRequestError(`'headers' is an object of strings; got ${show(value)}.`, { param: 'headers' })
  }
  for (const [name, text] of Object.entries(value)) {
    // the value may be a secret: it stays out of the message
    if (text !== undefined && (typeof text !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(text))) {
      throw new BadRequestError(`The header '${name}' must be a string of printable characters.`, { param: 'headers' })
    }
  }
}

const show = (value: unknown) =>
  typeof value === 'string' ? `'${value}'` : typeof value === 'number' ? value : typeof value
