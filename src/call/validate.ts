import { checkCache } from '../cache/policy.js'
import { BadRequestError, got, shortened } from '../errors.js'
import type { ResponseFormatInput } from '../types/chat.js'
import type { StandardSchema } from '../types/schema.js'
import { optionError, suggestion } from './option-issues.js'
import { kindOfOption, type OptionKind } from './options.js'

/** The validator of options, for calls, clients, Routers and functions such as `memoryCache()`. */

const hasFunctions = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function')

const isString = (value: unknown): boolean => typeof value === 'string'
const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0

/** The test of each kind, and the noun that its message has. Without zod, which a bundle of a client needs for nothing else. */
const kinds: Readonly<Record<OptionKind, readonly [test: (value: unknown) => boolean, noun: string]>> = {
  string: [isString, 'a string'],
  milliseconds: [isAmount, 'a number of milliseconds, 0 or more'],
  bytes: [isAmount, 'a number of bytes, 0 or more'],
  count: [(value) => Number.isInteger(value) && isAmount(value), 'an integer, 0 or more'],
  positive: [(value) => typeof value === 'number' && value > 0, 'a number greater than 0'],
  boolean: [(value) => typeof value === 'boolean', 'a boolean'],
  function: [(value) => typeof value === 'function', 'a function'],
  strings: [(value) => Array.isArray(value) && value.every(isString), 'an array of strings'],
  headers: [(value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'an object of strings'],
  signal: [(value) => hasFunctions(value, 'addEventListener') && 'aborted' in (value as object), 'an AbortSignal'],
  dispatcher: [(value) => hasFunctions(value, 'dispatch'), 'an undici Dispatcher (Agent, ProxyAgent, …)'],
  proxy: [
    (value) => value === false || (typeof value === 'string' && URL.canParse(value)),
    "a URL such as 'http://proxy:3128', or false",
  ],
  logger: [
    (value) => hasFunctions(value, 'debug', 'info', 'warn', 'error'),
    'an object with debug(), info(), warn() and error(), such as pino()',
  ],
  other: [() => true, 'a value'],
}

/** The error for a value of the wrong kind. A string may be a secret, so it is quoted only if the option is no string. */
function kindError(kind: OptionKind, noun: string, value: unknown, path: string): BadRequestError {
  const at = shortened(path)
  if (kind === 'strings' && Array.isArray(value)) {
    const wrong = [...value.keys()].filter((index) => !isString(value[index])).slice(0, 10)
    const messages = wrong.map((index) => `'${at}[${index}]' must be a string; ${got(value[index])}.`)
    return optionError(messages.join(' '), `${at}[${wrong[0]}]`)
  }
  return optionError(`'${at}' must be ${noun}; ${got(value)}.`, at)
}

/**
 * Validates the value of one option.
 * @param path shown in the message. @default the name
 * @returns the value; undefined for null
 * @throws {BadRequestError} if the value has the wrong kind
 */
export function checkOption(name: string, value: unknown, path = name): unknown {
  if (value === null) return undefined
  const kind = kindOfOption(name) ?? 'other'
  const [fits, noun] = kinds[kind]
  if (!fits(value)) throw kindError(kind, noun, value, path)
  switch (name) {
    case 'callbacks':
      checkCallbacks(value)
      break
    case 'cache':
      checkCache(value)
      break
    case 'headers':
      checkHeaders(value as object, path)
      break
  }
  return value
}

/**
 * Validates the names of the options of a function such as `memoryCache()`.
 * @param param of the error. @default the unknown name
 * @throws {BadRequestError} if the options are no object, or contain an unknown name
 */
export function checkNames(maker: string, options: unknown, known: readonly string[], param?: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new BadRequestError(
      `The options of ${maker}() must be an object; ${got(options)}. Known options: ${known.join(', ')}.`,
      {
        param,
      },
    )
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw new BadRequestError(`Unknown option '${shortened(name)}' of ${maker}(). ${suggestion(name, known)}`, {
      param: param ?? name,
    })
  }
}

const moments = [
  ...['onStart', 'onRetry', 'onFallback', 'onFirstToken', 'onChunk', 'onCacheHit', 'onSuccess', 'onFailure'],
]

/** @throws {BadRequestError} if the value is no array of callbacks, or a callback listens to an unknown event */
export function checkCallbacks(value: unknown): void {
  const fits = (one: unknown) =>
    typeof one === 'function' || (typeof one === 'object' && one !== null && !Array.isArray(one))
  if (!Array.isArray(value) || !value.every(fits)) {
    throw new BadRequestError(
      `'callbacks' must be an array of functions, or of objects such as { onSuccess(event) { … }, onFailure(event) { … } }; ${got(value)}.`,
      { param: 'callbacks' },
    )
  }
  for (const one of value as readonly object[]) {
    const unknown = Object.keys(one).find((name) => /^on[A-Z]/.test(name) && !moments.includes(name))
    if (unknown === undefined) continue
    throw new BadRequestError(
      `Unknown event handler '${shortened(unknown)}' in 'callbacks'. ${suggestion(unknown, moments, 'Known handlers')}`,
      {
        param: 'callbacks',
      },
    )
  }
}

function checkHeaders(headers: object, path: string): void {
  for (const [name, text] of Object.entries(headers)) {
    // the value may be a secret: it stays out of the message
    if (text !== undefined && (typeof text !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(text))) {
      throw new BadRequestError(
        `The header '${shortened(name)}' in '${path}' must be a string of printable characters.`,
        {
          param: 'headers',
        },
      )
    }
  }
}

/** Whether `response_format` is a schema object (zod, valibot, arktype, …) and not OpenAI's own form. */
export function isSchema(format: ResponseFormatInput | null | undefined): format is StandardSchema {
  // some libraries' schemas are functions
  if (!format || (typeof format !== 'object' && typeof format !== 'function') || !('~standard' in format)) return false
  const standard: unknown = format['~standard']
  return typeof standard === 'object' && standard !== null && 'validate' in standard
}
