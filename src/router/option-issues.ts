import type * as z from 'zod/mini'
import { BadRequestError } from '../errors.js'
import { closestName } from '../suggest.js'

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string | undefined
  readonly keys?: readonly string[] | undefined
  readonly expected?: string | undefined
  readonly values?: readonly unknown[] | undefined
}

/** `modelList[0].params.rpm`. */
export const showPath = (path: readonly PropertyKey[]): string =>
  path
    .map((key, at) => (/^\d+$/.test(String(key)) ? `[${String(key)}]` : `${at > 0 ? '.' : ''}${String(key)}`))
    .join('')

/** @param param the wrong field */
export const optionError = (message: string, param = 'modelList'): BadRequestError =>
  new BadRequestError(message, { param: param.replaceAll(/\[(\d+)\]/g, '.$1') })

/** One error for all issues that a schema found. */
export function issuesError(issues: readonly unknown[], schema: z.ZodMiniType, given: unknown): BadRequestError {
  const found = (issues as readonly Issue[]).slice(0, 10)
  const [first] = found
  const path = first ? [...first.path, ...(first.keys?.slice(0, 1) ?? [])] : []
  return optionError(found.map((issue) => describeIssue(issue, schema, given)).join(' '), showPath(path) || undefined)
}

function describeIssue(issue: Issue, schema: z.ZodMiniType, given: unknown): string {
  const { path, code, keys, message } = issue
  if (code === 'unrecognized_keys' && keys) {
    const known = knownKeys(schema, path)
    return keys
      .map((key) => {
        const suggestion = closestName(key, known)
        const hint = suggestion ? `Did you mean '${suggestion}'?` : `Known options: ${known.join(', ')}.`
        return `Unknown option '${showPath([...path, key])}'. ${hint}`
      })
      .join(' ')
  }
  let value = given
  for (const key of path) value = (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key]
  const subject = path.length > 0 ? `'${showPath(path)}'` : 'The options of a Router'
  // checks with a message of their own
  if (/^(must|has) /.test(message))
    return `${subject} ${message}${message.startsWith('has ') ? '' : `; got ${kindOf(value)}`}.`
  if (code === 'invalid_value' && issue.values) {
    const got = typeof value === 'string' && value.length <= 40 ? `'${value}'` : kindOf(value)
    return `${subject} must be one of ${issue.values.map((one) => `'${String(one)}'`).join(', ')}; got ${got}.`
  }
  const expected = issue.expected ?? 'valid'
  return `${subject} must be ${kinds[expected] ?? `a ${expected}`}; got ${kindOf(value)}.`
}

const kinds: Readonly<Record<string, string>> = {
  array: 'an array',
  record: 'an object',
  object: 'an object',
  int: 'an integer',
}

/** The kind of a value, never a string itself: it may be a key. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'undefined'
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
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
