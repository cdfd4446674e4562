import * as z from 'zod/mini'
import { checkCache } from '../cache/policy.js'
import { BadRequestError, got } from '../errors.js'
import { closestName } from '../suggest.js'
import { kindOfOption, type OptionKind } from './options.js'

/** The validator of options, for calls, clients, Routers and functions such as `memoryCache()`. */

const must = (what: string) => ({ error: `must be ${what}` })

const milliseconds = 'a number of milliseconds, 0 or more'

const hasFunctions = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function')

/** Schemas are made with the first use of a kind, so that an import costs nothing. */
const makers: Readonly<Record<OptionKind, () => z.ZodMiniType>> = {
  string: () => z.string(must('a string')),
  milliseconds: () => z.custom((value) => typeof value === 'number' && value >= 0, must(milliseconds)),
  bytes: () => z.custom((value) => typeof value === 'number' && value >= 0, must('a number of bytes, 0 or more')),
  count: () =>
    z.custom(
      (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0,
      must('an integer, 0 or more'),
    ),
  positive: () => z.custom((value) => typeof value === 'number' && value > 0, must('a number greater than 0')),
  boolean: () => z.boolean(must('a boolean')),
  function: () => z.custom((value) => typeof value === 'function', must('a function')),
  strings: () => z.array(z.string(must('a string')), must('an array of strings')),
  headers: () =>
    z.custom(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      must('an object of strings'),
    ),
  signal: () =>
    z.custom(
      (value) => hasFunctions(value, 'addEventListener') && 'aborted' in (value as object),
      must('an AbortSignal'),
    ),
  dispatcher: () =>
    z.custom((value) => hasFunctions(value, 'dispatch'), must('an undici Dispatcher (Agent, ProxyAgent, …)')),
  proxy: () =>
    z.custom(
      (value) => value === false || (typeof value === 'string' && URL.canParse(value)),
      must("a URL such as 'http://proxy:3128', or false"),
    ),
  logger: () =>
    z.custom(
      (value) => hasFunctions(value, 'debug', 'info', 'warn', 'error'),
      must('an object with debug(), info(), warn() and error(), such as pino()'),
    ),
  other: () => z.unknown(),
}

const schemas = new Map<OptionKind, z.ZodMiniType>()

function schemaOf(kind: OptionKind): z.ZodMiniType {
  let schema = schemas.get(kind)
  if (!schema) {
    schema = makers[kind]()
    schemas.set(kind, schema)
  }
  return schema
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
  const result = schemaOf(kind).safeParse(value)
  if (!result.success) throw optionError(result.error.issues, value, path)
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

/** An issue of zod, as far as messages need it. */
export interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string | undefined
  readonly keys?: readonly string[] | undefined
  readonly expected?: string | undefined
  readonly values?: readonly unknown[] | undefined
}

const kindNames: Readonly<Record<string, string>> = {
  array: 'an array',
  object: 'an object',
  record: 'an object',
  int: 'an integer',
  boolean: 'a boolean',
  function: 'a function',
}

/** The rest of a sentence about one issue: `must be a number; got 'x'`. Values of strings may be secrets and are left out unless `show`. */
export function describeIssue({ message, code, expected, values }: Issue, value: unknown, show = false): string {
  const came = typeof value === 'string' && !show ? 'got a string' : got(value)
  if (value === undefined && code !== 'custom') return 'is required'
  if (message.startsWith('must ')) return `${message}; ${came}`
  if (code === 'invalid_value' && values) return `must be one of ${values.map(String).join(', ')}; ${came}`
  if (code !== 'invalid_type' || expected === undefined) return `is invalid: ${message}`
  return `must be ${kindNames[expected] ?? `a ${expected}`}; ${came}`
}

function optionError(issues: readonly unknown[], value: unknown, path: string): BadRequestError {
  const [first] = issues as readonly Issue[]
  const at = [path, ...(first?.path ?? []).map(String)].join('.')
  let wrong: unknown = value
  for (const step of first?.path ?? []) wrong = (wrong as Readonly<Record<PropertyKey, unknown>> | undefined)?.[step]
  const text = first ? describeIssue(first, wrong, kindOfOption(path) !== 'string') : 'is invalid'
  return new BadRequestError(`'${at}' ${text}.`, { param: path })
}

/** ` Did you mean 'x'?`, or the known names if none is close. */
export const suggestion = (name: string, known: readonly string[], label = 'Known options'): string => {
  const closest = closestName(name, known)
  return closest ? `Did you mean '${closest}'?` : `${label}: ${known.join(', ')}.`
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
    throw new BadRequestError(`Unknown option '${name}' of ${maker}(). ${suggestion(name, known)}`, {
      param: param ?? name,
    })
  }
}

const moments = [
  ...['onStart', 'onRetry', 'onFallback', 'onFirstToken', 'onChunk', 'onCacheHit', 'onSuccess', 'onFailure'],
]

/** @throws {BadRequestError} if the value is no array of callbacks, or a callback listens to an unknown event */
export function checkCallbacks(value: unknown): void {
  const fits = (one: unknown) => typeof one === 'function' || (typeof one === 'object' && one !== null)
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
      `Unknown event handler '${unknown}' in 'callbacks'. ${suggestion(unknown, moments, 'Known handlers')}`,
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
      throw new BadRequestError(`The header '${name}' in '${path}' must be a string of printable characters.`, {
        param: 'headers',
      })
    }
  }
}
