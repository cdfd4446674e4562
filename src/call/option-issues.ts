import type * as z from 'zod/mini'
import { BadRequestError, got, shortened } from '../errors.js'
import { closestName } from '../suggest.js'

/** Errors for the issues that a zod schema finds in options, for calls, clients and Routers alike. */

/** An issue of zod, as far as messages need it. */
interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string | undefined
  readonly keys?: readonly string[] | undefined
  readonly expected?: string | undefined
  readonly values?: readonly unknown[] | undefined
}

/** A value that failed its validation. */
export interface InvalidValue {
  readonly value: unknown
  readonly schema: z.ZodMiniType
  /** Path of the value within all options. Empty for the options themselves. */
  readonly path: readonly PropertyKey[]
  /** What an empty path means in a message: `The options of a Router`. */
  readonly name?: string
  /** Whether messages may quote strings. They may be secrets. @default false */
  readonly quote?: boolean
}

/** One error for all issues that a schema found, up to ten. */
export function issuesError(issues: readonly unknown[], given: InvalidValue): BadRequestError {
  const found = (issues as readonly Issue[]).slice(0, 10)
  const [first] = found
  const at = [...given.path, ...(first?.path ?? []), ...(first?.keys?.slice(0, 1) ?? [])]
  return optionError(found.map((issue) => explain(issue, given)).join(' '), showPath(at) || undefined)
}

/** @param path of the wrong option, such as `modelList[0].params.rpm`. The error's `param` is `modelList.0.params.rpm`. */
export const optionError = (message: string, path: string | undefined): BadRequestError =>
  new BadRequestError(message, { param: path?.replaceAll(/\[(\d+)\]/g, '.$1') })

function explain(issue: Issue, { schema, value, path, name = 'The options', quote = false }: InvalidValue): string {
  const { code, keys } = issue
  const at = [...path, ...issue.path]
  if (code === 'unrecognized_keys' && keys) {
    const known = knownKeys(schema, issue.path)
    return keys.map((key) => `Unknown option '${showPath([...at, key])}'. ${suggestion(key, known)}`).join(' ')
  }
  if (at.length === 0) return `${name} must be an object; ${got(value)}.`
  let wrong = value
  for (const key of issue.path) wrong = (wrong as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key]
  return `'${showPath(at)}' ${requirement(issue, wrong, quote)}.`
}

const kindNames: Readonly<Record<string, string>> = {
  array: 'an array',
  object: 'an object',
  record: 'an object',
  int: 'an integer',
  boolean: 'a boolean',
  function: 'a function',
}

/** `must be a number; got 'x'`. */
function requirement({ message, code, expected, values }: Issue, value: unknown, quote: boolean): string {
  const came = typeof value === 'string' && !quote ? 'got a string' : got(value)
  if (value === undefined && code !== 'custom') return 'is required'
  if (message.startsWith('must ')) return `${message}; ${came}`
  if (code === 'invalid_value' && values) return `must be one of ${values.map(String).join(', ')}; ${came}`
  if (code !== 'invalid_type' || expected === undefined) return `is invalid: ${message}`
  return `must be ${kindNames[expected] ?? `a ${expected}`}; ${came}`
}

interface Definition {
  readonly shape?: Readonly<Record<string, z.ZodMiniType>>
  readonly innerType?: z.ZodMiniType
  readonly element?: z.ZodMiniType
  readonly valueType?: z.ZodMiniType
  readonly options?: readonly z.ZodMiniType[]
}

/** The option names that a schema has at a path. */
function knownKeys(schema: z.ZodMiniType, path: readonly PropertyKey[]): readonly string[] {
  const { shape, innerType, element, valueType, options } = schema._zod.def as Definition
  if (innerType) return knownKeys(innerType, path)
  if (options) return options.flatMap((option) => knownKeys(option, path))
  const [key, ...rest] = path
  if (key === undefined) return shape ? Object.keys(shape) : []
  const next = shape?.[String(key)] ?? element ?? valueType
  return next ? knownKeys(next, rest) : []
}

/** `modelList[0].params.rpm`. */
export const showPath = (path: readonly PropertyKey[]): string =>
  path
    .map((key, at) =>
      /^\d+$/.test(String(key)) ? `[${String(key)}]` : `${at > 0 ? '.' : ''}${shortened(String(key))}`,
    )
    .join('')

/** ` Did you mean 'x'?`, or the known names if none is close. */
export const suggestion = (name: string, known: readonly string[], label = 'Known options'): string => {
  const closest = closestName(name, known)
  return closest ? `Did you mean '${closest}'?` : `${label}: ${known.join(', ')}.`
}
