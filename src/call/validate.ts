import * as z from 'zod/mini'
import { checkCache } from '../cache/policy.js'
import { BadRequestError, got, shortened } from '../errors.js'
import { issuesError, suggestion } from './option-issues.js'
import { kindOfOption, type OptionKind } from './options.js'

/** The validator of options, for calls, clients, Routers and functions such as `memoryCache()`. */

const must = (what: string) => ({ error: `must be ${what}` })

const milliseconds = 'a number of milliseconds, 0 or more'

const hasFunctions = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function')

const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0

/** Tests of the frequent kinds. A value that passes needs no schema, whose run costs a microsecond per option. */
const tests: Partial<Readonly<Record<OptionKind, (value: unknown) => boolean>>> = {
  string: (value) => typeof value === 'string',
  milliseconds: isAmount,
  bytes: isAmount,
  count: (value) => Number.isInteger(value) && isAmount(value),
  positive: (value) => typeof value === 'number' && value > 0,
  boolean: (value) => typeof value === 'boolean',
  function: (value) => typeof value === 'function',
  other: () => true,
}

/** Schemas are made with the first use of a kind, so that an import costs nothing. */
const makers: Readonly<Record<OptionKind, () => z.ZodMiniType>> = {
  string: () => z.string(must('a string')),
  milliseconds: () => z.custom(isAmount, must(milliseconds)),
  bytes: () => z.custom(isAmount, must('a number of bytes, 0 or more')),
  count: () => z.custom(tests.count, must('an integer, 0 or more')),
  positive: () => z.custom(tests.positive, must('a number greater than 0')),
  boolean: () => z.boolean(must('a boolean')),
  function: () => z.custom(tests.function, must('a function')),
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
  if (!tests[kind]?.(value)) {
    const schema = schemaOf(kind)
    const result = schema.safeParse(value)
    if (!result.success) {
      throw issuesError(result.error.issues, { value, schema, path: [path], quote: kind !== 'string' })
    }
  }
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
