import type * as z from 'zod/mini'
import { describeIssue, type Issue, suggestion } from '../call/validate.js'
import { BadRequestError, got } from '../errors.js'

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
  return optionError(found.map((issue) => explain(issue, schema, given)).join(' '), showPath(path) || undefined)
}

function explain(issue: Issue, schema: z.ZodMiniType, given: unknown): string {
  const { path, code, keys } = issue
  if (code === 'unrecognized_keys' && keys) {
    const known = knownKeys(schema, path)
    return keys.map((key) => `Unknown option '${showPath([...path, key])}'. ${suggestion(key, known)}`).join(' ')
  }
  if (path.length === 0) return `The options of a Router must be an object; ${got(given)}.`
  let value = given
  for (const key of path) value = (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key]
  return `'${showPath(path)}' ${describeIssue(issue, value)}.`
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
